"""BibTeX and RIS as drafts: entries are items, letters come out of LaTeX, nothing is dropped."""

import pytest

from ingest.own.items import Draft, Left
from ingest.own.latex import decode
from ingest.own.reading import read_own
from registry.errors import ImportRefusedError
from tests.ingest.own_files import items_of, values_of

BIBTEX = r"""Danh sách của tôi
@string{tckh = "Tạp chí Khoa học"}
@article{chau2015,
  title = {Graphene {Membranes} for Desalination, 50% cheaper},
  author = {Nguy{\~{\^e}}n, Th{\d i} Minh Ch{\^a}u and Tr\`{\^a}n, B{\`i}nh and others},
  journal = tckh, year = 2015, month = jun, volume = 12, pages = {1--10},
  doi = {https://doi.org/10.5555/MEM.2015.1},
  keywords = {graphene}, x-local = {phòng 5}
}
@inproceedings{dup, title = {Noise in amplifiers}, author = {A. Le},
  booktitle = {Proc. X}, year = {2016}}
@book{dup, title = "S{\'a}ch v{\`\ecircumflex} v{\d \^a}t li{\d \^e}u", author = "A",
  publisher = {NXB KHKT}, year = "in press"}
@phdthesis{ts, title = {Lu{\d {\^a}}n {\'a}n}, author = {Châu}, school = {ĐHQG}, year = {2004}}
@patent{p1, title = {Quy trình lọc}, number = {VN 1-0012345}, year = {2016}, holder = {Viện}}
@misc{m, title = {A dataset}, year = {2020}}
@hologram{h, title = {Unknown kind}}
@article{broken, title = {never closed
@article{twice, title = {a}, title = {b}, year = 2000}
@comment{jabref-meta: grouping}
"""


def read(text: str, name: str = "x") -> Draft:
    return read_own(name, text.encode())


@pytest.mark.parametrize(
    ("latex", "letters"),
    [
        (r"Nguy{\~{\^e}}n V{\u a}n H{\`u}ng", "Nguyễn Văn Hùng"),
        (r"Tr{\`{\^a}}n", "Trần"),
        (r"\`{\^a}", "ầ"),
        (r"Ph{\d a}m Th{\d i} H{\h o}i", "Phạm Thị Hỏi"),
        (r"Tr\uhorn{}{\h\ohorn}ng", "Trưởng"),
        (r"{\'\ohorn} {\d{\uhorn}}", "ớ ự"),
        (r"{\DJ}\d{\^o}", "Độ"),
        (r"M{\"u}ller \& S{\o}n", "Müller & Søn"),
        (r"$\alpha$-ray", "α-ray"),
        ("costs $5 and {100% more}", "costs $5 and 100% more"),
        (r"Nguy\~\^en v\d\^at", "Nguyễn vật"),
        ("plain text", "plain text"),
    ],
)
def test_accents_of_latex_become_letters(latex: str, letters: str) -> None:
    assert decode(latex) == letters


@pytest.mark.parametrize(
    "latex", ["{" * 5000, "\\'" * 5000, "}{", "\\", "\\h", "$$ }", r"\begin{x"]
)
def test_what_is_no_latex_stays_a_text(latex: str) -> None:
    assert isinstance(decode(latex), str)


def test_an_entry_is_an_item_with_its_line_and_its_words() -> None:
    draft = read(BIBTEX)

    first = items_of(draft, "work")[0]
    assert draft.kind == "bibtex"
    assert first.value.value.model_dump(exclude_defaults=True) == {
        "title": {"en": "Graphene Membranes for Desalination, 50% cheaper"},
        "venue": "Tạp chí Khoa học",
        "kind": "article",
        "doi": "https://doi.org/10.5555/MEM.2015.1".lower().removeprefix("https://doi.org/"),
        "authors": ["Nguyễn, Thị Minh Châu", "Trần, Bình"],
    }
    assert (first.value.started_on, first.sure) == ("2015-06", True)
    assert first.where == "line 3, chau2015"
    assert "@article{chau2015" in first.text


def test_kinds_of_entries_become_kinds_of_works_and_patents() -> None:
    draft = read(BIBTEX)

    kinds = {v.get("kind"): v["title"] for v in values_of(draft, "work")}
    assert kinds["proceedings-article"] == {"en": "Noise in amplifiers"}
    assert kinds["book"] == {"vi": "Sách về vật liệu"}
    assert kinds["dissertation"] == {"vi": "Luận án"}
    assert values_of(draft, "patent") == [
        {"title": {"vi": "Quy trình lọc"}, "number": "VN 1-0012345"}
    ]


def test_vague_kinds_and_missing_years_are_not_sure() -> None:
    by_title = {i.value.value.title.any(): i for i in items_of(read(BIBTEX), "work")}  # type: ignore[attr-defined]

    assert not by_title["A dataset"].sure
    assert not by_title["Sách về vật liệu"].sure
    assert by_title["Noise in amplifiers"].sure


def test_what_is_not_understood_stands_unread_with_its_line() -> None:
    draft = read(BIBTEX)

    unread = {u.where.partition(",")[0]: u.text for u in draft.unread}
    assert unread["line 1"] == "Danh sách của tôi"
    assert "x-local = phòng 5" in [u.text for u in draft.unread]
    told = " ".join(u.text for u in draft.unread)
    assert "Unknown kind" in told
    assert "never closed" in told
    assert "title = {b}" in told


