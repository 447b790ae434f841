"""People to claim, and accounts that claim them, for tests."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from ingest.load import load_whole
from registry.access import claims, sessions
from registry.access.models import Account, Claim, ExternalLogin
from registry.access.policy import LOCAL_STEWARD, Actor
from registry.db import Database
from registry.experts import repository
from registry.experts.models import Expert, ExpertSummary
from registry.experts.schemas import Life, PersonDraft, StatementDraft
from tests.accounts import make_account
from tests.factories import NOW, make_person, said

STEWARD = LOCAL_STEWARD
ORCID = "0000-0002-1825-0097"
LATER = NOW + timedelta(days=1)


def load(database: Database, *people: PersonDraft) -> list[UUID]:
    """Bring people in; their ids in the same order."""
    load_whole(database, LOCAL_STEWARD, list(people), NOW)
    with database.session() as session:
        found = [repository.find_by_source(session, p.source, [p.source_key]) for p in people]
    return [next(iter(each.values())) for each in found]


def make_lead(
    database: Database, key: str = "1", *statements: StatementDraft, life: Life = Life.LEAD
) -> UUID:
    """One person whom nobody has claimed; nobody is brought in as erased, so he becomes that."""
    first = Life.LEAD if life is Life.ERASED else life
    person = make_person(key, f"Trần Thị Khóa {key}", *statements, life=first)
    expert_id = load(database, person)[0]
    if life is Life.ERASED:
        with database.session() as session:
            session.get_one(Expert, expert_id).life = life.value
            session.delete(session.get_one(ExpertSummary, expert_id))
    return expert_id


def with_orcid(orcid: str = ORCID) -> StatementDraft:
    """A statement that gives an ORCID iD."""
    return said("external_id", {"scheme": "orcid", "value": orcid})


def actor_of(session: Session, account: Account, now: datetime = NOW) -> Actor:
    """The account as it acts now, having just signed in."""
    held = session.get_one(Account, account.id)
    return sessions.load_actor(session, held, now, signed_in_at=now)


def link_orcid(database: Database, account: Account, orcid: str = ORCID) -> None:
    """Let an account sign in with ORCID."""
    with database.session() as session:
        session.add(
            ExternalLogin(provider="orcid", subject=orcid, account_id=account.id, linked_at=NOW)
        )


def claim(
    database: Database,
    expert_id: UUID,
    login: str = "holder",
    now: datetime = NOW,
    agreed: tuple[str, ...] = ("registry",),
) -> tuple[Account, UUID]:
    """Let a new account claim a profile by an invitation; the account and its claim's id."""
    account = make_account(database, login)
    with database.session() as session:
        token = claims.invite(session, STEWARD, expert_id, "letter to the institute", now)
    with database.session() as session:
        made = claims.claim_by_link(session, actor_of(session, account), token, agreed, "vi", now)
        claim_id = made.id
    return account, claim_id


def state_of(database: Database, claim_id: UUID) -> str:
    """What became of a claim."""
    with database.session() as session:
        return session.get_one(Claim, claim_id).state
