"""Contact data on their way in and out of the store: sealed under the person's key."""

import base64
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from registry.experts.models import Statement
from registry.experts.values import ContactValue, Value
from registry.vault import service as vault


@dataclass(frozen=True)
class StoredValue:
    """A value as a statement stores it.

    Args:
        item_key: What makes two statements the same item.
        content: What is hashed to tell whether the same is said again; for contact data a keyed
            digest, since a plain hash of an address is found by guessing.
    """

    value: dict[str, Any]
    item_key: str
    content: Any


def stored_value(
    session: Session, expert_id: UUID, value: Value, *, is_shown: bool = False
) -> StoredValue:
    """The value for the store; contact data encrypted, everything else as it is.

    Args:
        is_shown: It is looked at and not stored: contact data stay open.
    """
    plain = value.model_dump(mode="json", exclude_none=True)
    if not isinstance(value, ContactValue):
        return StoredValue(plain, value.item_key() or "", plain)
    digest = vault.digest(session, "contact", f"{expert_id}\0{value.kind}\0{value.normalised()}")
    key = f"{value.kind}:{digest}"
    if is_shown:
        return StoredValue(plain, key, digest)
    sealed = base64.b64encode(vault.seal(session, expert_id, plain)).decode()
    return StoredValue({"kind": value.kind, "sealed": sealed}, key, digest)


def opened_value(
    session: Session, owner_id: UUID, property_name: str, value: dict[str, Any]
) -> dict[str, Any]:
    """The value for an answer to somebody who may see it.

    Args:
        owner_id: Under whose key contact data are: the profile that the statement came with.
    """
    if property_name != "contact":
        return value
    opened: dict[str, Any] = vault.unseal(session, owner_id, base64.b64decode(value["sealed"]))
    return opened


def opened_of(session: Session, row: Statement) -> dict[str, Any]:
    """`opened_value` of a statement."""
    return opened_value(session, row.origin_id or row.expert_id, row.property, row.value)
