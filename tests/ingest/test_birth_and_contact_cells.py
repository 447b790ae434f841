"""Dates of birth and contact data in every form that lists write them in."""

import random
from contextlib import suppress

import pytest

from ingest.sources.birth_cells import birth_year
from ingest.sources.cell_errors import CellError
from ingest.sources.contact_cells import contacts, emails, phones, without_private


@pytest.mark.parametrize(
    "text",
    [
        *("1975", "05/1975", "5-1975", "19/5/1975", "19-05-1975", "19.05.1975", "19 / 5 / 1975"),
        *("19 05 1975", "1975-05-19", "1975/5/19", "1975-05", "1975-05-19 00:00:00"),
        *("1975-05-19T00:00:00", "ngày 19 tháng 5 năm 1975", "Ngày 19 tháng 05, 1975"),
        *("19 tháng 5 năm 1975", "tháng 5 năm 1975", "Tháng 5/1975", "năm 1975", "Sinh năm 1975"),
        *("sinh ngày 19/5/1975", "Sinh ngày 19 tháng 5 năm 1975", "19 May 1975", "May 19, 1975"),
        *("19th May 1975", "May 1975", "19-May-1975", "Sept. 5, 1975", "19/5/1975."),
        *("ngay 19 thang 5 nam 1975", "NGÀY 19/5/1975"),
    ],
)
def test_a_date_in_any_local_form_gives_its_year(text: str) -> None:
    assert birth_year(text, 2026) == 1975


@pytest.mark.parametrize("text", ["19.05.75", "19/5/75", "75", "'75", "5/75"])
def test_a_year_of_two_digits_is_refused_in_words(text: str) -> None:
    with pytest.raises(CellError, match="the year in four digits; 75 may be 1975 or 2075"):
        birth_year(text, 2026)


@pytest.mark.parametrize(
    "text",
    [
        *("31/2/1975", "5/19/1975", "0/5/1975", "1899", "2027", "19/5", "19/5/19755", "x"),
        *("ngày 32 tháng 5 năm 1975", "19 Mai 1975", "1975 hoặc 1976", "tháng 13 năm 1975"),
    ],
)
def test_what_is_no_date_of_birth_is_refused(text: str) -> None:
    with pytest.raises(CellError, match="a year from 1900 to 2026"):
        birth_year(text, 2026)


@pytest.mark.parametrize(
    ("number", "is_1904", "year"),
    [
        *(("1975", False, 1975), ("27533", False, 1975), ("27533.5", False, 1975)),
        *(("26071", True, 1975), ("3654", False, 1910)),
    ],
)
def test_a_number_is_a_year_or_counts_days_as_sheets_do(
    number: str, is_1904: bool, year: int
) -> None:
    assert birth_year(number, 2026, is_number=True, is_1904=is_1904) == year


@pytest.mark.parametrize("number", ["3000", "5.1975", "99999", "-27533", "47000"])
def test_other_numbers_are_no_dates(number: str) -> None:
    with pytest.raises(CellError):
        birth_year(number, 2026, is_number=True)


def test_days_are_counted_in_numbers_only() -> None:
    with pytest.raises(CellError):
        birth_year("27533", 2026)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("0912345678", ["+84912345678"]),
        ("+84 912 345 678", ["+84912345678"]),
        ("(+84) 912.345.678", ["+84912345678"]),
        ("0084 912 345 678", ["+84912345678"]),
        ("84912345678", ["+84912345678"]),
        ("+84 (0)912 345 678", ["+84912345678"]),
        ("0912\u00a0345\u00a0678", ["+84912345678"]),
        ("024.3825.1234", ["+842438251234"]),
        ("(024) 3825 1234", ["+842438251234"]),
        ("+84-24-3825-1234", ["+842438251234"]),
        ("0236 3825 123", ["+842363825123"]),
        ("ĐT: 0912 345 678", ["+84912345678"]),
        ("DĐ 0912345678; CQ: 02438251234", ["+84912345678", "+842438251234"]),
        ("0912345678/0987654321", ["+84912345678", "+84987654321"]),
        ("0912345678\n0987654321", ["+84912345678", "+84987654321"]),
        ("0912345678 và 0987654321", ["+84912345678", "+84987654321"]),
        ("0912 345 678 - 0987 654 321", ["+84912345678", "+84987654321"]),
        ("0912345678, 0912 345 678", ["+84912345678"]),
        ("024 3825 1234 (máy lẻ 101)", ["+842438251234"]),
        ("024 3825 1234 ext. 12", ["+842438251234"]),
        ("0912345678; Fax: 024 3825 1234", ["+84912345678"]),
        ("+81 3 1234 5678", ["+81312345678"]),
        ("001 650 253 0000", ["+16502530000"]),
        ("01234567890", ["+84834567890"]),
        ("0168 123 4567", ["+84381234567"]),
        ("04 3825 1234", ["+842438251234"]),
    ],
)
def test_telephone_numbers_are_brought_to_one_form(text: str, numbers: list[str]) -> None:
    assert [value.address for value in phones(text).values] == numbers


