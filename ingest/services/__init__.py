"""Outside services that are asked over the network: pace, retries, and what their replies mean."""
