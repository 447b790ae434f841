"""CVs as drafts: what is plain is sure, guesses are marked, private things are nowhere."""

from collections.abc import Callable, Sequence

import pytest

from ingest.own.documents import Line, Pages, lines_of_pages
from ingest.own.items import Draft, Left, Reading
from ingest.own.pdf_pages import read_pages
from ingest.own.periods import find_period
from ingest.own.reading import read_own
from registry.experts.schemas import Visibility
from tests.ingest.own_files import everything, items_of, make_docx, make_pdf, values_of

VIETNAMESE = """LÝ LỊCH KHOA HỌC
PGS.TS. Nguyễn Thị Minh Châu
I. THÔNG TIN CÁ NHÂN
Họ và tên: Nguyễn Thị Minh Châu   Giới tính: Nữ
Ngày sinh: 19/5/1975   Nơi sinh: Huế
Dân tộc: Hoa   Tôn giáo: Phật giáo   Quốc tịch: Lào
Số CCCD: 012345678901
Học hàm: Phó giáo sư   Học vị: Tiến sĩ
Chức vụ: Trưởng khoa   Đơn vị công tác: Viện Khoa học Vật liệu, Việt Nam
Địa chỉ nhà riêng: Số 5, ngõ 12, phường Láng Hạ
Điện thoại: 0912 345 678   Email: minh.chau@example.org
ORCID: 0000-0002-1825-0097
II. QUÁ TRÌNH ĐÀO TẠO
1993 - 1998: Kỹ sư Vật lý kỹ thuật, Trường Đại học Bách khoa Hà Nội
2000–2004: Tiến sĩ, chuyên ngành Khoa học vật liệu, Đại học Tokyo, Nhật Bản
2005: Chứng chỉ quản lý
III. QUÁ TRÌNH CÔNG TÁC
Từ 2004 đến 2010: Nghiên cứu viên, Viện Khoa học Vật liệu
2010–nay: Trưởng phòng, Viện Khoa học Vật liệu, Việt Nam
Phụ trách nhóm nghiên cứu pin nhiên liệu
IV. CÔNG TRÌNH KHOA HỌC
Bài báo quốc tế
1. Chau N.T.M., Binh T.V. (2015). Graphene membranes for desalination of sea water. Journal of
Membrane Science, 12(3), 1-10. https://doi.org/10.5555/mem.2015.1
2. Nguyễn Thị Minh Châu, Lê Văn Đạt, “Vật liệu nano cho pin mặt trời”, Tạp chí Khoa học, 2018.
3. Nguyễn Thị Minh Châu, Lê Văn Đạt, Chế tạo màng lọc nước, Tạp chí Khoa học, 2019.
V. BẰNG SÁNG CHẾ
1. "Quy trình chế tạo màng lọc", bằng độc quyền sáng chế số 1-0012345, 2016
VI. ĐỀ TÀI, DỰ ÁN
- Nghiên cứu màng lọc nước biển, chủ nhiệm, NAFOSTED, mã số 103.02-2015.20, 2015-2018
VII. GIẢI THƯỞNG VÀ DANH HIỆU
- Giải thưởng Kovalevskaia, 2017
VIII. NGOẠI NGỮ
Tiếng Anh: thành thạo
Tiếng Nhật (khá)
Tiếng Klingon: tốt
IX. LĨNH VỰC NGHIÊN CỨU
- Khoa học vật liệu
- Khoa học máy tính
X. QUAN HỆ GIA ĐÌNH
Chồng: Trần Văn Bí Mật, sinh năm 1970
XI. NGƯỜI GIỚI THIỆU
GS. Lê Người Khác, khac@example.org
XII. SỞ THÍCH
Đọc sách
Trang 1/1"""
ENGLISH = """CURRICULUM VITAE
Minh Tran, Ph.D.
Email: minh.tran@example.org | Phone: +1 650 555 0100 | 12 Secret Street, Palo Alto
Date of birth: May 3, 1980
Nationality: American
SUMMARY
Engineer with 15 years in semiconductor design.
EDUCATION
Stanford University, USA
PhD in Electrical Engineering, Sep 2005 – Jun 2010
Hanoi University of Science and Technology
Bachelor of Engineering in Electronics, 2000 - 2005
WORK EXPERIENCE
Senior Engineer, Intel Corporation, 2010 – present
• Led the design of a power management unit
• Managed 12 engineers
Postdoctoral Fellow
MIT, 2009 - 2010
PUBLICATIONS
[1] M. Tran, A. B. Smith, and J. Doe, "A low-power amplifier for sensors," IEEE J. Solid-State
Circuits, vol. 45, no. 3, pp. 1-10, 2011, doi: 10.5555/jssc.2011.5.
[2] Tran M, Smith AB. Noise in amplifiers revisited. Sensors. 2012;12:345-350.
[3] Tran, M., & Doe, J. (2014). Analog converters below one volt. Springer.
PATENTS
US 9,123,456 B2, "Power management unit with adaptive bias", 2015
HONORS & AWARDS
2016 Best Paper Award, IEEE Solid-State Circuits Society
Languages: Vietnamese (native), English (fluent), French - basic
REFERENCES
Prof. Someone Else, someone@example.org"""