@pytest.mark.parametrize(
    "text",
    [
        *("0912 345", "09123456789", "0111 111 111", "123456", "số nhà 5", "a@example.org"),
        *("+84 12 34", "0912345678 hoặc hỏi văn phòng", "1900 1234", "+", "912345678"),
        *("+0 912 345 678", "0912345678x0912345678"),
    ],
)
def test_what_is_no_telephone_number_is_refused(text: str) -> None:
    with pytest.raises(CellError, match="a telephone number such as"):
        phones(text)


def test_a_number_that_lost_its_zero_in_the_sheet_is_given_it_back() -> None:
    found = phones("912345678", is_number=True)

    assert [value.address for value in found.values] == ["+84912345678"]


def test_what_is_changed_or_left_out_of_a_number_is_said() -> None:
    assert phones("0168 123 4567").left_out == ["numbers of before 2018, written as they are today"]
    assert phones("024 3825 1234 ext 1").left_out == ["extensions of telephone numbers"]


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("a@example.org", ["a@example.org"]),
        ("mailto:a@example.org", ["a@example.org"]),
        ("Lê An <a@example.org>", ["a@example.org"]),
        ("a@example.org; b@example.org", ["a@example.org", "b@example.org"]),
        ("a@example.org / b@example.org", ["a@example.org", "b@example.org"]),
        ("a@example.org\nb@example.org và A@example.org", ["a@example.org", "b@example.org"]),
        ("a@example.org, b@example.org.", ["a@example.org", "b@example.org"]),
        ("a.b-c+d@mail.example.org", ["a.b-c+d@mail.example.org"]),
    ],
)
def test_e_mail_addresses_are_found_one_by_one(text: str, addresses: list[str]) -> None:
    assert [value.address for value in emails(text).values] == addresses


@pytest.mark.parametrize("text", ["a@b", "a.example.org", "a @example.org", "x; b@", "0912345678"])
def test_what_is_no_e_mail_address_is_refused(text: str) -> None:
    with pytest.raises(CellError, match="an e-mail address like"):
        emails(text)


def test_a_cell_of_both_gives_both_and_says_what_is_left() -> None:
    found = contacts("Số 1 phố Mẫu\nĐT: 0912 345 678 - a@example.org; Fax 024 3825 1234")

    assert [(v.kind, v.address) for v in found.values] == [
        *(("email", "a@example.org"), ("phone", "+84912345678")),
    ]
    assert found.left_out == ["words beside contact data", "fax numbers"]
    with pytest.raises(CellError):
        contacts("Số 1 phố Mẫu")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Pin, a@example.org", "Pin, "),
        ("CCCD: 001075000001 cấp 2020", " cấp 2020"),
        ("CMND số 012345678", ""),
        ("mã số thuế 8001234567", ""),
        ("Bằng số 10123456789", "Bằng số 10123456789"),
        ("doi 10.5555/012345678", "doi 10.5555/012345678"),
        ("Đề tài KC.01.02/16-20", "Đề tài KC.01.02/16-20"),
    ],
)
def test_texts_lose_addresses_and_identity_numbers_and_nothing_else(text: str, kept: str) -> None:
    assert without_private(text) == kept


@pytest.mark.parametrize("seed", range(20))
def test_any_text_is_read_or_refused(seed: int) -> None:
    chance = random.Random(seed)
    pieces = [
        "0912",
        "+84",
        " ",
        "/",
        "và",
        "@",
        ".",
        "x",
        "(",
        ")",
        "ext 1",
        "1975",
        "ngày",
        "٣",
        "²",
    ]
    for _ in range(200):
        text = "".join(chance.choices(pieces, k=chance.randint(1, 9)))
        for read in (phones, emails, contacts, lambda text: birth_year(text, 2026)):
            with suppress(CellError):
                assert read(text)
