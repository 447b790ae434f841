"""The life of a profile: who may move it where, and what each state shows to whom. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Literal

from registry.errors import InvalidInputError, NotPermittedError
from registry.experts.schemas import Life
from registry.text import clean

Party = Literal["expert", "steward", "system"]
"""The person himself, a data steward, or the service on its own (expiry, erasure)."""

Language = Literal["vi", "en"]

# Defaults of settings. No law names a number: half a year is enough to find somebody's address
# and write to him, a month to answer.
LEAD_DAYS: Final = 180
INVITED_DAYS: Final = 30

_ALIVE: Final = tuple(life for life in Life if life not in {Life.MERGED, Life.ERASED})

# (from, to): who may make the move, and whether he must give a reason.
MOVES: Final[Mapping[tuple[Life, Life], Mapping[Party, bool]]] = {
    (Life.LEAD, Life.INVITED): {"steward": False},
    (Life.LEAD, Life.CLAIMED): {"expert": False},
    (Life.INVITED, Life.CLAIMED): {"expert": False},
    # The invitation ran out or was taken back.
    (Life.INVITED, Life.LEAD): {"steward": False, "system": False},
    (Life.CLAIMED, Life.VERIFIED): {"steward": False},
    # The check was withdrawn, or the claim is contested.
    (Life.VERIFIED, Life.CLAIMED): {"steward": True},
    # The wrong person had claimed it.
    (Life.CLAIMED, Life.LEAD): {"steward": True},
    # A steward pauses and withdraws on the person's word; the reason says how it reached him.
    (Life.CLAIMED, Life.PAUSED): {"expert": False, "steward": True},
    (Life.VERIFIED, Life.PAUSED): {"expert": False, "steward": True},
    (Life.PAUSED, Life.CLAIMED): {"expert": False, "steward": False},
    (Life.PAUSED, Life.VERIFIED): {"expert": False, "steward": False},
    (Life.CLAIMED, Life.WITHDRAWN): {"expert": False, "steward": True},
    (Life.VERIFIED, Life.WITHDRAWN): {"expert": False, "steward": True},
    (Life.PAUSED, Life.WITHDRAWN): {"expert": False, "steward": True},
    # Consent given anew, which nobody can do for the person.
    (Life.WITHDRAWN, Life.CLAIMED): {"expert": False},
    **{(life, Life.MERGED): {"steward": True} for life in _ALIVE},
    **{(Life.MERGED, life): {"steward": True} for life in _ALIVE},
    # Through erasure only, which also removes what is held and keeps the proof.
    **{(life, Life.ERASED): {"system": False} for life in (*_ALIVE, Life.MERGED)},
}


def check_move(
    current: Life, wanted: Life, party: Party, reason: str | None, former: Life | None = None
) -> None:
    """Let a move pass, or refuse it.

    The end of a pause, and of a merge that is undone, lead back to what the profile was: a pause
    must not be a way to become verified. What it was is in its history, not in its state.

    Args:
        reason: Blank counts as none.
        former: For a paused or merged profile, the state before; not needed for other moves.

    Raises:
        InvalidInputError: Nobody can make this move, or a reason or `former` is missing.
        NotPermittedError: The move exists, but not for this party.
    """
    rule = MOVES.get((current, wanted))
    if rule is not None and _is_return(current, wanted):
        if former is None:
            raise InvalidInputError(
                f"a profile that is {current} goes back to what it was before; say what that was"
            )
        if wanted is not former:
            rule = None
    if rule is None:
        possible = ", ".join(possible_moves(current, party, former)) or "none"
        raise InvalidInputError(
            f"a profile that is {current} cannot become {wanted}; possible for {party}: {possible}"
        )
    if party not in rule:
        raise NotPermittedError(
            f"from {current} to {wanted} is not a move for {party}; possible for: {', '.join(rule)}"
        )
    if rule[party] and not clean(reason or ""):
        raise InvalidInputError(f"from {current} to {wanted} needs a reason; say why in a sentence")


def possible_moves(current: Life, party: Party, former: Life | None = None) -> list[Life]:
    """States that this party can move a profile to, in the order of `Life`.

    Without `former`, the way back of a paused or merged profile is left out.
    """
    return [
        wanted
        for wanted in Life
        if party in MOVES.get((current, wanted), {})
        and (wanted is former or not _is_return(current, wanted))
    ]


def _is_return(current: Life, wanted: Life) -> bool:
    if current is Life.PAUSED:
        return wanted in {Life.CLAIMED, Life.VERIFIED}
    return current is Life.MERGED and wanted in _ALIVE


# What can be claimed: a lead that was found or invited, and a profile that is a person's already
# while no account holds it: he agreed on paper, or has left the account that held it. A paused one
# stays paused until whoever claims it ends the pause.
CLAIMABLE: Final = (Life.LEAD, Life.INVITED, Life.CLAIMED, Life.VERIFIED, Life.PAUSED)

# (now, before the claim): the ways back of a claim by the wrong person. They are no moves of
# their own: a consent that was withdrawn is otherwise given anew by the person alone.
TAKEN_BACK: Final = frozenset(
    (current, before)
    for current in (Life.CLAIMED, Life.VERIFIED, Life.PAUSED, Life.WITHDRAWN)
    for before in CLAIMABLE
)


def check_taken_back(current: Life, before: Life, party: Party, reason: str | None) -> None:
    """Let a reverted claim lead back to what the profile was before it, or refuse that.

    Whatever the wrong person made of the profile meanwhile does not count, his pause and his
    withdrawal included.

    Args:
        before: The state of the profile when the claim was granted.
        reason: Blank counts as none.

    Raises:
        InvalidInputError: The profile is or was in a state that no claim leads to, or the reason
            is missing.
        NotPermittedError: Only a steward decides that a claim was wrong.
    """
    if party != "steward":
        raise NotPermittedError("only a data steward takes a claim back")
    if (current, before) not in TAKEN_BACK:
        raise InvalidInputError(f"a profile that is {current} cannot go back to {before}")
    if not clean(reason or ""):
        raise InvalidInputError("taking a claim back needs a reason; say why in a sentence")


def expires_at(
    life: Life, since: datetime, lead_days: int = LEAD_DAYS, invited_days: int = INVITED_DAYS
) -> datetime | None:
    """When a state ends on its own, or None: an invitation runs out, a lead is erased.

    Args:
        since: When the profile entered this state.
    """
    if life is Life.LEAD:
        return since + timedelta(days=lead_days)
    if life is Life.INVITED:
        return since + timedelta(days=invited_days)
    return None


class Viewer(StrEnum):
    """Who may see a profile as such; the visibility of each statement narrows it further."""

    SELF = "self"
    STEWARD = "steward"
    PURPOSE = "purpose"  # A recruiter who has entered a purpose, which is logged.
    ANYONE = "anyone"  # Whoever may search.


@dataclass(frozen=True)
class Shown:
    """To whom a state shows a profile, and the sentence that tells people so."""

    viewers: frozenset[Viewer]
    text: Mapping[Language, str]


_UNCLAIMED: Final = frozenset({Viewer.STEWARD, Viewer.PURPOSE})
_OPEN: Final = frozenset(Viewer) - {Viewer.PURPOSE}
_CLOSED: Final = frozenset({Viewer.SELF, Viewer.STEWARD})

SHOWN_TO: Final[Mapping[Life, Shown]] = {
    Life.LEAD: Shown(
        _UNCLAIMED,
        {
            "vi": "Tìm thấy trong nguồn công khai, chưa được nhận: chỉ người quản lý dữ liệu và "
            "người tuyển chọn đã nêu mục đích xem được; hết hạn thì bị xóa.",
            "en": "Found in a public source and not claimed: seen by data stewards, and by "
            "recruiters who have stated a purpose; erased when it expires.",
        },
    ),
    Life.INVITED: Shown(
        _UNCLAIMED,
        {
            "vi": "Đã mời, chưa được nhận: chỉ người quản lý dữ liệu và người tuyển chọn đã nêu "
            "mục đích xem được.",
            "en": "Invited and not claimed yet: seen by data stewards, and by recruiters who have "
            "stated a purpose.",
        },
    ),
    Life.CLAIMED: Shown(
        _OPEN,
        {
            "vi": "Chuyên gia đã nhận hồ sơ: mỗi mục hiện với những ai mà chuyên gia cho phép.",
            "en": "Claimed by the expert: each part is shown to those whom the expert allows.",
        },
    ),
    Life.VERIFIED: Shown(
        _OPEN,
        {
            "vi": "Chuyên gia đã nhận và người quản lý dữ liệu đã kiểm tra: mỗi mục hiện với "
            "những ai mà chuyên gia cho phép.",
            "en": "Claimed by the expert and checked by a data steward: each part is shown to "
            "those whom the expert allows.",
        },
    ),
    Life.PAUSED: Shown(
        _CLOSED,
        {
            "vi": "Tạm dừng: không ai tìm thấy; chỉ chuyên gia và người quản lý dữ liệu xem được.",
            "en": "Paused: nobody finds it; seen by the expert and data stewards only.",
        },
    ),
    Life.WITHDRAWN: Shown(
        _CLOSED,
        {
            "vi": "Đã rút sự đồng ý: không ai tìm thấy; chỉ chuyên gia, người có thể đồng ý lại, "
            "và người quản lý dữ liệu xem được.",
            "en": "Consent withdrawn: nobody finds it; seen only by the expert, who can consent "
            "again, and by data stewards.",
        },
    ),
    Life.MERGED: Shown(
        frozenset({Viewer.STEWARD}),
        {
            "vi": "Đã gộp vào hồ sơ khác của cùng một người: chỉ hồ sơ đó được hiển thị; người "
            "quản lý dữ liệu có thể tách lại.",
            "en": "Merged into another profile of the same person: only that one is shown; a data "
            "steward can undo it.",
        },
    ),
    Life.ERASED: Shown(
        frozenset(),
        {
            "vi": "Đã xóa: không còn gì để xem, chỉ giữ bằng chứng rằng việc xóa đã diễn ra.",
            "en": "Erased: nothing is left to see but the proof that it was erased.",
        },
    ),
}


def describe(life: Life, language: Language) -> str:
    """One sentence for pages: what this state is and who sees the profile."""
    return SHOWN_TO[life].text[language]
