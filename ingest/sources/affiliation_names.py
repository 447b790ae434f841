"""Names of organisations and affiliation strings brought into forms that compare. Pure.

"ĐHQG TP.HCM", "Đại học Quốc gia Thành phố Hồ Chí Minh" and the same without marks are one form.
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Final, NamedTuple

from registry.text import clean, fold, is_folded_syllable, words

__all__ = [
    "MAJOR_CITIES",
    "Form",
    "Segment",
    "acronym_form",
    "cities_of",
    "form_of",
    "is_institution",
    "named_country",
    "reads_vietnamese",
    "segments_of",
    "without_end",
]

# Cities that are far enough apart to contradict each other; districts and provinces do not.
MAJOR_CITIES: Final = frozenset({"hanoi", "hochiminh", "danang", "haiphong", "cantho", "hue"})
_CITIES: Final = MAJOR_CITIES | {"dalat"}

_WRITTEN_OUT: Final[Sequence[tuple[re.Pattern[str], str]]] = [
    (re.compile(pattern, re.IGNORECASE), full)
    for pattern, full in (
        (r"\bĐHQGHN\b|\bDHQGHN\b", "đại học quốc gia hà nội"),
        (r"\bĐHQG\b|\bDHQG\b", "đại học quốc gia"),
        (r"\bT\.? ?P\.? ?H\.?C\.?M\b\.?|\bHCMC\b|\bHCM City\b", " hochiminh "),
        (r"\bĐH\b\.?", "đại học"),
        (r"\bBV\b\.?", "bệnh viện"),
        (r"\bUniv\b\.?", "university"),
        (r"\bInst\b\.?", "institute"),
        (r"&", " and "),
    )
]
_PLACES: Final[dict[tuple[str, ...], str]] = {
    ("thanh", "pho", "ho", "chi", "minh"): "hochiminh",
    ("tp", "ho", "chi", "minh"): "hochiminh",
    ("ho", "chi", "minh", "city"): "hochiminh",
    ("ho", "chi", "minh"): "hochiminh",
    ("hochiminh", "city"): "hochiminh",
    ("hcm",): "hochiminh",
    ("ha", "noi", "city"): "hanoi",
    ("ha", "noi"): "hanoi",
    ("hanoi", "city"): "hanoi",
    ("da", "nang", "city"): "danang",
    ("da", "nang"): "danang",
    ("danang", "city"): "danang",
    ("hai", "phong"): "haiphong",
    ("can", "tho"): "cantho",
    ("da", "lat"): "dalat",
    ("dalat", "city"): "dalat",
    ("thua", "thien", "hue"): "hue",
    ("viet", "nam"): "vietnam",
}
_LONGEST_PLACE: Final = max(map(len, _PLACES))
_DROPPED: Final = frozenset({"the", "of", "at"})
# "Trường Đại học X" and "Đại học X" are one name.
_SCHOOL: Final = re.compile(r"^truong (?=dai hoc |cao dang |trung hoc )")
_CUT: Final = re.compile(r"[,;/()\[\]{}|•\n]| [-–—] ")
# "1Faculty", "a Department", but not "108 Military Central Hospital".
_LABEL: Final = re.compile(r"^(?:[0-9]+(?=[A-ZĐ])|[*†‡]+|[a-z](?= [A-ZĐ]))\s*")
_TRAILING: Final = re.compile(r"[0-9]+|vietnam|city")
_INSTITUTION_WORDS: Final = re.compile(
    r"\b(?:university|institute|college|academy|hospital|school|dai hoc|hoc vien|vien|truong"
    r"|cao dang|centre|center|trung tam)\b"
)
_OTHER_COUNTRY_NAMES: Final = (
    "usa|u s a|united states america|uk|u k|england|scotland|wales|p r china|pr china|taiwan"
    "|korea|south korea|republic korea|russia|iran|czech republic|netherlands|r o c"
)


class Form(NamedTuple):
    """A text as it compares: tokens without marks, and the same with their marks.

    Joined places ("hanoi") and the like have no marks in either.
    """

    folded: tuple[str, ...]
    marked: tuple[str, ...]

    def agrees(self, other: "Form") -> bool:
        """Whether two texts of the same folded tokens may be one name.

        A missing mark is only missing; two different marks make two names.
        """
        pairs = zip(self.folded, self.marked, other.marked, strict=True)
        return all(mine == theirs or plain in {mine, theirs} for plain, mine, theirs in pairs)


class Segment(NamedTuple):
    """A part of an affiliation string between commas, brackets and the like."""

    text: str
    form: Form


def form_of(text: str) -> Form:
    """The form of a name or a part of an affiliation."""
    written = clean(text)
    for pattern, full in _WRITTEN_OUT:
        written = pattern.sub(full, written)
    marked = words(written)
    folded = [fold(token) for token in marked]
    if _SCHOOL.match(" ".join(folded) + " "):
        folded, marked = folded[1:], marked[1:]
    pairs = [pair for pair in _joined(folded, marked) if pair[0] not in _DROPPED]
    return Form(tuple(f for f, _ in pairs), tuple(m for _, m in pairs))


def _joined(folded: Sequence[str], marked: Sequence[str]) -> Iterator[tuple[str, str]]:
    at = 0
    while at < len(folded):
        for length in range(min(_LONGEST_PLACE, len(folded) - at), 0, -1):
            place = _PLACES.get(tuple(folded[at : at + length]))
            if place:
                yield place, place
                at += length
                break
        else:
            yield folded[at], marked[at]
            at += 1


def segments_of(text: str) -> list[Segment]:
    """The parts of an affiliation in their order, without labels in front of them."""
    found = []
    for piece in _CUT.split(text):
        bare = _LABEL.sub("", clean(piece))
        form = form_of(bare)
        if form.folded:
            found.append(Segment(bare, form))
    return found


def without_end(form: Form) -> Form:
    """A form without a postcode or country at its end."""
    end = len(form.folded)
    while end > 1 and _TRAILING.fullmatch(form.folded[end - 1]):
        end -= 1
    return Form(form.folded[:end], form.marked[:end])


def acronym_form(text: str) -> str:
    """An acronym without spaces, hyphens and dots; letters keep their case."""
    return re.sub(r"[\s.\-–]", "", clean(text))


def cities_of(segments: Sequence[Segment]) -> set[str]:
    """The larger cities of Vietnam that a text names."""
    return {token for s in segments for token in s.form.folded if token in _CITIES}


def is_institution(segment: Segment) -> bool:
    """Whether a segment seems to name an institution of its own."""
    return _INSTITUTION_WORDS.search(" ".join(segment.form.folded)) is not None


def reads_vietnamese(form: Form) -> bool:
    """Whether two or more words of a name could only be Vietnamese syllables or places there."""
    if {*form.folded} & (_CITIES | {"vietnam"}):
        return True
    if any(f != m for f, m in zip(form.folded, form.marked, strict=True)):
        return True
    syllables = [t for t in form.folded if len(t) > 1 and is_folded_syllable(t)]
    return len([t for t in syllables if t not in {"and", "in", "on", "for"}]) >= 2


@lru_cache(maxsize=1)
def _countries() -> frozenset[tuple[str, ...]]:
    text = files("registry.taxonomy").joinpath("data", "iso_countries_en_vi.csv").read_text("utf-8")
    names = [
        name
        for row in csv.DictReader(io.StringIO(text))
        if row["alpha2"] != "VN"
        for name in (row["name_en"], row["name_vi"])
    ]
    names += _OTHER_COUNTRY_NAMES.split("|")
    return frozenset(form_of(name).folded for name in names)


def named_country(segments: Sequence[Segment]) -> str | None:
    """A country other than Vietnam that stands as a segment or at the end of one, or None."""
    for segment in segments:
        folded = segment.form.folded
        for length in range(1, min(4, len(folded)) + 1):
            if folded[-length:] in _countries():
                return segment.text
    return None
