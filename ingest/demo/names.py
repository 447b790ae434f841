"""Invented Vietnamese names, drawn by the published frequencies of their parts.

Surnames follow the shares of `vn_surname_shares.csv`, middle and given names the counts of
`vn_name_token_counts.csv`. Any likeness to a real person is chance by frequency.
"""

import unicodedata
from bisect import bisect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from random import Random
from typing import Final, Literal

from ingest.demo.tables import rows

Sex = Literal["female", "male"]

# The counts do not say the sex; these tokens are given to one sex only, the rest to both.
_FEMALE_MIDDLE: Final = frozenset(
    "Thị Thu Thùy Thuỳ Thúy Thủy Bích Kiều Tuyết Yến Quỳnh Diễm Diệu Thảo Cẩm Lan Ánh Linh Mai Lệ "
    "Trúc Huyền Hạnh Ái Hương Tố Như Mỹ Hồng Phụng Vân Diệp".split()
)
_MALE_MIDDLE: Final = frozenset(
    "Văn Đức Hữu Quốc Đình Duy Công Trọng Thế Tiến Mạnh Tấn Huy Chí Bá Viết Vĩnh Khắc Đăng Trường "
    "Tuấn Quang Thành Trung Phước Phú Phúc Đại Sơn Nam Long Hùng Sĩ Sỹ Tất Tùng Hiếu Đắc Phát Đạt "
    "Chánh Khoa Khải Hưng Mậu Chấn Khôi Cảnh Lộc Hào Danh Nhựt Thiện Quý Bình Vinh Toàn".split()
)
_FEMALE_GIVEN: Final = frozenset(
    "Thảo Trang Hiền Ngân Dung Nga Hương Loan Huyền Yến Nhi Mai Hằng Vân Quỳnh Tiên Thư Thủy Thùy "
    "Thúy Ánh Hân Mỹ Như Trâm Duyên My Chi Hoa Trúc Trinh Ly Thu Hồng Nhung Tuyền Uyên Quyên Vy "
    "Oanh Ái Kiều Lan Hường Trân Diệu Thoa Diệp Tuyết Phượng Huệ Trà Thơ Hạnh Hà Linh Phương Ngọc "
    "Châu Giang Thương".split()
)
_BOTH_GIVEN: Final = frozenset(
    "Anh Minh Tâm Khánh An Thanh Bình Lâm Tú Dương Hà Linh Phương Ngọc Châu Giang Thương Xuân "
    "Khanh Nguyên Hạnh Quý Hoài Hải Nhã Ân Hòa Thi Nhật Hoàn Hậu".split()
)
# Damaged tokens of another encoding, and tokens that only occur with one compound surname.
_LEFT_OUT: Final = frozenset(["Vieät", "Khaùnh", "Em", "Thất", "Tiểu"])
_COMPOUND: Final[Mapping[str, Sex | None]] = {
    "Tôn Thất": "male",
    "Tôn Nữ": "female",
    "Nguyễn Phước": None,
    "Âu Dương": None,
    "Hoàng Phủ": None,
}
_FOREIGN_GIVEN: Final[Mapping[Sex, Sequence[str]]] = {
    "female": ("Anna", "Kim", "Jennifer", "Sophie", "Christine", "Linda", "Marie", "Julie"),
    "male": ("Kevin", "David", "Andrew", "Peter", "Eric", "Daniel", "Thomas", "Paul"),
}


@dataclass(frozen=True)
class PersonName:
    """A name in its parts, Vietnamese order, all marks kept; `middle` may be empty."""

    family: str
    middle: str
    given: str

    @property
    def full(self) -> str:
        return " ".join(part for part in (self.family, self.middle, self.given) if part)


@dataclass(frozen=True)
class PrintedName:
    """A name as one source prints it, with its parts in that spelling."""

    display: str
    family: str
    middle: str
    given: str


class Weighted:
    """Draws one of several strings by weight, with one random number."""

    def __init__(self, weights: Mapping[str, float]) -> None:
        self._items: Sequence[str] = list(weights)
        self._sums = list(accumulate(weights.values()))

    def draw(self, rng: Random) -> str:
        index = bisect(self._sums, rng.random() * self._sums[-1])
        return self._items[min(index, len(self._items) - 1)]


