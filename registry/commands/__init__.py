"""The groups of the command `registry`; cli.py puts them together."""