Made = Callable[[Sequence[str]], Draft]


def from_docx(lines: Sequence[str]) -> Draft:
    return read_own("cv", make_docx(*lines))


def from_pdf(lines: Sequence[str]) -> Draft:
    told = read_pages(make_pdf(lines))
    reading = Reading()
    from ingest.own.cv import read_cv

    read_cv(reading, lines_of_pages(Pages(told["texts"], told["pictures"]))[0])
    return reading.draft("pdf")


BOTH = pytest.mark.parametrize("made", [from_docx, from_pdf])


@BOTH
def test_a_vietnamese_cv_becomes_items_under_its_headings(made: Made) -> None:
    draft = made(VIETNAMESE.split("\n"))

    assert values_of(draft, "name") == [{"display": "Nguyễn Thị Minh Châu", "kind": "variant"}]
    assert values_of(draft, "rank") == [{"rank": "associate_professor"}]
    assert values_of(draft, "birth_year") == [{"year": 1975}]
    assert values_of(draft, "degree") == [
        {
            "level": "bachelor",
            "field": {"vi": "Vật lý kỹ thuật"},
            "institution": "Trường Đại học Bách khoa Hà Nội",
        },
        {
            "level": "doctor",
            "field": {"vi": "Khoa học vật liệu"},
            "institution": "Đại học Tokyo",
            "country_code": "JP",
        },
    ]
    jobs = [
        (i.value.value.model_dump()["role"]["vi"], i.value.started_on, i.value.ended_on)
        for i in items_of(draft, "affiliation")
    ]
    assert jobs == [
        ("Trưởng khoa", None, None),
        ("Nghiên cứu viên", "2004", "2010"),
        ("Trưởng phòng", "2010", None),
    ]
    assert values_of(draft, "patent") == [
        {"title": {"vi": "Quy trình chế tạo màng lọc"}, "number": "1-0012345"}
    ]
    assert values_of(draft, "project") == [
        {
            "title": {"vi": "Nghiên cứu màng lọc nước biển"},
            "role": {"vi": "chủ nhiệm"},
            "funder": "NAFOSTED",
            "number": "103.02-2015.20",
        }
    ]
    assert values_of(draft, "award") == [{"title": {"vi": "Giải thưởng Kovalevskaia"}}]
    assert values_of(draft, "language") == [
        {"code": "en", "level": "fluent"},
        {"code": "ja", "level": "working"},
    ]
    assert values_of(draft, "field") == [{"scheme": "vn2008", "code": "10201"}]


@BOTH
def test_works_have_title_authors_venue_year_and_doi(made: Made) -> None:
    draft = made(VIETNAMESE.split("\n"))

    first, second, third = items_of(draft, "work")
    assert first.value.value.model_dump(exclude_defaults=True) == {
        "title": {"en": "Graphene membranes for desalination of sea water"},
        "venue": "Journal of Membrane Science",
        "kind": "article",
        "doi": "10.5555/mem.2015.1",
        "authors": ["Chau N.T.M.", "Binh T.V."],
    }
    assert (first.value.started_on, first.sure) == ("2015", True)
    assert second.value.value.model_dump()["title"]["vi"] == "Vật liệu nano cho pin mặt trời"
    assert second.sure
    # Without quotation marks it is a guess where the title begins and ends.
    assert third.value.value.model_dump()["title"]["vi"] == "Chế tạo màng lọc nước"
    assert not third.sure


@BOTH
@pytest.mark.parametrize("text", [VIETNAMESE, ENGLISH])
def test_private_things_and_other_people_are_nowhere_in_the_draft(made: Made, text: str) -> None:
    draft = made(text.split("\n"))

    told = everything(draft)
    private = "012345678901|Láng Hạ|19/5|Huế|Phật|Lào|Bí Mật|Người Khác|khac@|Secret Street|May 3"
    for each in [*private.split("|"), "American", "Someone Else", "Nữ"]:
        assert each not in told, each


def test_notes_say_what_was_left_out_and_where() -> None:
    draft = from_docx(VIETNAMESE.split("\n"))

    left = {note.left for note in draft.notes}
    assert left >= {Left.IDENTITY, Left.ADDRESS, Left.ORIGIN, Left.SEX, Left.BIRTH}
    assert left >= {Left.FAMILY, Left.REFERENCES, Left.PAGE_NUMBERS}
    (where,) = [n.where for n in draft.notes if n.left is Left.IDENTITY]
    assert where == "paragraph 7"


@BOTH
def test_what_is_not_understood_stands_unread(made: Made) -> None:
    told = [u.text for u in made(VIETNAMESE.split("\n")).unread]

    assert told == ["2005: Chứng chỉ quản lý", "Tiếng Klingon: tốt", "XII. SỞ THÍCH", "Đọc sách"]