def strip_marks(text: str) -> str:
    """Text without Vietnamese marks, case kept."""
    decomposed = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def _counts(position: str) -> dict[str, float]:
    table = rows("vn_name_token_counts.csv")
    return {
        row["token"]: float(row["count"])
        for row in table
        if row["position"] == position and row["token"] not in _LEFT_OUT
    }


@cache
def _surnames() -> Weighted:
    shares = {
        row["surname"]: float(row["percent_forum_n8736"])
        for row in rows("vn_surname_shares.csv")
        if row["percent_forum_n8736"]
    }
    # What the frequent surnames leave: rarer ones, most of them borne by minority peoples.
    rest = max(1.0, 100.0 - sum(shares.values())) / 2
    minority = [
        row["surname"]
        for row in rows("vn_surnames_compound_and_minority.csv")
        if row["kind"] == "minority" and row["surname"] not in shares
    ]
    for surname in minority:
        shares[surname] = shares.get(surname, 0.0) + rest / len(minority)
    return Weighted(shares)


@cache
def _middles(sex: Sex) -> Weighted:
    barred = _MALE_MIDDLE if sex == "female" else _FEMALE_MIDDLE
    counts = {token: n for token, n in _counts("middle").items() if token not in barred}
    if sex == "female":
        # "Thị" is borne by about half of women; the counted sample is mostly male.
        counts["Thị"] = sum(n for token, n in counts.items() if token != "Thị") * 0.9
    return Weighted(counts)


@cache
def _givens(sex: Sex) -> Weighted:
    counts = _counts("given")
    if sex == "female":
        kept = _FEMALE_GIVEN | _BOTH_GIVEN
        # In a mostly male sample a token of women only is undercounted against one of both.
        counts = {t: n * (3 if t in _FEMALE_GIVEN else 1) for t, n in counts.items() if t in kept}
    else:
        counts = {t: n for t, n in counts.items() if t not in _FEMALE_GIVEN - _BOTH_GIVEN}
    return Weighted(counts)


def draw_name(rng: Random, sex: Sex) -> PersonName:
    """One name: 3 tokens in about 83 %, 4 in 16 %, seldom 2 (measured on 8,757 names)."""
    family = _surnames().draw(rng)
    if rng.random() < 0.012:
        fitting = [name for name, of in _COMPOUND.items() if of in {None, sex}]
        family = rng.choice(fitting)
    given = _givens(sex).draw(rng)
    kind = rng.random()
    if kind < 0.013 and " " not in family:
        return PersonName(family, "", given)
    middle = _middles(sex).draw(rng)
    while middle in {given, family}:
        middle = _middles(sex).draw(rng)
    if kind < 0.165:
        second = _middles(sex).draw(rng)
        while second in {given, family, middle, "Thị", "Văn"}:
            second = _middles(sex).draw(rng)
        middle = f"{middle} {second}"
    return PersonName(family, middle, given)


def printed_abroad(rng: Random, name: PersonName, sex: Sex) -> PrintedName:
    """How a source abroad prints the name: mostly given name first, marks often lost."""
    family, middle, given = (strip_marks(p) for p in (name.family, name.middle, name.given))
    style = rng.random()
    if style < 0.42:
        return PrintedName(f"{given} {family}", family, "", given)
    if style < 0.62:
        inner = f"{middle} " if middle else ""
        return PrintedName(f"{given} {inner}{family}", family, middle, given)
    if style < 0.74 and middle:
        joined = f"{middle.split()[-1]}-{given}"
        return PrintedName(f"{joined} {family}", family, "", joined)
    if style < 0.86:
        # Marks partly lost: the given name keeps them, the family name does not.
        return PrintedName(f"{name.given} {family}", family, "", name.given)
    if style < 0.93:
        return PrintedName(f"{name.given} {name.family}", name.family, "", name.given)
    first = rng.choice(_FOREIGN_GIVEN[sex])
    return PrintedName(f"{first} {given} {family}", family, "", f"{first} {given}")


def in_byline(name: PersonName, language: str) -> str:
    """The name in a list of authors: full in Vietnamese, without marks in English."""
    return name.full if language == "vi" else strip_marks(name.full)
