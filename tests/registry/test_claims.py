"""Who comes to hold a profile: by invitation, ORCID or decision of a steward; once and alone."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from registry.access import claim_decisions, claim_store, claims, contests, links
from registry.access.holding import find_holder
from registry.access.models import AccessLink, Account, Claim
from registry.access.policy import ANONYMOUS, Role
from registry.audit.models import AuditEntry
from registry.db import Database
from registry.errors import (
    ChangedMeanwhileError,
    InvalidInputError,
    LinkUnusableError,
    NotFoundError,
    NotPermittedError,
    NotSignedInError,
)
from registry.experts import lifecycle
from registry.experts.models import Expert
from registry.experts.schemas import Life
from registry.rights.models import Consent
from registry.vault import service as vault
from tests.accounts import make_account
from tests.claims import (
    LATER,
    ORCID,
    STEWARD,
    actor_of,
    claim,
    link_orcid,
    load,
    make_lead,
    state_of,
    with_orcid,
)
from tests.factories import NOW, make_person

OTHER_ORCID = "0000-0001-5109-3700"
AGREED = ("registry",)


def _invite(database: Database, expert_id: UUID) -> str:
    with database.session() as session:
        return claims.invite(session, STEWARD, expert_id, "by letter", NOW)


def _life(database: Database, expert_id: UUID) -> str:
    with database.session() as session:
        return session.get_one(Expert, expert_id).life


# Invitations.


def test_an_invitation_moves_a_lead_and_lasts_thirty_days(database: Database) -> None:
    expert_id = make_lead(database)

    _invite(database, expert_id)

    with database.session() as session:
        expert = session.get_one(Expert, expert_id)
        link = session.scalars(select(AccessLink)).one()
    assert expert.life == "invited"
    assert expert.expires_at == link.expires_at == NOW + timedelta(days=30)


def test_whom_an_invitation_goes_to_is_kept_sealed(database: Database) -> None:
    expert_id = make_lead(database)
    with database.session() as session:
        claims.invite(session, STEWARD, expert_id, "khoa@vidu.example", NOW)

    with database.session() as session:
        link = session.scalars(select(AccessLink)).one()
        assert link.sent_to is not None
        assert b"vidu" not in link.sent_to
        assert vault.unseal(session, expert_id, link.sent_to) == "khoa@vidu.example"


def test_a_new_invitation_takes_the_older_one_back(database: Database) -> None:
    expert_id = make_lead(database)
    older, newer = _invite(database, expert_id), _invite(database, expert_id)

    with database.session() as session, pytest.raises(LinkUnusableError):
        links.open_link(session, older, NOW)
    with database.session() as session:
        assert links.open_link(session, newer, NOW).expert_id == expert_id


def test_only_stewards_invite(database: Database) -> None:
    expert_id = make_lead(database)
    recruiter = make_account(database, "recruiter", Role.RECRUITER, body="most")

    with database.session() as session, pytest.raises(NotPermittedError):
        claims.invite(session, actor_of(session, recruiter), expert_id, "x", NOW)


@pytest.mark.parametrize("life", [Life.WITHDRAWN, Life.MERGED])
def test_a_profile_that_nobody_can_claim_is_not_offered(database: Database, life: Life) -> None:
    expert_id = make_lead(database, life=life)

    with database.session() as session, pytest.raises(InvalidInputError, match="cannot be claimed"):
        claims.invite(session, STEWARD, expert_id, "x", NOW)


def test_a_person_who_agreed_on_paper_is_invited_and_stays_what_he_is(database: Database) -> None:
    expert_id = make_lead(database, life=Life.VERIFIED)

    claim(database, expert_id)

    assert _life(database, expert_id) == "verified"


def test_nobody_is_invited_to_what_somebody_holds(database: Database) -> None:
    expert_id = make_lead(database)
    claim(database, expert_id)

    with database.session() as session, pytest.raises(InvalidInputError, match="holds this"):
        claims.invite(session, STEWARD, expert_id, "x", NOW)


# By invitation.


def test_a_link_shows_name_and_organisation_and_makes_the_profile_ones_own(
    database: Database,
) -> None:
    expert_id = make_lead(database)
    token = _invite(database, expert_id)
    account = make_account(database, "khoa")

    with database.session() as session:
        actor = actor_of(session, account)
        offered = claims.look_at_offer(session, actor, token, NOW)
        claims.claim_by_link(session, actor, token, AGREED, "vi", NOW)
    with database.session() as session:
        after = actor_of(session, account)

    assert offered == claims.Offered(expert_id, "Trần Thị Khóa 1", "Viện 1")
    assert after.expert_id == expert_id
    assert Role.EXPERT in after.roles
    assert _life(database, expert_id) == "claimed"


def test_what_is_agreed_to_counts_from_the_claim_on_and_nothing_else_does(
    database: Database,
) -> None:
    expert_id = make_lead(database)

    account, _ = claim(database, expert_id, agreed=("registry", "matching"))

    with database.session() as session:
        given = session.scalars(select(Consent).where(col(Consent.expert_id) == expert_id)).all()
        expert = session.get_one(Expert, expert_id)
    assert {c.purpose for c in given} == {"registry", "matching"}
    assert {c.recorded_by for c in given} == {str(account.id)}
    assert (expert.is_searchable, expert.is_published) == (True, False)


@pytest.mark.parametrize("agreed", [(), ("matching", "publication")])
def test_nobody_claims_a_profile_without_agreeing_that_it_is_kept(
    database: Database, agreed: tuple[str, ...]
) -> None:
    expert_id = make_lead(database)
    token = _invite(database, expert_id)
    account = make_account(database, "khoa")

    with database.session() as session, pytest.raises(InvalidInputError, match="consent"):
        claims.claim_by_link(session, actor_of(session, account), token, agreed, "vi", NOW)

    with database.session() as session:
        assert links.open_link(session, token, NOW).used_at is None


def test_a_wrong_purpose_leaves_nothing_half_done(database: Database) -> None:
    expert_id = make_lead(database)
    token = _invite(database, expert_id)
    account = make_account(database, "khoa")

    with pytest.raises(InvalidInputError), database.session() as session:
        claims.claim_by_link(
            session, actor_of(session, account), token, ("registry", "fame"), "vi", NOW
        )

    assert _life(database, expert_id) == "invited"
    with database.session() as session:
        assert find_holder(session, expert_id) is None
        assert links.open_link(session, token, NOW).used_at is None


def test_a_link_works_once(database: Database) -> None:
    expert_id = make_lead(database)
    token = _invite(database, expert_id)
    first, second = make_account(database, "first"), make_account(database, "second")
    with database.session() as session:
        claims.claim_by_link(session, actor_of(session, first), token, AGREED, "vi", NOW)

    with database.session() as session, pytest.raises(LinkUnusableError):
        claims.claim_by_link(session, actor_of(session, second), token, AGREED, "vi", NOW)


def _race(*acts: Callable[[], object]) -> list[object]:
    """What comes of acts that begin at the same moment: a result or the error, each."""
    start = Barrier(len(acts))

    def run(act: Callable[[], object]) -> object:
        start.wait()
        try:
            return act()
        except Exception as exc:
            return exc

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def test_of_two_who_use_one_link_at_once_one_gets_the_profile(database: Database) -> None:
    expert_id = make_lead(database)
    token = _invite(database, expert_id)
    accounts = [make_account(database, name) for name in ("first", "second")]

    def use(account: Account) -> str:
        with database.session() as session:
            claims.claim_by_link(session, actor_of(session, account), token, AGREED, "vi", NOW)
        return account.login

    results = _race(*(lambda a=a: use(a) for a in accounts))  # type: ignore[misc]

    winners = [r for r in results if isinstance(r, str)]
    losers = [r for r in results if isinstance(r, InvalidInputError | LinkUnusableError)]
    assert (len(winners), len(losers)) == (1, 1)
    with database.session() as session:
        holder = find_holder(session, expert_id)
        assert holder is not None
        assert holder.login == winners[0]


def test_one_account_that_claims_two_profiles_at_once_gets_one(database: Database) -> None:
    first, second = make_lead(database, "1"), make_lead(database, "2")
    tokens = [_invite(database, expert_id) for expert_id in (first, second)]
    account = make_account(database, "khoa")

    def use(token: str) -> str:
        with database.session() as session:
            claims.claim_by_link(session, actor_of(session, account), token, AGREED, "vi", NOW)
        return token

    results = _race(*(lambda t=t: use(t) for t in tokens))  # type: ignore[misc]

    assert sum(isinstance(r, str) for r in results) == 1
    assert sum(isinstance(r, InvalidInputError) for r in results) == 1


def test_the_database_itself_lets_no_two_hold_one_profile(database: Database) -> None:
    expert_id = make_lead(database)
    claim(database, expert_id)
    other = make_account(database, "other")

    with pytest.raises(IntegrityError, match="claim_one_holder"), database.session() as session:
        session.add(
            Claim(
                expert_id=expert_id,
                account_id=other.id,
                proof="link",
                state="granted",
                life_before="lead",
                created_at=NOW,
            )
        )


def test_the_database_itself_lets_no_account_hold_two_profiles(database: Database) -> None:
    first, second = make_lead(database, "1"), make_lead(database, "2")
    account, _ = claim(database, first)

    with pytest.raises(IntegrityError, match="claim_one_profile"), database.session() as session:
        session.add(
            Claim(
                expert_id=second,
                account_id=account.id,
                proof="link",
                state="granted",
                life_before="lead",
                created_at=NOW,
            )
        )


def test_an_account_with_a_profile_claims_no_other(database: Database) -> None:
    first, second = make_lead(database, "1"), make_lead(database, "2")
    account, _ = claim(database, first)
    token = _invite(database, second)

    with database.session() as session, pytest.raises(InvalidInputError, match="has a profile"):
        claims.claim_by_link(session, actor_of(session, account), token, AGREED, "vi", NOW)


def test_a_link_that_has_expired_is_of_no_use_and_a_moment_before_it_is(
    database: Database,
) -> None:
    expert_id = make_lead(database)
    token = _invite(database, expert_id)
    account = make_account(database, "khoa")
    over = NOW + timedelta(days=30)

    with database.session() as session, pytest.raises(LinkUnusableError):
        claims.claim_by_link(session, actor_of(session, account), token, AGREED, "vi", over)

    with database.session() as session:
        moment = over - timedelta(seconds=1)
        claims.claim_by_link(session, actor_of(session, account), token, AGREED, "vi", moment)


def test_a_changed_token_is_none(database: Database) -> None:
    token = _invite(database, make_lead(database))
    account = make_account(database, "khoa")
    changed = token[:-2] + ("AA" if not token.endswith("AA") else "BB")

    with database.session() as session, pytest.raises(LinkUnusableError):
        claims.claim_by_link(session, actor_of(session, account), changed, AGREED, "vi", NOW)


def test_a_token_of_another_service_is_none(
    database: Database, make_database: Callable[[str], Database]
) -> None:
    expert_id = make_lead(database)
    account = make_account(database, "khoa")
    elsewhere = make_database(f"elsewhere_{expert_id.hex[:8]}")
    foreign = _invite(elsewhere, make_lead(elsewhere))

    with database.session() as session, pytest.raises(LinkUnusableError):
        claims.claim_by_link(session, actor_of(session, account), foreign, AGREED, "vi", NOW)


def test_a_link_for_something_else_claims_nothing(database: Database) -> None:
    account = make_account(database, "khoa")
    keeper = make_account(database, "keeper", Role.ADMINISTRATOR)
    with database.session() as session:
        token = links.make_link(
            session,
            actor_of(session, keeper),
            links.Purpose.PASSWORD,
            account_id=account.id,
            now=NOW,
            lasts=timedelta(days=1),
        )

    with database.session() as session, pytest.raises(LinkUnusableError):
        claims.claim_by_link(session, actor_of(session, account), token, AGREED, "vi", NOW)

    with database.session() as session:
        assert links.open_link(session, token, NOW).used_at is None


@pytest.mark.parametrize("life", ["withdrawn", "erased", "merged"])
def test_a_link_to_a_profile_that_has_gone_meanwhile_is_of_no_use(
    database: Database, life: str
) -> None:
    expert_id = make_lead(database)
    token = _invite(database, expert_id)
    account = make_account(database, "khoa")
    with database.session() as session:
        session.get_one(Expert, expert_id).life = life

    with database.session() as session, pytest.raises(LinkUnusableError):
        claims.look_at_offer(session, actor_of(session, account), token, NOW)
    with database.session() as session, pytest.raises(LinkUnusableError):
        claims.claim_by_link(session, actor_of(session, account), token, AGREED, "vi", NOW)


def test_the_steward_who_made_a_link_does_not_use_it_himself(database: Database) -> None:
    expert_id = make_lead(database)
    steward = make_account(database, "steward", Role.STEWARD)
    with database.session() as session:
        token = claims.invite(session, actor_of(session, steward), expert_id, "x", NOW)

    with database.session() as session, pytest.raises(InvalidInputError, match="made this link"):
        claims.claim_by_link(session, actor_of(session, steward), token, AGREED, "vi", NOW)


def test_nobody_claims_without_signing_in(database: Database) -> None:
    token = _invite(database, make_lead(database))

    with database.session() as session, pytest.raises(NotSignedInError):
        claims.look_at_offer(session, ANONYMOUS, token, NOW)


# By ORCID.


def test_an_orcid_that_one_profile_alone_gives_is_a_proof(database: Database) -> None:
    expert_id = make_lead(database, "1", with_orcid())
    make_lead(database, "2", with_orcid(OTHER_ORCID))
    account = make_account(database, "orcid")
    link_orcid(database, account)

    with database.session() as session:
        made = claims.claim_by_orcid(session, actor_of(session, account), AGREED, "vi", NOW)

    assert (made.state, made.proof, made.expert_id) == ("granted", "orcid", expert_id)
    assert _life(database, expert_id) == "claimed"


def test_an_orcid_given_as_an_address_is_the_same_one(database: Database) -> None:
    make_lead(database, "1", with_orcid(f"https://orcid.org/{ORCID}"))
    account = make_account(database, "orcid")
    link_orcid(database, account)

    with database.session() as session:
        made = claims.claim_by_orcid(session, actor_of(session, account), AGREED, "vi", NOW)

    assert made.state == "granted"


def test_an_orcid_that_two_profiles_give_is_only_a_hint(database: Database) -> None:
    make_lead(database, "1", with_orcid())
    make_lead(database, "2", with_orcid())
    account = make_account(database, "orcid")
    link_orcid(database, account)

    with database.session() as session:
        made = claims.claim_by_orcid(session, actor_of(session, account), AGREED, "vi", NOW)

    assert (made.state, made.expert_id) == ("open", None)
    with database.session() as session:
        assert actor_of(session, account).expert_id is None


def test_a_profile_that_gives_two_orcids_waits_for_a_steward(database: Database) -> None:
    expert_id = make_lead(database, "1", with_orcid(), with_orcid(OTHER_ORCID))
    account = make_account(database, "orcid")
    link_orcid(database, account)

    with database.session() as session:
        made = claims.claim_by_orcid(session, actor_of(session, account), AGREED, "vi", NOW)

    assert (made.state, made.expert_id) == ("open", expert_id)


def test_an_orcid_that_the_person_rejected_proves_nothing(database: Database) -> None:
    expert_id = make_lead(database, "1", with_orcid())
    account = make_account(database, "orcid")
    link_orcid(database, account)
    with database.session() as session:
        session.execute(
            text("UPDATE statement SET judgement = 'rejected' WHERE property = 'external_id'")
        )

    with database.session() as session, pytest.raises(NotFoundError):
        claims.claim_by_orcid(session, actor_of(session, account), AGREED, "vi", NOW)

    assert _life(database, expert_id) == "lead"


def test_a_profile_that_somebody_holds_is_not_taken_from_him_by_orcid(database: Database) -> None:
    expert_id = make_lead(database, "1", with_orcid())
    holder, _ = claim(database, expert_id)
    account = make_account(database, "orcid")
    link_orcid(database, account)

    with database.session() as session:
        made = claims.claim_by_orcid(session, actor_of(session, account), AGREED, "vi", NOW)

    assert made.state == "open"
    with database.session() as session:
        assert actor_of(session, holder).expert_id == expert_id


def test_an_account_without_orcid_is_told_to_link_it(database: Database) -> None:
    make_lead(database, "1", with_orcid())
    account = make_account(database, "plain")

    with database.session() as session, pytest.raises(InvalidInputError, match="not linked"):
        claims.claim_by_orcid(session, actor_of(session, account), AGREED, "vi", NOW)


# In words.


def _ask(database: Database, account: Account, sought: str) -> UUID:
    with database.session() as session:
        made = claims.claim_in_words(
            session, actor_of(session, account), sought, "ask my dean", AGREED, "vi", NOW
        )
        return made.id


def test_a_claim_in_words_waits_and_its_words_are_sealed(database: Database) -> None:
    expert_id = make_lead(database)
    account = make_account(database, "khoa")

    claim_id = _ask(database, account, f"https://example.org/experts/{expert_id}?lang=en")

    with database.session() as session:
        made = session.get_one(Claim, claim_id)
        words = claim_store.get_words(session, made)
        assert made.words is not None
        assert b"dean" not in made.words
        assert vault.unseal(session, expert_id, made.words)
    assert (made.state, made.expert_id) == ("open", expert_id)
    assert words.remarks[0].words == "ask my dean"


def test_a_claim_of_a_profile_that_is_not_there_is_taken_just_the_same(
    database: Database,
) -> None:
    hidden = make_lead(database)
    first, second = make_account(database, "first"), make_account(database, "second")
    _ask(database, first, str(hidden))
    _ask(database, second, "00000000-0000-7000-8000-000000000000")

    with database.session() as session:
        shown = [claims.list_own(session, actor_of(session, a))[0] for a in (first, second)]

    assert [(c.state, c.proof, c.created_at) for c in shown] == [("open", "words", NOW)] * 2


def test_an_account_has_one_waiting_claim(database: Database) -> None:
    account = make_account(database, "khoa")
    _ask(database, account, "Trần Thị Khóa, Viện 1")

    with database.session() as session, pytest.raises(InvalidInputError, match="waits for"):
        claims.claim_in_words(session, actor_of(session, account), "again", "x", AGREED, "vi", NOW)


def test_whoever_finds_another_way_waits_no_longer(database: Database) -> None:
    expert_id = make_lead(database, "1")
    account = make_account(database, "khoa")
    waiting = _ask(database, account, "somewhere")
    token = _invite(database, expert_id)

    with database.session() as session:
        claims.claim_by_link(session, actor_of(session, account), token, AGREED, "vi", NOW)

    assert state_of(database, waiting) == "refused"


@pytest.mark.parametrize(("sought", "said"), [("", "why"), (" \u200b", "why"), ("me", " ")])
def test_a_claim_needs_a_profile_and_words(database: Database, sought: str, said: str) -> None:
    account = make_account(database, "khoa")

    with database.session() as session, pytest.raises(InvalidInputError):
        claims.claim_in_words(session, actor_of(session, account), sought, said, AGREED, "vi", NOW)


# Decisions.


def test_a_steward_grants_a_claim_and_what_was_agreed_to_counts_then(database: Database) -> None:
    expert_id = make_lead(database)
    account = make_account(database, "khoa")
    claim_id = _ask(database, account, str(expert_id))

    with database.session() as session:
        claim_decisions.decide(session, STEWARD, claim_id, "grant", "called the dean", LATER)

    with database.session() as session:
        given = session.scalars(select(Consent)).one()
        assert actor_of(session, account).expert_id == expert_id
    assert (given.purpose, given.recorded_by) == ("registry", str(account.id))
    assert _life(database, expert_id) == "claimed"


def test_a_steward_finds_the_profile_of_a_claim_that_names_none(database: Database) -> None:
    expert_id = make_lead(database)
    account = make_account(database, "khoa")
    claim_id = _ask(database, account, "Trần Thị Khóa of Viện 1")

    with database.session() as session, pytest.raises(InvalidInputError, match="Name the profile"):
        claim_decisions.decide(session, STEWARD, claim_id, "grant", "called", LATER)
    with database.session() as session:
        claim_decisions.decide(session, STEWARD, claim_id, "grant", "called", LATER, expert_id)

    with database.session() as session:
        made = session.get_one(Claim, claim_id)
        words = claim_store.get_words(session, made)
        assert made.words is not None
        assert vault.unseal(session, expert_id, made.words)
    assert [r.act for r in words.remarks] == ["claim", "grant"]


def test_a_refused_claimant_reads_the_reason_and_may_ask_again(database: Database) -> None:
    account = make_account(database, "khoa")
    claim_id = _ask(database, account, "somebody")
    with database.session() as session:
        claim_decisions.decide(session, STEWARD, claim_id, "refuse", "no such person", LATER)

    with database.session() as session:
        actor = actor_of(session, account)
        reason = claim_decisions.refusal_of(session, actor, claims.list_own(session, actor)[0])
    again = _ask(database, account, "somebody else")

    assert reason == "no such person"
    assert state_of(database, again) == "open"


def test_a_decision_needs_a_reason(database: Database) -> None:
    claim_id = _ask(database, make_account(database, "khoa"), "somebody")

    with database.session() as session, pytest.raises(InvalidInputError, match="Say why"):
        claim_decisions.decide(session, STEWARD, claim_id, "refuse", " ", LATER)


def test_a_claim_is_decided_once(database: Database) -> None:
    claim_id = _ask(database, make_account(database, "khoa"), "somebody")
    with database.session() as session:
        claim_decisions.decide(session, STEWARD, claim_id, "refuse", "no", LATER)

    with database.session() as session, pytest.raises(ChangedMeanwhileError):
        claim_decisions.decide(session, STEWARD, claim_id, "refuse", "no", LATER)


def test_of_two_stewards_who_decide_at_once_one_does(database: Database) -> None:
    expert_id = make_lead(database)
    claim_id = _ask(database, make_account(database, "khoa"), str(expert_id))

    def decide(decision: claim_decisions.Decision) -> str:
        with database.session() as session:
            return claim_decisions.decide(session, STEWARD, claim_id, decision, "why", LATER).state

    results = _race(lambda: decide("grant"), lambda: decide("refuse"))

    assert sum(isinstance(r, str) for r in results) == 1
    assert state_of(database, claim_id) in results


def test_a_steward_decides_about_no_claim_of_his_own(database: Database) -> None:
    steward = make_account(database, "steward", Role.STEWARD)
    claim_id = _ask(database, steward, str(make_lead(database)))

    with database.session() as session, pytest.raises(NotPermittedError):
        claim_decisions.decide(
            session, actor_of(session, steward), claim_id, "grant", "it is me", LATER
        )


def test_only_stewards_see_and_decide(database: Database) -> None:
    claim_id = _ask(database, make_account(database, "khoa"), "somebody")
    other = make_account(database, "keeper", Role.ADMINISTRATOR)

    with database.session() as session, pytest.raises(NotPermittedError):
        claim_decisions.list_claims(session, actor_of(session, other))
    with database.session() as session, pytest.raises(NotPermittedError):
        claim_decisions.open_claim(session, actor_of(session, other), claim_id)
    with database.session() as session, pytest.raises(NotPermittedError):
        claim_decisions.decide(session, actor_of(session, other), claim_id, "grant", "x", LATER)


def test_the_queue_holds_what_waits_and_tells_what_is_held(database: Database) -> None:
    expert_id = make_lead(database)
    _, held = claim(database, expert_id)
    waiting = _ask(database, make_account(database, "other"), str(expert_id))

    with database.session() as session:
        queue = claim_decisions.list_claims(session, STEWARD)

    assert [each.claim.id for each in queue] == [waiting]
    assert queue[0].is_held
    assert state_of(database, held) == "granted"


def test_reading_the_words_of_a_claim_is_noted(database: Database) -> None:
    expert_id = make_lead(database)
    claim_id = _ask(database, make_account(database, "khoa"), str(expert_id))

    with database.session() as session:
        claim_decisions.open_claim(session, STEWARD, claim_id)

    with database.session() as session:
        noted = session.scalars(
            select(AuditEntry).where(col(AuditEntry.action) == "claim:read")
        ).one()
    assert (noted.expert_id, noted.subject) == (expert_id, f"claim:{claim_id}")


# Contests.


def _see_published(database: Database, expert_id: UUID) -> None:
    with database.session() as session:
        session.get_one(Expert, expert_id).is_published = True


def test_whoever_sees_a_profile_may_contest_its_claim(database: Database) -> None:
    expert_id = make_lead(database)
    _, claim_id = claim(database, expert_id, agreed=("registry", "publication"))
    other = make_account(database, "other")

    with database.session() as session:
        contests.contest(session, actor_of(session, other), expert_id, "he is my student", LATER)

    assert state_of(database, claim_id) == "contested"
    with database.session() as session:
        row = session.get_one(Claim, claim_id)
        assert row.words is not None
        assert b"student" not in row.words
        assert claim_store.get_words(session, row).remarks[-1].words == "he is my student"


def test_contesting_what_one_does_not_see_is_as_contesting_nobody(database: Database) -> None:
    expert_id = make_lead(database)
    _, claim_id = claim(database, expert_id)
    other = make_account(database, "other")
    nobody = UUID("00000000-0000-7000-8000-000000000000")

    with database.session() as session, pytest.raises(NotFoundError) as hidden:
        contests.contest(session, actor_of(session, other), expert_id, "why", LATER)
    with database.session() as session, pytest.raises(NotFoundError) as missing:
        contests.contest(session, actor_of(session, other), nobody, "why", LATER)

    assert str(hidden.value).replace(str(expert_id), "") == str(missing.value).replace(
        str(nobody), ""
    )
    assert state_of(database, claim_id) == "granted"


def test_a_steward_may_contest_a_profile_of_any_state(database: Database) -> None:
    expert_id = make_lead(database)
    account, claim_id = claim(database, expert_id)
    with database.session() as session:
        lifecycle.move(session, actor_of(session, account), expert_id, Life.PAUSED, None, NOW)

    with database.session() as session:
        contests.contest(session, STEWARD, expert_id, "a letter came", LATER)

    assert state_of(database, claim_id) == "contested"


def test_one_contests_a_claim_once_and_never_ones_own(database: Database) -> None:
    expert_id = make_lead(database)
    holder, _ = claim(database, expert_id, agreed=("registry", "publication"))
    other = make_account(database, "other")
    with database.session() as session:
        contests.contest(session, actor_of(session, other), expert_id, "why", LATER)

    with database.session() as session, pytest.raises(InvalidInputError, match="contested this"):
        contests.contest(session, actor_of(session, other), expert_id, "again", LATER)
    with database.session() as session, pytest.raises(InvalidInputError, match="own account"):
        contests.contest(session, actor_of(session, holder), expert_id, "me", LATER)


def test_what_nobody_holds_cannot_be_contested(database: Database) -> None:
    expert_id = make_lead(database, life=Life.CLAIMED)
    _see_published(database, expert_id)
    other = make_account(database, "other")

    with database.session() as session, pytest.raises(InvalidInputError, match="No account"):
        contests.contest(session, actor_of(session, other), expert_id, "why", LATER)


def test_a_claim_that_is_kept_is_the_holders_as_before(database: Database) -> None:
    expert_id = make_lead(database)
    holder, claim_id = claim(database, expert_id)
    with database.session() as session:
        contests.contest(session, STEWARD, expert_id, "why", LATER)

    with database.session() as session:
        claim_decisions.decide(session, STEWARD, claim_id, "keep", "passport seen", LATER)

    assert state_of(database, claim_id) == "granted"
    with database.session() as session:
        moved = lifecycle.move(
            session, actor_of(session, holder), expert_id, Life.PAUSED, None, LATER
        )
        assert moved.life == "paused"


def test_people_of_one_orcid_in_two_lists_stay_apart(database: Database) -> None:
    first, second = load(
        database,
        make_person("1", "Trần Thị Khóa", with_orcid(), life=Life.LEAD),
        make_person("2", "Trần Thị Khóa", with_orcid(), life=Life.LEAD),
    )
    account = make_account(database, "orcid")
    link_orcid(database, account)

    with database.session() as session:
        claims.claim_by_orcid(session, actor_of(session, account), AGREED, "vi", NOW)

    assert (_life(database, first), _life(database, second)) == ("lead", "lead")
