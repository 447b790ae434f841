"""How a file would be read: guessed, shown, corrected, confirmed."""

import csv
from pathlib import Path
from typing import Any

import pytest

from ingest.headings import Column
from ingest.legacy.charsets import Charset
from ingest.sources.people_list import open_list
from ingest.sources.table_guessing import guess_plan
from ingest.sources.table_plans import (
    LEAVE_OUT,
    ColumnPlan,
    TablePlan,
    mapping_of,
    with_answer,
)
from registry.errors import InvalidInputError
from tests.ingest.list_files import Merged, Rows, make, make_sheets

NAMES = Path(__file__).parents[1] / "data" / "names" / "vn_legacy_name_samples.csv"


def plan_of(
    folder: Path, rows: Rows, merged: Merged = (), saved: dict[str, str] | None = None
) -> TablePlan:
    return guess_plan(open_list(make(folder / "list.xlsx", rows, merged)), saved or {})


def holds(plan: TablePlan, sheet: int = 0) -> list[str | None]:
    return [column.holds for column in plan.sheets[sheet].columns]


def open_ones(plan: TablePlan) -> list[tuple[str, str]]:
    return [(one.heading, one.why) for one in plan.unresolved]


def column(plan: TablePlan, heading: str) -> ColumnPlan:
    return next(c for s in plan.sheets for c in s.columns if c.heading == heading)


