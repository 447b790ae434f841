"""Cells of a people list as values: titles, countries, fields, languages, items. Pure."""

import csv
import io
import re
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Final, Literal

from ingest.sources.cell_errors import CellError
from ingest.sources.records import Notes
from ingest.sources.table_rows import tidy
from registry.experts.values import FieldValue, LanguageValue, LocalText
from registry.ids import parse_doi
from registry.names.parse import ParsedName, parse_name
from registry.names.titles import split_titles
from registry.text import fold, has_marks, language_of

__all__ = [
    "CellError",
    "Item",
    "country_code",
    "field_values",
    "is_blank",
    "items",
    "languages",
    "local_text",
    "person_name",
    "sex",
    "short",
    "titles",
]

_BLANKS: Final = frozenset({"", "-", "–", "—", "...", "…", "n/a", "na", "khong", "none", "null"})
_SEXES: Final[dict[str, Literal["female", "male", "other"]]] = {
    **dict.fromkeys(("nu", "female", "f", "woman", "ba"), "female"),
    **dict.fromkeys(("nam", "male", "m", "man", "ong"), "male"),
    **dict.fromkeys(("khac", "other"), "other"),
}
# Everyday names beside those of CLDR; "anh" is a country here and a language below.
_COUNTRIES: Final = {
    **{"my": "US", "usa": "US", "uk": "GB", "anh": "GB", "anh quoc": "GB", "uc": "AU"},
    **{"han quoc": "KR", "korea": "KR", "south korea": "KR", "nga": "RU", "lien bang nga": "RU"},
    **{"duc": "DE", "chlb duc": "DE", "y": "IT", "cong hoa sec": "CZ", "sec": "CZ"},
    **{"czech republic": "CZ", "viet nam": "VN", "vietnam": "VN", "trung quoc": "CN"},
    **{"united states of america": "US", "dai loan": "TW", "hong kong": "HK", "phap": "FR"},
    **{"nhat": "JP", "nhat ban": "JP", "nam phi": "ZA", "tan tay lan": "NZ", "hoa ky": "US"},
}
_LANGUAGES: Final = {
    **{"viet": "vi", "vietnamese": "vi", "anh": "en", "english": "en", "phap": "fr"},
    **{"french": "fr", "nga": "ru", "russian": "ru", "trung": "zh", "trung quoc": "zh"},
    **{"hoa": "zh", "chinese": "zh", "nhat": "ja", "nhat ban": "ja", "japanese": "ja"},
    **{"han": "ko", "han quoc": "ko", "korean": "ko", "duc": "de", "german": "de"},
    **{"tay ban nha": "es", "spanish": "es", "bo dao nha": "pt", "portuguese": "pt"},
    **{"y": "it", "italian": "it", "sec": "cs", "tiep": "cs", "czech": "cs", "ba lan": "pl"},
    **{"polish": "pl", "hung": "hu", "hungari": "hu", "hungarian": "hu", "bungari": "bg"},
    **{"bulgarian": "bg", "rumani": "ro", "romanian": "ro", "ha lan": "nl", "dutch": "nl"},
    **{"thuy dien": "sv", "swedish": "sv", "lao": "lo", "khmer": "km", "thai": "th"},
    **{"ukraina": "uk", "ukrainian": "uk", "a rap": "ar", "arabic": "ar", "slovak": "sk"},
}
_LEVELS: Final[dict[str, Literal["native", "fluent", "working", "basic"]]] = {
    **dict.fromkeys(("ban ngu", "me de", "native"), "native"),
    **dict.fromkeys(("thanh thao", "luu loat", "fluent", "c1", "c2", "rat tot"), "fluent"),
    **dict.fromkeys(("kha", "tot", "working", "good", "b1", "b2", "giao tiep"), "working"),
    **dict.fromkeys(("co ban", "basic", "a1", "a2", "so cap"), "basic"),
}
_LANGUAGE: Final = re.compile(r"(?:tieng\s+)?([^(:–-]+?)\s*(?:[(:–-]\s*([^)]*)\)?)?")
_BULLET: Final = re.compile(r"^\s*(?:[-–•*+]\s*|\(?\d{1,2}[.)]\s+)")
_YEAR: Final = re.compile(r"\((19\d\d|20\d\d)\)")
_DOI: Final = re.compile(
    r"(?:https?://(?:dx\.)?doi\.org/|doi:\s*)?\b10\.\d{4,9}/[^\s;,]+", re.IGNORECASE
)


@dataclass(frozen=True)
class Item:
    """One work, patent, project or award of a cell; `year` from brackets, when there is one."""

    title: LocalText
    year: str | None
    doi: str | None


def is_blank(text: str) -> bool:
    """Whether a cell is empty, or says so."""
    return len(text) <= 5 and fold(text) in _BLANKS


def local_text(text: str) -> LocalText:
    """A text under its language; a ministry's list is in Vietnamese where nothing tells."""
    text = tidy(text)
    return LocalText(en=text) if _language(text) == "en" else LocalText(vi=text)


# Lists repeat themselves: places, titles, posts.
_language: Final = lru_cache(maxsize=4096)(language_of)


def person_name(text: str, *, is_family_first: bool = False) -> ParsedName:
    """A name with its titles split off.

    Raises:
        CellError: It is no name, or those of several people.
    """
    parsed = parse_name(text, "family_first" if is_family_first else "unknown")
    if parsed.family is None and has_marks(parsed.display):
        # Ministries write Vietnamese names family first, rare surnames too.
        parsed = parse_name(text, "family_first")
    if not re.search(r"[^\W\d_]", parsed.display) or re.search(r"[\d@]", parsed.display):
        raise CellError("the name of one person")
    short(parsed.display)
    return parsed