@BOTH
def test_an_english_cv_with_the_names_above_the_years_is_read_as_guesses(made: Made) -> None:
    draft = made(ENGLISH.split("\n"))

    assert [(v["level"], v["institution"]) for v in values_of(draft, "degree")] == [
        ("doctor", "Stanford University"),
        ("bachelor", "Hanoi University of Science and Technology"),
    ]
    assert not any(i.sure for i in items_of(draft, "degree"))
    assert values_of(draft, "affiliation") == [
        {"organisation": "Intel Corporation", "role": {"en": "Senior Engineer"}},
        {"organisation": "MIT", "role": {"en": "Postdoctoral Fellow"}},
    ]
    assert [i.sure for i in items_of(draft, "affiliation")] == [True, False]
    assert "Managed 12 engineers" in str(values_of(draft, "post")[0]["summary"])
    assert [v["title"] for v in values_of(draft, "work")] == [
        {"en": "A low-power amplifier for sensors"},
        {"en": "Noise in amplifiers revisited"},
        {"en": "Analog converters below one volt"},
    ]
    assert values_of(draft, "work")[0]["authors"] == ["M. Tran", "A. B. Smith", "J. Doe"]
    assert values_of(draft, "patent")[0]["number"] == "US 9,123,456 B2"
    assert values_of(draft, "award") == [
        {"title": {"en": "Best Paper Award"}, "giver": "IEEE Solid-State Circuits Society"}
    ]
    assert [v["code"] for v in values_of(draft, "language")] == ["vi", "en", "fr"]


def test_contacts_are_for_stewards() -> None:
    contacts = items_of(from_docx(ENGLISH.split("\n")), "contact")

    assert {i.value.visibility for i in contacts} == {Visibility.STEWARDS}
    assert [i.value.value.model_dump()["address"] for i in contacts] == [
        "minh.tran@example.org",
        "+1 650 555 0100",
    ]


def test_rows_of_tables_are_entries_and_their_titles_are_none() -> None:
    draft = read_own(
        "cv",
        make_docx(
            "# LÝ LỊCH KHOA HỌC",
            [
                ("Họ và tên:", "TRẦN VĂN BÌNH"),
                ("Năm sinh", "1980"),
                ("CMND", "123456789"),
                ("Nơi ở hiện nay", "12 Hàng Bài"),
                ("Đơn vị công tác", "Sở Khoa học và Công nghệ Hà Nội"),
            ],
            "# 1. Quá trình đào tạo",
            [
                ("STT", "Thời gian", "Nơi đào tạo", "Chuyên ngành", "Học vị"),
                ("1", "1998-2003", "ĐH Bách khoa Hà Nội", "Cơ khí", "Kỹ sư"),
                ("2", "2005-2009", "Đại học Kyoto, Nhật Bản", "Robot", "Tiến sĩ"),
            ],
            "# 2. Công trình công bố",
            [
                ("TT", "Tên công trình", "Nơi công bố", "Năm"),
                ("1", "Điều khiển tay máy song song", "Tạp chí Cơ khí", "2012"),
            ],
            "# 3. Chuyện lạ",
            "Không ai biết.",
        ),
    )

    assert values_of(draft, "name") == [{"display": "TRẦN VĂN BÌNH", "kind": "variant"}]
    assert values_of(draft, "birth_year") == [{"year": 1980}]
    assert values_of(draft, "degree")[1] == {
        "level": "doctor",
        "field": {"en": "Robot"},
        "institution": "Đại học Kyoto",
        "country_code": "JP",
    }
    assert items_of(draft, "work")[0].where == "table 3, row 2"
    assert [u.text for u in draft.unread] == ["3. Chuyện lạ", "Không ai biết."]
    assert "Hàng Bài" not in everything(draft)
    assert "123456789" not in everything(draft)


@pytest.mark.parametrize(
    ("text", "start", "end", "is_point"),
    [
        ("2015–nay: x", "2015", None, False),
        ("2015-present", "2015", None, False),
        ("từ 2010 đến 2014", "2010", "2014", False),
        ("Từ năm 2015 đến nay", "2015", None, False),
        ("9/2010 - 6/2014", "2010-09", "2014-06", False),
        ("tháng 9 năm 2010 đến tháng 6 năm 2014", "2010-09", "2014-06", False),
        ("Sep 2010 – Jun 2014", "2010-09", "2014-06", False),
        ("01/09/2010 - 30/06/2014", "2010-09", "2014-06", False),
        ("2010-09 – 2014-06", "2010-09", "2014-06", False),
        ("since 2015", "2015", None, False),
        ("năm 2014", "2014", None, True),
        ("số 12345678", None, None, None),
        ("trang 1200-1999", None, None, None),
    ],
)
def test_periods_in_words_of_both_languages(
    text: str, start: str | None, end: str | None, is_point: bool | None
) -> None:
    found = find_period(text)

    if start is None:
        assert found is None or found.is_point
    else:
        assert found is not None
        assert (found.start, found.end, found.is_point) == (start, end, is_point)


def test_a_line_without_end_is_read_in_parts_and_nothing_is_lost() -> None:
    from ingest.own.cv import read_cv

    reading = Reading()
    text = " ".join(f"từ{i}" for i in range(4_000))
    read_cv(reading, [Line("paragraph 1", "SỞ THÍCH"), Line("paragraph 2", text)])

    assert len(reading.draft("docx").unread) > 3
