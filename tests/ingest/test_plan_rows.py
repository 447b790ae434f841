"""Rows of a list by a plan: people, problems of one row, and rows that are no people."""

import random
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from ingest.headings import Column
from ingest.sources.people_list import open_list
from ingest.sources.plan_rows import ListOrigin, ReadRow, read_rows
from ingest.sources.records import Notes
from ingest.sources.sheets import Workbook
from ingest.sources.table_guessing import guess_plan
from ingest.sources.table_plans import LEAVE_OUT, Holds, TablePlan, with_answer
from registry.errors import InvalidInputError
from registry.experts.schemas import Visibility
from tests.ingest.list_files import FORMATS, Merged, Rows, make, make_sheets
from tests.ingest.test_table_plans import FORMS, samples

ORIGIN = ListOrigin("list of 2026", datetime(2026, 11, 1, tzinfo=UTC), "Ministry")


def read(workbook: Workbook, plan: TablePlan, notes: Notes | None = None) -> list[ReadRow]:
    return list(read_rows(workbook, plan, 2026, ORIGIN, notes))


def rows_of(folder: Path, rows: Rows, merged: Merged = ()) -> list[ReadRow]:
    workbook = open_list(make(folder / "list.xlsx", rows, merged))
    return read(workbook, guess_plan(workbook, {}))


def names(rows: list[ReadRow]) -> list[str]:
    return [facts(row, "name")[0]["display"] for row in rows if row.draft]


def facts(row: ReadRow, property_name: str) -> list[dict[str, Any]]:
    assert row.draft is not None, list(map(str, row.problems))
    return [
        s.value.model_dump(exclude_none=True, exclude_defaults=True)
        for s in row.draft.statements
        if s.property == property_name
    ]


@pytest.mark.parametrize("suffix", FORMATS)
def test_every_format_gives_the_same_people(tmp_path: Path, suffix: str) -> None:
    rows = [
        ["STT", "Họ và tên", "Ngày sinh", "Học vị", "Đơn vị", "Điện thoại"],
        [1, "GS.TS. Nguyễn Văn Hòa", date(1975, 5, 19), "Tiến sĩ", "Viện Mẫu", "0912 345 678"],
        [2, "Trần Thu Hà", 1990, "ThS", "Trường Mẫu", "024.3825.1234"],
    ]
    workbook = open_list(make(tmp_path / f"list.{suffix}", rows))

    first, second = read(workbook, guess_plan(workbook, {}))

    assert facts(first, "birth_year") == [{"year": 1975}]
    assert facts(first, "rank") == [{"rank": "professor"}]
    assert facts(first, "contact") == [{"kind": "phone", "address": "+84912345678"}]
    assert facts(second, "birth_year") == [{"year": 1990}]
    assert facts(second, "contact") == [{"kind": "phone", "address": "+842438251234"}]


def test_a_bad_cell_is_a_problem_of_its_own_row_only(tmp_path: Path) -> None:
    rows = rows_of(
        tmp_path,
        [
            ["Họ tên", "Giới tính", "Quốc gia", "Đơn vị"],
            ["Lê An", "X", "Atlantis", "Viện"],
            ["Lê Bình", "Nữ", "Nhật Bản", "Viện"],
            [None, "Nam", "Việt Nam", "Viện"],
        ],
    )

    assert [len(row.problems) for row in rows] == [2, 0, 1]
    assert [row.number for row in rows] == [2, 3, 4]
    assert str(rows[0].problems[0]) == (
        'row 2, column B (Giới tính): found "X", expected Nam or Nữ'
    )
    assert "a value in each row" in str(rows[2].problems[0])
    assert names(rows) == ["Lê Bình"]


def test_a_formula_without_a_result_is_a_problem_of_its_row(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, [["Họ tên", "Năm sinh"], ["Lê An", "=1+1"], ["Lê Bình", 1980]])

    assert "open the file in a spreadsheet program and save it again" in str(rows[0].problems[0])
    assert names(rows) == ["Lê Bình"]


