"""What people are told when an edit is refused.

The texts are English; pages look their translation up by the text itself, so that a service
raises one message and every door shows it.
"""

from typing import Final


def N_(text: str) -> str:  # noqa: N802
    """Mark a text for translation and leave it as it is."""
    return text


REASON_MISSING: Final = N_("Give the reason in a sentence: on whose word, or on what document.")
REASON_LONG: Final = N_("Give the reason in at most 2,000 characters.")
ALREADY_SAID: Final = N_("This is stated already. Correct that statement instead of adding it.")
NOTHING_CHOSEN_HERE: Final = N_("Choose at least one item.")
TOO_MANY_AT_ONCE: Final = N_("Add at most 1,000 items at once.")
CORRECT_THE_OTHER: Final = N_(
    "This item has been corrected already. Correct the newer statement beside it."
)
ORIGIN_IS_OWN: Final = N_("Vietnamese origin is stated by the person alone.")
VISIBILITY_IS_OWN: Final = N_("Who may see an item is decided by the person alone.")
OWN_WORD: Final = N_("This is the person's own word: he corrects or removes it himself.")
OUTSIDE_SECTIONS: Final = N_("This section is not among those that you keep for the person.")
CONTACT_NEVER_PUBLIC: Final = N_("Contact data are never shown to everybody. Choose fewer people.")
BODIES_MISSING: Final = N_("Choose at least one body, or another group of people.")
BODY_UNKNOWN: Final = N_("One of the bodies is not in the list. Choose from the list.")
EVIDENCE_ADDRESS: Final = N_("The address of the evidence begins with https:// or http://.")
METHOD_UNKNOWN: Final = N_("Choose how it was checked from the list.")
DOCUMENT_MISSING: Final = N_("Name the document, register entry or record of the interview.")
DOCUMENT_LONG: Final = N_("Name the document in at most 500 characters.")
NOT_ONESELF: Final = N_("Nobody checks what is stated of himself. Ask another data steward.")
NOT_CHECKED: Final = N_("This statement is not checked, so that no check can be withdrawn.")
TAKEN_BACK: Final = N_("This change was taken back already. Take back that newer change instead.")
NOT_YOURS: Final = N_(
    "You can take back what you, your delegates or data stewards did to your profile. What a "
    "source says, you can mark as not yours."
)
CHECK_IS_STEWARDS: Final = N_("A check is made and withdrawn by data stewards alone.")
LOADING: Final = N_("Data are being loaded. Take the batch back when that has ended.")
NOTHING_CHOSEN: Final = N_("Choose at least one item of this change.")
ITEM_UNKNOWN: Final = N_("One of the items is not part of this change. Open the change again.")
STALE_ITEM: Final = N_("Somebody has changed this item since you opened it.")
STALE_PROFILE: Final = N_("Somebody has changed this profile since you opened it.")
CHANGED_LATER: Final = N_(
    "Some items were changed again after this change. Take the later changes back first, or leave "
    "these items as they are."
)
JUDGEMENT_UNKNOWN: Final = N_("Choose whether the item is the person's.")
VISIBILITY_UNKNOWN: Final = N_("Choose who may see the item.")
IDENTIFIER_WRONG: Final = N_("This identifier is not right. Check every character.")
