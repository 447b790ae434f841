"""Rows of what somebody says himself: their envelope, and the key of the item that they tell of."""

from collections.abc import Collection
from typing import Any, Final

from sqlalchemy.orm import Session

from registry.errors import InvalidInputError
from registry.experts import editing_words as words
from registry.experts import repository
from registry.experts.choosing import (
    apart,
    find_judgement,
    find_visibility,
    hash_of,
    is_of,
    judgement_keys,
    visibility_keys,
)
from registry.experts.contacts import StoredValue
from registry.experts.models import Statement
from registry.experts.parties import SOURCES
from registry.experts.schemas import StatementDraft, Verification
from registry.experts.writing import SAID, Act
from registry.ids import new_id

# Law 91/2025/QH15: what the person states of himself is held on his consent.
GROUNDS: Final = {"expert": "consent", "delegate": "consent", "steward": "public_record"}


def row_of(act: Act, draft: StatementDraft, stored: StoredValue, item_key: str) -> dict[str, Any]:
    """A statement by whoever acts, as it is stored; who sees it is as is usual."""
    content = [draft.property, stored.content, draft.started_on, draft.ended_on, draft.evidence_url]
    return {
        **dict.fromkeys(SAID),
        "id": new_id(),
        "expert_id": act.expert_id,
        "property": draft.property,
        "item_key": item_key,
        "value": stored.value,
        "value_hash": hash_of(content),
        "external_id": draft.value.external_id(),
        "started_on": draft.started_on,
        "ended_on": draft.ended_on,
        "source": SOURCES[act.party],
        "asserted_by": act.actor.id,
        "on_behalf_of": str(act.expert_id) if act.party == "delegate" else None,
        "asserted_at": act.now,
        "evidence_url": draft.evidence_url,
        "legal_ground": GROUNDS[act.party],
        "verification": Verification.CLAIMED.value,
        "visibility": draft.visibility.value,
        "named_bodies": [],
        "change_id": act.change_id,
    }


def settle(
    session: Session,
    act: Act,
    row: dict[str, Any],
    draft: StatementDraft,
    stored: StoredValue,
) -> None:
    """Who sees it: as the person chose for this item earlier."""
    choices = repository.list_choices(session, [act.expert_id]).get(act.expert_id, {})
    keys = visibility_keys(stored.item_key, draft.value.external_ids())
    if (chosen := find_visibility(choices, draft.property, keys)) is not None:
        row["visibility"], row["named_bodies"] = chosen.visibility, chosen.named_bodies


def stay_rejected(
    session: Session,
    act: Act,
    row: dict[str, Any],
    draft: StatementDraft,
    target: Statement | None = None,
) -> None:
    """Keep to what the person says is not his: a steward's word does not bring it back.

    Args:
        target: The statement that is corrected. What it tells of stays not his under another key,
            but another value of a property that holds one was not judged.
    """
    if act.party != "steward":
        return
    choices = repository.list_choices(session, [act.expert_id]).get(act.expert_id, {})
    ids = draft.value.external_ids()
    keys = judgement_keys(row["item_key"], ids, row["value"])
    judged = find_judgement(choices, draft.property, keys)
    if judged is not None and judged.judgement == "rejected":
        row["judgement"], row["judged_at"] = "rejected", judged.chosen_at
    elif target is not None and target.item_key and target.judgement == "rejected":
        row["judgement"], row["judged_at"] = "rejected", target.judged_at


def sees(act: Act, row: Statement) -> bool:
    """Whether he sees this statement of the profile."""
    return row.visibility in {level.value for level in act.near.levels}


def free_key(
    act: Act, draft: StatementDraft, stored: StoredValue, rows: Collection[Statement]
) -> str:
    """The key of a new statement of one's own: it may be a second item of one key.

    Args:
        rows: All current statements of the property.

    Raises:
        InvalidInputError: It is stated already.
    """
    own = [
        row
        for row in rows
        if row.source == SOURCES[act.party] and is_of(stored.item_key, row.item_key)
    ]
    # One that he does not see must not be told of by an error: his stands beside it.
    for row in filter(lambda row: sees(act, row), own):
        same_time = (row.started_on, row.ended_on) == (draft.started_on, draft.ended_on)
        if same_time or not stored.item_key or draft.value.external_id() is not None:
            raise InvalidInputError(words.ALREADY_SAID)
    if all(row.item_key != stored.item_key for row in own):
        return stored.item_key
    return apart(stored.item_key, draft.started_on, hash_of([stored.content, str(new_id())]))


def corrected_key(
    act: Act,
    target: Statement,
    draft: StatementDraft,
    stored: StoredValue,
    siblings: Collection[Statement],
) -> str:
    """A correction stays with its item while another source tells of it, too."""
    shared = any(row.item_key == target.item_key for row in siblings)
    if shared or is_of(stored.item_key, target.item_key):
        return target.item_key
    return free_key(act, draft, stored, siblings)
