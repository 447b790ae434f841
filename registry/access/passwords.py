"""Passwords: which are taken, how they are kept, and equal work for names that nobody has.

Sources: RFC 9106 (Argon2), section 4; NIST SP 800-63B-4, section 3.1.1 (length instead of
composition rules, NFC, a list of common ones).
"""

import re
import unicodedata
from functools import cache
from threading import BoundedSemaphore
from typing import Final

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from registry.access import words
from registry.errors import InvalidInputError
from registry.text import fold

MIN_CHARACTERS: Final = 12
MAX_CHARACTERS: Final = 200

# The second recommended option of RFC 9106, section 4, for machines short of memory.
PASSES: Final = 3
MEMORY_KIB: Final = 64 * 1024
LANES: Final = 4
_HASHER: Final = PasswordHasher(
    time_cost=PASSES,
    memory_cost=MEMORY_KIB,
    parallelism=LANES,
    hash_len=32,
    salt_len=16,
    type=Type.ID,
)
# Each takes 64 MiB while it runs: a rush of sign-ins waits here and does not exhaust the memory.
_AT_ONCE: Final = BoundedSemaphore(8)

# Bases of common passwords, without marks, digits and signs: what people put a year behind.
_COMMON_WORDS: Final = (
    "abc abcd abcdef admin administrator anhyeuem asdfgh asdfghjkl baccau bimat bongda "
    "changeme chaomung chuyengia congnghe dangnhap default doimatkhau dragon emyeuanh expert "
    "football giadinh giaosu guest hanoi haiphong hello hochiminh hoilamgi iloveyou "
    "iloveyouvietnam khoahoc khongbiet khongco khongnho letmein login master matkhau "
    "matkhaucuatoi matkhaulagi matkhaumoi monkey mypassword nguoidung password passwords "
    "princess quantri quantrivien quenmatkhau qwerty qwertyuiop registry root saigon secret "
    "secretpassword sunshine superman test testpassword thisisapassword tienlen tiensi "
    "toiyeuvietnam trithuc user vietnam vietnamvodich welcome xinchao yeuvietnam"
)
_COMMON: Final = frozenset(_COMMON_WORDS.split())
_SIGNS: Final = str.maketrans("@4301!5$7", "aaeoiisst")
_RUNS: Final = ("0123456789" * 21, "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm")
_FEWEST_LETTERS: Final = 5


def normalise(password: str) -> str:
    """The one form in which a password is compared, however a keyboard composes its letters."""
    return unicodedata.normalize("NFC", password)


def check_new(password: str, *names: str) -> str:
    """A password that may be set, in its one form.

    Args:
        names: What it must not be: the sign-in name, the name shown.

    Raises:
        InvalidInputError: Too short, too long, one of the names, or a common one.
    """
    chosen = normalise(password)
    if len(chosen) < MIN_CHARACTERS:
        raise InvalidInputError(words.PASSWORD_SHORT)
    if len(chosen) > MAX_CHARACTERS:
        raise InvalidInputError(words.PASSWORD_LONG)
    if _letters(chosen) in {_letters(name) for name in names}:
        raise InvalidInputError(words.PASSWORD_IS_NAME)
    if is_common(chosen):
        raise InvalidInputError(words.PASSWORD_COMMON)
    return chosen


def _letters(text: str) -> str:
    return re.sub(r"[\W_]", "", fold(text))


def is_common(password: str) -> bool:
    """Whether it is a common word with digits or signs around it, a run of keys, or one letter."""
    plain = fold(password)
    if len(set(plain)) < _FEWEST_LETTERS or any(
        plain in run or plain[::-1] in run for run in _RUNS
    ):
        return True
    base = re.sub(r"[^a-z]", "", re.sub(r"^[^a-z]+|[^a-z]+$", "", plain).translate(_SIGNS))
    return any(base == word * (len(base) // len(word)) for word in _COMMON if base)


def hash_password(password: str) -> str:
    """What is kept of a password."""
    with _AT_ONCE:
        return _HASHER.hash(_bytes(password))


def verify(kept: str | None, password: str) -> bool:
    """Whether it is the password; None, where there is none, takes the same work to refuse."""
    with _AT_ONCE:
        try:
            is_right = _HASHER.verify(kept or _dummy(), _bytes(password))
        except (VerificationError, InvalidHashError):
            return False
    return is_right and bool(kept)


def is_outdated(kept: str) -> bool:
    """Whether it was hashed with other parameters than those of today."""
    return _HASHER.check_needs_rehash(kept)


def _bytes(password: str) -> bytes:
    # One letter more than is allowed: cut, a longer one still is another password.
    return normalise(password)[: MAX_CHARACTERS + 1].encode("utf-8", "replace")


@cache
def _dummy() -> str:
    return _HASHER.hash(b"nobody's")
