import pytest

from ingest.headings import Column, known_headings, recognise


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
        ("E-mail:", Column.CONTACT),
        ("Số CCCD", Column.CONTACT),
        ("ORCID iD", Column.ORCID),
        ("Ghi chú", None),
        ("Năm sinh / Giới tính", None),
        ("", None),
    ],
)
def test_headings_are_known_with_and_without_marks(heading: str, column: Column | None) -> None:
    assert recognise(heading) is column


def test_every_usual_heading_is_itself_known() -> None:
    for column in Column:
        assert recognise(column.value) is column
        assert column.value in known_headings()
