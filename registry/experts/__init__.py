"""People and the sourced statements that make up their profiles."""
