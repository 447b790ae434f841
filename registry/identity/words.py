"""What is said to whoever judges who is who; English texts that the pages translate."""

from typing import Final


def N_(text: str) -> str:  # noqa: N802
    """Mark a text for translation and leave it as it is."""
    return text


ONE_PROFILE: Final = N_("These are one profile already. Choose two.")
REASON_MISSING: Final = N_("Say in a sentence why it is taken back.")
REASON_LONG: Final = N_("The reason is too long. Shorten it to 2,000 characters.")
JUDGED_MEANWHILE: Final = N_("Somebody else has judged these two meanwhile. Look at them again.")
CONTRADICTION: Final = N_(
    "Through others that were judged to be one person with them, these two would become one with "
    "somebody who was judged to be another person. Take that judgement back first, or leave this."
)
BOTH_OWN: Final = N_(
    "Both profiles are kept by their own person: each was claimed, agreed to, withdrawn or "
    "restricted, or waits for an answer. Ask the person which one is to stay, and end the other."
)
VERDICT_MISSING: Final = N_("Choose: the same person, two people, or not to be told.")
