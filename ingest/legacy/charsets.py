"""Decode text that holds Vietnamese in a form from before Unicode. Pure.

What comes in is what a reader of today makes of such a cell: the codes of a font shown as Western
letters, or UTF-8 and Windows-1258 opened as Windows-1252.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from itertools import product
from typing import Final, Literal, get_args

from ingest.legacy.syllables import is_syllable, token_count

__all__ = ["CHARSETS", "NAMES", "Charset", "decode"]

Charset = Literal["tcvn3", "vni", "bkhcm2", "viscii", "vps", "cp1258", "utf8"]
CHARSETS: Final[tuple[Charset, ...]] = get_args(Charset)
NAMES: Final[Mapping[Charset, str]] = {
    "tcvn3": "TCVN3 (fonts such as .VnTime)",
    "vni": "VNI (fonts such as VNI-Times)",
    "bkhcm2": "BK HCM 2",
    "viscii": "VISCII",
    "vps": "VPS",
    "cp1258": "Windows-1258 that was opened as Windows-1252",
    "utf8": "UTF-8 that was opened as Windows-1252",
}
_COLUMNS: Final = {"tcvn3": "tcvn3_as_latin1", "vni": "vni_as_cp1252", "bkhcm2": "bkhcm2_as_cp1252"}
_BYTES: Final = {"viscii": "viscii_byte", "vps": "vps_byte"}
# What programs put in place of a character that they took for another one.
_REPLACED: Final = str.maketrans({"\u2212": "\u00ad", "\u03bc": "\u00b5"})
# Bytes that Windows-1252 does not know: programs drop them, and leave this sign.
_LOST: Final = "\ufffd"
_UNKNOWN_BYTES: Final = ("\x81", "\x8d", "\x8f", "\x90", "\x9d")
_MOST_LOST: Final = 4
_WORD: Final = re.compile(r"[^\W\d_]+")
# A no-break space may be the second byte of à.
_WRITTEN: Final = re.compile(r"[^ \t\r\n]+")


def decode(text: str, charset: Charset) -> str:
    """The text in Unicode, NFC; what the charset does not know stays as it is.

    TCVN3 has no capitals with a tone: a word whose other letters are capitals is given them, and
    so is the first letter of a word in a cell of words that all begin with one.
    """
    if charset == "utf8":
        return _from_utf8(text)
    if charset == "cp1258":
        return _WRITTEN.sub(lambda match: _from_cp1258(match[0]), text)
    pattern, letters = _table(charset)
    prepared = text.translate(_REPLACED) if charset == "tcvn3" else text
    decoded = pattern.sub(lambda match: letters[match[0]], prepared)
    if charset == "tcvn3":
        decoded = _with_capitals(decoded)
    return unicodedata.normalize("NFC", decoded)


@lru_cache(maxsize=len(CHARSETS))
def _table(charset: str) -> tuple[re.Pattern[str], dict[str, str]]:
    """What stands for each letter, longest first."""
    content = files("ingest.legacy").joinpath("data", "vn_legacy_charsets.csv")
    letters: dict[str, str] = {}
    for row in csv.DictReader(io.StringIO(content.read_text(encoding="utf-8"))):
        if charset in _BYTES:
            code = row[_BYTES[charset]]
            written = bytes.fromhex(code).decode("latin-1") if code else ""
            written = _as_shown(written)
        else:
            written = row[_COLUMNS[charset]]
        if not written:
            continue
        letters[written] = row["char"]
        if len(written) > 1:
            # Real texts put the mark of a small letter on a capital, and the other way round.
            letters.setdefault(written[0] + written[1:].swapcase(), row["char"])
    longest_first = sorted(letters, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first))), letters


def _as_shown(written: str) -> str:
    """Bytes as a reader shows them, who takes the file for Windows-1252."""
    try:
        return written.encode("latin-1").decode("cp1252")
    except UnicodeDecodeError:
        return written


def _from_cp1258(word: str) -> str:
    try:
        return unicodedata.normalize("NFC", _strict_bytes(word).decode("cp1258"))
    except UnicodeError:
        return word


def _with_capitals(text: str) -> str:
    words = [word for word in _WORD.findall(text) if word]
    titled = [w for w in words if w[0].isascii()]
    are_titled = bool(titled) and all(word[0].isupper() for word in titled)

    def raised(match: re.Match[str]) -> str:
        word = match[0]
        plain = [letter for letter in word if letter.isascii()]
        if len(plain) > 1 and all(letter.isupper() for letter in plain):
            return word.upper()
        return word[0].upper() + word[1:] if are_titled and not word[0].isascii() else word

    return _WORD.sub(raised, text)


def _from_utf8(text: str) -> str:
    """Read each word as UTF-8 again; a byte that was lost is tried until the word can be.

    Of several readings the one that names know most, or the only syllable, is taken. A word that
    has none stays as it is.
    """
    return _WRITTEN.sub(lambda match: _reread(match[0]), text)


def _reread(word: str) -> str:
    lost = word.count(_LOST)
    if lost > _MOST_LOST:
        return word
    readings = []
    for guess in product(_UNKNOWN_BYTES, repeat=lost):
        rest = iter(guess)
        filled = "".join(next(rest) if char == _LOST else char for char in word)
        try:
            readings.append(_strict_bytes(filled).decode("utf-8"))
        except (UnicodeDecodeError, UnicodeEncodeError):
            continue
    if len(readings) <= 1:
        return readings[0] if readings else word
    best = max(readings, key=_likelihood)
    return best if is_syllable(best.strip(".,;:()")) else word


def _likelihood(word: str) -> tuple[bool, float, bool]:
    token = word.strip(".,;:()")
    return is_syllable(token), token_count(token), token.istitle() or token.islower()


def _strict_bytes(text: str) -> bytes:
    """The bytes that were read as Windows-1252, those included that it has no letter for.

    Raises:
        UnicodeEncodeError: A character cannot come from one byte.
    """
    return b"".join(c.encode("latin-1" if "\x80" <= c <= "\x9f" else "cp1252") for c in text)
