"""Seal and open personal data; digests that are compared; rotation of the master key."""

import hashlib
import hmac
import json
import os
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session
from sqlmodel import col

from registry.errors import NotFoundError, SecretsError
from registry.vault.master import KEY_BYTES, MasterKeys, decrypt, encrypt
from registry.vault.models import PersonKey, ServiceKey

# Digests: what is compared without being kept. System: what belongs to no single person.
ServiceKeyName = Literal["digests", "system", "links", "devices"]
_INFO: Final = "vault"


def _masters(session: Session) -> MasterKeys:
    masters = session.info.get(_INFO)
    if not isinstance(masters, MasterKeys):
        raise SecretsError("this session was opened without the keys of the service")
    return masters


def _cache(session: Session) -> dict[str | UUID, bytes]:
    # For one session only: a key that another process destroyed must not live on here.
    cached: dict[str | UUID, bytes] = session.info.setdefault("vault-cache", {})
    return cached


def person_keys(
    session: Session, expert_ids: Sequence[UUID], make: bool = False
) -> dict[UUID, bytes]:
    """Keys of people; made where they are missing, on demand."""
    cache = _cache(session)
    wanted = [key for key in dict.fromkeys(expert_ids) if key not in cache]
    if wanted:
        masters = _masters(session)
        rows = session.execute(
            select(col(PersonKey.expert_id), col(PersonKey.master), col(PersonKey.wrapped)).where(
                col(PersonKey.expert_id).in_(wanted)
            )
        )
        for expert_id, master, wrapped in rows:
            cache[expert_id] = masters.unwrap(master, wrapped, expert_id.bytes)
        missing = [key for key in wanted if key not in cache]
        if make and missing:
            _make_keys(session, missing)
            # Read back: of two that make one at once, the first to commit counts.
            return person_keys(session, expert_ids)
    return {key: cache[key] for key in expert_ids if key in cache}


def _make_keys(session: Session, expert_ids: Sequence[UUID]) -> None:
    masters, rows = _masters(session), []
    for expert_id in sorted(expert_ids):
        name, wrapped = masters.wrap(os.urandom(KEY_BYTES), expert_id.bytes)
        rows.append({"expert_id": expert_id, "master": name, "wrapped": wrapped})
    session.execute(upsert(PersonKey).on_conflict_do_nothing(), rows)


def seal(session: Session, expert_id: UUID, value: Any) -> bytes:
    """Encrypt a JSON value under the person's key; it opens only as his."""
    return seal_many(session, [(expert_id, value)])[0]


def seal_many(session: Session, values: Sequence[tuple[UUID, Any]]) -> list[bytes]:
    """`seal` for many values at once."""
    keys = person_keys(session, [expert_id for expert_id, _ in values], make=True)
    return [encrypt(keys[key], _dump(value), key.bytes) for key, value in values]


def unseal(session: Session, expert_id: UUID, sealed: bytes) -> Any:
    """What `seal` was given.

    Raises:
        NotFoundError: The person's key was destroyed: he was erased.
        SecretsError: The bytes are not his, or were changed.
    """
    key = person_keys(session, [expert_id]).get(expert_id)
    if key is None:
        raise NotFoundError("the key to this was destroyed: the person was erased")
    return json.loads(decrypt(key, sealed, expert_id.bytes))


def destroy_key(session: Session, expert_id: UUID) -> None:
    """Destroy a person's key: everything sealed under it is closed for ever."""
    session.execute(delete(PersonKey).where(col(PersonKey.expert_id) == expert_id))
    _cache(session).pop(expert_id, None)


def service_key(session: Session, name: ServiceKeyName) -> bytes:
    """A key of the service, made on first use."""
    cache = _cache(session)
    if name not in cache:
        masters, bound_to = _masters(session), name.encode()
        wrapping, wrapped = masters.wrap(os.urandom(KEY_BYTES), bound_to)
        session.execute(
            upsert(ServiceKey).on_conflict_do_nothing(),
            [{"name": name, "master": wrapping, "wrapped": wrapped}],
        )
        row = session.execute(
            select(col(ServiceKey.master), col(ServiceKey.wrapped)).where(
                col(ServiceKey.name) == name
            )
        ).one()
        cache[name] = masters.unwrap(row[0], row[1], bound_to)
    return cache[name]


def seal_for_service(session: Session, value: Any, bound_to: str) -> bytes:
    """Encrypt a JSON value that belongs to no profile (an account's code secret, a requester)."""
    return encrypt(service_key(session, "system"), _dump(value), bound_to.encode())


def unseal_for_service(session: Session, sealed: bytes, bound_to: str) -> Any:
    """What `seal_for_service` was given."""
    return json.loads(decrypt(service_key(session, "system"), sealed, bound_to.encode()))


def seal_bytes(session: Session, content: bytes, bound_to: str) -> bytes:
    """Encrypt a file that belongs to no profile."""
    return encrypt(service_key(session, "system"), content, bound_to.encode())


def open_bytes(session: Session, sealed: bytes, bound_to: str) -> bytes:
    """What `seal_bytes` was given."""
    return decrypt(service_key(session, "system"), sealed, bound_to.encode())


def digest(session: Session, kind: str, text: str) -> str:
    """A keyed digest: equal for equal texts, and of no use to somebody who guesses texts.

    Args:
        kind: Keeps digests of different things apart.
    """
    key = service_key(session, "digests")
    return hmac.new(key, f"{kind}\0{text}".encode(), hashlib.sha256).hexdigest()


def rotate(session: Session, batch: int = 500) -> int:
    """Wrap every data key under the current master key that is under another; runs twice unharmed.

    Returns:
        How many keys of this batch were wrapped anew; 0 when all are done.
    """
    masters = _masters(session)
    services = session.scalars(
        select(ServiceKey).where(col(ServiceKey.master) != masters.current).with_for_update()
    ).all()
    for service in services:
        plain = masters.unwrap(service.master, service.wrapped, service.name.encode())
        service.master, service.wrapped = masters.wrap(plain, service.name.encode())
    people = session.scalars(
        select(PersonKey)
        .where(col(PersonKey.master) != masters.current)
        .order_by(col(PersonKey.expert_id))
        .limit(batch)
        .with_for_update(skip_locked=True)
    ).all()
    for person in people:
        plain = masters.unwrap(person.master, person.wrapped, person.expert_id.bytes)
        person.master, person.wrapped = masters.wrap(plain, person.expert_id.bytes)
    session.flush()
    return len(services) + len(people)


def count_wrapped(session: Session) -> dict[str, int]:
    """Data keys by the master key that wraps them: one that is counted nowhere can be dropped."""
    counts: Counter[str] = Counter()
    for table in (PersonKey, ServiceKey):
        rows = session.execute(select(col(table.master), func.count()).group_by(col(table.master)))
        counts.update({row[0]: row[1] for row in rows})
    return dict(counts)


def _dump(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
