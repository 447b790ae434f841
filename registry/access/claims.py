"""Claim a profile: by an invitation, by ORCID, or in words that a steward weighs.

What somebody may not see is never told by an answer: a claim in words is taken whether the profile
that it names is there or not, is hidden, or is held by somebody else.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from registry.access import claim_store, claim_texts, links
from registry.access.claim_store import ClaimWords, Remark
from registry.access.granting import grant, lock_free
from registry.access.holding import is_held, lock_account, lock_expert
from registry.access.models import AccessLink, Claim
from registry.access.policy import Actor, require
from registry.access.reclaiming import is_proved_by_orcid
from registry.audit import service as audit
from registry.errors import InvalidInputError, LinkUnusableError, NotFoundError
from registry.experts.life import CLAIMABLE, INVITED_DAYS, expires_at
from registry.experts.lifecycle import change_life
from registry.experts.models import Expert, ExpertSummary
from registry.experts.schemas import Life
from registry.text import clean

MOST_ADDRESS: Final = 500
MOST_WORDS: Final = 4000
_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True)
class Offered:
    """Whose profile a link is for: nothing but what tells the person that it is his."""

    expert_id: UUID
    display_name: str | None
    organisation: str | None


def invite(session: Session, actor: Actor, expert_id: UUID, sent_to: str, now: datetime) -> str:
    """Invite a person to claim his profile; an earlier invitation is of no use from now on.

    A lead becomes invited. A profile stays what it is whose person agreed on paper, or has left
    the account that held it.

    Args:
        sent_to: Whom the link is given to; kept sealed.

    Returns:
        The token of the link, which lasts 30 days: shown once, and not kept.

    Raises:
        NotFoundError: No such profile.
        InvalidInputError: Somebody holds it, or it is in no state to be claimed.
    """
    require(actor, "invitation:create")
    if not 1 <= len(clean(sent_to)) <= MOST_ADDRESS:
        raise InvalidInputError(claim_texts.ADDRESS_MISSING)
    expert = lock_expert(session, expert_id)
    if expert is None or Life(expert.life) is Life.ERASED:
        raise NotFoundError(f"no expert with the id {expert_id}")
    if is_held(session, expert_id):
        raise InvalidInputError(claim_texts.HELD_BY_SOMEBODY)
    if Life(expert.life) not in CLAIMABLE:
        raise InvalidInputError(claim_texts.NOT_CLAIMABLE)
    claim_store.revoke_claim_links(session, expert_id, now)
    if Life(expert.life) is Life.LEAD:
        change_life(session, actor, expert, Life.INVITED, now)
    elif Life(expert.life) is Life.INVITED:
        expert.life_since, expert.expires_at = now, expires_at(Life.INVITED, now)
    lasts = timedelta(days=INVITED_DAYS)
    return links.make_link(
        session,
        actor,
        links.Purpose.CLAIM,
        expert_id=expert_id,
        sent_to=clean(sent_to),
        now=now,
        lasts=lasts,
    )


def look_at_offer(session: Session, actor: Actor, token: str, now: datetime) -> Offered:
    """Whose profile a link offers to somebody who could claim it.

    Raises:
        LinkUnusableError: The link is used, expired, withdrawn, not of this service or of another
            purpose, or the profile cannot be claimed any more.
        InvalidInputError: The actor's account has a profile, or he made the link himself.
    """
    require(actor, "account:own")
    return _offered(session, actor, links.open_link(session, token, now))


def _offered(session: Session, actor: Actor, link: AccessLink) -> Offered:
    expert_id = require_claimable(session, link)
    if link.created_by == actor.id:
        raise InvalidInputError(claim_texts.OWN_LINK)
    if actor.expert_id is not None:
        raise InvalidInputError(claim_texts.HAS_PROFILE)
    return name_offered(session, expert_id)


def require_claimable(session: Session, link: AccessLink) -> UUID:
    """The profile that a link still gives a claim to.

    Raises:
        LinkUnusableError: It is a link for something else, or the profile is held or gone.
    """
    expert = session.get(Expert, link.expert_id) if link.expert_id is not None else None
    if link.purpose != links.Purpose.CLAIM or expert is None:
        raise LinkUnusableError(claim_texts.LINK_DEAD)
    if Life(expert.life) not in CLAIMABLE or is_held(session, expert.id):
        raise LinkUnusableError(claim_texts.LINK_DEAD)
    return expert.id


def name_offered(session: Session, expert_id: UUID) -> Offered:
    """What is shown of a person to whoever claims or contests: the public name, where he works."""
    summary = session.get(ExpertSummary, expert_id)
    if summary is None:
        return Offered(expert_id, None, None)
    return Offered(expert_id, summary.display_name, summary.organisation)


def claim_by_link(
    session: Session,
    actor: Actor,
    token: str,
    agreed: Collection[str],
    language: str,
    now: datetime,
) -> Claim:
    """Claim the profile of an invitation; the link is used up.

    Args:
        agreed: Purposes that he consents to; 'registry' is among them.
        language: In which he read the texts.

    Raises:
        LinkUnusableError, InvalidInputError: As `look_at_offer`, or he does not agree.
    """
    require(actor, "account:own")
    _require_agreed(agreed)
    offered = _offered(session, actor, links.open_link(session, token, now))
    expert, account = lock_free(session, offered.expert_id, UUID(actor.id))
    # Behind the locks: of two who use one link at once, the second finds it used.
    links.use_link(session, token, now)
    claim = Claim(account_id=account.id, proof="link", state="open", created_at=now)
    words = ClaimWords(agreed=sorted(set(agreed)), language=language)
    grant(session, actor, claim, expert, account, words, now)
    return claim


def _require_agreed(agreed: Collection[str]) -> None:
    if "registry" not in agreed:
        raise InvalidInputError(claim_texts.NOT_AGREED)


def claim_by_orcid(
    session: Session, actor: Actor, agreed: Collection[str], language: str, now: datetime
) -> Claim:
    """Claim the profile that gives the ORCID iD with which the account signs in.

    Granted at once when one profile alone gives this iD, gives no other, and nobody holds it: a
    source may have mixed two people up. Where somebody held it before, `reclaiming` says when the
    iD is still a proof. Anything else waits for a steward.

    Raises:
        NotFoundError: No profile gives the iD.
        InvalidInputError: No ORCID sign-in, a profile or a waiting claim already, or he does not
            agree.
    """
    require(actor, "account:own")
    _require_agreed(agreed)
    if actor.expert_id is not None:
        raise InvalidInputError(claim_texts.HAS_PROFILE)
    orcid = claim_store.find_orcid(session, UUID(actor.id))
    if orcid is None:
        raise InvalidInputError(claim_texts.NO_ORCID)
    stating = claim_store.list_stating(session, orcid)
    if not stating:
        raise NotFoundError(claim_texts.ORCID_UNKNOWN)
    words = ClaimWords(sought=f"ORCID {orcid}", agreed=sorted(set(agreed)), language=language)
    if len(stating) == 1 and claim_store.count_orcids(session, stating[0]) == 1:
        expert = lock_expert(session, stating[0])
        is_free = expert is not None and not is_held(session, expert.id)
        if (
            expert is not None
            and is_free
            and Life(expert.life) in CLAIMABLE
            and is_proved_by_orcid(session, expert.id, orcid)
        ):
            expert, account = lock_free(session, stating[0], UUID(actor.id))
            claim = Claim(account_id=account.id, proof="orcid", state="open", created_at=now)
            grant(session, actor, claim, expert, account, words, now)
            return claim
    named = stating[0] if len(stating) == 1 else None
    return _wait(session, actor, "orcid", named, words, now)


def claim_in_words(
    session: Session,
    actor: Actor,
    sought: str,
    said: str,
    agreed: Collection[str],
    language: str,
    now: datetime,
) -> Claim:
    """Ask a steward for a profile without a proof.

    Args:
        sought: Which profile: its address or id, or name and organisation.
        said: Why it is his, and how a steward can make sure.

    Raises:
        InvalidInputError: A part is missing, or he has a profile or a waiting claim already.
    """
    require(actor, "account:own")
    _require_agreed(agreed)
    if actor.expert_id is not None:
        raise InvalidInputError(claim_texts.HAS_PROFILE)
    if not 1 <= len(clean(sought)) <= MOST_ADDRESS:
        raise InvalidInputError(claim_texts.SOUGHT_MISSING)
    require_words(said)
    remark = Remark(by=actor.id, at=now, act="claim", words=said.strip())
    words = ClaimWords(
        sought=clean(sought), agreed=sorted(set(agreed)), language=language, remarks=[remark]
    )
    return _wait(session, actor, "words", find_named(session, sought), words, now)


def find_named(session: Session, text: str) -> UUID | None:
    """The profile whose id stands in a text, as in its address; for stewards' eyes alone."""
    match = _UUID.search(text)
    expert = session.get(Expert, UUID(match[0])) if match else None
    return expert.id if expert is not None and Life(expert.life) is not Life.ERASED else None


