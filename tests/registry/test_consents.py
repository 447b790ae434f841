"""Consents: given per purpose and body, shown as agreed, out of force at once when withdrawn."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import func
from sqlalchemy.orm import Session
from sqlmodel import select

from matching.engine import Engine
from matching.schemas import SearchRequest
from matching.service import search
from registry.access.models import Account, Claim, Delegation
from registry.access.policy import LOCAL_STEWARD, Actor, Role, selector_for
from registry.db import Database
from registry.errors import InvalidInputError, NotFoundError, NotPermittedError
from registry.experts import repository as experts
from registry.experts.models import Expert
from registry.experts.recording import record_people
from registry.experts.schemas import Life
from registry.rights import consents, requests, restriction
from registry.rights.consent_rules import Effects, Given, Purpose, effects, holds
from registry.rights.consent_texts import Wording, current_texts, load_texts, read_texts
from registry.rights.consents import Proof
from registry.rights.deadlines import RequestKind
from registry.rights.models import Consent, ConsentText
from registry.taxonomy.service import get_crosswalk
from tests.accounts import make_account, make_body
from tests.factories import NOW, make_person, said, work

LATER = NOW + timedelta(days=3)
STEWARD = Actor("operator:test", frozenset({Role.STEWARD}))
MOST = Actor("r1", frozenset({Role.RECRUITER}), body="most")
MOH = Actor("r2", frozenset({Role.RECRUITER}), body="moh")
LETTER = Proof("paper", "thư số 5")


def _person(session: Session, life: Life = Life.CLAIMED, key: str = "1") -> UUID:
    facts = [work("Vải dẫn điện"), said("origin", {"is_vietnamese": True})]
    person = make_person(key, "Trần Thị Lụa", *facts, life=life)
    record_people(session, LOCAL_STEWARD, [person], get_crosswalk(session), NOW)
    return experts.find_by_source(session, "test", [key])[key]


def _own(expert_id: UUID) -> Actor:
    return Actor("00000000-0000-7000-8000-000000000001", frozenset(), expert_id=expert_id)


def _sees(session: Session, actor: Actor, expert_id: UUID) -> bool:
    session.flush()
    return bool(experts.get_visible(session, [expert_id], selector_for(actor)))


def _finds(session: Session, actor: Actor, expert_id: UUID) -> bool:
    session.flush()
    return bool(experts.get_found(session, [expert_id], selector_for(actor)))


@pytest.fixture
def bodies(database: Database) -> None:
    make_body(database, "most")
    make_body(database, "moh")


def test_what_follows_from_consents_is_a_rule() -> None:
    registry, matching = Given("registry", None, True), Given("matching", None, True)
    public, pool = Given("publication", None, True), Given("talent_pool", None, True)
    ended = Given("registry", None, False)

    assert effects([]) is None
    assert effects([pool]) is None
    assert effects([registry]) == Effects(None, False, False)
    assert effects([registry, matching, public]) == Effects(None, True, True)
    assert effects([ended, matching, public]) == Effects([], False, False)
    narrow = [ended, Given("registry", "moh", True), Given("registry", "most", True)]
    assert effects(narrow) == Effects(["moh", "most"], False, False)
    assert holds([Given("talent_pool", "moh", True)], Purpose.TALENT_POOL, "moh")
    assert not holds([Given("talent_pool", "moh", True)], Purpose.TALENT_POOL, "most")
    assert not holds([ended], Purpose.REGISTRY, None)


def test_every_purpose_has_a_text_in_both_languages_that_tells_how_to_withdraw() -> None:
    texts = {wording.purpose: wording for wording in read_texts()}

    assert set(texts) == set(Purpose)
    for wording in texts.values():
        assert "rút" in wording.vi
        assert "withdraw" in wording.en
    assert "nhạy cảm" in texts[Purpose.ORIGIN].vi
    assert "sensitive" in texts[Purpose.ORIGIN].en
    assert "a named person decides" in texts[Purpose.MATCHING].en


def test_a_text_that_was_changed_under_its_version_is_refused(session: Session) -> None:
    load_texts(session)
    load_texts(session)
    first = read_texts()[0]
    changed = Wording(first.purpose, first.version, first.issued_at, first.vi + " Thêm.", first.en)
    newer = Wording(first.purpose, "2027-01", first.issued_at, changed.vi, first.en)

    with pytest.raises(InvalidInputError, match="new version"):
        load_texts(session, [changed])
    load_texts(session, [newer])

    assert session.scalar(select(func.count()).select_from(ConsentText)) == len(Purpose) + 1


def test_nothing_changes_for_people_who_never_decided(session: Session) -> None:
    expert_id = _person(session)

    consents.apply_consents(session, expert_id)

    expert = session.get(Expert, expert_id)
    assert expert is not None
    assert (expert.open_to, expert.is_searchable, expert.is_published) == (None, True, False)


@pytest.mark.usefixtures("bodies")
def test_a_consent_for_one_body_closes_the_profile_to_the_others(session: Session) -> None:
    expert_id = _person(session)
    own = _own(expert_id)

    consents.give(session, own, expert_id, "registry", "vi", NOW, bodies=["most"])
    consents.give(session, own, expert_id, "matching", "vi", NOW)

    assert _sees(session, MOST, expert_id)
    assert _finds(session, MOST, expert_id)
    assert not _sees(session, MOH, expert_id)
    consents.give(session, own, expert_id, "registry", "vi", LATER, bodies=["moh"])
    assert _sees(session, MOST, expert_id)
    assert _sees(session, MOH, expert_id)


@pytest.mark.usefixtures("bodies")
def test_naming_bodies_narrows_a_consent_for_all_and_keeps_what_was(session: Session) -> None:
    expert_id = _person(session)
    own = _own(expert_id)
    consents.give(session, own, expert_id, "registry", "en", NOW)

    consents.give(session, own, expert_id, "registry", "en", LATER, bodies=["moh"])

    current, ended = consents.list_consents(session, own, expert_id)
    assert (current.consent.body, current.is_current) == ("moh", True)
    assert (ended.consent.body, ended.consent.withdrawn_at) == (None, LATER)
    assert current.text == current_texts(session)[Purpose.REGISTRY].text_en
    expert = session.get(Expert, expert_id)
    assert expert is not None
    assert (expert.life, expert.open_to) == ("claimed", ["moh"])


def test_without_a_consent_to_matching_nobody_finds_the_person(session: Session) -> None:
    expert_id = _person(session)
    own = _own(expert_id)

    consents.give(session, own, expert_id, "registry", "vi", NOW)

    assert _sees(session, MOST, expert_id)
    assert not _finds(session, MOST, expert_id)
    consents.give(session, own, expert_id, "matching", "vi", NOW)
    assert _finds(session, MOST, expert_id)


def test_a_page_for_everybody_needs_its_own_consent(session: Session) -> None:
    expert_id = _person(session)
    own, nobody = _own(expert_id), Actor("anonymous", frozenset())
    consents.give(session, own, expert_id, "registry", "vi", NOW)
    before = _sees(session, nobody, expert_id)

    consents.give(session, own, expert_id, "publication", "vi", NOW)

    assert not before
    assert _sees(session, nobody, expert_id)


@pytest.mark.parametrize("purpose", ["matching", "council", "publication", "origin"])
def test_other_purposes_rest_on_the_consent_to_the_registry(session: Session, purpose: str) -> None:
    expert_id = _person(session)

    with pytest.raises(InvalidInputError):
        consents.give(session, _own(expert_id), expert_id, purpose, "vi", NOW)


def test_to_be_remembered_can_be_agreed_to_alone_and_changes_nothing_else(session: Session) -> None:
    expert_id = _person(session, Life.LEAD)

    consents.give(session, STEWARD, expert_id, "talent_pool", "vi", NOW, proof=LETTER)

    expert = session.get(Expert, expert_id)
    assert expert is not None
    assert (expert.life, expert.open_to, expert.is_searchable) == ("lead", None, True)
    assert consents.has_consent(session, expert_id, Purpose.TALENT_POOL, "most")


@pytest.mark.parametrize(
    ("purpose", "bodies", "language"),
    [
        ("nothing", None, "vi"),
        ("registry", [], "vi"),
        ("registry", ["nowhere"], "vi"),
        ("matching", ["most"], "vi"),
        ("registry", None, "fr"),
    ],
)
@pytest.mark.usefixtures("bodies")
def test_what_cannot_be_agreed_to_is_refused_and_writes_nothing(
    session: Session, purpose: str, bodies: list[str] | None, language: str
) -> None:
    expert_id = _person(session)

    with pytest.raises(InvalidInputError):
        consents.give(session, _own(expert_id), expert_id, purpose, language, NOW, bodies=bodies)

    assert session.scalar(select(func.count()).select_from(Consent)) == 0


@pytest.mark.usefixtures("bodies")
def test_withdrawing_the_registry_wholly_ends_everything_at_once(session: Session) -> None:
    expert_id = _person(session)
    own = _own(expert_id)
    for purpose in ("registry", "matching", "publication"):
        consents.give(session, own, expert_id, purpose, "vi", NOW)
    session.add(
        Delegation(
            expert_id=expert_id,
            account_id=make_account_id(session),
            sections=["work"],
            created_at=NOW,
            expires_at=LATER,
        )
    )
    session.flush()
    registry = next(
        c
        for c in consents.list_consents(session, own, expert_id)
        if c.consent.purpose == "registry"
    )

    consents.withdraw(session, own, expert_id, registry.consent.id, LATER)

    expert = session.get(Expert, expert_id)
    assert expert is not None
    assert (expert.life, expert.life_since) == ("withdrawn", LATER)
    assert not any(c.is_current for c in consents.list_consents(session, own, expert_id))
    assert not _sees(session, MOST, expert_id)
    assert session.scalars(select(Delegation)).one().revoked_at == LATER
    with pytest.raises(InvalidInputError):
        consents.withdraw(session, own, expert_id, registry.consent.id, LATER)


def make_account_id(session: Session) -> UUID:
    account = Account(login="delegate", display_name="Delegate")
    session.add(account)
    session.flush()
    return account.id


@pytest.mark.usefixtures("bodies")
def test_withdrawing_for_one_body_of_two_leaves_the_other(session: Session) -> None:
    expert_id = _person(session)
    own = _own(expert_id)
    consents.give(session, own, expert_id, "registry", "vi", NOW, bodies=["most", "moh"])
    found = consents.list_consents(session, own, expert_id)
    of_moh = next(c.consent.id for c in found if c.consent.body == "moh")

    consents.withdraw(session, own, expert_id, of_moh, LATER)

    assert _sees(session, MOST, expert_id)
    assert not _sees(session, MOH, expert_id)


def test_consent_given_anew_brings_a_withdrawn_profile_back_by_the_person_alone(
    session: Session,
) -> None:
    expert_id = _person(session)
    own = _own(expert_id)
    consents.give(session, own, expert_id, "registry", "vi", NOW)
    consents.withdraw_all(session, own, expert_id, NOW)

    with pytest.raises(NotPermittedError):
        consents.give(session, STEWARD, expert_id, "registry", "vi", LATER, proof=LETTER)
    consents.give(session, own, expert_id, "registry", "vi", LATER)

    assert session.get_one(Expert, expert_id).life == "claimed"
    assert _sees(session, MOST, expert_id)


def test_what_was_said_of_origin_is_closed_with_its_consent(session: Session) -> None:
    expert_id = _person(session)
    own = _own(expert_id)
    consents.give(session, own, expert_id, "registry", "vi", NOW)
    consents.give(session, own, expert_id, "origin", "vi", NOW)
    found = consents.list_consents(session, own, expert_id)
    origin = next(c.consent.id for c in found if c.consent.purpose == "origin")

    consents.withdraw(session, own, expert_id, origin, LATER)

    current = experts.list_current(session, [expert_id])[expert_id]
    assert "origin" not in {s.property for s in current}
    assert "work" in {s.property for s in current}


def test_a_steward_records_with_proof_only_and_the_proof_is_kept_sealed(session: Session) -> None:
    expert_id = _person(session)

    for proof in (None, Proof("paper", "  "), Proof("web", "thư"), Proof("", "thư")):
        with pytest.raises(InvalidInputError):
            consents.give(session, STEWARD, expert_id, "registry", "vi", NOW, proof=proof)
    consents.give(session, STEWARD, expert_id, "registry", "vi", NOW, proof=LETTER)

    (agreed,) = consents.list_consents(session, STEWARD, expert_id)
    assert (agreed.consent.channel, agreed.evidence) == ("paper", "thư số 5")
    assert agreed.consent.evidence is not None
    assert agreed.consent.evidence != b"5"
    assert "thư" not in agreed.consent.evidence.decode("latin-1")


def test_others_neither_see_nor_give_nor_withdraw(session: Session) -> None:
    expert_id, other_id = _person(session), _person(session, key="2")
    stranger = _own(other_id)

    with pytest.raises(NotPermittedError):
        consents.list_consents(session, stranger, expert_id)
    with pytest.raises(NotPermittedError):
        consents.give(session, stranger, expert_id, "registry", "vi", NOW)
    consents.give(session, _own(expert_id), expert_id, "registry", "vi", NOW)
    (agreed,) = consents.list_consents(session, _own(expert_id), expert_id)
    with pytest.raises(NotFoundError):
        consents.withdraw(session, stranger, other_id, agreed.consent.id, NOW)


def test_whose_claim_is_contested_decides_nothing_meanwhile(
    session: Session, database: Database
) -> None:
    expert_id = _person(session)
    session.commit()
    account = make_account(database, "holder", expert_id=expert_id)
    session.add(
        Claim(
            expert_id=expert_id,
            account_id=account.id,
            proof="words",
            state="contested",
            life_before="lead",
            created_at=NOW,
        )
    )
    session.flush()

    with pytest.raises(NotPermittedError):
        consents.give(session, _own(expert_id), expert_id, "registry", "vi", NOW)


def test_a_claim_needs_the_consent_to_the_registry_and_takes_the_others_as_chosen(
    session: Session,
) -> None:
    expert_id = _person(session, Life.LEAD)
    claimant = Actor("00000000-0000-7000-8000-000000000002", frozenset())

    with pytest.raises(InvalidInputError):
        consents.give_at_claim(session, claimant, expert_id, {"matching"}, "vi", NOW)
    consents.give_at_claim(session, claimant, expert_id, {"registry", "matching"}, "vi", NOW)

    own = _own(expert_id)
    agreed = consents.list_consents(session, own, expert_id)
    assert {c.consent.purpose for c in agreed} == {"registry", "matching"}
    expert = session.get_one(Expert, expert_id)
    assert (expert.is_searchable, expert.is_published) == (True, False)


def test_what_a_wrong_person_agreed_to_never_was_a_consent(session: Session) -> None:
    expert_id = _person(session, Life.LEAD)
    claimant = Actor("00000000-0000-7000-8000-000000000002", frozenset())
    consents.give(session, STEWARD, expert_id, "talent_pool", "vi", NOW, proof=LETTER)
    consents.give_at_claim(session, claimant, expert_id, {"registry"}, "vi", LATER)

    consents.void(session, expert_id, since=LATER)

    (left,) = consents.list_consents(session, STEWARD, expert_id)
    assert left.consent.purpose == "talent_pool"


def test_a_restricted_profile_is_shown_to_nobody_but_its_person(session: Session) -> None:
    expert_id = _person(session)
    own = _own(expert_id)

    requests.ask(session, own, RequestKind.RESTRICT, "trong lúc xem lại", NOW)

    assert not _sees(session, MOST, expert_id)
    assert not _finds(session, STEWARD, expert_id)
    assert _sees(session, own, expert_id)
    restriction.lift_restriction(session, own, expert_id)
    assert _sees(session, MOST, expert_id)


def test_a_withdrawal_reaches_a_search_before_and_after_the_index_follows(
    database: Database, make_engine: Callable[..., Engine]
) -> None:
    engine = make_engine(database, [make_person("1", "Lê Hoa", work("Chỉnh sửa gen cây lúa"))])
    request = SearchRequest(query="chỉnh sửa gen")

    def found() -> int:
        with database.session() as session:
            return len(search(session, engine, STEWARD, request, NOW).people)

    with database.session() as session:
        expert_id = experts.find_by_source(session, "test", ["1"])["1"]
        own = _own(expert_id)
        consents.give(session, own, expert_id, "registry", "vi", NOW)
        consents.give(session, own, expert_id, "matching", "vi", NOW)
    engine.catch_up()
    before = found()
    with database.session() as session:
        consents.withdraw_all(session, own, expert_id, LATER)

    assert (before, found()) == (1, 0)
    engine.catch_up()
    assert found() == 0
    assert not engine.index.alive.any()
