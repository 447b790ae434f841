"""Vietnamese and foreign names: parts, order and titles. Pure."""
