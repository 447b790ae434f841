"""Texts that the catalogues translate, marked for the extraction."""


def N_(text: str) -> str:  # noqa: N802
    """Mark a text for translation and leave it as it is."""
    return text