def test_abbreviated_headings_below_titles_are_known(tmp_path: Path) -> None:
    plan = plan_of(
        tmp_path,
        [
            ["BỘ MẪU", None, None, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"],
            ["DANH SÁCH CHUYÊN GIA"],
            ["TT", "Đ/c", "NTNS", "Trình độ CM", "Chức danh KH", "CQCT", "SĐT", "Email"],
            [1, "Lê An", "19/5/1975", "Tiến sĩ", "PGS", "Viện Mẫu", "0912345678", "a@example.org"],
        ],
    )

    assert plan.unresolved == []
    assert plan.sheets[0].heading_rows == (3,)
    assert holds(plan) == [
        *(Column.NUMBER, Column.NAME, Column.BIRTH, Column.DEGREE, Column.RANK),
        *(Column.ORGANISATION, Column.PHONE, Column.EMAIL),
    ]


def test_a_plan_goes_through_json_unchanged(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, [["Họ tên", "Ghi chú", "CCCD"], ["Lê An", "x", "001075000001"]])

    assert TablePlan.model_validate_json(plan.model_dump_json()) == plan


def test_a_heading_that_nobody_knows_is_open_until_somebody_says(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, [["Họ tên", "Ghi chú", None], ["Lê An", "giỏi", "?"]])

    assert open_ones(plan) == [("Ghi chú", "unknown"), ("", "no heading")]
    said = with_answer(plan, "Danh sách", 1, Column.SPECIALITY)
    settled = with_answer(said, "Danh sách", 2, LEAVE_OUT)
    assert settled.unresolved == []
    assert mapping_of(settled) == {"ho ten": "Họ và tên", "ghi chu": "Chuyên môn"}


def test_what_a_body_said_before_counts_before_what_headings_say(tmp_path: Path) -> None:
    rows = [["Họ tên", "Ghi chú", "Đơn vị", "Khác"], ["Lê An", "x", "y", "z"]]
    saved = {"ghi chu": "Chuyên môn", "don vi": LEAVE_OUT, "khac": "a column of former times"}

    plan = plan_of(tmp_path, rows, saved=saved)

    assert holds(plan) == [Column.NAME, Column.SPECIALITY, LEAVE_OUT, None]
    assert [c.sure for c in plan.sheets[0].columns] == ["known", "saved", "saved", "unknown"]
    assert open_ones(plan) == [("Khác", "unknown")]


def test_two_columns_for_what_a_person_has_once_are_asked_about(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, [["Họ tên", "Cơ quan", "Đơn vị"], ["Lê An", "A", "B"]])

    assert open_ones(plan) == [("Cơ quan", "unsure"), ("Đơn vị", "unsure")]
    once = with_answer(plan, "Danh sách", 1, Column.ORGANISATION)
    assert with_answer(once, "Danh sách", 2, LEAVE_OUT).unresolved == []


@pytest.mark.parametrize(
    ("cells", "held", "why"),
    [
        (["Giáo sư", "PGS"], Column.TITLES, []),
        (["Trưởng khoa", "Giảng viên"], Column.POSITION, []),
        (["PGS", "Giảng viên"], Column.POSITION, [("Chức danh", "unsure")]),
    ],
)
def test_a_heading_with_two_meanings_is_told_by_its_cells_or_asked_about(
    tmp_path: Path, cells: list[str], held: Column, why: list[tuple[str, str]]
) -> None:
    rows = [["Họ tên", "Chức danh"], ["Lê An", cells[0]], ["Lê Bình", cells[1]]]

    plan = plan_of(tmp_path, rows)

    assert holds(plan)[1] == held
    assert open_ones(plan) == why


def test_headings_in_two_rows_are_joined_where_cells_are_merged(tmp_path: Path) -> None:
    rows = [
        ["Danh sách"],
        ["TT", "Họ và tên", "Năm sinh", None, "Liên hệ", None],
        [None, None, "Nam", "Nữ", "Email", "Điện thoại"],
        ["(1)", "(2)", "(3)", "(4)", "(5)", "(6)"],
        [1, "Lê An", 1975, None, "a@example.org", "0912345678"],
    ]
    merged = [(1, 0, 2, 0), (1, 1, 2, 1), (1, 2, 1, 3), (1, 4, 1, 5)]

    plan = plan_of(tmp_path, rows, merged)

    assert plan.sheets[0].heading_rows == (2, 3)
    assert [c.heading for c in plan.sheets[0].columns][2:5] == [
        *("Năm sinh / Nam", "Năm sinh / Nữ", "Liên hệ / Email"),
    ]
    assert holds(plan) == [
        *(Column.NUMBER, Column.NAME, Column.BIRTH_OF_MAN, Column.BIRTH_OF_WOMAN),
        *(Column.EMAIL, Column.PHONE),
    ]
    assert plan.unresolved == []


def test_sub_headings_of_an_organisation_are_not_taken_for_those_of_a_person(
    tmp_path: Path,
) -> None:
    rows = [
        ["Họ và tên", "Cơ quan công tác", None, "Ngày sinh", None, None],
        [None, "Tên", "Địa chỉ", "Ngày", "Tháng", "Năm"],
        ["Lê An", "Viện Mẫu", "Số 1", 19, 5, 1975],
    ]

    plan = plan_of(tmp_path, rows, [(0, 0, 1, 0), (0, 1, 0, 2), (0, 3, 0, 5)])

    assert holds(plan)[:2] == [Column.NAME, Column.ORGANISATION]
    assert holds(plan)[3:] == [Column.PRIVATE, Column.PRIVATE, Column.BIRTH]
    assert open_ones(plan) == [("Cơ quan công tác / Địa chỉ", "unsure")]


def test_a_row_of_a_list_is_not_taken_for_sub_headings(tmp_path: Path) -> None:
    rows = [
        ["TT", "Họ và tên", None, "Đơn vị", "Giới tính"],
        [1, "Nguyễn Văn", "Hòa", "Viện", "Nam"],
        [2, "Trần Thu", "Hà", "Viện", "Nữ"],
    ]

    plan = plan_of(tmp_path, rows, [(0, 1, 0, 2)])

    assert plan.sheets[0].heading_rows == (1,)
    assert holds(plan)[1:3] == [Column.FAMILY_AND_MIDDLE, Column.GIVEN]
    assert open_ones(plan) == [("Họ và tên", "unsure"), ("Họ và tên", "unsure")]


def test_a_given_name_is_told_from_a_whole_one_by_the_column_beside_it(tmp_path: Path) -> None:
    parts = plan_of(tmp_path, [["Họ đệm", "Tên", "Đơn vị"], ["Lê Văn", "An", "Viện"]])
    whole = plan_of(tmp_path, [["Tên", "Đơn vị"], ["Lê Văn An", "Viện"]])

    assert holds(parts)[:2] == [Column.FAMILY_AND_MIDDLE, Column.GIVEN]
    assert holds(whole)[0] == Column.NAME


def test_sheets_with_the_same_headings_are_read_and_others_offered(tmp_path: Path) -> None:
    people = [["Họ tên", "Đơn vị"], ["Lê An", "Viện"]]
    path = make_sheets(
        tmp_path / "list.xlsx",
        {
            "Hướng dẫn": [["Cách điền"], ["Điền đủ"]],
            "Bắc": people,
            "Nam": [["Họ tên", "Đơn vị"], ["Lê Bình", "Trường"]],
            "Cũ": [["Họ tên", "Cơ quan cũ"], ["Lê Chi", "x"]],
            "Mẫu": [["Họ tên", "Đơn vị"]],
        },
    )

    plan = guess_plan(open_list(path), {})

    assert [(s.name, s.is_read) for s in plan.sheets] == [
        *(("Bắc", True), ("Nam", True), ("Cũ", False), ("Mẫu", False)),
    ]
    assert plan.notes == ("sheet Bắc, Nam was read; not read: Hướng dẫn, Cũ, Mẫu",)


def test_a_hidden_sheet_is_offered_and_not_read(tmp_path: Path) -> None:
    from openpyxl import load_workbook

    rows: list[list[Any]] = [["Họ tên", "Đơn vị"], ["Lê An", "Viện"]]
    path = make_sheets(tmp_path / "list.xlsx", {"A": rows, "B": rows})
    book = load_workbook(path)
    book["A"].sheet_state = "hidden"
    book.active = 1
    book.save(path)

    plan = guess_plan(open_list(path), {})

    assert [(s.name, s.is_read, s.is_hidden) for s in plan.sheets] == [
        *(("A", False, True), ("B", True, False)),
    ]


def test_a_file_without_headings_has_no_sheet_to_read(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, [["một", "hai"], ["ba", "bốn"]])

    assert [one.why for one in plan.unresolved] == ["no sheet"]


def test_no_sample_repeats_what_is_private(tmp_path: Path) -> None:
    rows = [
        ["Họ tên", "CCCD", "Điện thoại", "Email", "Ngày sinh", "Ghi chú", "Số liệu"],
        [
            *("Lê An", "001075000001", "0912345678", "an@example.org", "19/5/1975"),
            *("gọi 0912 345 678 hoặc viết an@example.org", "001075000001"),
        ],
    ]

    shown = plan_of(tmp_path, rows).model_dump_json()

    for private in ("001075000001", "0912", "an@example", "19/5"):
        assert private not in shown
    assert "••/•/1975" in shown
    assert "gọi •••• ••• ••• hoặc viết ••@•••••••.•••" in shown


def test_keys_that_look_like_identity_numbers_are_asked_about(tmp_path: Path) -> None:
    rows = [["Mã", "Họ tên"], ["001075000001", "Lê An"], ["001075000002", "Lê Bình"]]

    plan = plan_of(tmp_path, rows)

    assert open_ones(plan) == [("Mã", "unsure")]
    assert column(plan, "Mã").may_hold == (Column.PRIVATE, Column.KEY)


def test_merged_blocks_are_shown_and_noted(tmp_path: Path) -> None:
    rows = [["Họ tên", "Đơn vị"], ["Lê An", "Viện"], ["Lê Bình", None]]

    plan = plan_of(tmp_path, rows, [(1, 1, 2, 1)])

    assert plan.sheets[0].filled == ("B2:B3",)
    assert "merged cells, whose value counts for each row: B2:B3" in plan.notes[0]


def test_blocks_over_rows_and_columns_of_the_list_are_noted(tmp_path: Path) -> None:
    rows = [["Họ tên", "Đơn vị", "Chức vụ"], ["Lê An", "Viện", None], ["Lê Bình", None, None]]

    plan = plan_of(tmp_path, rows, [(1, 1, 2, 2)])

    assert "over several rows and columns, whose value counts for the first: B2:C3" in plan.notes[0]


FORMS: dict[str, Charset] = {
    "tcvn3_font_text": "tcvn3",
    "tcvn3_font_text_minus_sign": "tcvn3",
    "vni_font_text": "vni",
    "bkhcm2_font_text": "bkhcm2",
    "utf8_read_as_cp1252": "utf8",
    "cp1258_read_as_cp1252": "cp1258",
}


def samples(variant: str) -> list[tuple[str, str]]:
    with NAMES.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["variant"] == variant]
    return [(row["text"], row["true_name"]) for row in rows]


