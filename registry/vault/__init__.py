"""Secrets of the service, keys of people, and what is encrypted under them."""
