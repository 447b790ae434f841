"""Erasure on somebody's word: his own, confirmed here, or a letter that a steward holds."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from registry.access.policy import Actor, require
from registry.errors import InvalidInputError, NotFoundError
from registry.rights import request_store as store
from registry.rights import words
from registry.rights.deadlines import RequestKind
from registry.rights.erasure import erase
from registry.rights.models import Erasure
from registry.rights.people import lock_person
from registry.text import clean, fold

# What is typed to confirm, by language; either is taken, with or without marks.
CONFIRMATION: Final = {"vi": "XÓA", "en": "ERASE"}


def is_confirmed(typed: str) -> bool:
    """Whether this is one of the words that confirm an erasure."""
    return fold(clean(typed)) in {fold(word) for word in CONFIRMATION.values()}


def erase_own(session: Session, actor: Actor, typed: str, now: datetime) -> Erasure:
    """Erase the actor's own profile and account at once; a request documents it.

    Args:
        typed: The word of confirmation.

    Raises:
        InvalidInputError: It is another word.
    """
    require(actor, "rights:own")
    assert actor.expert_id is not None
    if not is_confirmed(typed):
        raise InvalidInputError(words.CONFIRMATION_WRONG)
    lock_person(session, actor, actor.expert_id, "rights:own", "rights:handle")
    store.add_shell(session, RequestKind.DELETE, "web", actor.expert_id, actor.id, now)
    return erase(session, actor, actor.expert_id, "the person asked for it here", now)


def erase_on_request(
    session: Session, actor: Actor, expert_id: UUID, request_id: UUID, typed: str, now: datetime
) -> Erasure:
    """Erase a person who asked for it by letter, telephone or in person.

    Raises:
        NotFoundError: There is no such request, or it is about another person.
        InvalidInputError: It asks for something else, is done, or is not confirmed.
    """
    require(actor, "rights:handle")
    row = store.lock_open(session, actor, request_id)
    if row.expert_id != expert_id:
        raise NotFoundError(f"no request with the id {request_id} for this person")
    if row.kind != RequestKind.DELETE:
        raise InvalidInputError(words.NOT_CARRIED_OUT_HERE)
    if not is_confirmed(typed):
        raise InvalidInputError(words.CONFIRMATION_WRONG)
    row.handled_by = actor.id
    store.note_act(session, actor, row, "done")
    return erase(session, actor, expert_id, f"request {row.id}", now)
