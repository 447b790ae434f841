"""From a file to a draft that its bringer looks at, and from there to statements.

The draft is kept nowhere: between the two it travels in the page that is being looked at, sealed
under the key of the person whose profile it is for. Only the account that brought it opens it
again, for 24 hours, and nobody once the person is erased. What is not chosen was never stored.
"""

import base64
import binascii
import json
import zlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from ingest.own.items import Draft, DraftItem, Left, Note, Unread
from ingest.own.known import Known
from ingest.own.reading import read_own
from registry.access.policy import Actor
from registry.audit import service as audit
from registry.errors import InvalidInputError, NotFoundError, SecretsError
from registry.experts import file_words as words
from registry.experts.adding import add_items
from registry.experts.kept_service import KeptProfile, get_kept
from registry.experts.models import Statement
from registry.experts.schemas import StatementDraft, usual_visibility
from registry.vault import service as vault

__all__ = ["OpenDraft", "SeenItem", "accept_draft", "open_draft", "read_file"]

LASTS: Final = timedelta(hours=24)
# A form's field takes a megabyte.
_MOST_SEALED: Final = 900_000


@dataclass(frozen=True)
class SeenItem:
    """An item with its number in the draft.

    Args:
        known: The statement of the profile that says the same.
    """

    number: int
    item: DraftItem
    known: UUID | None

    @property
    def is_suggested(self) -> bool:
        """Whether it is ticked before anybody looks: sure, and new."""
        return self.item.sure and self.known is None


@dataclass(frozen=True)
class OpenDraft:
    """A draft as somebody looks at it.

    Args:
        sealed: What brings it back, for this account and until `until`.
    """

    kind: str
    items: Sequence[SeenItem]
    notes: Sequence[Note]
    unread: Sequence[Unread]
    profile: KeptProfile
    sealed: str
    until: datetime


def read_file(
    session: Session, actor: Actor, expert_id: UUID, name: str, content: bytes, now: datetime
) -> OpenDraft:
    """Read a file that somebody brings for a profile of his, or one that he keeps.

    A delegate gets the items of his sections.

    Raises:
        NotFoundError: No such profile, or none that the actor has a part in.
        ImportRefusedError: The file cannot be read; it says why, and what to send instead.
        InvalidInputError: It holds more than one draft takes.
    """
    profile = get_kept(session, actor, expert_id)
    draft = _within(read_own(name, content), profile)
    # Sealed is the draft alone: as what the items are known, is found anew each time.
    sealed = _seal(session, actor, expert_id, draft, now)
    details = {"as": profile.party, "kind": draft.kind, "items": len(draft.items)}
    audit.record(session, actor, "statement:draft", about=expert_id, details=details)
    return _seen(session, profile, draft, sealed, now + LASTS)


def open_draft(
    session: Session, actor: Actor, expert_id: UUID, sealed: str, now: datetime
) -> OpenDraft:
    """Open a draft again that `read_file` made.

    Raises:
        NotFoundError: No such profile, or none that the actor has a part in.
        InvalidInputError: It is over, of another account, or of another profile.
    """
    profile = get_kept(session, actor, expert_id)
    draft, until = _unseal(session, actor, expert_id, sealed, now)
    return _seen(session, profile, _within(draft, profile), sealed, until)


def accept_draft(
    session: Session,
    actor: Actor,
    opened: OpenDraft,
    numbers: Collection[int],
    *,
    seen: Collection[str],
    now: datetime,
    reason: str | None = None,
) -> tuple[UUID, list[Statement]]:
    """State the chosen items under one change, which can be taken back as a whole.

    Args:
        numbers: Of the items; others are left alone.
        seen: Versions of the profile that the choice may be based on.

    Raises:
        NotPermittedError, ChangedMeanwhileError: As of every edit.
        InvalidInputError: Nothing is chosen, an item is not of this draft, or all is stated.
    """
    by_number = {each.number: each.item for each in opened.items}
    if not set(numbers) <= set(by_number):
        raise InvalidInputError(words.DRAFT_OVER)
    chosen = [by_number[number].value for number in sorted(set(numbers))]
    expert_id = opened.profile.expert.id
    change_id, rows = add_items(
        session, actor, expert_id, _usual(chosen), seen=seen, now=now, reason=reason
    )
    if not rows:
        raise InvalidInputError(words.NOTHING_NEW)
    return change_id, rows


def _usual(drafts: Sequence[StatementDraft]) -> list[StatementDraft]:
    """Who sees it is never the draft's to say."""
    return [
        draft.model_copy(update={"visibility": usual_visibility(draft.property)})
        for draft in drafts
    ]


def _within(draft: Draft, profile: KeptProfile) -> Draft:
    """The items of the sections that the actor deals with."""
    items = [item for item in draft.items if item.property in profile.sections]
    if len(items) == len(draft.items):
        return draft
    notes = [*draft.notes, Note(left=Left.SECTIONS, where="")]
    return draft.model_copy(update={"items": items, "notes": list(dict.fromkeys(notes))})


def _seen(
    session: Session, profile: KeptProfile, draft: Draft, sealed: str, until: datetime
) -> OpenDraft:
    known = Known(session, [row for item in profile.items for row in item.statements])
    return OpenDraft(
        kind=draft.kind,
        items=[
            SeenItem(number, item, known.find(item.value))
            for number, item in enumerate(draft.items, start=1)
        ],
        notes=draft.notes,
        unread=draft.unread,
        profile=profile,
        sealed=sealed,
        until=until,
    )


def _seal(session: Session, actor: Actor, expert_id: UUID, draft: Draft, now: datetime) -> str:
    """The draft for the page; of a very long one without the passages that nobody understood."""
    cut = Note(left=Left.TOO_MANY, where="")
    shorter = draft.model_copy(update={"unread": [], "notes": [*draft.notes, cut]})
    for each in (draft, shorter):
        packed = zlib.compress(each.model_dump_json().encode(), 9)
        content = {
            "account": actor.id,
            "until": (now + LASTS).isoformat(),
            "draft": base64.b64encode(packed).decode(),
        }
        sealed = base64.urlsafe_b64encode(vault.seal(session, expert_id, content)).decode()
        if len(sealed) <= _MOST_SEALED:
            return sealed
    raise InvalidInputError(words.DRAFT_TOO_LONG)


def _unseal(
    session: Session, actor: Actor, expert_id: UUID, sealed: str, now: datetime
) -> tuple[Draft, datetime]:
    try:
        content: Any = vault.unseal(session, expert_id, base64.urlsafe_b64decode(sealed))
    except (SecretsError, NotFoundError, binascii.Error, ValueError) as exc:
        raise InvalidInputError(words.DRAFT_OVER) from exc
    # Other things are sealed under this key, too.
    if not isinstance(content, dict) or set(content) != {"account", "until", "draft"}:
        raise InvalidInputError(words.DRAFT_OVER)
    until = datetime.fromisoformat(content["until"])
    if content["account"] != actor.id or until <= now:
        raise InvalidInputError(words.DRAFT_OVER)
    data = json.loads(zlib.decompress(base64.b64decode(content["draft"])))
    return Draft.model_validate(data), until