def test_the_raw_record_holds_cells_as_they_came(tmp_path: Path) -> None:
    raw = "Nguyễn\u00a0Văn  Hòa\u200b"
    [row] = rows_of(tmp_path, [["Họ tên", "Đơn vị"], [raw, "Viện\u00ad Mẫu"]])

    assert row.draft is not None
    assert row.draft.raw == {"cells": {"Họ tên": raw, "Đơn vị": "Viện\u00ad Mẫu"}}
    assert names([row]) == ["Nguyễn Văn Hòa"]


def test_private_cells_are_kept_nowhere_and_contacts_sealed_only(tmp_path: Path) -> None:
    rows = rows_of(
        tmp_path,
        [
            ["Họ tên", "Số CCCD", "Địa chỉ nhà riêng", "Mã số thuế", "SĐT", "Email", "Chuyên môn"],
            [
                *("Lê An", "001075000001", "Số 9 phố Mẫu", "8001234567", "0912345678"),
                "an@example.org",
                "Pin (an@example.org); CMND: 012345678, CCCD 001075000001",
            ],
        ],
    )

    [draft] = [row.draft for row in rows]
    assert draft is not None
    contacts = [s for s in draft.statements if s.property == "contact"]
    assert {s.visibility for s in contacts} == {Visibility.STEWARDS}
    assert [s.value.model_dump() for s in contacts] == [
        {"kind": "phone", "address": "+84912345678"},
        {"kind": "email", "address": "an@example.org"},
    ]
    others = str(draft.raw) + str([s for s in draft.statements if s.property != "contact"])
    for private in ("001075000001", "phố Mẫu", "8001234567", "0912345678", "an@", "012345678"):
        assert private not in others
    assert "Pin" in others


def test_problems_do_not_repeat_contact_data(tmp_path: Path) -> None:
    rows = rows_of(
        tmp_path,
        [["Họ tên", "SĐT", "Email"], ["Lê An", "0977 345", "an.example"], ["Lê Bình", None, None]],
    )

    told = " ".join(map(str, rows[0].problems))
    assert "0977" not in told
    assert "an.example" not in told
    assert "+81 3 1234 5678" in told


def test_merged_cells_count_for_each_of_their_rows(tmp_path: Path) -> None:
    rows = rows_of(
        tmp_path,
        [["Họ tên", "Đơn vị"], ["Lê An", "Viện"], ["Lê Bình", None], ["Lê Chi", None]],
        [(1, 1, 2, 1)],
    )

    assert [facts(row, "affiliation") for row in rows] == [
        *([{"organisation": "Viện", "is_main": True}],) * 2,
        [],
    ]


def test_what_is_no_person_is_skipped_and_said(tmp_path: Path) -> None:
    listed = [
        ["STT", "Họ và tên", "Năm sinh", "Đơn vị"],
        ["(1)", "(2)", "(3)", "(4)"],
        ["I", "Khối viện nghiên cứu", None, None],
        [1, "Lê An", 1970, "Viện"],
        [2, "Tống Văn Bình", 1971, "Viện"],
        ["B. Khối trường", None, None, None],
        ["STT", "HỌ VÀ TÊN", "Năm sinh", "Đơn vị"],
        [3, "Công Thị Chi", 1972, "Trường"],
        ["Tổng cộng: 3 người", None, None, None],
        [None, None, None, "Hà Nội, ngày 5 tháng 11 năm 2026"],
        [None, "Người lập biểu", None, "THỦ TRƯỞNG ĐƠN VỊ"],
        [None, "Phạm Thị Lập", None, "Đỗ Văn Ký"],
    ]
    notes = Notes()
    workbook = open_list(make(tmp_path / "list.xlsx", listed, [(5, 0, 5, 3)]))

    rows = read(workbook, guess_plan(workbook, {}), notes)

    assert names(rows) == ["Lê An", "Tống Văn Bình", "Công Thị Chi"]
    assert [row for row in rows if row.problems] == []
    said = {row.number: row.notes[0] for row in rows if row.notes}
    assert said == {
        2: "numbers of columns",
        3: "a title within the list",
        6: "a title within the list",
        7: "headings again",
        **dict.fromkeys((9, 10, 11, 12), "a total or the end of the list"),
    }
    assert notes.lines() == [
        "rows that are no people: a title within the list (2), a total or the end of the list (4), "
        "headings again (1), numbers of columns (1)"
    ]


