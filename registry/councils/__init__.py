"""Advisory councils and their seats."""
