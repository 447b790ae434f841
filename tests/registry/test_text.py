"""One written form, the folded form, tokens, and which language a text is in."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.text import clean, fold, has_marks, language_of, word_spans, words


def test_clean_composes_and_drops_what_cannot_be_seen() -> None:
    decomposed = unicodedata.normalize("NFD", "Nguyễn Văn Đức")

    assert clean(f" \u202a{decomposed}\u200b\ufeff \t\n 2026\x00\u00ad ") == "Nguyễn Văn Đức 2026"


def test_clean_composes_letters_that_a_hidden_character_kept_apart() -> None:
    assert clean("Ha\u200b\u0300 Nội") == "Hà Nội"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ðà Nẵng", "Đà Nẵng"),
        ("ðại học", "đại học"),
        ("Ɖặng Thị", "Đặng Thị"),
        ("Það er gott", "Það er gott"),
        ("Guðrún Óðinsdóttir", "Guðrún Óðinsdóttir"),
    ],
)
def test_look_alikes_of_d_are_repaired_in_vietnamese_words_only(text: str, expected: str) -> None:
    assert clean(text) == expected


@given(st.text())
def test_clean_is_done_after_one_pass(text: str) -> None:
    once = clean(text)

    assert clean(once) == once
    assert unicodedata.is_normalized("NFC", once)
    once.encode("utf-8")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Đặng Đình Đức", "dang dinh duc"),
        ("THIẾT KẾ VI MẠCH", "thiet ke vi mach"),
        (unicodedata.normalize("NFD", "Trường Đại học"), "truong dai hoc"),
        ("CRISPR-Cas9 28nm", "crispr-cas9 28nm"),
        ("Müller Étude", "muller etude"),
        ("東京が 한국 Київ", "東京が 한국 київ"),
        ("हिन्दी", "हिन्दी"),
    ],
)
def test_fold_strips_latin_marks_and_leaves_other_scripts(text: str, expected: str) -> None:
    assert fold(text) == expected


def test_words_unify_tone_placement() -> None:
    assert words("hoà khoẻ thuỷ QUÝ hoàn") == ["hòa", "khỏe", "thủy", "quý", "hoàn"]
    assert words("Hoà") == words("hòa")


@pytest.mark.parametrize(
    "name", ["RISC-V", "CRISPR-Cas9", "28nm", "5G", "C++", "C#", "IEC-61850", "R&D", "802.11ax"]
)
def test_technical_names_are_one_token(name: str) -> None:
    assert words(f"về {name}, và {name.lower()}.") == ["về", name.lower(), "và", name.lower()]


def test_words_part_at_other_punctuation() -> None:
    assert words("GS.TS. Wi-Fi (2020-2025); quận/huyện") == [
        *("gs", "ts", "wi", "fi", "2020", "2025", "quận", "huyện")
    ]
    assert words("") == words(" … 🚀 ") == []


def test_word_spans_point_into_the_text() -> None:
    text = "Hoà Lạc: Wi-Fi, RISC-V"

    assert [text[start:end] for _, start, end in word_spans(text)] == [
        *("Hoà", "Lạc", "Wi", "Fi", "RISC-V")
    ]


@pytest.mark.parametrize("text", ["Việt Nam", "đ", "hoà", unicodedata.normalize("NFD", "bán dẫn")])
def test_vietnamese_marks_are_seen(text: str) -> None:
    assert has_marks(text)


@pytest.mark.parametrize("text", ["", "ban dan", "café", "Pokémon", "Müller", "naïve résumé"])
def test_marks_of_other_languages_are_not_vietnamese(text: str) -> None:
    assert not has_marks(text)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("chuyên gia thiết kế vi mạch", "vi"),
        ("chuyen gia thiet ke vi mach", "vi"),
        ("CHUYEN GIA THIET KE VI MACH", "vi"),
        ("ky su AI lam ve computer vision", "vi"),
        ("bán dẫn", "vi"),
        ("ban dan", "vi"),
        ("Nguyễn Văn A works on semiconductor chip design at Stanford University", "en"),
        ("semiconductor chip designers", "en"),
        ("how to do it on the chip", "en"),
        ("machine learning", "en"),
        ("RISC-V 28nm", "und"),
        ("ban do", "und"),
        ("東京大学", "und"),
        ("", "und"),
        ("🚀 2026", "und"),
    ],
)
def test_language_of_short_texts(text: str, language: str) -> None:
    assert language_of(text) == language
