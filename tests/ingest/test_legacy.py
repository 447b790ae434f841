"""Names and texts in forms from before Unicode: told apart by the column, and restored."""

import csv
import json
from pathlib import Path

import pytest

from ingest.legacy.charsets import CHARSETS, Charset, decode
from ingest.legacy.recognise import recognise
from ingest.legacy.syllables import is_syllable

DATA = Path(__file__).parents[1] / "data" / "names"
FORMS: dict[str, Charset] = {
    "tcvn3_font_text": "tcvn3",
    "tcvn3_font_text_minus_sign": "tcvn3",
    "vni_font_text": "vni",
    "bkhcm2_font_text": "bkhcm2",
    "utf8_read_as_cp1252": "utf8",
    "cp1258_read_as_cp1252": "cp1258",
}


def _samples(variant: str) -> list[tuple[str, str]]:
    with (DATA / "vn_legacy_name_samples.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["variant"] == variant]
    return [(row["text"], row["true_name"]) for row in rows]


def _journal() -> list[dict[str, str]]:
    (path,) = DATA.glob("*.json")
    lines: list[dict[str, str]] = json.loads(path.read_text(encoding="utf-8"))["lines"]
    return lines


def _as_bytes(name: str, charset: Charset) -> str:
    """A name as a program of today shows it that was written in a form of one byte a letter."""
    from ingest.legacy.charsets import _table

    shown = {char: written for written, char in _table(charset)[1].items()}
    return "".join(shown.get(char, char) for char in name)


@pytest.mark.parametrize("variant", FORMS)
def test_a_column_of_each_form_is_recognised_and_restored_exactly(variant: str) -> None:
    samples = _samples(variant)

    guess = recognise(text for text, _ in samples)

    assert guess is not None
    assert guess.charset == FORMS[variant]
    assert [decode(text, guess.charset) for text, _ in samples] == [name for _, name in samples]


@pytest.mark.parametrize("charset", ["viscii", "vps"])
def test_the_forms_of_one_byte_a_letter_are_recognised_and_restored(charset: Charset) -> None:
    names = [name for _, name in _samples("nfd")]
    written = [_as_bytes(name, charset) for name in names]

    guess = recognise(written)

    assert written != names
    assert guess is not None
    assert guess.charset == charset
    assert [decode(text, charset) for text in written] == names


def test_running_text_of_a_journal_is_restored_whatever_the_case_of_its_marks() -> None:
    lines = _journal()

    guess = recognise(line["text"] for line in lines)

    assert guess is not None
    assert guess.charset == "bkhcm2"
    assert [decode(line["text"], "bkhcm2") for line in lines] == [line["decoded"] for line in lines]


@pytest.mark.parametrize(
    "cells",
    [
        ["Nguyễn Văn Hòa", "Trần Thị Thu Hiền", "Đặng Đình Đức"],
        ["Nguyen Van Hoa", "Tran Thi Thu Hien"],
        ["José García Núñez", "François Müller", "Jürgen Groß", "Øystein Åse", "Łukasz Żak"],
        ["NguyÔn"],
        [],
    ],
    ids=["unicode", "without marks", "other languages", "one word", "nothing"],
)
def test_what_needs_no_decoding_is_left_alone(cells: list[str]) -> None:
    assert recognise(cells) is None


def test_a_word_in_capitals_gets_capitals_that_the_form_cannot_write() -> None:
    assert decode("TRÇN THÞ", "tcvn3") == "TRẦN THỊ"
    assert decode("Huúnh Ngäc ¸nh", "tcvn3") == "Huỳnh Ngọc Ánh"
    assert decode("ngäc ¸nh", "tcvn3") == "ngọc ánh"


def test_a_word_that_cannot_be_read_again_stays_as_it_is() -> None:
    assert (
        decode("Café Hi\ufffd\ufffd\ufffd\ufffd\ufffdn", "utf8")
        == "Café Hi\ufffd\ufffd\ufffd\ufffd\ufffdn"
    )
    assert decode("\u4e2d\u6587", "utf8") == "\u4e2d\u6587"


@pytest.mark.parametrize("charset", CHARSETS)
def test_text_without_foreign_letters_is_never_changed(charset: Charset) -> None:
    text = "Nguyen Van A, PhD (RISC-V) 0912-345-678; a@b.org\t\u200b"

    assert decode(text, charset) == text


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        ("nguyễn", True),
        ("Đức", True),
        ("quý", True),
        ("hoà", True),
        ("hòa", True),
        ("tich", False),  # a stop at the end needs its tone
        ("tìch", False),
        ("tích", True),
        ("nguyÔn", False),
        ("việtt", False),
        ("ạ́", False),
        ("ađ", False),
        ("niña", False),
    ],
)
def test_a_syllable_is_one_by_its_letters_and_its_tone(token: str, expected: bool) -> None:
    assert is_syllable(token) is expected
