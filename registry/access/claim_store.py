"""Claims in the database: finding them, and the words in them that are kept sealed."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session
from sqlmodel import col

from registry.access.models import AccessLink, AccountRole, Claim, ExternalLogin
from registry.errors import NotFoundError
from registry.experts.models import Expert, Statement
from registry.experts.schemas import Life
from registry.vault import service as vault

ORCID: Final = "orcid"
# Profiles that stand for nobody of their own any more.
_GONE: Final = (Life.MERGED.value, Life.ERASED.value)


class Remark(BaseModel):
    """What somebody said of a claim, or why it was decided so."""

    by: str
    at: datetime
    act: str
    words: str


class ClaimWords(BaseModel):
    """What a claim keeps sealed.

    Args:
        sought: The profile as the claimant names it: an address, an id, a description.
        agreed: Purposes that the claimant consents to, once the profile is his.
        language: In which he read what he agreed to.
        granted_at: Since when what the claimant did counts as done by the holder.
        remarks: Words of the claimant, of those who contest, and of those who decide.
        before: Columns of the profile that consents set, as they were before the claim.
        lives_before: What a profile that was paused before the claim was before that.
    """

    sought: str = ""
    agreed: list[str] = []
    granted_at: datetime | None = None
    language: str = "vi"
    remarks: list[Remark] = []
    before: dict[str, Any] = {}
    lives_before: list[str] = []


def get_words(session: Session, claim: Claim) -> ClaimWords:
    """The sealed words.

    Raises:
        NotFoundError: The person was erased, and his key destroyed.
    """
    if claim.words is None:
        return ClaimWords()
    if claim.expert_id is None:
        return ClaimWords.model_validate(
            vault.unseal_for_service(session, claim.words, _bound_to(claim))
        )
    return ClaimWords.model_validate(vault.unseal(session, claim.expert_id, claim.words))


def put_words(session: Session, claim: Claim, words: ClaimWords) -> None:
    """Seal the words under the key of the person whose profile it is, if there is one."""
    content = words.model_dump(mode="json")
    if claim.expert_id is None:
        claim.words = vault.seal_for_service(session, content, _bound_to(claim))
    else:
        claim.words = vault.seal(session, claim.expert_id, content)


def _bound_to(claim: Claim) -> str:
    return f"claim:{claim.id}"


def lock_claim(session: Session, claim_id: UUID) -> Claim | None:
    """A claim's row, held until the transaction ends."""
    session.flush()
    return session.get(Claim, claim_id, with_for_update=True, populate_existing=True)


def find_open(session: Session, account_id: UUID) -> Claim | None:
    """The claim of an account that waits for a steward; there is one at most."""
    return session.scalars(
        select(Claim)
        .where(col(Claim.account_id) == account_id, col(Claim.state) == "open")
        .with_for_update()
    ).first()


def drop_open(
    session: Session, account_id: UUID, act: str, now: datetime, but: UUID | None = None
) -> None:
    """Take an account's claim that waits for a steward out of the queue; nobody decided it.

    Args:
        act: Why, as the claim's last remark says: 'drop', 'close'.
        but: The claim that this is done for.
    """
    claim = find_open(session, account_id)
    if claim is None or claim.id == but:
        return
    try:
        words = get_words(session, claim)
        words.remarks.append(Remark(by=str(account_id), at=now, act=act, words=""))
        put_words(session, claim, words)
    except NotFoundError:
        # The person whom it names was erased; there is nothing left to write to.
        claim.words = None
    claim.state, claim.decided_by, claim.decided_at = "refused", str(account_id), now
    session.flush()


def was_followed(session: Session, claim: Claim) -> bool:
    """Whether somebody else was granted the profile of a claim after it."""
    if claim.expert_id is None or claim.life_before is None:
        return False
    at = _granted_at(session, claim)
    others = (each for each in list_of_expert(session, claim.expert_id) if each.id != claim.id)
    return any(
        _granted_at(session, other) > at
        for other in others
        if other.life_before is not None and other.state in {"granted", "contested", "ended"}
    )