@pytest.mark.parametrize("suffix", ["xlsx", "ods", "xls", "csv"])
@pytest.mark.parametrize("variant", FORMS)
def test_an_old_form_is_recognised_shown_and_waits_for_a_person(
    tmp_path: Path, variant: str, suffix: str
) -> None:
    listed = samples(variant)
    rows = [["STT", "Full name"], *([n, text] for n, (text, _) in enumerate(listed, start=1))]

    plan = guess_plan(open_list(make(tmp_path / f"list.{suffix}", rows)), {})

    named = column(plan, "Full name")
    assert (named.charset, named.confirmed) == (FORMS[variant], False)
    assert open_ones(plan) == [("Full name", "old form")]
    true = dict(listed)
    assert len(named.samples) == 3
    assert all(true[sample.before] == sample.after for sample in named.samples)
    sheet = plan.sheets[0].name
    assert with_answer(plan, sheet, 1, confirmed=True).unresolved == []
    refused = with_answer(plan, sheet, 1, confirmed=False)
    assert refused.unresolved == []
    assert column(refused, "Full name").charset is None


def test_headings_in_an_old_form_are_understood_and_shown_decoded(tmp_path: Path) -> None:
    rows = [
        ["Hä vµ tªn", "N¨m sinh", "Giíi tÝnh", "§¬n vÞ c«ng t¸c"],
        ["NguyÔn V¨n Hßa", 1975, "N÷", "ViÖn MÉu"],
        ["TrÇn ThÞ HiÒn", 1980, "Nam", "ViÖn ThÐp"],
    ]

    plan = plan_of(tmp_path, rows)

    assert [c.heading for c in plan.sheets[0].columns] == [
        *("Họ và tên", "Năm sinh", "Giới tính", "Đơn vị công tác"),
    ]
    assert column(plan, "Giới tính").charset == "tcvn3"
    assert [why for _, why in open_ones(plan)] == ["old form"] * 3


