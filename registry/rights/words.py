"""What this folder tells people when something cannot be done.

The texts are English; pages look their translation up by the text itself, so that a service
raises one message and both doors show it.
"""

from typing import Final


def N_(text: str) -> str:  # noqa: N802
    """Mark a text for translation and leave it as it is."""
    return text


REGISTRY_FIRST: Final = N_(
    "This consent rests on the one for keeping your profile. Give that one first, or together."
)
REGISTRY_TO_CLAIM: Final = N_(
    "To claim a profile, agree that it is kept and shown to bodies. All other purposes are free."
)
BODIES_NOT_HERE: Final = N_(
    "This purpose cannot be limited to single bodies: it holds for all that may see the profile."
)
BODY_UNKNOWN: Final = N_("Choose an active body from the list.")
PURPOSE_UNKNOWN: Final = N_("Choose a purpose from the list.")
LANGUAGE_UNKNOWN: Final = N_("Choose Vietnamese or English.")
EVIDENCE_MISSING: Final = N_(
    "Say how it reached you and where the proof is kept, for example the number of the letter."
)
CHANNEL_UNKNOWN: Final = N_("Choose how it reached you: on paper, by e-mail or in person.")
WITHDRAWN_BEFORE: Final = N_("This consent was withdrawn before.")

REQUEST_WORDS: Final = N_("Describe the request with 1 to 4,000 characters.")
REQUESTER_MISSING: Final = N_("Say who asks and how to reach this person.")
REQUEST_ENDED: Final = N_("This request is done; nothing more can be written to it.")
REQUEST_ANSWERED: Final = N_("This request was answered before.")
REASON_MISSING: Final = N_("Give the reason in a sentence.")
OUTCOME_MISSING: Final = N_("Write what was done, for the person who asked.")
NO_PROFILE: Final = N_("This request is of somebody without a profile here.")
NOT_CARRIED_OUT_HERE: Final = N_("Nothing of this kind can be carried out by a button.")
CONFIRMATION_WRONG: Final = N_("Type the word exactly as shown to erase everything.")
ERASE_ELSEWHERE: Final = N_(
    "To have everything erased, open the page about your data and confirm it there; it is done at "
    "once."
)
# Written down as it is, so in both languages at once.
CLAIM_TAKEN_BACK: Final = (
    "Yêu cầu này được gửi qua một lần nhận hồ sơ đã bị thu hồi, vì hồ sơ không phải của người gửi; "
    "không có gì được thực hiện theo yêu cầu này.\n"
    "This was asked for through a claim that was taken back, because the profile is not that of "
    "the person who asked; nothing is done about it."
)
ASKED_BY_BUTTON: Final = N_("Asked for with the button on the page about one's data.")

PURPOSE_MISSING: Final = N_("Say what the person is considered for.")
CONSIDERED_BY_BODIES: Final = N_("Only somebody who works for a body considers people for it.")
CONSIDERED_ALREADY: Final = N_("Your body considers this person for this already.")
CONSIDERATION_ENDED: Final = N_("This consideration was closed before.")
OUTCOME_UNKNOWN: Final = N_("Choose whether the person was engaged.")
NOT_FOR_COUNCILS: Final = N_("This person has not agreed to be considered for councils.")
OTHER_COUNCIL: Final = N_("This council is another body's, or there is none.")

BREACH_TITLE: Final = N_("Give the breach a title of 1 to 200 characters.")
BREACH_FOUND: Final = N_("Say when the breach was found: a time that is not in the future.")
BREACH_LONG: Final = N_("Description and measures have at most 20,000 characters each.")
BREACH_PEOPLE: Final = N_("Write the number of people as digits, or leave it empty.")
PROFILE_UNKNOWN: Final = N_("No profile has this address or id.")
STALE_BREACH: Final = N_("Somebody has changed this breach since you opened it.")
BREACH_ENDED: Final = N_("This breach is closed; nothing more can be written to it.")
NOTICE_NUMBER: Final = N_("Write the number under which the authority was notified.")
NOTICE_FIRST: Final = N_(
    "Note the notice to the authority, or why none was needed, before closing."
)
