"""Runs of imports: fetched, compared and shown before anything is written; loaded, taken back."""
