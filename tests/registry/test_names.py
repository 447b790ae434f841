import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.names.parse import ParsedName, looks_vietnamese, parse_name
from registry.names.titles import split_titles


def parts(parsed: ParsedName) -> tuple[str | None, str | None, str | None]:
    return parsed.family, parsed.middle, parsed.given


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Nguyễn Văn Hòa", ("Nguyễn", "Văn", "Hòa")),
        ("NGUYEN VAN HOA", ("NGUYEN", "VAN", "HOA")),
        ("Đặng Đình Đức", ("Đặng", "Đình", "Đức")),
        ("Ngo Van Uc", ("Ngo", "Van", "Uc")),
        ("Le Nguyen", ("Le", None, "Nguyen")),
        ("Giàng A Páo", ("Giàng", "A", "Páo")),
        ("Nguyen V. A.", ("Nguyen", "V.", "A.")),
    ],
)
def test_a_known_surname_in_front_is_the_family_name(text: str, expected: object) -> None:
    assert parts(parse_name(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Michael Nguyen", ("Nguyen", None, "Michael")),
        ("Bichchau Michelle Nguyen", ("Nguyen", "Michelle", "Bichchau")),
        ("Thị Thu Hà Nguyễn", ("Nguyễn", "Thị Thu", "Hà")),
        ("Van Hoa Nguyen", ("Nguyen", "Van", "Hoa")),
        ("Hoa Van Nguyen", ("Nguyen", "Van", "Hoa")),
    ],
)
def test_a_known_surname_at_the_end_alone_is_the_family_name(text: str, expected: object) -> None:
    assert parts(parse_name(text)) == expected


@pytest.mark.parametrize(
    ("text", "family"),
    [
        ("Viet Binh Le", "Le"),  # Lê Viết Bình and Lê Bình Việt both print so
        ("Nguyen VH", "Nguyen"),
        ("V.A. Nguyen", "Nguyen"),
        ("Jason Priem", None),
        ("Mai Schmidt", None),
        ("Hứa Thị Mai", None),  # Hứa is no listed surname, and Mai is a given name too
        ("Thu Hanh Pham Thi", None),
        ("Hòa", None),
    ],
)
def test_what_cannot_be_told_stays_open(text: str, family: str | None) -> None:
    parsed = parse_name(text)

    assert parts(parsed) == (family, None, None)
    assert parsed.display == text


@pytest.mark.parametrize(
    ("text", "family", "given"),
    [
        ("Tôn Nữ Thị Ninh", "Tôn Nữ", "Ninh"),
        ("Ton That Tung", "Ton That", "Tung"),
        ("Hoàng Phủ Ngọc Tường", "Hoàng Phủ", "Tường"),
        ("Công Tằng Tôn Nữ Hỷ Khương", "Công Tằng Tôn Nữ", "Khương"),
        ("Vũ Văn Hùng", "Vũ", "Hùng"),
        ("Hoang Phu Cuong", "Hoang", "Cuong"),
    ],
)
def test_compound_surnames_stay_whole(text: str, family: str, given: str) -> None:
    parsed = parse_name(text)

    assert (parsed.family, parsed.given) == (family, given)


@pytest.mark.parametrize(
    ("text", "display", "titles"),
    [
        ("GS.TS. Nguyễn Văn Hòa", "Nguyễn Văn Hòa", ("GS", "TS")),
        ("PGS.TS.Trần Thị Ngọc", "Trần Thị Ngọc", ("PGS", "TS")),
        ("GS. TSKH. NGND Lê Minh An", "Lê Minh An", ("GS", "TSKH", "NGND")),
        ("Phó giáo sư, tiến sĩ Lê Văn An", "Lê Văn An", ("PGS", "TS")),
        ("Nguyễn Văn An, PhD", "Nguyễn Văn An", ("TS",)),
        ("Assoc. Prof. Dr. John Smith", "John Smith", ("PGS", "Dr")),
        ("BS.CKII Lê Minh An", "Lê Minh An", ("BSCKII",)),
        ("BS. CK II. Lê Minh An", "Lê Minh An", ("BSCKII",)),
        ("ThS.BS.CKI. Lê Minh An", "Lê Minh An", ("ThS", "BSCKI")),
        ("Bác sĩ chuyên khoa cấp II Lê Minh An", "Lê Minh An", ("BSCKII",)),
        ("TTƯT.TS.BSNT Lê Minh An", "Lê Minh An", ("TTƯT", "TS", "BSNT")),
        ("Đại tá, PGS.TS. Lê Minh An", "Lê Minh An", ("Đại tá", "PGS", "TS")),
        ("Đ/c Lê Minh An", "Lê Minh An", ("Đ/c",)),
        ("P.GS, PTS Lê Minh An", "Lê Minh An", ("PGS", "TS")),
        ("GVCC.TSKH Lê Minh An", "Lê Minh An", ("GVCC", "TSKH")),
        ("Đại Tân Minh", "Đại Tân Minh", ()),
        ("Trung Tấn An", "Trung Tấn An", ()),
        ("T.S. Lê Minh", "Lê Minh", ("TS",)),
        ("T.S. Eliot", "T.S. Eliot", ()),
        ("TS Nguyen", "TS Nguyen", ()),
        ("Md. Shahriar Sadi", "Md. Shahriar Sadi", ()),
        ("Ông Nguyễn Văn An", "Nguyễn Văn An", ()),
        ("Ông Cao Thắng", "Ông Cao Thắng", ()),
    ],
)
def test_titles_leave_the_name_and_initials_stay(
    text: str, display: str, titles: tuple[str, ...]
) -> None:
    parsed = parse_name(text)

    assert (parsed.display, parsed.titles) == (display, titles)


def test_a_comma_separates_the_family_name() -> None:
    assert parts(parse_name("Hemminger, Bradley M.")) == ("Hemminger", "M.", "Bradley")
    assert parts(parse_name("Nguyen, Van Hoa")) == ("Nguyen", "Van", "Hoa")
    assert parts(parse_name("Nguyen, Hoa Trong")) == ("Nguyen", None, None)


def test_a_stated_order_is_followed() -> None:
    assert parts(parse_name("Hứa Thị Mai", "family_first")) == ("Hứa", "Thị", "Mai")
    assert parts(parse_name("B.P. Abbott", "given_first")) == ("Abbott", "P.", "B.")
    assert parts(parse_name("Ludwig van Beethoven", "given_first"))[0] == "van Beethoven"


def test_the_decomposed_form_parses_like_the_composed_one() -> None:
    decomposed = unicodedata.normalize("NFD", "Nguyễn Văn Hòa")

    assert parse_name(decomposed) == parse_name("Nguyễn Văn Hòa")


def test_only_names_that_follow_no_vietnamese_rule_look_foreign() -> None:
    assert not looks_vietnamese("Jason Priem")
    assert looks_vietnamese("Thu Hanh Pham Thi")
    assert looks_vietnamese("Mai Schmidt")


def test_a_cell_of_titles_only_leaves_nothing() -> None:
    assert split_titles("PGS.TS") == (("PGS", "TS"), "")


@given(st.text(max_size=40))
def test_any_text_parses(text: str) -> None:
    parsed = parse_name(text)

    assert looks_vietnamese(text) in {True, False}
    for part in parts(parsed):
        assert part is None or part.strip()
