"""Titles before and after names: GS.TS., PGS.TS., ThS., Prof., PhD and the like. Pure."""

import re
from collections.abc import Iterable
from typing import Final, Literal

from registry.text import fold, has_marks

__all__ = ["AWARDS", "DEGREES", "RANKS", "split_titles"]

RANKS: Final[dict[str, Literal["professor", "associate_professor"]]] = {
    "GS": "professor",
    "PGS": "associate_professor",
}
# Bác sĩ, dược sĩ and Dr. are left out: none of them says at which of the three levels.
DEGREES: Final[dict[str, Literal["doctor", "master", "bachelor"]]] = {
    "TSKH": "doctor",
    "TS": "doctor",
    "ThS": "master",
    "CN": "bachelor",
    "KS": "bachelor",
    "KTS": "bachelor",
}
AWARDS: Final[dict[str, str]] = {
    "NGND": "Nhà giáo Nhân dân",
    "NGƯT": "Nhà giáo Ưu tú",
    "TTND": "Thầy thuốc Nhân dân",
    "TTƯT": "Thầy thuốc Ưu tú",
    "AHLĐ": "Anh hùng Lao động",
    "NSND": "Nghệ sĩ Nhân dân",
    "NSƯT": "Nghệ sĩ Ưu tú",
}

# Spellings are folded; "." stands for an optional dot or space.
_SPELLINGS: Final[dict[str, str]] = {
    "GS": "gs|giao su|professor|prof",
    "PGS": "pgs|p.gs|pho giao su|pho gs|associate professor|assoc.prof|assoc.professor",
    "TSKH": "tskh|tien si khoa hoc|tien sy khoa hoc",
    # Phó tiến sĩ have been called tiến sĩ since the degrees of former times were made equal (1998).
    "TS": "ts|tien si|tien sy|ph.d|pts|pho tien si|pho tien sy",
    "ThS": "ths|th.s|thac si|thac sy|m.sc|mba",
    "CN": "cn|cu nhan|bachelor",
    "KS": "ks|ky su|ki su",
    "KTS": "kts|kien truc su",
    "BS": "bs|bac si|bac sy",
    "BSCKI": "bscki|bs.cki|bs.ck1|bs.ck.i|bs.ck.1|cki|ck1|bac si chuyen khoa i|"
    "bac si chuyen khoa 1|bac si chuyen khoa cap i|bac si chuyen khoa cap 1|bs chuyen khoa i|"
    "bs chuyen khoa 1",
    "BSCKII": "bsckii|bs.ckii|bs.ck2|bs.ck.ii|bs.ck.2|ckii|ck2|bac si chuyen khoa ii|"
    "bac si chuyen khoa 2|bac si chuyen khoa cap ii|bac si chuyen khoa cap 2|bs chuyen khoa ii|"
    "bs chuyen khoa 2",
    "BSNT": "bsnt|bs.nt|bac si noi tru|bs noi tru",
    "BSTY": "bsty|bac si thu y",
    "DS": "ds|duoc si|duoc sy",
    "DSCKI": "dscki|ds.cki|ds.ck1",
    "DSCKII": "dsckii|ds.ckii|ds.ck2",
    "LS": "ls|luat su",
    "VS": "vs|vien si",
    "GVC": "gvc",
    "GVCC": "gvcc",
    "NCS": "ncs|nghien cuu sinh",
    "NCVC": "ncvc|nghien cuu vien chinh",
    "NCVCC": "ncvcc|nghien cuu vien cao cap",
    "CVC": "cvc|chuyen vien chinh",
    "CVCC": "cvcc|chuyen vien cao cap",
    "KSC": "ksc|ky su chinh",
    "KSCC": "kscc|ky su cao cap",
    "Đ/c": "d/c|dong chi",
    "NSND": "nsnd|nghe si nhan dan",
    "NSƯT": "nsut|nghe si uu tu",
    "Đại tướng": "dai tuong",
    "Thượng tướng": "thuong tuong",
    "Trung tướng": "trung tuong",
    "Thiếu tướng": "thieu tuong",
    "Đại tá": "dai ta",
    "Thượng tá": "thuong ta",
    "Trung tá": "trung ta",
    "Thiếu tá": "thieu ta",
    "NGND": "ngnd|nha giao nhan dan",
    "NGƯT": "ngut|nha giao uu tu",
    "TTND": "ttnd|thay thuoc nhan dan",
    "TTƯT": "ttut|thay thuoc uu tu",
    "AHLĐ": "ahld|anh hung lao dong",
    "Dr": "dr",
    "Mr": "mr",
    "Ms": "ms|mrs",
    "Jr": "jr",
}
# "T.S. Eliot" carries initials, "T.S. Nguyễn Văn Hòa" a title: dotted forms of two letters count
# beside Vietnamese marks only.
_DOTTED: Final[dict[str, str]] = {
    "GS": "g.s",
    "PGS": "p.g.s",
    "TS": "t.s",
    "KS": "k.s",
    "BS": "b.s",
}


def _pattern(tables: Iterable[dict[str, str]]) -> tuple[re.Pattern[str], list[str]]:
    entries = sorted(
        (
            (spelling, code)
            for table in tables
            for code, s in table.items()
            for spelling in s.split("|")
        ),
        key=lambda entry: -len(entry[0]),
    )
    groups = [
        "(" + re.escape(s).replace(r"\.", r"\.?\s?").replace(r"\ ", r"[\s.]+") + ")"
        for s, _ in entries
    ]
    return re.compile(rf"(?:{'|'.join(groups)})(?:[\s.,;/&()–-]+|$)"), [code for _, code in entries]


_PLAIN_PATTERN: Final = _pattern([_SPELLINGS])
_MARKED_PATTERN: Final = _pattern([_SPELLINGS, _DOTTED])


def split_titles(text: str) -> tuple[tuple[str, ...], str]:
    """Take the titles off the front of a cleaned text.

    Args:
        text: In the form of `registry.text.clean`.

    Returns:
        The titles under one spelling each ("GS", "TS", "ThS", ...), and the rest as it was.
    """
    folded = fold(text)
    if len(folded) != len(text):
        return (), text
    pattern, codes = _MARKED_PATTERN if has_marks(text) else _PLAIN_PATTERN
    titles: list[str] = []
    start = 0
    while match := pattern.match(folded, start):
        titles.append(codes[(match.lastindex or 1) - 1])
        start = match.end()
    return tuple(dict.fromkeys(titles)), text[start:].strip()