def short(text: str) -> str:
    """A text that fits into one line of a profile."""
    if len(text) > 500:
        raise CellError("at most 500 characters")
    return text


def sex(text: str) -> Literal["female", "male", "other"]:
    """Nam, Nữ, khác, or their English words."""
    if found := _SEXES.get(fold(text)):
        return found
    raise CellError("Nam or Nữ")


@lru_cache(maxsize=4096)
def titles(text: str, *, may_name_field: bool) -> tuple[tuple[str, ...], str | None]:
    """The titles of a cell and, where allowed, the field of the degree ("Tiến sĩ Vật lý")."""
    found, rest = split_titles(tidy(text))
    if not found or (rest and (not may_name_field or re.search(r"\d", rest))):
        raise CellError("titles such as Giáo sư, PGS, Tiến sĩ, TS, ThS, Kỹ sư")
    return found, rest or None


def _rows(name: str) -> list[dict[str, str]]:
    text = files("registry.taxonomy").joinpath("data", name).read_text(encoding="utf-8")
    return list(csv.DictReader(io.StringIO(text)))


@lru_cache(maxsize=1)
def _countries() -> dict[str, str]:
    known: dict[str, str] = {}
    for row in _rows("iso_countries_en_vi.csv"):
        for name in (row["name_en"], row["name_vi"], row["alpha2"], row["alpha3"]):
            known.setdefault(fold(name), row["alpha2"])
    return known | _COUNTRIES


@lru_cache(maxsize=1024)
def country_code(text: str) -> str:
    """The ISO code of a country's name in Vietnamese or English, or of a code."""
    code = _countries().get(fold(tidy(text)).strip(" ."))
    if code is None:
        raise CellError("a country in Vietnamese or English, or its ISO code")
    return code


@lru_cache(maxsize=1)
def _classes() -> tuple[dict[str, FieldValue], dict[str, FieldValue]]:
    """FORD and 2008 classes by code, and by folded name where one class alone has it.

    A class whose only namesake is its own child keeps the name: it is the wider one.
    """
    by_code: dict[str, FieldValue] = {}
    by_name: dict[str, FieldValue] = {}
    for row in _rows("vn_science_classification_2008.csv"):
        by_code[row["code"]] = value = FieldValue(scheme="vn2008", code=row["code"])
        by_name.setdefault(fold(row["name_vi"]), value)
    for row in _rows("oecd_ford_2015.csv"):
        value = FieldValue(scheme="ford", code=row["code"])
        # The six fields have the same numbers in both; without a dot the national one is meant.
        by_code.setdefault(row["code"], value)
        by_name.setdefault(fold(row["name_en"]), value)
    return by_code, by_name


def field_values(text: str, *, is_number: bool) -> tuple[list[FieldValue], list[str]]:
    """The classes that a cell names by code or by name, and the words that name no class.

    Raises:
        CellError: A code that neither classification has, or a number such as 2.1, which a sheet
            also makes of 2.10.
    """
    by_code, by_name = _classes()
    if whole := by_name.get(fold(tidy(text))):
        return [whole], []
    values: list[FieldValue] = []
    others: list[str] = []
    for part in (tidy(p) for p in re.split(r"[;\n]", text)):
        if re.fullmatch(r"\d[\d.]*", part):
            if is_number and f"{part}0" in by_code and "." in part:
                raise CellError(f"the code as text: as a number, {part} and {part}0 are the same")
            if part not in by_code:
                raise CellError("a code of FORD (1.2) or of Decision 12/2008 (102), or words")
            values.append(by_code[part])
        elif part and (named := by_name.get(fold(part))):
            values.append(named)
        elif part:
            others.append(part)
    return values, others


def languages(text: str, notes: Notes) -> list[LanguageValue]:
    """The languages of a cell, with their level where it is a known one."""
    values: dict[str, LanguageValue] = {}
    for part in (tidy(p) for p in re.split(r"[;,\n/]", text)):
        if not part:
            continue
        match = _LANGUAGE.fullmatch(fold(part))
        name, level = match.groups() if match else ("", None)
        code = _LANGUAGES.get(name)
        if code is None:
            # "Tiếng Anh C1": the level may follow without brackets.
            head, _, tail = name.rpartition(" ")
            code, level = _LANGUAGES.get(head), tail
        if code is None:
            raise CellError("languages such as Tiếng Anh (thành thạo); Tiếng Pháp")
        known = _LEVELS.get((level or "").strip())
        if level and known is None:
            notes.name("levels of a language that are not known, left out", tidy(level)[:40])
        values.setdefault(code, LanguageValue(code=code, level=known))
    return list(values.values())


def items(text: str) -> list[Item]:
    """The items of a cell: one a line or, when it has one line, separated by semicolons.

    Raises:
        CellError: An item that is a DOI or a year alone.
    """
    found: list[Item] = []
    for part in re.split("\n" if "\n" in text.strip() else ";", text):
        line = tidy(_BULLET.sub("", part))
        if not line:
            continue
        doi_match = _DOI.search(line)
        doi = None
        if doi_match:
            doi = parse_doi(
                re.sub(r"^doi:\s*", "", doi_match[0], flags=re.IGNORECASE).rstrip(".)]")
            )
            line = tidy(line[: doi_match.start()] + line[doi_match.end() :]).rstrip(" ,.;([")
        if not re.search(r"[^\W\d_]", line):
            raise CellError("a title, one item a line or separated by semicolons")
        years = set(_YEAR.findall(line))
        found.append(Item(local_text(line), years.pop() if len(years) == 1 else None, doi))
    return found