def find_last_ended(session: Session, expert_id: UUID) -> Claim | None:
    """The claim by which a profile that nobody holds was held last, if it has ended."""
    ended = [
        each
        for each in list_of_expert(session, expert_id)
        if each.state == "ended" and not was_followed(session, each)
    ]
    return ended[0] if ended else None


def _granted_at(session: Session, claim: Claim) -> datetime:
    try:
        return get_words(session, claim).granted_at or claim.created_at
    except NotFoundError:
        # The person was erased, and with him what anybody could want back.
        return claim.created_at


def take_role(session: Session, claim: Claim, now: datetime) -> None:
    """End the role that this claim brought the account."""
    session.execute(
        update(AccountRole)
        .where(
            col(AccountRole.account_id) == claim.account_id,
            col(AccountRole.granted_by) == f"claim:{claim.id}",
            col(AccountRole.ended_at).is_(None),
        )
        .values(ended_at=now)
    )


def list_claims(
    session: Session, states: Collection[str], before: UUID | None, limit: int
) -> Sequence[Claim]:
    """Claims in these states, newest first; `before` is the last one of the page before."""
    query = select(Claim).where(col(Claim.state).in_(list(states)))
    if before is not None:
        query = query.where(col(Claim.id) < before)
    return session.scalars(query.order_by(col(Claim.id).desc()).limit(limit)).all()


def list_of_account(session: Session, account_id: UUID) -> Sequence[Claim]:
    """All claims of an account, newest first."""
    return session.scalars(
        select(Claim).where(col(Claim.account_id) == account_id).order_by(col(Claim.id).desc())
    ).all()


def list_of_expert(session: Session, expert_id: UUID) -> Sequence[Claim]:
    """All claims of a profile, newest first."""
    return session.scalars(
        select(Claim).where(col(Claim.expert_id) == expert_id).order_by(col(Claim.id).desc())
    ).all()


def find_orcid(session: Session, account_id: UUID) -> str | None:
    """The ORCID iD that an account signs in with; None as well when it has several."""
    found = session.scalars(
        select(col(ExternalLogin.subject)).where(
            col(ExternalLogin.account_id) == account_id, col(ExternalLogin.provider) == ORCID
        )
    ).all()
    return found[0] if len(found) == 1 else None


def list_stating(session: Session, orcid: str) -> Sequence[UUID]:
    """Profiles in which a current statement, not rejected by the person, gives this iD."""
    return session.scalars(
        select(col(Expert.id))
        .join(Statement, col(Statement.expert_id) == col(Expert.id))
        .where(
            col(Statement.external_id).in_(forms_of(orcid)),
            _COUNTS,
            col(Expert.life).not_in(_GONE),
        )
        .distinct()
        .order_by(col(Expert.id))
    ).all()


def forms_of(orcid: str) -> list[str]:
    """How statements give an ORCID iD: bare, and as its address."""
    return [f"orcid:{form}{orcid}" for form in ("", *_ADDRESSES)]


def count_orcids(session: Session, expert_id: UUID) -> int:
    """How many different ORCID iDs a profile's statements give."""
    bare = func.upper(func.right(col(Statement.external_id), 19))
    query = select(func.count(bare.distinct())).where(
        col(Statement.expert_id) == expert_id,
        col(Statement.external_id).startswith("orcid:"),
        _COUNTS,
    )
    return session.scalar(query) or 0


_ADDRESSES: Final = ("https://orcid.org/", "http://orcid.org/")
_COUNTS: Final = (
    (col(Statement.property) == "external_id")
    & col(Statement.superseded_at).is_(None)
    & col(Statement.judgement).is_distinct_from("rejected")
)


def revoke_claim_links(session: Session, expert_id: UUID, now: datetime) -> int:
    """Make all open links to claim this profile useless; how many there were."""
    revoked = session.scalars(
        update(AccessLink)
        .where(
            col(AccessLink.expert_id) == expert_id,
            col(AccessLink.purpose) == "claim",
            col(AccessLink.used_at).is_(None),
            col(AccessLink.revoked_at).is_(None),
        )
        .values(revoked_at=now)
        .returning(col(AccessLink.id))
    )
    return len(revoked.all())
