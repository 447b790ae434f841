"""Passwords: which may be set, how they are compared, and equal work for nobody's."""

import unicodedata
from time import perf_counter

import pytest
from argon2 import PasswordHasher, extract_parameters

from registry.access import passwords
from registry.errors import InvalidInputError

GOOD = "ngựa đúng pin kẹp giấy"


@pytest.mark.parametrize(
    "password", [GOOD, "x7!kQ2pLm9Zd", "correct horse battery", "a1b2c3" * 33 + "de"]
)
def test_a_long_rare_password_is_taken(password: str) -> None:
    assert passwords.check_new(password, "thu", "Lê Thị Thử") == password


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("x7!kQ2pLm9Z", "at least 12"),
        ("x7!kQ2" * 34, "at most 200"),
        ("lethithu@moh", "your name"),
        ("Lê Thị Thử Nghiệm", "your name"),
        ("lethithunghiem", "your name"),
    ],
)
def test_a_password_has_12_to_200_characters_and_is_no_name(password: str, words: str) -> None:
    with pytest.raises(InvalidInputError, match=words):
        passwords.check_new(password, "lethithu@moh", "Lê Thị Thử Nghiệm")


@pytest.mark.parametrize(
    "password",
    [
        "matkhau123456",
        "MatKhau@2026!",
        "mật khẩu 123456",
        "123456matkhau",
        "matkhaumatkhau",
        "vietnam123456",
        "Việt Nam 1945",
        "anhyeuem1234",
        "p@ssw0rd1234",
        "Password2026!",
        "admin12345678",
        "qwertyuiopas",
        "abcdefghijkl",
        "123456789012",
        "210987654321",
        "aaaaaaaaaaaa",
        "ababababab12",
    ],
)
def test_common_passwords_are_refused_however_they_are_dressed(password: str) -> None:
    with pytest.raises(InvalidInputError, match="Many people"):
        passwords.check_new(password)


@pytest.mark.parametrize("password", ["matkhaucuabacAn", "vietnam-na-uy-7", "qwerty tay cầm"])
def test_a_common_word_within_a_longer_password_is_no_reason(password: str) -> None:
    assert passwords.check_new(password) == password


def test_the_length_is_counted_in_letters_as_people_see_them() -> None:
    eleven = "ếếếếệệệộộộứ"

    with pytest.raises(InvalidInputError, match="at least 12"):
        passwords.check_new(unicodedata.normalize("NFD", eleven))


def test_however_a_keyboard_composes_its_letters_the_password_is_the_same() -> None:
    kept = passwords.hash_password(unicodedata.normalize("NFD", GOOD))

    assert passwords.verify(kept, unicodedata.normalize("NFC", GOOD))
    assert not passwords.verify(kept, GOOD.replace("ú", "u"))


def test_letters_beyond_the_longest_still_count() -> None:
    longest = "ab1" * 66 + "cd"
    kept = passwords.hash_password(longest)

    assert passwords.verify(kept, longest)
    assert not passwords.verify(kept, longest + "e")
    assert not passwords.verify(kept, longest + "e" * 100_000)


def test_passwords_are_kept_with_argon2id_and_the_parameters_of_the_rfc() -> None:
    kept = passwords.hash_password(GOOD)
    found = extract_parameters(kept)

    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert (found.salt_len, found.hash_len) == (16, 32)
    assert passwords.hash_password(GOOD) != kept
    assert not passwords.is_outdated(kept)


def test_a_hash_of_other_parameters_is_outdated_and_still_good() -> None:
    older = PasswordHasher(time_cost=1, memory_cost=8_192, parallelism=1).hash(GOOD)

    assert passwords.is_outdated(older)
    assert passwords.verify(older, GOOD)


@pytest.mark.parametrize("kept", [None, "", "no hash", "$argon2id$v=19$m=65536,t=3,p=4$x$y"])
def test_where_there_is_no_password_none_is_right(kept: str | None) -> None:
    assert not passwords.verify(kept, GOOD)
    assert not passwords.verify(kept, "nobody's")


def test_refusing_an_unknown_name_takes_the_work_of_a_wrong_password() -> None:
    kept = passwords.hash_password(GOOD)

    def fastest(stored: str | None) -> float:
        times = []
        for _ in range(3):
            began = perf_counter()
            passwords.verify(stored, "a wrong password")
            times.append(perf_counter() - began)
        return min(times)

    fastest(None)

    assert fastest(None) > 0.5 * fastest(kept)