@pytest.mark.parametrize(
    ("heading", "row", "name"),
    [
        (["Họ tên", "Ngày sinh"], ["Lê An", "ngày 19 tháng 5 năm 1975"], "Lê An"),
        (["Họ tên", "Đơn vị", "Chức vụ"], ["V. Nguyen", None, None], "V. Nguyen"),
        (["STT", "Họ tên"], ["I", "Lê An"], "Lê An"),
        (["Họ tên", "Đơn vị"], ["12. Lê An", "Viện"], "Lê An"),
        (["Họ tên", "Đơn vị"], ["Công Tổng", "Tổng cục Mẫu"], "Công Tổng"),
    ],
)
def test_a_person_is_not_taken_for_a_title_or_a_total(
    tmp_path: Path, heading: list[str], row: list[str | None], name: str
) -> None:
    assert names(rows_of(tmp_path, [heading, row])) == [name]


@pytest.mark.parametrize("row", [[None, None, 1980, None], [None, None, None, "Viện Mẫu"]])
def test_a_person_without_a_name_is_a_problem_and_no_title(tmp_path: Path, row: list[Any]) -> None:
    rows = rows_of(
        tmp_path, [["STT", "Họ tên", "Năm sinh", "Đơn vị"], [1, "Lê An", 1970, "Viện"], row]
    )

    assert [len(each.problems) for each in rows] == [0, 1]


def test_a_list_of_names_alone_is_one_of_people(tmp_path: Path) -> None:
    rows = rows_of(tmp_path, [["Họ và tên"], ["Lê An"], ["HỌ VÀ TÊN"], ["Trần Thu Hà"]])

    assert names(rows) == ["Lê An", "Trần Thu Hà"]


def test_a_year_below_one_of_two_sub_headings_says_the_sex(tmp_path: Path) -> None:
    rows = rows_of(
        tmp_path,
        [
            ["TT", "Họ và tên", "Năm sinh", None],
            [None, None, "Nam", "Nữ"],
            [1, "Lê An", 1975, None],
            [2, "Trần Thu Hà", None, 1980],
            [3, "Lê Bình", 1975, 1975],
        ],
        [(0, 0, 1, 0), (0, 1, 1, 1), (0, 2, 0, 3)],
    )

    assert [facts(row, "sex")[0]["sex"] for row in rows[:2]] == ["male", "female"]
    assert [facts(row, "birth_year")[0]["year"] for row in rows[:2]] == [1975, 1980]
    assert "the same sex" in str(rows[2].problems[0])


def test_names_in_parts_are_put_together_in_the_order_of_the_sheet(tmp_path: Path) -> None:
    two = rows_of(tmp_path, [["Họ đệm", "Tên", "Đơn vị"], ["PGS.TS. Hứa Thị", "Mai", "Viện"]])
    three = rows_of(
        tmp_path,
        [["First name", "Middle name", "Last name", "Company"], ["Thị Hồng", "Vân", "Đỗ", "A"]],
    )

    assert facts(two[0], "name") == [
        {"display": "Hứa Thị Mai", "family": "Hứa", "middle": "Thị", "given": "Mai"}
    ]
    assert facts(two[0], "rank") == [{"rank": "associate_professor"}]
    assert facts(three[0], "name") == [
        {"display": "Thị Hồng Vân Đỗ", "family": "Đỗ", "middle": "Vân", "given": "Thị Hồng"}
    ]


def test_a_name_in_parts_without_its_given_name_is_a_problem(tmp_path: Path) -> None:
    rows = rows_of(
        tmp_path,
        [["Họ đệm", "Tên", "Đơn vị"], ["Lê Văn", None, "Viện"], [None, "An", "Viện"]],
    )

    assert [len(row.problems) for row in rows] == [1, 0]
    assert names(rows) == ["An"]