def require_words(said: str) -> None:
    """Refuse what says nothing, or more than anybody reads."""
    if not clean(said) or len(said) > MOST_WORDS:
        raise InvalidInputError(claim_texts.WORDS_MISSING)


def _wait(
    session: Session,
    actor: Actor,
    proof: str,
    expert_id: UUID | None,
    words: ClaimWords,
    now: datetime,
) -> Claim:
    if expert_id is not None:
        # Nothing is sealed for somebody who is being erased: it would give him a key anew.
        expert = lock_expert(session, expert_id)
        if expert is None or Life(expert.life) is Life.ERASED:
            expert_id = None
    account = lock_account(session, UUID(actor.id))
    if account is None or claim_store.find_open(session, account.id) is not None:
        raise InvalidInputError(claim_texts.OPEN_ALREADY)
    claim = Claim(
        account_id=account.id, expert_id=expert_id, proof=proof, state="open", created_at=now
    )
    claim_store.put_words(session, claim, words)
    session.add(claim)
    session.flush()
    audit.record(session, actor, "claim:create", about=expert_id, subject=f"claim:{claim.id}")
    return claim


def list_own(session: Session, actor: Actor) -> list[Claim]:
    """The actor's claims, newest first; which profile an undecided one leads to is not told."""
    require(actor, "account:own")
    return list(claim_store.list_of_account(session, UUID(actor.id)))
