"""Signing in: who gets in, who waits, and that nobody can shut out somebody else."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from sqlmodel import col

from registry.access import attempts, own, passwords, repository, sessions, signin, totp, words
from registry.access.models import SignInAttempt, WebSession
from registry.access.signin import Browser, CodeWanted, Opened
from registry.access.throttle import LIMITS, Kind, network_of
from registry.db import Database
from registry.errors import (
    InvalidInputError,
    NotFoundError,
    RegistryError,
    SignInFailedError,
    SignInTooOldError,
    TooManyAttemptsError,
)
from tests.signing_in import (
    ELSEWHERE,
    HOME,
    LASTS,
    NOW,
    OTHER_PASSWORD,
    PASSWORD,
    actor_of,
    make_member,
    turn_codes_on,
)

SECOND = timedelta(seconds=1)


def _sign_in(
    session: Session, password: str = PASSWORD, browser: Browser = HOME, **changes: object
) -> Opened:
    values = {"login": "thu", "now": NOW, **changes}
    found = signin.sign_in(session, values["login"], password, browser, values["now"], LASTS)
    assert isinstance(found, Opened)
    return found


def _failure(session: Session, login: str, password: str, browser: Browser = HOME) -> RegistryError:
    with pytest.raises(RegistryError) as caught:
        signin.sign_in(session, login, password, browser, NOW, LASTS)
    return caught.value


def _guess(session: Session, times: int, browser: Browser, login: str = "thu") -> None:
    """Wrong passwords, each as soon as it is taken."""
    now = NOW
    for _ in range(times):
        try:
            signin.sign_in(session, login, "a wrong guess", browser, now, LASTS)
        except TooManyAttemptsError as exc:
            now += timedelta(seconds=exc.retry_after_seconds)
        except SignInFailedError:
            continue


def _fill(session: Session, browser: Browser) -> None:
    """As many failures of a network as are free, under names of all kinds."""
    counted = attempts.bucket(session, Kind.NETWORK, network_of(browser.address))
    for _ in range(LIMITS[Kind.NETWORK].free):
        attempts.count_failure(session, [counted], NOW)


def _attempts(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(SignInAttempt)) or 0


# Who gets in


def test_the_right_password_begins_a_session(session: Session) -> None:
    account = make_member(session)

    opened = _sign_in(session)

    found = sessions.find_signed_in(session, opened.token, NOW)
    assert found is not None
    assert found.account.id == account.id
    assert sessions.find_signed_in(session, opened.token, NOW + LASTS) is None


@pytest.mark.parametrize("login", ["THU", " thu ", "thu\u200b"])
def test_a_name_is_read_as_it_is_meant(session: Session, login: str) -> None:
    make_member(session)

    assert _sign_in(session, login=login)


def test_all_ways_to_fail_are_told_in_one_text(session: Session) -> None:
    make_member(session)
    make_member(session, "closed", closed_at=NOW)
    make_member(session, "orcid:0000-0000-0000-0001", password_hash=None)
    tried = [
        ("thu", "a wrong guess"),
        ("nobody", PASSWORD),
        ("closed", PASSWORD),
        ("orcid:0000-0000-0000-0001", PASSWORD),
        ("", ""),
        ("thu\0", "\0"),
        ("x" * 100_000, "y" * 100_000),
    ]

    told = {(type(e), str(e)) for e in (_failure(session, *each) for each in tried)}

    assert told == {(SignInFailedError, words.SIGN_IN_FAILED)}


def test_an_unknown_name_is_slowed_down_as_a_known_one(session: Session) -> None:
    make_member(session)
    free = LIMITS[Kind.ACCOUNT].free

    known = [str(_failure(session, "thu", "a wrong guess")) for _ in range(free + 1)]
    unknown = [str(_failure(session, "nobody", "a wrong guess")) for _ in range(free + 1)]

    assert known == unknown == [words.SIGN_IN_FAILED] * free + [words.TOO_MANY]


def test_a_hash_of_other_parameters_is_made_anew_at_sign_in(session: Session) -> None:
    older = PasswordHasher(time_cost=1, memory_cost=8_192, parallelism=1).hash(PASSWORD)
    account = make_member(session, password_hash=older)

    _sign_in(session)

    assert account.password_hash is not None
    assert not passwords.is_outdated(account.password_hash)
    assert passwords.verify(account.password_hash, PASSWORD)


def test_each_sign_in_begins_another_session_and_ends_that_of_the_browser(
    session: Session,
) -> None:
    make_member(session)
    first = _sign_in(session)

    second = _sign_in(session, browser=replace(HOME, session=first.token))

    assert second.token != first.token
    assert sessions.find_signed_in(session, first.token, NOW) is None
    assert sessions.find_signed_in(session, second.token, NOW) is not None


# Who waits


def test_after_five_failures_even_the_right_password_waits(session: Session) -> None:
    make_member(session)
    for _ in range(5):
        assert type(_failure(session, "thu", "a wrong guess")) is SignInFailedError

    waiting = _failure(session, "thu", PASSWORD)

    assert isinstance(waiting, TooManyAttemptsError)
    assert waiting.retry_after_seconds == 30
    assert _sign_in(session, now=NOW + 30 * SECOND)


def test_an_attempt_that_has_to_wait_makes_no_wait_longer(session: Session) -> None:
    make_member(session)
    for _ in range(20):
        _failure(session, "thu", "a wrong guess")

    assert _sign_in(session, now=NOW + 30 * SECOND)


def test_a_success_starts_the_count_anew(session: Session) -> None:
    make_member(session)
    for _ in range(4):
        _failure(session, "thu", "a wrong guess")
    _sign_in(session)

    again = [type(_failure(session, "thu", "a wrong guess")) for _ in range(5)]

    assert again == [SignInFailedError] * 5


def test_a_success_of_his_own_wipes_away_no_failures_of_a_network(session: Session) -> None:
    make_member(session)
    make_member(session, "attacker")
    _fill(session, ELSEWHERE)
    later = NOW + 2 * SECOND
    _sign_in(session, login="attacker", browser=ELSEWHERE, now=later)
    with pytest.raises(SignInFailedError):
        signin.sign_in(session, "thu", "a wrong guess", ELSEWHERE, later, LASTS)

    with pytest.raises(TooManyAttemptsError) as caught:
        signin.sign_in(session, "attacker", PASSWORD, Browser("203.0.113.200"), later, LASTS)

    assert caught.value.retry_after_seconds == 4


def test_guesses_from_elsewhere_never_shut_out_the_owner_of_an_account(session: Session) -> None:
    make_member(session)
    for number in range(3):
        _guess(session, 6, Browser(f"203.0.{number}.9"))

    told = _failure(session, "thu", PASSWORD, Browser("203.0.2.77"))
    assert isinstance(told, TooManyAttemptsError)
    assert _sign_in(session, browser=HOME)


def test_a_known_browser_gets_in_while_its_own_network_attacks(session: Session) -> None:
    make_member(session)
    known = replace(HOME, device=_sign_in(session).device)
    neighbour = Browser("198.51.100.200")
    _guess(session, 6, neighbour)
    _fill(session, neighbour)

    assert isinstance(_failure(session, "thu", PASSWORD, HOME), TooManyAttemptsError)
    assert _sign_in(session, browser=known)


def test_a_known_browser_gets_in_during_an_attack_from_everywhere(session: Session) -> None:
    make_member(session)
    known = Browser("192.0.2.1", device=_sign_in(session).device)
    for number in range(3):
        _guess(session, 6, Browser(f"203.0.{number}.9"))
    _guess(session, 6, replace(known, device=None))

    assert _sign_in(session, browser=known)
    assert _sign_in(session, browser=replace(known, address="192.0.2.99"))


def test_a_known_browser_has_a_limit_of_its_own(session: Session) -> None:
    make_member(session)
    known = replace(HOME, device=_sign_in(session).device)
    free = LIMITS[Kind.DEVICE].free

    told = [type(_failure(session, "thu", "a wrong guess", known)) for _ in range(free + 1)]

    assert told == [SignInFailedError] * free + [TooManyAttemptsError]
    # Whoever has stolen the cookie shuts out nobody without it.
    assert _sign_in(session, browser=HOME)


def test_a_browser_is_known_for_one_account_and_by_a_cookie_of_this_service(
    session: Session,
) -> None:
    make_member(session)
    make_member(session, "other")
    device = _sign_in(session, login="other").device
    _guess(session, 6, HOME)

    for cookie in (device, device[:-1], "x", "", f"{device}x"):
        told = _failure(session, "thu", PASSWORD, replace(HOME, device=cookie))
        assert isinstance(told, TooManyAttemptsError), cookie


def test_a_known_browser_keeps_its_number_over_sign_ins(session: Session) -> None:
    make_member(session)
    first = _sign_in(session)

    again = _sign_in(session, browser=replace(HOME, device=first.device))

    assert again.device == first.device
    assert _sign_in(session).device != first.device


def test_guesses_at_the_same_moment_are_counted_one_by_one(database: Database) -> None:
    with database.session() as session:
        make_member(session)

    def guess(_: int) -> type[RegistryError]:
        with database.session() as session:
            return type(_failure(session, "thu", "a wrong guess"))

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(guess, range(16)))

    assert told.count(SignInFailedError) == LIMITS[Kind.ACCOUNT].free


def test_failures_name_no_account_and_no_address_and_are_swept_after_a_day(
    session: Session,
) -> None:
    _failure(session, "thu", "a wrong guess")
    stored = " ".join(session.scalars(select(col(SignInAttempt.bucket))))
    before = _attempts(session)

    with pytest.raises(SignInFailedError):
        signin.sign_in(session, "other", "x", ELSEWHERE, NOW + timedelta(days=1, seconds=1), LASTS)

    assert "thu" not in stored
    assert "198.51" not in stored
    assert before == _attempts(session) == 2


# One-time codes


def _password_then(session: Session, code: str, browser: Browser = HOME, after: int = 0) -> Opened:
    now = NOW + after * SECOND
    wanted = signin.sign_in(session, "thu", PASSWORD, browser, now, LASTS)
    assert isinstance(wanted, CodeWanted)
    return signin.give_code(session, wanted.pending, code, browser, now, LASTS)


def test_with_codes_on_the_password_alone_signs_nobody_in(session: Session) -> None:
    codes = turn_codes_on(session, make_member(session))

    opened = _password_then(session, codes.at(NOW))

    assert sessions.find_signed_in(session, opened.token, NOW) is not None


def test_a_code_is_good_once_and_no_earlier_one_after_it(session: Session) -> None:
    codes = turn_codes_on(session, make_member(session))
    _password_then(session, codes.at(NOW))

    for used in (codes.at(NOW), codes.at(NOW - 30 * SECOND)):
        with pytest.raises(SignInFailedError, match="code"):
            _password_then(session, used)
    assert _password_then(session, codes.at(NOW + 30 * SECOND))


@pytest.mark.parametrize(
    ("seconds", "is_taken"), [(-60, False), (-30, True), (30, True), (60, False)]
)
def test_a_clock_may_be_wrong_by_one_step(session: Session, seconds: int, is_taken: bool) -> None:
    codes = turn_codes_on(session, make_member(session))
    code = codes.at(NOW + seconds * SECOND)

    if is_taken:
        assert _password_then(session, f" {code[:3]} {code[3:]} ")
    else:
        with pytest.raises(SignInFailedError):
            _password_then(session, code)


def test_of_two_that_bring_one_code_at_once_one_wins(database: Database) -> None:
    with database.session() as session:
        account = make_member(session)
        codes = turn_codes_on(session, account)
        wanted = signin.sign_in(session, "thu", PASSWORD, HOME, NOW, LASTS)
        assert isinstance(wanted, CodeWanted)

    def give(number: int) -> bool:
        browser = Browser(f"203.0.{number}.9")
        with database.session() as session:
            try:
                signin.give_code(session, wanted.pending, codes.at(NOW), browser, NOW, LASTS)
            except SignInFailedError:
                return False
            return True

    with ThreadPoolExecutor(6) as pool:
        won = list(pool.map(give, range(6)))

    assert won.count(True) == 1


def test_the_second_step_ends_after_five_minutes_and_with_the_password(session: Session) -> None:
    account = make_member(session)
    codes = turn_codes_on(session, account)
    wanted = signin.sign_in(session, "thu", PASSWORD, HOME, NOW, LASTS)
    assert isinstance(wanted, CodeWanted)
    late = NOW + timedelta(minutes=5)

    with pytest.raises(SignInFailedError, match="too long"):
        signin.give_code(session, wanted.pending, codes.at(late), HOME, late, LASTS)
    account.password_hash = passwords.hash_password(OTHER_PASSWORD)
    with pytest.raises(SignInFailedError, match="too long"):
        signin.give_code(session, wanted.pending, codes.at(NOW), HOME, NOW, LASTS)


@pytest.mark.parametrize("pending", ["", "x", "x.y", "WzEsMiwzXQ.AAAA"])
def test_a_second_step_that_was_made_up_is_none(session: Session, pending: str) -> None:
    turn_codes_on(session, make_member(session))

    with pytest.raises(SignInFailedError, match="too long"):
        signin.give_code(session, pending, "000000", HOME, NOW, LASTS)


def test_a_device_cookie_is_no_second_step(session: Session) -> None:
    codes = turn_codes_on(session, make_member(session))
    device = _password_then(session, codes.at(NOW)).device

    with pytest.raises(SignInFailedError, match="too long"):
        signin.read_pending(session, device, NOW)


def test_whoever_knows_the_password_gets_no_new_guesses_by_changing_networks(
    session: Session,
) -> None:
    codes = turn_codes_on(session, make_member(session))
    known = replace(HOME, device=_password_then(session, codes.at(NOW)).device)
    wrong = "000000" if codes.at(NOW) != "000000" else "111111"
    told = []
    for number in range(LIMITS[Kind.CODE].free + 1):
        with pytest.raises(RegistryError) as caught:
            _password_then(session, wrong, Browser(f"203.0.{number}.9"))
        told.append(type(caught.value))

    assert told == [SignInFailedError] * LIMITS[Kind.CODE].free + [TooManyAttemptsError]
    assert _password_then(session, codes.at(NOW + 30 * SECOND), known)


def test_a_right_password_before_a_wrong_code_starts_no_count_anew(session: Session) -> None:
    codes = turn_codes_on(session, make_member(session))
    wrong = "000000" if codes.at(NOW) != "000000" else "111111"
    for _ in range(LIMITS[Kind.ACCOUNT].free):
        with pytest.raises(SignInFailedError):
            _password_then(session, wrong)

    with pytest.raises(TooManyAttemptsError):
        _password_then(session, codes.at(NOW))


def test_the_seed_is_sealed_for_its_account_and_is_not_shown_once_it_counts(
    session: Session,
) -> None:
    account, other = make_member(session), make_member(session, "other")
    totp.begin(session, account)
    address = totp.address(session, account)
    codes = turn_codes_on(session, account)

    other.totp_sealed, other.totp_used_step = account.totp_sealed, 0

    assert address.startswith("otpauth://totp/")
    assert account.totp_sealed is not None
    assert codes.secret.encode() not in account.totp_sealed
    with pytest.raises(NotFoundError):
        totp.address(session, account)
    with pytest.raises(RegistryError):
        totp.use_code(session, other, codes.at(NOW), NOW)


# What an owner does


def test_changing_the_password_ends_all_other_sessions(session: Session) -> None:
    account = make_member(session)
    here, there = _sign_in(session), _sign_in(session)
    held = sessions.find_signed_in(session, here.token, NOW)
    assert held is not None

    own.change_password(session, held.actor, held.session_id, PASSWORD, OTHER_PASSWORD, HOME, NOW)

    assert sessions.find_signed_in(session, here.token, NOW) is not None
    assert sessions.find_signed_in(session, there.token, NOW) is None
    assert passwords.verify(account.password_hash, OTHER_PASSWORD)


def test_changing_the_password_takes_the_old_one_and_guesses_at_it_are_counted(
    session: Session,
) -> None:
    account = make_member(session)
    held = sessions.find_signed_in(session, _sign_in(session).token, NOW)
    assert held is not None

    def change(current: str) -> None:
        own.change_password(
            session, held.actor, held.session_id, current, OTHER_PASSWORD, HOME, NOW
        )

    for _ in range(5):
        with pytest.raises(SignInFailedError, match="current password"):
            change("a wrong guess")
    with pytest.raises(TooManyAttemptsError):
        change(PASSWORD)
    assert passwords.verify(account.password_hash, PASSWORD)


def test_a_first_password_needs_a_recent_sign_in(session: Session) -> None:
    account = make_member(session, password_hash=None)
    opened = signin.open_session(session, account, "orcid", HOME, NOW, LASTS)
    held = sessions.find_signed_in(session, opened.token, NOW)
    assert held is not None
    late = NOW + timedelta(minutes=15, seconds=1)

    with pytest.raises(SignInTooOldError, match="last 15 minutes"):
        own.change_password(session, held.actor, held.session_id, "", OTHER_PASSWORD, HOME, late)
    own.change_password(session, held.actor, held.session_id, "", OTHER_PASSWORD, HOME, NOW)
    assert passwords.verify(account.password_hash, OTHER_PASSWORD)


def test_codes_are_turned_on_and_off_with_the_password_only(session: Session) -> None:
    account = make_member(session)
    actor = actor_of(account)

    with pytest.raises(SignInFailedError):
        own.begin_codes(session, actor, "a wrong guess", HOME, NOW)
    own.begin_codes(session, actor, PASSWORD, HOME, NOW)
    with pytest.raises(InvalidInputError, match="code"):
        own.confirm_codes(session, actor, "0", NOW)
    assert not totp.is_on(account)
    turn_codes_on(session, account)
    with pytest.raises(InvalidInputError, match="on already"):
        own.begin_codes(session, actor, PASSWORD, HOME, NOW)
    with pytest.raises(SignInFailedError):
        own.end_codes(session, actor, "a wrong guess", HOME, NOW)
    assert totp.is_on(account)
    own.end_codes(session, actor, PASSWORD, HOME, NOW)
    assert not totp.is_on(account)


def test_codes_follow_a_password(session: Session) -> None:
    account = make_member(session, password_hash=None)

    with pytest.raises(InvalidInputError, match="password first"):
        own.begin_codes(session, actor_of(account), "", HOME, NOW)


# Sessions and tokens


def test_a_session_is_ended_by_its_owner_only(session: Session) -> None:
    mine, other = make_member(session), make_member(session, "other")
    _sign_in(session)
    row = repository.list_sessions(session, mine.id, NOW)[0]

    with pytest.raises(NotFoundError):
        sessions.end(session, actor_of(other), row.id, NOW)
    sessions.end(session, actor_of(mine), row.id, NOW)

    assert not repository.list_sessions(session, mine.id, NOW)


def test_a_closed_account_is_signed_in_nowhere(session: Session) -> None:
    account = make_member(session)
    opened = _sign_in(session)

    account.closed_at = NOW

    assert sessions.find_signed_in(session, opened.token, NOW) is None


# While a password is looked at, its owner sets another one


def _set_other(database: Database, login: str = "thu") -> None:
    with database.session() as session:
        account = repository.find_by_login(session, login)
        assert account is not None
        account.password_hash = passwords.hash_password(OTHER_PASSWORD)


def test_a_password_that_was_changed_while_it_was_looked_at_opens_nothing(
    database: Database,
) -> None:
    with database.session() as session:
        make_member(session)

    with database.session() as session:
        # What this transaction has read before stays in its memory, as in a long sign-in.
        assert repository.find_by_login(session, "thu") is not None
        _set_other(database)
        failure = _failure(session, "thu", PASSWORD)

    assert isinstance(failure, SignInFailedError)
    with database.session() as session:
        assert session.scalars(select(WebSession)).all() == []
        account = repository.find_by_login(session, "thu")
        assert account is not None
        assert passwords.verify(account.password_hash, OTHER_PASSWORD)


def test_a_code_after_a_password_that_was_changed_meanwhile_opens_nothing(
    database: Database,
) -> None:
    with database.session() as session:
        account = make_member(session)
        codes = turn_codes_on(session, account)
        wanted = signin.sign_in(session, "thu", PASSWORD, HOME, NOW, LASTS)
        assert isinstance(wanted, CodeWanted)

    with database.session() as session:
        assert repository.find_by_login(session, "thu") is not None
        _set_other(database)
        with pytest.raises(SignInFailedError):
            signin.give_code(session, wanted.pending, codes.at(NOW), HOME, NOW, LASTS)
