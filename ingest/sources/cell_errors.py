"""A cell that cannot be read."""

__all__ = ["CellError"]


class CellError(Exception):
    """A cell that cannot be read; the message says what should stand there."""
