import pytest

from ingest.heading_words import AMBIGUOUS, SYNONYMS
from ingest.headings import Column, candidates, known_headings, recognise


@pytest.mark.parametrize(
    ("heading", "column"),
    [
        ("Họ và tên", Column.NAME),
        ("HO VA TEN", Column.NAME),
        ("Họ và tên / Full name", Column.NAME),
        ("Ngày sinh\n(dd/mm/yyyy)", Column.BIRTH),
        ("Học hàm/Học vị", Column.TITLES),
        ("Học hàm", Column.RANK),
        ("Tỉnh/Thành phố", Column.PROVINCE),
        ("Cơ quan/Đơn vị công tác", Column.ORGANISATION),
        ("Công trình 2", Column.WORK),
        ("E-mail:", Column.EMAIL),
        ("SĐT", Column.PHONE),
        ("ĐT di động", Column.PHONE),
        ("E-mail / Điện thoại", Column.CONTACT),
        ("Điện thoại, Email", Column.CONTACT),
        ("Số CCCD", Column.PRIVATE),
        ("Địa chỉ thường trú", Column.PRIVATE),
        ("Quê quán", Column.PRIVATE),
        ("Dân tộc", Column.PRIVATE),
        ("CQCT", Column.ORGANISATION),
        ("Cơ quan\ncông tác", Column.ORGANISATION),
        ("ĐVCT", Column.ORGANISATION),
        ("Đ/c", Column.NAME),
        ("NTNS", Column.BIRTH),
        ("Chức danh KH", Column.RANK),
        ("Học hàm / Học vị", Column.TITLES),
        ("Trình độ CM", Column.DEGREE),
        ("Năm sinh nữ", Column.BIRTH_OF_WOMAN),
        ("Lĩnh vực KH&CN", Column.FIELD),
        ("Name of Expert", Column.NAME),
        ("Date of birth (dd/mm/yyyy)", Column.BIRTH),
        ("Country of residence", Column.COUNTRY),
        ("Chức danh", None),
        ("DT", None),
        ("1. Họ và tên", Column.NAME),
        ("(2) Năm sinh", Column.BIRTH),
        ("ORCID iD", Column.ORCID),
        ("Ghi chú", None),
        ("Năm sinh / Giới tính", None),
        ("", None),
    ],
)
def test_headings_are_known_with_and_without_marks(heading: str, column: Column | None) -> None:
    assert recognise(heading) is column


@pytest.mark.parametrize(
    ("heading", "group", "columns"),
    [
        ("Nam", "Năm sinh", (Column.BIRTH_OF_MAN,)),
        ("Nữ", "Năm sinh", (Column.BIRTH_OF_WOMAN,)),
        ("Năm", "Ngày sinh", (Column.BIRTH,)),
        ("Ngày", "Ngày sinh", (Column.PRIVATE,)),
        ("Tên", "Cơ quan", (Column.ORGANISATION,)),
        ("Tên", "Thông tin", ()),
        ("Tên", "Họ và tên", (Column.GIVEN,)),
        ("Email", "Liên hệ", (Column.EMAIL,)),
        ("Cơ quan", "Điện thoại", (Column.PHONE,)),
        ("Địa chỉ", "Cơ quan công tác", (Column.PRIVATE, Column.ORGANISATION)),
        ("Mã", "Cơ quan", ()),
    ],
)
def test_a_heading_below_another_says_more_together_with_it(
    heading: str, group: str, columns: tuple[Column, ...]
) -> None:
    assert candidates(heading, group) == columns


def test_a_heading_with_two_meanings_names_both() -> None:
    assert candidates("Chức danh") == (Column.POSITION, Column.RANK)
    assert candidates("Năm sinh / Giới tính") == (Column.BIRTH, Column.SEX)


def test_no_two_columns_claim_the_same_words() -> None:
    words = [each for text in SYNONYMS.values() for each in text.split("|") if each]

    assert sorted(words) == sorted(set(words))
    assert not set(words) & set(AMBIGUOUS)


def test_every_usual_heading_is_itself_known() -> None:
    for column in Column:
        assert recognise(column.value) is column
        assert column.value in known_headings()