def test_several_sheets_are_read_one_after_the_other(tmp_path: Path) -> None:
    path = make_sheets(
        tmp_path / "list.ods",
        {"A": [["Họ tên"], ["Lê An"]], "B": [["Họ tên"], ["Lê Bình"]]},
    )
    workbook = open_list(path)

    rows = read(workbook, guess_plan(workbook, {}))

    assert [(row.sheet, row.number) for row in rows] == [("A", 2), ("B", 2)]


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
@pytest.mark.parametrize("variant", FORMS)
def test_an_old_form_is_decoded_once_a_person_has_confirmed_it(
    tmp_path: Path, variant: str, suffix: str
) -> None:
    listed = samples(variant)
    rows = [["STT", "Họ tên"], *([n, text] for n, (text, _) in enumerate(listed, start=1))]
    workbook = open_list(make(tmp_path / f"list.{suffix}", rows))
    plan = guess_plan(workbook, {})

    with pytest.raises(InvalidInputError, match="look at the decoded cells"):
        read(workbook, plan)
    sheet = plan.sheets[0].name
    decoded = read(workbook, with_answer(plan, sheet, 1, confirmed=True))
    refused = read(workbook, with_answer(plan, sheet, 1, confirmed=False))

    assert names(decoded) == [name for _, name in listed]
    first = decoded[0].draft
    assert first is not None
    assert first.raw == {"cells": {"Họ tên": listed[0][0]}, "forms": {"Họ tên": FORMS[variant]}}
    assert names(refused) != names(decoded)


@pytest.mark.parametrize("codec", ["viscii", "vps"])
def test_files_of_one_byte_a_letter_are_decoded_once_confirmed(tmp_path: Path, codec: str) -> None:
    from ingest.legacy.charsets import _table

    shown = {char: written for written, char in _table(codec)[1].items()}
    true = [name for _, name in samples("nfd")]
    lines = ["".join(shown.get(char, char) for char in name) for name in true]
    path = tmp_path / "list.csv"
    # Each letter as the byte that the form has for it.
    back = {bytes([b]).decode("cp1252", "ignore") or chr(b): b for b in range(256)}
    path.write_bytes(b"Name\n" + b"\n".join(bytes(back[c] for c in line) for line in lines))
    workbook = open_list(path)
    plan = guess_plan(workbook, {})

    assert plan.sheets[0].columns[0].charset == codec
    rows = read(workbook, with_answer(plan, "", 0, confirmed=True))

    assert names(rows) == true


def test_a_file_of_windows_1258_is_decoded_once_confirmed(tmp_path: Path) -> None:
    true = [name for _, name in samples("nfd")]
    variant = [text for text, _ in samples("cp1258_read_as_cp1252")]
    path = tmp_path / "list.csv"
    path.write_bytes("\n".join(["Name", *variant]).encode("cp1252"))
    workbook = open_list(path)
    plan = guess_plan(workbook, {})

    assert workbook.is_single_byte
    assert names(read(workbook, with_answer(plan, "", 0, confirmed=True))) == true


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ({0: Column.NAME, 1: Column.NAME}, "2 columns hold Họ và tên"),
        ({0: LEAVE_OUT}, "no column holds names"),
        ({1: Column.GIVEN}, "not in both"),
        ({0: Column.FAMILY, 1: Column.FAMILY_AND_MIDDLE, 2: Column.GIVEN}, "not both"),
    ],
)
def test_a_plan_that_contradicts_itself_is_refused_in_words(
    tmp_path: Path, answers: dict[int, Holds], told: str
) -> None:
    rows = [["Họ tên", "Đơn vị", "Chức vụ"], ["Lê An", "Viện", "Trưởng phòng"]]
    workbook = open_list(make(tmp_path / "list.xlsx", rows))
    plan = guess_plan(workbook, {})
    for index, holds in answers.items():
        plan = with_answer(plan, "Danh sách", index, holds)

    with pytest.raises(InvalidInputError, match=told):
        read_rows(workbook, plan, 2026, ORIGIN)


