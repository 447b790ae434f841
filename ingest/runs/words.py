"""What is said to whoever runs an import; English texts that the pages translate."""

from typing import Final


def N_(text: str) -> str:  # noqa: N802
    """Mark a text for translation and leave it as it is."""
    return text


NO_FILE: Final = N_("Choose a file.")
NO_TITLE: Final = N_("Give the import a name, such as: List of the ministry, autumn 2026.")
SOURCE_NAME: Final = N_(
    "Name the list in small letters, digits and hyphens, such as most-2026; later states of the "
    "same list get the same name."
)
SOURCE_TAKEN: Final = N_("This name is kept for the registry itself. Name the list after its body.")
ASSERTED_BY: Final = N_("Say which body made the list.")
KIND_UNKNOWN: Final = N_("Choose a kind of import from the list.")
QUESTION_EMPTY: Final = N_("Say what the source is to be asked for.")
NOBODY_KNOWN: Final = N_(
    "No profile states an id by which this source can be asked. Choose other people or a source."
)
NOT_READY: Final = N_("This import is not ready to be loaded. Look at its state.")
NOTHING_CHOSEN: Final = N_("Choose at least one row to load.")
PLAN_OPEN: Final = N_("Say first what each marked column holds.")
NOT_ASKING: Final = N_("The columns of this import are settled. Begin a new one to change them.")
IS_OVER: Final = N_("This import is over. What was loaded is taken back as a change.")
NOT_MOVING: Final = N_("Nothing is under way that could be stopped.")
NOT_STOPPED: Final = N_("This import is not stopped.")
FILE_LARGE: Final = N_("The file is larger than 32 MB. Split it, or import it at the machine.")
