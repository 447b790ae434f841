"""Links that are sent to people: signed, good once, and for a time; one text for all the rest."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from registry.access import links, passwords, repository, sessions, signin, totp, words
from registry.access.links import Purpose
from registry.access.models import AccessLink, Account, AccountRole, ExternalLogin
from registry.access.policy import Actor, Role
from registry.access.signing import sign
from registry.audit import service as audit
from registry.db import Database
from registry.errors import (
    InvalidInputError,
    LinkUnusableError,
    NotPermittedError,
    NotSignedInError,
)
from registry.experts.models import Expert
from tests.signing_in import (
    HOME,
    LASTS,
    NOW,
    OTHER_PASSWORD,
    PASSWORD,
    make_member,
    turn_codes_on,
)

ADMIN = Actor("admin", frozenset({Role.ADMINISTRATOR}))
STEWARD = Actor("steward", frozenset({Role.STEWARD}))
DAY = timedelta(days=1)


def _make(session: Session, account: Account, purpose: Purpose = Purpose.PASSWORD) -> str:
    return links.make_link(session, ADMIN, purpose, account_id=account.id, now=NOW, lasts=DAY)


def _row(session: Session, token: str) -> AccessLink:
    return links.open_link(session, token, NOW)


def test_a_link_is_looked_at_often_and_used_once(session: Session) -> None:
    token = _make(session, make_member(session))

    assert links.open_link(session, token, NOW).id == links.open_link(session, token, NOW).id
    assert links.use_link(session, token, NOW).used_at == NOW
    with pytest.raises(LinkUnusableError):
        links.open_link(session, token, NOW)
    with pytest.raises(LinkUnusableError):
        links.use_link(session, token, NOW)


def test_whatever_is_wrong_with_a_link_is_told_in_one_text(session: Session) -> None:
    account = make_member(session)
    used, late, old = (_make(session, make_member(session, f"m{n}")) for n in range(3))
    links.use_link(session, used, NOW)
    links.revoke_links(session, _row(session, old).account_id or account.id, NOW)
    good = _make(session, account)
    unknown = sign(session, "links", "link", [account.id.hex, "secret"])
    wrong_secret = sign(session, "links", "link", [_row(session, good).id.hex, "secret"])
    of_another_kind = sign(session, "links", "pending", [_row(session, good).id.hex, "secret"])
    of_closed = _make(session, make_member(session, "closed"))
    closed = repository.find_by_login(session, "closed")
    assert closed is not None
    closed.closed_at = NOW

    told = set()
    tokens = (used, old, unknown, wrong_secret, of_another_kind, of_closed, good[:-1], "x", "", "é")
    for token, at in [*((token, NOW) for token in tokens), (late, NOW + DAY)]:
        with pytest.raises(LinkUnusableError) as caught:
            links.open_link(session, token, at)
        told.add(str(caught.value))

    assert told == {words.LINK_UNUSABLE}
    assert links.open_link(session, good, NOW)
    assert links.open_link(session, late, NOW + DAY - timedelta(seconds=1))


def test_of_two_that_use_a_link_at_once_one_succeeds(database: Database) -> None:
    with database.session() as session:
        token = _make(session, make_member(session))

    def use(_: int) -> bool:
        with database.session() as session:
            try:
                links.use_link(session, token, NOW)
            except LinkUnusableError:
                return False
            return True

    with ThreadPoolExecutor(6) as pool:
        won = list(pool.map(use, range(6)))

    assert won.count(True) == 1


def test_the_token_is_not_kept(session: Session) -> None:
    token = _make(session, make_member(session))
    row = _row(session, token)

    kept = f"{row.id} {row.secret_hash} {row.sent_to!r}"

    assert token not in kept
    assert row.secret_hash not in token


def test_a_new_link_of_an_account_ends_the_earlier_ones(session: Session) -> None:
    account, other = make_member(session), make_member(session, "other")
    first, others = _make(session, account, Purpose.JOIN), _make(session, other)

    claim = links.make_link(
        session, STEWARD, Purpose.CLAIM, account_id=account.id, now=NOW, lasts=DAY
    )

    second = _make(session, account)

    assert links.open_link(session, second, NOW)
    assert links.open_link(session, others, NOW)
    assert links.open_link(session, claim, NOW)
    with pytest.raises(LinkUnusableError):
        links.open_link(session, first, NOW)


@pytest.mark.parametrize(
    ("actor", "purpose"),
    [
        (ADMIN, Purpose.CLAIM),
        (STEWARD, Purpose.JOIN),
        (STEWARD, Purpose.PASSWORD),
        (STEWARD, Purpose.RECOVERY),
        (STEWARD, Purpose.SIGN_IN),
    ],
)
def test_each_kind_of_link_needs_its_permission(
    session: Session, actor: Actor, purpose: Purpose
) -> None:
    with pytest.raises(NotPermittedError):
        links.make_link(session, actor, purpose, now=NOW, lasts=DAY)


def test_where_it_was_sent_is_sealed_and_can_be_read_again(session: Session) -> None:
    expert = Expert(life="lead", legal_ground="test", is_invented=True)
    session.add(expert)
    account = make_member(session)
    session.flush()

    claim = links.make_link(
        session,
        STEWARD,
        Purpose.CLAIM,
        expert_id=expert.id,
        sent_to="thu@example.vn",
        now=NOW,
        lasts=DAY,
    )
    join = links.make_link(
        session,
        ADMIN,
        Purpose.JOIN,
        account_id=account.id,
        sent_to="an@example.vn",
        now=NOW,
        lasts=DAY,
    )

    rows = [_row(session, token) for token in (claim, join)]
    read = [links.read_sent_to(session, row) for row in rows]
    assert read == ["thu@example.vn", "an@example.vn"]
    assert all(b"example" not in (row.sent_to or b"") for row in rows)


# What a link of an account does


def test_a_password_link_sets_a_password_and_ends_what_there_was(session: Session) -> None:
    account = make_member(session)
    before = signin.open_session(session, account, "password", HOME, NOW, LASTS)
    token = _make(session, account)

    opened = signin.set_password_by_link(session, token, OTHER_PASSWORD, HOME, NOW, LASTS)

    assert opened is not None
    assert sessions.find_signed_in(session, opened.token, NOW) is not None
    assert sessions.find_signed_in(session, before.token, NOW) is None
    assert passwords.verify(account.password_hash, OTHER_PASSWORD)


def test_a_refused_password_leaves_the_link_good(session: Session) -> None:
    account = make_member(session)
    token = _make(session, account)

    with pytest.raises(InvalidInputError, match="at least 12"):
        signin.set_password_by_link(session, token, "short", HOME, NOW, LASTS)

    assert passwords.verify(account.password_hash, PASSWORD)
    assert links.open_link(session, token, NOW)


def test_a_password_link_is_no_way_around_one_time_codes(session: Session) -> None:
    account = make_member(session)
    turn_codes_on(session, account)

    opened = signin.set_password_by_link(
        session, _make(session, account), OTHER_PASSWORD, HOME, NOW, LASTS
    )

    assert opened is None
    assert totp.is_on(account)


def test_a_recovery_link_turns_one_time_codes_off(session: Session) -> None:
    account = make_member(session)
    turn_codes_on(session, account)
    token = _make(session, account, Purpose.RECOVERY)

    opened = signin.set_password_by_link(session, token, OTHER_PASSWORD, HOME, NOW, LASTS)

    assert opened is not None
    assert not totp.is_on(account)


def test_only_an_invented_account_is_signed_in_by_a_link_and_only_in_development(
    session: Session,
) -> None:
    real, invented = make_member(session), make_member(session, "demo", is_invented=True)
    of_real, of_invented = (_make(session, a, Purpose.SIGN_IN) for a in (real, invented))

    def use(token: str, is_development: bool) -> object:
        return signin.sign_in_by_link(
            session, token, HOME, NOW, LASTS, is_development=is_development
        )

    with pytest.raises(LinkUnusableError):
        use(of_real, True)
    with pytest.raises(LinkUnusableError):
        use(of_invented, False)
    assert use(of_invented, True)
    with pytest.raises(LinkUnusableError):
        use(of_invented, True)


@pytest.mark.parametrize("purpose", [Purpose.SIGN_IN, Purpose.CLAIM])
def test_a_link_for_something_else_sets_no_password(session: Session, purpose: Purpose) -> None:
    account = make_member(session, is_invented=True)
    actor = Actor("both", frozenset({Role.ADMINISTRATOR, Role.STEWARD}))
    token = links.make_link(session, actor, purpose, account_id=account.id, now=NOW, lasts=DAY)

    with pytest.raises(LinkUnusableError):
        signin.set_password_by_link(session, token, OTHER_PASSWORD, HOME, NOW, LASTS)

    assert passwords.verify(account.password_hash, PASSWORD)


def _with_everything(session: Session) -> tuple[Account, str, str]:
    """An account with codes, a provider, a session and a token; the last two themselves."""
    account = make_member(session, "all")
    turn_codes_on(session, account)
    session.add(
        ExternalLogin(provider="ministry", subject="s", account_id=account.id, linked_at=NOW)
    )
    session.add(
        AccountRole(account_id=account.id, role="steward", granted_by="test", granted_at=NOW)
    )
    session.flush()
    opened = signin.open_session(session, account, "password", HOME, NOW, LASTS)
    actor = sessions.load_actor(session, account, NOW, signed_in_at=NOW)
    _, token = sessions.create_token(session, actor, "job", {"expert:search"}, 7, NOW)
    return account, opened.token, token


@pytest.mark.parametrize(
    ("purpose", "keeps"), [(Purpose.PASSWORD, True), (Purpose.RECOVERY, False)]
)
def test_a_new_password_ends_sessions_and_tokens_and_recovery_all_other_ways_in(
    session: Session, purpose: Purpose, keeps: bool
) -> None:
    account, browser, program = _with_everything(session)
    token = _make(session, account, purpose)

    signin.set_password_by_link(session, token, OTHER_PASSWORD, HOME, NOW, LASTS)

    assert sessions.find_signed_in(session, browser, NOW) is None
    with pytest.raises(NotSignedInError):
        sessions.actor_of_token(session, program, NOW)
    assert totp.is_on(account) is keeps
    assert bool(repository.list_identities(session, account.id)) is keeps


def test_recovery_is_noted_with_what_it_ended(database: Database) -> None:
    with database.session() as session:
        account, _, _ = _with_everything(session)
        token = _make(session, account, Purpose.RECOVERY)
    with database.session() as session:
        signin.set_password_by_link(session, token, OTHER_PASSWORD, HOME, NOW, LASTS)

    with database.session() as session:
        auditor = Actor("auditor", frozenset({Role.AUDITOR}))
        (entry,) = audit.list_entries(session, auditor, action="account:set_password")
    assert entry.actor == str(account.id)
    assert entry.details == {
        "link": "recovery",
        "unlinked": 1,
        "sessions_ended": 1,
        "tokens_ended": 1,
    }


def test_a_recovery_touches_nobody_else(session: Session) -> None:
    account, _, _ = _with_everything(session)
    other = make_member(session, "other")
    session.add(ExternalLogin(provider="ministry", subject="o", account_id=other.id, linked_at=NOW))
    opened = signin.open_session(session, other, "ministry", HOME, NOW, LASTS)

    token = _make(session, account, Purpose.RECOVERY)
    signin.set_password_by_link(session, token, OTHER_PASSWORD, HOME, NOW, LASTS)

    assert len(repository.list_identities(session, other.id)) == 1
    assert sessions.find_signed_in(session, opened.token, NOW) is not None
