"""Retention: who expires, who was not engaged, what is swept; and considerations before that."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import func
from sqlalchemy.orm import Session
from sqlmodel import col, select

from matching.models import MatchRun
from registry.access.models import AccessLink, OutsideFlow, SignInAttempt, WebSession
from registry.access.policy import LOCAL_STEWARD, Actor, Role
from registry.councils.models import Council
from registry.db import Database
from registry.errors import InvalidInputError, NotFoundError, NotPermittedError
from registry.experts import repository as experts
from registry.experts.models import Disclosure, Expert
from registry.experts.recording import record_people
from registry.experts.schemas import Life
from registry.rights import consents, considerations, requests, retention
from registry.rights.consents import Proof
from registry.rights.deadlines import RequestKind
from registry.rights.models import Consideration, Erasure, RightsRequest
from registry.rights.request_store import Received
from registry.taxonomy.service import get_crosswalk
from registry.vault import service as vault
from tests.accounts import make_account, make_body
from tests.factories import NOW, make_person, work

ADMIN = Actor("operator:test", frozenset({Role.ADMINISTRATOR}))
STEWARD = Actor("operator:steward", frozenset({Role.STEWARD}))
MOST = Actor("r1", frozenset({Role.RECRUITER}), body="most")
MOH = Actor("r2", frozenset({Role.RECRUITER}), body="moh")
SECRETARY = Actor("s1", frozenset({Role.SECRETARY}), body="most")
LETTER = Proof("email", "thư ngày 2/11")
MONTH = timedelta(days=30)


def _people(session: Session, *lives: Life, invented: bool = True) -> list[UUID]:
    keys = [str(number) for number in range(len(lives))]
    people = [
        make_person(key, f"Người {key}", work(f"Đề tài {key}"), life=life)
        for key, life in zip(keys, lives, strict=True)
    ]
    for person in people:
        person.is_invented = invented
    record_people(session, LOCAL_STEWARD, people, get_crosswalk(session), NOW)
    found = experts.find_by_source(session, "test", keys)
    return [found[key] for key in keys]


def _considered(session: Session, expert_id: UUID, actor: Actor = MOST) -> Consideration:
    return considerations.open_consideration(session, actor, expert_id, "Cố vấn vi mạch", NOW)


def _counts(database: Database, now: datetime) -> dict[str, int]:
    with database.session() as session:
        return {f.rule.code: f.count for f in retention.find_due(session, ADMIN, now)}


@pytest.fixture(autouse=True)
def _bodies(database: Database) -> None:
    make_body(database, "most")
    make_body(database, "moh")


def test_unclaimed_people_are_erased_when_their_time_is_over(database: Database) -> None:
    with database.session() as session:
        lead, invited, claimed, agreed = _people(
            session, Life.LEAD, Life.INVITED, Life.CLAIMED, Life.LEAD
        )
        consents.give(session, STEWARD, agreed, "talent_pool", "vi", NOW, proof=LETTER)
        ends = session.get_one(Expert, lead).expires_at
    assert ends is not None

    before = _counts(database, ends - timedelta(seconds=1))["lead_expired"]
    done = {f.rule.code: list(f.people) for f in retention.run(database, ADMIN, ends)}

    assert before == 1
    assert set(done["lead_expired"]) == {lead, invited}
    with database.session() as session:
        lives = {e.id: e.life for e in session.scalars(select(Expert))}
    assert lives == {lead: "erased", invited: "erased", claimed: "claimed", agreed: "lead"}
    assert _counts(database, ends)["lead_expired"] == 0


def test_looking_first_changes_nothing(database: Database) -> None:
    with database.session() as session:
        _people(session, Life.LEAD)

    counts = _counts(database, NOW + timedelta(days=400))

    assert counts["lead_expired"] == 1
    with database.session() as session:
        assert session.scalar(select(func.count()).select_from(Erasure)) == 0


def test_who_was_not_engaged_is_erased_a_month_later_unless_he_agreed_to_stay(
    database: Database,
) -> None:
    with database.session() as session:
        gone, pooled, member, engaged, waiting = _people(session, *[Life.CLAIMED] * 5)
        consents.give(session, STEWARD, pooled, "talent_pool", "vi", NOW, proof=LETTER)
        consents.give(session, STEWARD, member, "registry", "vi", NOW, proof=LETTER)
        for expert_id in (gone, pooled, member, engaged, waiting):
            row = _considered(session, expert_id)
            considerations.close_consideration(session, MOST, row.id, "not_engaged", NOW)
        other = _considered(session, engaged, MOH)
        considerations.close_consideration(session, MOH, other.id, "engaged", NOW)
        _considered(session, waiting, MOH)

    early = _counts(database, NOW + MONTH - timedelta(seconds=1))["not_engaged"]
    done = {f.rule.code: list(f.people) for f in retention.run(database, ADMIN, NOW + MONTH)}

    assert early == 0
    assert done["not_engaged"] == [gone]


def test_who_restricts_his_data_or_waits_for_an_answer_is_not_erased_meanwhile(
    database: Database,
) -> None:
    with database.session() as session:
        restricted, asking, turned_down = _people(session, Life.LEAD, Life.LEAD, Life.CLAIMED)
        ends = session.get_one(Expert, restricted).expires_at
        assert ends is not None
        session.get_one(Expert, restricted).restricted_at = NOW
        letter = Received(
            kind=RequestKind.COPY,
            expert_id=asking,
            words="Tôi muốn xem dữ liệu của mình",
            channel="paper",
            requester="Người 1",
        )
        made = requests.receive(session, STEWARD, letter, NOW)
        row = _considered(session, turned_down)
        considerations.close_consideration(session, MOST, row.id, "not_engaged", NOW)
        session.get_one(Expert, turned_down).restricted_at = NOW

    counts = _counts(database, ends)

    assert (counts["lead_expired"], counts["not_engaged"]) == (0, 0)
    with database.session() as session:
        session.get_one(Expert, turned_down).restricted_at = None
        session.get_one(Expert, restricted).restricted_at = None
        session.get_one(RightsRequest, made.id).state = "refused"
    counts = _counts(database, ends)
    assert (counts["lead_expired"], counts["not_engaged"]) == (2, 1)


def test_who_agreed_by_letter_to_be_kept_stays_though_nobody_claimed_his_profile(
    database: Database,
) -> None:
    with database.session() as session:
        (expert_id,) = _people(session, Life.LEAD)
        consents.give(session, STEWARD, expert_id, "registry", "vi", NOW, proof=LETTER)
        row = _considered(session, expert_id)
        considerations.close_consideration(session, MOST, row.id, "not_engaged", NOW)

    assert _counts(database, NOW + MONTH)["not_engaged"] == 0


def test_what_ended_with_a_consent_erases_nobody(database: Database) -> None:
    with database.session() as session:
        council = Council(name_vi="Hội đồng", name_en="Council", body="most")
        session.add(council)
        (expert_id,) = _people(session, Life.CLAIMED, invented=False)
        for purpose in ("registry", "council"):
            consents.give(session, STEWARD, expert_id, purpose, "vi", NOW, proof=LETTER)
        row = considerations.open_consideration(
            session, SECRETARY, expert_id, "Cố vấn", NOW, council.id
        )
        agreed = consents.list_consents(session, STEWARD, expert_id)
        for each in agreed:
            consents.withdraw(session, STEWARD, expert_id, each.consent.id, NOW, LETTER)
        session.refresh(row)
        outcome = row.outcome

    assert outcome == "consent_ended"
    assert _counts(database, NOW + MONTH)["not_engaged"] == 0


def test_considerations_are_listed_page_by_page(session: Session) -> None:
    (expert_id,) = _people(session, Life.CLAIMED)
    made = [
        considerations.open_consideration(session, MOST, expert_id, f"Việc {n}", NOW).id
        for n in range(3)
    ]

    first = considerations.list_considerations(session, MOST, limit=2)
    rest = considerations.list_considerations(session, MOST, before=first[-1].id, limit=2)

    assert [row.id for row in [*first, *rest]] == made[::-1]


def test_who_withdraws_from_the_pool_is_erased_after_all(database: Database) -> None:
    with database.session() as session:
        (expert_id,) = _people(session, Life.CLAIMED)
        consents.give(session, STEWARD, expert_id, "talent_pool", "vi", NOW, proof=LETTER)
        row = _considered(session, expert_id)
        considerations.close_consideration(session, MOST, row.id, "not_engaged", NOW)
        (agreed,) = consents.list_consents(session, STEWARD, expert_id)
        consents.withdraw(session, STEWARD, expert_id, agreed.consent.id, NOW, LETTER)

    assert _counts(database, NOW + MONTH)["not_engaged"] == 1


def test_old_rows_are_swept_and_younger_ones_stay(database: Database) -> None:
    account = make_account(database, "somebody")
    day = timedelta(days=1)

    def fill(session: Session, age: timedelta, mark: str) -> None:
        ended = NOW - age
        session.add(SignInAttempt(bucket=mark, at=ended))
        session.add(
            WebSession(
                token_hash=mark,
                account_id=account.id,
                method="password",
                created_at=ended,
                seen_at=ended,
                expires_at=ended,
            )
        )
        session.add(
            OutsideFlow(
                state_hash=mark,
                provider="orcid",
                nonce="n",
                verifier="v",
                browser_hash="b",
                next_path="/",
                expires_at=ended,
            )
        )
        session.add(
            AccessLink(
                purpose="join",
                secret_hash=mark,
                created_by="test",
                created_at=ended,
                expires_at=ended,
            )
        )
        session.add(
            MatchRun(
                actor="test",
                request={},
                encoder_version="e",
                index_version="i",
                weights={},
                data_position="1:1:",
                result=[],
                created_at=ended,
            )
        )
        session.add(
            RightsRequest(
                kind="view",
                state="done",
                channel="paper",
                received_at=ended,
                answer_by=ended,
                act_by=ended,
                done_at=ended,
                words=vault.seal_for_service(session, "w", "x"),
            )
        )

    with database.session() as session:
        fill(session, timedelta(hours=12), "new")
        fill(session, 60 * day, "months")
        fill(session, 4 * 365 * day, "years")
    with database.session() as session:
        # One that has not ended, however old it is, and one that somebody ended long ago.
        for mark, revoked in (("lasting", None), ("revoked", NOW - 100 * day)):
            session.add(
                WebSession(
                    token_hash=mark,
                    account_id=account.id,
                    method="password",
                    created_at=NOW - 300 * day,
                    seen_at=NOW,
                    expires_at=NOW + day,
                    revoked_at=revoked,
                )
            )
    due = _counts(database, NOW)

    done = {f.rule.code: f.count for f in retention.run(database, ADMIN, NOW)}

    assert done == due
    expected = {"sign_in_attempt": 2, "web_session": 2, "outside_flow": 3, "access_link": 1}
    assert {code: done[code] for code in expected} == expected
    assert (done["match_run"], done["rights_request"]) == (1, 1)
    assert sum(_counts(database, NOW).values()) == 0
    with database.session() as session:
        left = set(session.scalars(select(col(WebSession.token_hash))))
        sealed = session.scalars(select(RightsRequest).order_by(RightsRequest.received_at)).all()
    assert left == {"new", "months", "lasting"}
    assert [row.words is None for row in sealed] == [True, False, False]


def test_only_whoever_runs_retention_sees_what_is_due(session: Session) -> None:
    with pytest.raises(NotPermittedError):
        retention.find_due(session, MOST, NOW)


def test_a_consideration_is_told_to_the_person_by_body_and_purpose(session: Session) -> None:
    (expert_id,) = _people(session, Life.CLAIMED)

    row = _considered(session, expert_id)

    told = session.scalars(select(Disclosure).where(col(Disclosure.kind) == "shortlist")).one()
    assert (told.expert_id, told.body, told.purpose) == (expert_id, "most", "Cố vấn vi mạch")
    assert [c.id for c in considerations.list_considerations(session, MOST)] == [row.id]
    assert considerations.list_considerations(session, MOH) == []


def test_nobody_is_considered_twice_for_the_same(session: Session) -> None:
    (expert_id,) = _people(session, Life.CLAIMED)
    row = _considered(session, expert_id)

    with pytest.raises(InvalidInputError):
        _considered(session, expert_id)
    considerations.close_consideration(session, MOST, row.id, "engaged", NOW)
    with pytest.raises(InvalidInputError):
        considerations.close_consideration(session, MOST, row.id, "not_engaged", NOW)
    _considered(session, expert_id)


def test_another_bodys_considerations_do_not_exist(session: Session) -> None:
    (expert_id,) = _people(session, Life.CLAIMED)
    row = _considered(session, expert_id)

    with pytest.raises(NotFoundError):
        considerations.close_consideration(session, MOH, row.id, "engaged", NOW)


def test_who_may_not_be_seen_cannot_be_considered(session: Session) -> None:
    paused, lead = _people(session, Life.PAUSED, Life.LEAD)

    with pytest.raises(NotFoundError):
        _considered(session, paused)
    with pytest.raises(InvalidInputError):
        considerations.open_consideration(session, MOST, lead, " ", NOW)
    with pytest.raises(NotPermittedError):
        considerations.open_consideration(session, STEWARD, lead, "Cố vấn", NOW)
    # The purpose of the consideration is the purpose for which leads are looked at.
    assert _considered(session, lead).expert_id == lead


def test_councils_consider_those_who_agreed_to_that_and_only_their_own_bodys(
    session: Session,
) -> None:
    (expert_id,) = _people(session, Life.CLAIMED, invented=False)
    council = Council(name_vi="Hội đồng", name_en="Council", body="most")
    foreign = Council(name_vi="Hội đồng khác", name_en="Other", body="moh")
    session.add_all([council, foreign])
    session.flush()

    def consider(actor: Actor, council_id: UUID) -> None:
        considerations.open_consideration(session, actor, expert_id, "Ủy viên", NOW, council_id)

    for actor, council_id in ((SECRETARY, council.id), (SECRETARY, foreign.id), (MOST, council.id)):
        with pytest.raises(InvalidInputError):
            consider(actor, council_id)
    consents.give(session, STEWARD, expert_id, "registry", "vi", NOW, proof=LETTER)
    consents.give(session, STEWARD, expert_id, "council", "vi", NOW, bodies=["moh"], proof=LETTER)
    with pytest.raises(InvalidInputError):
        consider(SECRETARY, council.id)
    consents.give(session, STEWARD, expert_id, "council", "vi", NOW, bodies=["most"], proof=LETTER)
    consider(SECRETARY, council.id)
    assert len(considerations.list_considerations(session, SECRETARY)) == 1

    agreed = consents.list_consents(session, STEWARD, expert_id)
    most = next(c.consent.id for c in agreed if c.consent.body == "most")
    consents.withdraw(session, STEWARD, expert_id, most, NOW, LETTER)

    # What the council was shown of him ends with his consent.
    assert considerations.list_considerations(session, SECRETARY) == []
