"""Ministries and other bodies: made, renamed and put out of use by administrators."""

import re
from collections.abc import Collection, Sequence
from typing import Any, Final

from sqlalchemy.orm import Session

from registry.access import attempts, repository, words
from registry.access.models import Body
from registry.access.policy import Actor, permissions_of, require
from registry.audit import service as audit
from registry.errors import InvalidInputError, NotFoundError, NotSignedInError
from registry.field_versions import check_version, version_of
from registry.text import clean

_CODE: Final = re.compile(r"[a-z0-9-]{2,40}")
_LONGEST_NAME: Final = 200


def list_bodies(session: Session, actor: Actor) -> Sequence[Body]:
    """Active bodies, for everybody who has signed in: experts choose among them who sees what.

    Administrators see the inactive ones as well.
    """
    if actor.is_anonymous:
        raise NotSignedInError("sign in first")
    return repository.list_bodies(session, "body:manage" in permissions_of(actor))


def find_active(session: Session, code: str) -> Body | None:
    """The body of this code, unless it is out of use."""
    body = session.get(Body, code) if _CODE.fullmatch(code) else None
    return body if body is not None and body.is_active else None


def create_body(session: Session, actor: Actor, code: str, name_vi: str, name_en: str) -> Body:
    """Add a body. Its code stands in statements and never changes.

    Raises:
        InvalidInputError: A wrong or taken code, or a wrong name.
    """
    require(actor, "body:manage")
    code = code.strip()
    if not _CODE.fullmatch(code):
        raise InvalidInputError(words.BODY_CODE)
    names = _names(name_vi, name_en)
    attempts.lock(session, f"body:{code}")
    if session.get(Body, code) is not None:
        raise InvalidInputError(words.BODY_TAKEN)
    body = Body(code=code, name_vi=names[0], name_en=names[1])
    session.add(body)
    session.flush()
    audit.record(session, actor, "body:create", subject=f"body:{code}")
    return body


def update_body(
    session: Session,
    actor: Actor,
    code: str,
    *,
    name_vi: str | None = None,
    name_en: str | None = None,
    is_active: bool | None = None,
    seen: Collection[str] | None = None,
) -> Body:
    """Rename a body, or put it out of use or back; None leaves a part as it is.

    Roles for a body that is not active count for nothing from the next request on.

    Args:
        seen: Versions of the body that this may be based on; None when it rests on nothing that
            was read before.

    Raises:
        NotFoundError: No such body.
        ChangedMeanwhileError: It is no longer what was seen.
        InvalidInputError: A wrong name.
    """
    require(actor, "body:manage")
    body = (
        session.get(Body, code, with_for_update=True, populate_existing=True)
        if _CODE.fullmatch(code)
        else None
    )
    if body is None:
        raise NotFoundError("no body with this code; list them to see which there are")
    before = _fields(body)
    if seen is not None:
        check_version(before, seen, words.STALE_BODY)
    names = _names(
        name_vi if name_vi is not None else body.name_vi,
        name_en if name_en is not None else body.name_en,
    )
    body.name_vi, body.name_en = names
    if is_active is not None:
        body.is_active = is_active
    session.flush()
    details = {"before": before, "after": _fields(body)}
    audit.record(session, actor, "body:update", subject=f"body:{code}", details=details)
    return body


def version_of_body(body: Body) -> str:
    """The version of a body, to change it on."""
    return version_of(_fields(body))


def _fields(body: Body) -> dict[str, Any]:
    return {"name_vi": body.name_vi, "name_en": body.name_en, "is_active": body.is_active}


def _names(name_vi: str, name_en: str) -> tuple[str, str]:
    names = clean(name_vi), clean(name_en)
    if not all(1 <= len(name) <= _LONGEST_NAME for name in names):
        raise InvalidInputError(words.BODY_NAMES)
    return names
