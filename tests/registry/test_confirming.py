"""An ORCID iD is confirmed by signing in with it: at the claim, in later words, and no longer than
the claim holds."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from registry.access import claim_decisions, claims
from registry.access.models import Account
from registry.audit.models import AuditEntry
from registry.db import Database
from registry.errors import NotPermittedError
from registry.experts import confirming, editing, kept_service, recording, repository, service
from registry.experts.items import count_items, group_statements
from registry.experts.judging import Shown, judge_item, show_item
from registry.experts.models import Change, Expert, ExpertSource, Statement
from registry.experts.proofs import ORCID_SIGN_IN, UNVERIFIED, Proved, proof_of
from registry.experts.quality_counts import count_verification
from registry.experts.reverting import revert_change
from registry.experts.rules import Crosswalk
from registry.experts.schemas import Life, Visibility, draft_of
from registry.experts.verifying import verify_item, withdraw_verification
from registry.experts.versions import profile_version
from tests.accounts import make_account
from tests.claims import LATER, ORCID, STEWARD, actor_of, claim, link_orcid, make_lead, with_orcid
from tests.factories import NOW, make_person, said

OTHER_ORCID = "0000-0001-5109-3700"
AGREED = ("registry", "publication")
AFTER = LATER + timedelta(days=1)


def _lead(database: Database, *orcids: str) -> UUID:
    return make_lead(database, "1", *(with_orcid(orcid) for orcid in orcids))


def _claim_by_orcid(
    database: Database, login: str = "khoa", orcid: str = ORCID
) -> tuple[Account, UUID]:
    account = make_account(database, login)
    link_orcid(database, account, orcid)
    with database.session() as session:
        made = claims.claim_by_orcid(session, actor_of(session, account), AGREED, "vi", NOW)
        return account, made.id


def _claim_by_link(database: Database, expert_id: UUID, orcid: str | None) -> tuple[Account, UUID]:
    account = make_account(database, "khoa")
    if orcid is not None:
        link_orcid(database, account, orcid)
    with database.session() as session:
        token = claims.invite(session, STEWARD, expert_id, "thư", NOW)
        made = claims.claim_by_link(session, actor_of(session, account), token, AGREED, "vi", NOW)
        return account, made.id


def _revert(database: Database, claim_id: UUID) -> None:
    with database.session() as session:
        claim_decisions.decide(session, STEWARD, claim_id, "revert", "somebody else", AFTER)


def _ids(session: Session, expert_id: UUID) -> list[Statement]:
    rows = repository.list_current(session, [expert_id])[expert_id]
    return [row for row in rows if row.property == "external_id"]


def _levels(database: Database, expert_id: UUID) -> dict[str, str]:
    with database.session() as session:
        return {r.value["value"]: r.verification for r in _ids(session, expert_id)}


def _envelope(row: Statement) -> dict[str, Any]:
    return {name: getattr(row, name) for name in UNVERIFIED}


def test_claiming_by_orcid_confirms_the_id_and_says_how_and_by_whom(database: Database) -> None:
    expert_id = _lead(database, ORCID)

    account, _ = _claim_by_orcid(database)

    with database.session() as session:
        (row,) = _ids(session, expert_id)
        change = session.get_one(Change, row.change_id)
        noted = session.scalars(
            select(col(AuditEntry.action)).where(col(AuditEntry.expert_id) == expert_id)
        ).all()
    assert _envelope(row) == {
        "verification": "confirmed",
        "verified_by": str(account.id),
        "verified_at": NOW,
        "verification_method": ORCID_SIGN_IN,
        "verification_document": None,
    }
    assert (row.source, change.kind, change.actor) == ("test", "verify", str(account.id))
    assert "statement:confirm" in noted


@pytest.mark.parametrize(
    ("orcid", "level"), [(ORCID, "confirmed"), (OTHER_ORCID, "claimed"), (None, "claimed")]
)
def test_a_claim_by_link_confirms_what_the_account_signs_in_with_and_nothing_else(
    database: Database, orcid: str | None, level: str
) -> None:
    expert_id = _lead(database, ORCID)

    _claim_by_link(database, expert_id, orcid)

    assert _levels(database, expert_id) == {ORCID: level}


def test_a_claim_in_words_that_a_steward_grants_confirms_the_id_of_the_claimant(
    database: Database,
) -> None:
    expert_id = _lead(database, ORCID, OTHER_ORCID)
    account, claim_id = _claim_by_orcid(database)
    before = _levels(database, expert_id)

    with database.session() as session:
        claim_decisions.decide(session, STEWARD, claim_id, "grant", "passport", NOW)

    assert set(before.values()) == {"claimed"}
    assert _levels(database, expert_id) == {ORCID: "confirmed", OTHER_ORCID: "claimed"}
    with database.session() as session:
        made_by = {row.verified_by for row in _ids(session, expert_id)}
    assert made_by == {str(account.id), None}


@pytest.mark.parametrize(
    ("value", "proved"),
    [
        ({"scheme": "orcid", "value": ORCID}, True),
        ({"scheme": "orcid", "value": f"https://orcid.org/{ORCID}"}, True),
        ({"scheme": "orcid", "value": OTHER_ORCID}, False),
        ({"scheme": "orcid", "value": "no iD at all"}, False),
        ({"scheme": "scopus", "value": ORCID}, False),
    ],
)
def test_only_the_id_that_was_proved_is_confirmed_in_whatever_form(
    value: dict[str, str], proved: bool
) -> None:
    holder = Proved("an-account", frozenset({ORCID}))

    assert bool(proof_of(holder, "external_id", value, NOW)) is proved
    assert proof_of(None, "external_id", value, NOW) == {}
    assert proof_of(holder, "award", value, NOW) == {}


def test_what_a_steward_checked_stays_checked_and_what_was_rejected_stays_claimed(
    database: Database,
) -> None:
    address = f"https://orcid.org/{ORCID}"
    expert_id = _lead(database, ORCID, address)
    with database.session() as session:
        checked, rejected = _ids(session, expert_id)
        verify_item(
            session,
            STEWARD,
            expert_id,
            checked.id,
            "document",
            "thư 7",
            seen={str(checked.id)},
            now=NOW,
        )
        judge_item(
            session,
            STEWARD,
            expert_id,
            rejected.id,
            "rejected",
            seen={str(rejected.id)},
            now=NOW,
            reason="điện thoại",
        )

    _claim_by_link(database, expert_id, ORCID)

    assert _levels(database, expert_id) == {ORCID: "checked", address: "claimed"}


def test_a_confirmed_id_counts_in_the_profile_and_is_shown_to_everybody(
    database: Database,
) -> None:
    expert_id = _lead(database, ORCID)
    account, _ = _claim_by_orcid(database)

    with database.session() as session:
        own = kept_service.get_kept(session, actor_of(session, account), expert_id)
        shown = service.get_profile(session, STEWARD, expert_id).statements
        quality = count_verification(session)

    assert own.counts.confirmed == count_items(group_statements(shown)).confirmed == 1
    assert quality["external_id"] == {"confirmed": 1}


def test_a_hidden_id_is_confirmed_and_stays_hidden(database: Database) -> None:
    expert_id = _lead(database, ORCID)
    with database.session() as session:
        (row,) = _ids(session, expert_id)
        only_me = Shown(Visibility.SELF)
        seen = {str(row.id)}
        show_item(session, STEWARD, expert_id, row.id, only_me, seen=seen, now=NOW, reason="thư")

    _claim_by_link(database, expert_id, ORCID)

    with database.session() as session:
        (row,) = _ids(session, expert_id)
    assert (row.verification, row.visibility) == ("confirmed", "self")


# What is said later.


def test_a_source_that_states_the_proved_id_later_is_confirmed(database: Database) -> None:
    expert_id = _lead(database)
    account, _ = _claim_by_link(database, expert_id, ORCID)

    with database.session() as session:
        again = make_person("1", "Trần Thị Khóa 1", with_orcid(), with_orcid(OTHER_ORCID))
        recording.record_people(session, STEWARD, [again], Crosswalk(), LATER)

    assert _levels(database, expert_id) == {ORCID: "confirmed", OTHER_ORCID: "claimed"}
    with database.session() as session:
        row = next(r for r in _ids(session, expert_id) if r.verification == "confirmed")
    assert (row.verified_by, row.verified_at) == (str(account.id), LATER)


def test_the_same_import_again_keeps_the_confirmation(database: Database) -> None:
    expert_id = _lead(database, ORCID)
    _claim_by_orcid(database)
    with database.session() as session:
        (before,) = _ids(session, expert_id)

    with database.session() as session:
        again = make_person("1", "Trần Thị Khóa 1", with_orcid(), life=Life.LEAD)
        again.raw["edition"] = 2
        recording.record_people(session, STEWARD, [again], Crosswalk(), LATER)

    with database.session() as session:
        (after,) = _ids(session, expert_id)
    assert (after.id, after.verification) == (before.id, "confirmed")


def test_what_holder_and_steward_state_of_the_proved_id_is_confirmed_and_other_ids_are_not(
    database: Database,
) -> None:
    expert_id = _lead(database)
    account, _ = _claim_by_link(database, expert_id, ORCID)
    with database.session() as session:
        for actor, orcid in (
            (actor_of(session, account, LATER), ORCID),
            (STEWARD, ORCID),
            (STEWARD, OTHER_ORCID),
        ):
            draft = draft_of("external_id", {"scheme": "orcid", "value": orcid})
            seen = {profile_version(session, actor, session.get_one(Expert, expert_id))}
            editing.add_item(session, actor, expert_id, draft, seen=seen, now=LATER)

    with database.session() as session:
        rows = _ids(session, expert_id)
        found = {(row.source, row.value["value"]): row.verification for row in rows}
    assert found == {
        ("self", ORCID): "confirmed",
        ("steward", ORCID): "confirmed",
        ("steward", OTHER_ORCID): "claimed",
    }


def test_correcting_the_id_to_another_one_loses_the_confirmation(database: Database) -> None:
    expert_id = _lead(database)
    account, _ = _claim_by_link(database, expert_id, ORCID)
    with database.session() as session:
        actor = actor_of(session, account, LATER)
        ids = [
            draft_of("external_id", {"scheme": "orcid", "value": o}) for o in (ORCID, OTHER_ORCID)
        ]
        seen = {profile_version(session, actor, session.get_one(Expert, expert_id))}
        first = editing.add_item(session, actor, expert_id, ids[0], seen=seen, now=LATER)
        second = editing.correct_item(
            session, actor, expert_id, first.id, ids[1], seen={str(first.id)}, now=LATER
        )
        third = editing.correct_item(
            session, actor, expert_id, second.id, ids[0], seen={str(second.id)}, now=LATER
        )
        found = [(row.verification, row.verified_by) for row in (first, second, third)]

    assert found == [
        ("confirmed", str(account.id)),
        ("claimed", None),
        ("confirmed", str(account.id)),
    ]


def test_an_id_that_the_holder_proves_later_is_confirmed_on_call_and_once(
    database: Database,
) -> None:
    expert_id = _lead(database, ORCID)
    account, _ = _claim_by_link(database, expert_id, None)
    link_orcid(database, account)

    with database.session() as session:
        holder = actor_of(session, account, LATER)
        made = [confirming.confirm(session, holder, expert_id, LATER) for _ in range(2)]

    assert made == [1, 0]
    assert _levels(database, expert_id) == {ORCID: "confirmed"}


# Taken back.


def test_with_the_claim_the_confirmation_is_taken_back(database: Database) -> None:
    expert_id = _lead(database, ORCID)
    _, claim_id = _claim_by_orcid(database)

    _revert(database, claim_id)

    with database.session() as session:
        (row,) = _ids(session, expert_id)
        own = kept_service.get_kept(session, STEWARD, expert_id)
    assert _envelope(row) == dict(UNVERIFIED)
    assert own.counts.confirmed == 0


def test_what_others_wrote_meanwhile_is_no_longer_confirmed_by_the_wrong_holder(
    database: Database,
) -> None:
    expert_id = _lead(database, ORCID)
    _, claim_id = _claim_by_orcid(database)
    with database.session() as session:
        (row,) = _ids(session, expert_id)
        bodies = Shown(Visibility.BODIES)
        show_item(
            session,
            STEWARD,
            expert_id,
            row.id,
            bodies,
            seen={str(row.id)},
            now=LATER,
            reason="thư",
        )
        session.add(ExpertSource(source="other", source_key="1", expert_id=expert_id))
        session.flush()
        other = make_person("1", "Trần Thị Khóa 1", with_orcid(), source="other")
        recording.record_people(session, STEWARD, [other], Crosswalk(), LATER)
        between = {r.source: r.verification for r in _ids(session, expert_id)}

    _revert(database, claim_id)

    with database.session() as session:
        after = {r.source: (r.verification, r.visibility) for r in _ids(session, expert_id)}
    assert between == {"test": "confirmed", "other": "confirmed"}
    assert after == {"test": ("claimed", "bodies"), "other": ("claimed", "bodies")}


def test_the_right_person_confirms_it_after_the_wrong_one(database: Database) -> None:
    expert_id = _lead(database, ORCID)
    _, claim_id = claim(database, expert_id, "wrong")
    _revert(database, claim_id)
    assert _levels(database, expert_id) == {ORCID: "claimed"}

    # After a claim that was taken back, the iD alone proves nothing: he is invited.
    _claim_by_link(database, expert_id, ORCID)

    assert _levels(database, expert_id) == {ORCID: "confirmed"}


@pytest.mark.parametrize("taken_back", [True, False])
def test_a_check_that_is_withdrawn_leaves_the_confirmation_while_the_claim_holds(
    database: Database, taken_back: bool
) -> None:
    expert_id = _lead(database, ORCID)
    account, claim_id = _claim_by_orcid(database)
    with database.session() as session:
        (row,) = _ids(session, expert_id)
        verify_item(
            session, STEWARD, expert_id, row.id, "document", "thư", seen={str(row.id)}, now=LATER
        )
    if taken_back:
        _revert(database, claim_id)

    with database.session() as session:
        (row,) = _ids(session, expert_id)
        checked = row.verification
        withdrawn = withdraw_verification(
            session, STEWARD, expert_id, row.id, "nhầm", seen={str(row.id)}, now=AFTER
        )
        found = _envelope(withdrawn)

    assert checked == "checked"
    if taken_back:
        assert found == dict(UNVERIFIED)
    else:
        assert (found["verification"], found["verified_by"], found["verified_at"]) == (
            "confirmed",
            str(account.id),
            NOW,
        )


@pytest.mark.parametrize("taken_back", [True, False])
def test_no_revert_brings_back_a_proof_whose_claim_was_taken_back(
    database: Database, taken_back: bool
) -> None:
    expert_id = _lead(database, ORCID)
    _, claim_id = _claim_by_orcid(database)
    with database.session() as session:
        without = make_person("1", "Trần Thị Khóa 1", life=Life.LEAD)
        recording.record_people(session, STEWARD, [without], Crosswalk(), LATER)
        batch = session.scalars(
            select(col(Change.id)).where(col(Change.kind) == "import").order_by(col(Change.id))
        ).all()[-1]
    if taken_back:
        _revert(database, claim_id)

    with database.session() as session:
        revert_change(session, STEWARD, batch, now=AFTER)

    assert _levels(database, expert_id) == {ORCID: "claimed" if taken_back else "confirmed"}


def test_a_steward_takes_the_confirmation_back_with_a_reason_and_the_person_does_not(
    database: Database,
) -> None:
    expert_id = _lead(database, ORCID)
    account, _ = _claim_by_orcid(database)
    with database.session() as session:
        change_id = _ids(session, expert_id)[0].change_id
        assert change_id is not None

    with database.session() as session, pytest.raises(NotPermittedError):
        revert_change(session, actor_of(session, account, LATER), change_id, now=LATER)
    with database.session() as session:
        revert_change(session, STEWARD, change_id, now=LATER, reason="nhầm")

    assert _levels(database, expert_id) == {ORCID: "claimed"}


def test_a_list_of_a_ministry_confirms_nothing_by_being_one(database: Database) -> None:
    rank = said("rank", {"rank": "professor"})
    person = make_person("1", "Trần Thị Khóa", rank, with_orcid())
    person.legal_ground = "ministry_list"

    with database.session() as session:
        recording.record_people(session, STEWARD, [person], Crosswalk(), NOW)

    with database.session() as session:
        levels = set(session.scalars(select(col(Statement.verification))))
    assert levels == {"claimed"}