def changed(plan: TablePlan, **sheet: Any) -> TablePlan:
    return plan.model_copy(update={"sheets": (plan.sheets[0].model_copy(update=sheet),)})


def test_a_plan_of_another_file_is_refused_in_words(tmp_path: Path) -> None:
    rows = [["Họ tên", "Đơn vị"], ["Lê An", "Viện"]]
    workbook = open_list(make(tmp_path / "list.xlsx", rows))
    plan = guess_plan(workbook, {})
    columns = plan.sheets[0].columns
    other = open_list(make(tmp_path / "other.xlsx", [["Họ tên", "Chức vụ"], ["Lê An", "x"]]))
    wrong = {
        "names a sheet 'Khác'": changed(plan, name="Khác"),
        "no headings in rows 9": changed(plan, heading_rows=(9,)),
        "column B has values and is not in the plan": changed(plan, columns=columns[:1]),
        "column 1 stands twice": changed(
            plan, columns=(*columns, columns[0].model_copy(update={"holds": LEAVE_OUT}))
        ),
        "choose at least one": changed(plan, is_read=False),
    }

    for told, each in wrong.items():
        with pytest.raises(InvalidInputError, match=told):
            read_rows(workbook, each, 2026, ORIGIN)
    with pytest.raises(InvalidInputError, match="is not headed 'Đơn vị' in this file"):
        read_rows(other, plan, 2026, ORIGIN)


GOOD = [
    *("TS. Lê An", "19/5/1975", "Nam", "Tiến sĩ Vật lý", "Trưởng khoa", "Viện Mẫu"),
    *("Việt Nam", "Hà Nội", "102", "Tiếng Anh C1", "Pin (2019); Đèn", "a@example.org"),
    *("0912 345 678; 024 3825 1234", "0000-0002-1825-0097", "CG01"),
]
HEADINGS = [
    *("Họ tên", "Ngày sinh", "Giới tính", "Học vị", "Chức vụ", "Đơn vị", "Quốc gia"),
    *("Tỉnh", "Lĩnh vực", "Ngoại ngữ", "Công trình", "Email", "SĐT", "ORCID", "Mã"),
]
JUNK = [
    *("", "\u00ad", "\u202e", "=1/0", "@", "-", "0", "1e309", "x" * 700, "\U0001f600", "\u0301"),
    *("và", "; ;", "/", "+", "(", "10.1/x", "31/2/1980", "Tổng cộng", "I.", "\ud7ff", "٣", "²"),
    *("TS.", "PGS.", "ngày", "năm", "NguyÔn", "a@b", "1" * 400, "\x0b", "\x1e", "\x85"),
]


@pytest.mark.parametrize(
    "count", [300, pytest.param(10_000, marks=pytest.mark.soak)], ids=["some", "many"]
)
def test_a_damaged_row_is_a_person_or_says_why_not(tmp_path: Path, count: int) -> None:
    chance = random.Random(20261101)
    listed = []
    for number in range(count):
        row = [*GOOD[:-1], f"CG{number}"]
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(row))
            text, place = row[at], chance.randint(0, len(row[at]))
            junk = chance.choice([*JUNK, chr(chance.randrange(0x20, 0x3000))])
            row[at] = chance.choice(
                [junk, text[:place], text[:place] + junk + text[place:], chance.choice(row)]
            )
        listed.append(row)
    path = make(tmp_path / "list.csv", [HEADINGS, [*GOOD[:-1], "first"], *listed])
    workbook = open_list(path)
    plan = guess_plan(workbook, {})
    for column in plan.sheets[0].columns:
        plan = with_answer(plan, "", column.index, column.holds, confirmed=False)

    rows = read(workbook, plan)

    assert len(rows) == len(workbook.sheets[0].rows) - 1
    read_well = sum(row.draft is not None for row in rows)
    assert all((row.draft is not None) != bool(row.problems or row.notes) for row in rows)
    assert all(str(problem) for row in rows for problem in row.problems)
    assert all(facts(row, "name") for row in rows if row.draft)
    assert 0.1 * count < read_well < count