def test_the_soft_hyphen_of_tcvn3_is_a_letter(tmp_path: Path) -> None:
    rows = [["Họ tên", "Đơn vị"], ["Lê An", "Tr\u00adêng MÉu"], ["Lê Bình", "Tr\u00adêng §Êt"]]

    named = column(plan_of(tmp_path, rows), "Đơn vị")

    assert named.charset == "tcvn3"
    assert [sample.after for sample in named.samples] == ["Trường Mẫu", "Trường Đất"]


def test_an_unknown_heading_in_an_old_form_is_shown_decoded(tmp_path: Path) -> None:
    rows = [["Hä tªn", "NhËn xÐt"], ["Le An", "ViÖn MÉu"], ["Le Binh", "ViÖn §Êt"]]

    plan = plan_of(tmp_path, rows)

    assert [c.heading for c in plan.sheets[0].columns] == ["Họ tên", "Nhận xét"]
    assert open_ones(plan) == [("Nhận xét", "unknown")]


def test_a_column_in_unicode_beside_one_in_an_old_form_is_left_alone(tmp_path: Path) -> None:
    rows = [["Họ tên", "Đơn vị"], ["Nguyễn Văn Hòa", "ViÖn MÉu"], ["Lê Đức", "ViÖn §Êt"]]

    plan = plan_of(tmp_path, rows)

    assert [c.charset for c in plan.sheets[0].columns] == [None, "tcvn3"]


def test_letters_of_a_file_in_no_unicode_form_are_looked_at_by_a_person(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(b"Name,University\nJos\xe9 N\xfa\xf1ez,A\nJ\xfcrgen Gro\xdf,B\n")

    plan = guess_plan(open_list(path), {})

    assert open_ones(plan) == [("Name", "old form")]
    assert column(plan, "Name").charset is None
    assert "in no Unicode form" in plan.notes[0]


def test_private_columns_in_an_old_form_need_no_look(tmp_path: Path) -> None:
    rows = [["Họ tên", "Địa chỉ"], ["Le An", "Hµ Néi"], ["Le Binh", "H¶i Phßng"]]

    assert plan_of(tmp_path, rows).unresolved == []


def test_an_answer_about_a_column_that_is_not_there_is_refused(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, [["Họ tên"], ["Lê An"]])

    with pytest.raises(InvalidInputError):
        with_answer(plan, "Danh sách", 9, LEAVE_OUT)
    with pytest.raises(InvalidInputError):
        with_answer(plan, "Khác", 0, LEAVE_OUT)