def test_fields_that_are_left_out_on_purpose_are_named_once() -> None:
    (note,) = [n for n in read(BIBTEX).notes if n.left is Left.FIELDS]

    assert {"volume", "pages", "keywords", "@comment", "@string"} <= set(note.detail.split(", "))


def test_two_entries_of_one_key_stay_two_and_one_entry_twice_is_one() -> None:
    entry = "@article{a, title={On membranes}, author={A}, year=2015, doi={10.5555/a}}\n"
    draft = read(entry + entry.replace("10.5555/a", "10.5555/b") + entry)

    assert len(items_of(draft, "work")) == 2
    assert [n.where for n in draft.notes if n.left is Left.TWICE] == ["line 3, a"]


@pytest.mark.parametrize(
    ("field", "date"),
    [
        ("year = {2015}", "2015"),
        ("date = {2015-06-29}", "2015-06-29"),
        ("date = {2015-06/2015-07}", "2015-06"),
        ("date = {2015-13}", "2015"),
        ("year = 2015, month = {12}", "2015-12"),
        ("year = {c. 2015}", "2015"),
        ("year = {1066}", None),
        ("year = {forthcoming}", None),
    ],
)
def test_of_a_date_what_is_possible_is_kept(field: str, date: str | None) -> None:
    draft = read("@article{a, title = {On membranes}, author = {A}, " + field + "}")

    assert items_of(draft, "work")[0].value.started_on == date


def test_a_doi_of_another_form_is_left_out_and_shown() -> None:
    draft = read("@article{a, title = {On membranes}, author={A}, year=2015, doi = {see page 5}}")

    assert "doi" not in values_of(draft, "work")[0]
    assert [n.left for n in draft.notes] == [Left.ID]
    assert [u.text for u in draft.unread] == ["DOI see page 5"]


def test_addresses_of_people_are_taken_out_of_texts() -> None:
    draft = read("@article{a, title={On <b>membranes</b> a.le@example.org}, author={A}, year=2015}")

    assert values_of(draft, "work")[0]["title"] == {"en": "On membranes"}


RIS = """Exported by a tool
TY  - JOUR
AU  - Nguyễn, Thị Minh Châu
A1  - Trần, Bình
T1  - Vật liệu nano cho
  pin mặt trời
TT  - Nano materials for solar cells
JO  - Tạp chí Khoa học
PY  - 2018/06/29/
DO  - 10.5555/nano
UR  - https://example.org/nano
SP  - 1
EP  - 9
Q9  - gì đó
ER  -

TY  - PAT
TI  - Quy trình lọc
A1  - Châu
M1  - VN 1-0012345
Y1  - 2016///
ER  -
TY  - CONF
TI  - No end of record
PY  - 20x6
TY  - SOUND
TI  - A song
ER  -
TY  - JOUR
AU  - Nobody
ER  -
lost words
"""


def test_a_ris_record_is_an_item() -> None:
    draft = read(RIS)

    work = items_of(draft, "work")[0]
    assert draft.kind == "ris"
    assert work.value.value.model_dump(exclude_defaults=True) == {
        "title": {"vi": "Vật liệu nano cho pin mặt trời", "en": "Nano materials for solar cells"},
        "venue": "Tạp chí Khoa học",
        "kind": "article",
        "doi": "10.5555/nano",
        "authors": ["Nguyễn, Thị Minh Châu", "Trần, Bình"],
    }
    assert (work.value.started_on, work.sure, work.where) == (
        "2018-06-29",
        True,
        "line 2, record 1",
    )
    assert work.value.evidence_url == "https://example.org/nano"
    assert values_of(draft, "patent") == [
        {"title": {"vi": "Quy trình lọc"}, "number": "VN 1-0012345"}
    ]


def test_damage_in_ris_stays_within_its_record() -> None:
    draft = read(RIS)

    assert [i.value.value.title.any() for i in items_of(draft, "work")] == [  # type: ignore[attr-defined]
        "Vật liệu nano cho pin mặt trời",
        "No end of record",
    ]
    assert not items_of(draft, "work")[1].sure
    told = [u.text for u in draft.unread]
    assert "Exported by a tool" in told
    assert "lost words" in told
    assert "Q9 - gì đó" in told
    assert "date 20x6" in told
    assert any("A song" in text for text in told)
    assert any("Nobody" in text for text in told)


def test_line_ends_and_byte_order_marks_of_any_system_are_read() -> None:
    windows = ("﻿" + RIS.replace("\n", "\r\n")).encode()
    utf_16 = RIS.encode("utf-16")

    assert read_own("x", windows).items == read(RIS).items
    assert read_own("x", utf_16).items == read(RIS).items


def test_the_name_of_a_file_does_not_matter() -> None:
    assert read(RIS, "list.bib").kind == "ris"
    assert read(BIBTEX, "list.pdf").kind == "bibtex"


def test_a_very_long_list_is_cut_with_a_note_and_the_rest_unread() -> None:
    text = "".join(
        f"@article{{k{i}, title={{On membranes part {i}}}, author={{A}}, year=2015}}\n"
        for i in range(820)
    )
    draft = read(text)

    assert len(draft.items) == 800
    assert len(draft.unread) == 20
    assert Left.TOO_MANY in {n.left for n in draft.notes}


@pytest.mark.parametrize("text", ["@comment{x}", "hello world", "TY JOUR", "@article"])
def test_text_of_another_kind_is_refused(text: str) -> None:
    with pytest.raises(ImportRefusedError) as caught:
        read(text)

    assert "BibTeX" in str(caught.value.problems[0])
