"""Files as they come: what they are is told by their content, and harmful ones are refused."""

import gzip
import io
import zipfile
from collections.abc import Callable, Iterator

import pytest
from docx import Document
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from ingest.own.items import Left
from ingest.own.pdf_pages import read_pages
from ingest.own.reading import MAX_BYTES, read_own
from registry.errors import ImportRefusedError
from tests.ingest.own_files import make_docx, make_pdf, make_picture_pdf, values_of

LINES = ["HỌC VẤN", "2000 - 2004: Tiến sĩ Vật lý, Đại học Kyoto, Nhật Bản"]


def refused(content: bytes) -> str:
    """Why a file was refused: what was found, and what to do."""
    with pytest.raises(ImportRefusedError) as caught:
        read_own("cv.pdf", content)
    return str(caught.value.problems[0])


def repacked(change: Callable[[str, bytes], bytes | None]) -> bytes:
    """A DOCX whose parts were changed; None leaves a part out."""
    made = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(make_docx(*LINES))) as old,
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            part = change(name, old.read(name))
            if part is not None:
                new.writestr(name, part)
    return made.getvalue()


def test_a_pdf_is_read_in_a_process_of_its_own_with_page_and_line() -> None:
    draft = read_own("anything.txt", make_pdf(["Trang bìa của lý lịch"], LINES))

    assert draft.kind == "pdf"
    assert [(i.property, i.where) for i in draft.items] == [("degree", "page 2, line 2")]


def test_a_docx_is_read_whatever_its_name() -> None:
    assert read_own("cv.pdf", make_docx(*LINES)).kind == "docx"


def test_an_encrypted_pdf_is_refused_and_one_that_opens_to_everybody_is_read() -> None:
    assert "without a password" in refused(make_pdf(LINES, password="bí mật"))
    told = read_pages(make_pdf(LINES, password=""))
    assert "Kyoto" in told["texts"][0]


def test_a_scanned_pdf_is_refused_with_what_to_do() -> None:
    assert "OCR" in refused(make_picture_pdf())


def test_a_page_of_pictures_beside_pages_of_text_is_noted() -> None:
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter()
    for content in (make_pdf(LINES), make_picture_pdf()):
        for page in PdfReader(io.BytesIO(content)).pages:
            writer.add_page(page)
    joined = io.BytesIO()
    writer.write(joined)

    draft = read_own("cv", joined.getvalue())

    assert [(n.left, n.where) for n in draft.notes] == [(Left.PICTURES, "page 2")]
    assert len(draft.items) == 1


def test_a_pdf_with_too_many_pages_is_refused() -> None:
    assert "at most 150 pages" in refused(make_pdf(*[["x"]] * 151))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "nothing"),
        (b"  \n ", "nothing"),
        (b"%PDF-1.7 and then nothing", "damaged PDF"),
        (b"PK\x03\x04 and then nothing", "damaged DOCX"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600, "save it as .docx"),
        (b"<!DOCTYPE html><html><body>CV</body></html>", "print the page"),
        (b"<?xml version='1.0'?><resume/>", "print the page"),
        (gzip.compress(b"@article{a}"), "a packed file"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "picture"),
        ("Nguyễn Văn A\nHà Nội".encode(), "text of another kind"),
        ("@article{a, title={Nguyễn}}".encode("utf-16-be"), "binary file"),
        ("@article{a, title={Nguyên}}".encode("latin-1"), "UTF-8"),
        (b"x" * (MAX_BYTES + 1), "at most 10 MB"),
    ],
)
def test_what_is_no_document_of_these_forms_is_refused(content: bytes, told: str) -> None:
    assert told in refused(content)


def _parts(*names: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name in names:
            archive.writestr(name, "<x/>")
    return made.getvalue()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (_parts("xl/workbook.xml"), "a spreadsheet"),
        (_parts("ppt/presentation.xml"), "slides"),
        (_parts("content.xml", "mimetype"), "an OpenDocument file"),
        (_parts("photo.jpg"), "an archive"),
        (_parts("word/document.xml"), "damaged DOCX"),
    ],
)
def test_other_archives_are_refused_by_what_they_are(content: bytes, told: str) -> None:
    assert told in refused(content)


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    def swell(name: str, part: bytes) -> bytes:
        return part + b" " * 70_000_000 if name == "word/document.xml" else part

    content = repacked(swell)

    assert len(content) < 200_000
    assert "64 MB once unpacked" in refused(content)


@pytest.mark.parametrize("name", ["word/document.xml", "word/styles.xml", "_rels/.rels"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_document_type_is_refused_in_every_part(name: str, encoding: str) -> None:
    declared = '<!DOCTYPE d [<!ENTITY a SYSTEM "file:///etc/passwd">]><d>&a;</d>'

    def declare(each: str, part: bytes) -> bytes:
        return declared.encode(encoding) if each == name else part

    assert "a document type" in refused(repacked(declare))


def test_text_boxes_headers_links_and_tables_within_tables_are_read() -> None:
    document = Document()
    document.sections[0].header.paragraphs[0].text = "Đầu trang lạ"
    document.add_heading("Sở thích", 1)
    paragraph = document.add_paragraph("Trước hộp")
    box = (
        f"<w:r {nsdecls('w')}><w:pict><v:shape xmlns:v='urn:schemas-microsoft-com:vml'><v:textbox>"
        "<w:txbxContent><w:p><w:r><w:t>Trong hộp</w:t></w:r></w:p></w:txbxContent>"
        "</v:textbox></v:shape></w:pict></w:r>"
    )
    paragraph._p.append(parse_xml(box))
    link = f"<w:hyperlink {nsdecls('w')}><w:r><w:t> và liên kết</w:t></w:r></w:hyperlink>"
    paragraph._p.append(parse_xml(link))
    outer = document.add_table(1, 2)
    outer.rows[0].cells[0].text = "Ô ngoài"
    outer.rows[0].cells[1].add_table(1, 1).rows[0].cells[0].text = "Ô trong"
    content = io.BytesIO()
    document.save(content)

    told = [u.text for u in read_own("cv", content.getvalue()).unread]

    assert told == [
        "Sở thích",
        "Trước hộp và liên kết",
        "Trong hộp",
        "Ô ngoài | Ô trong",
        "Đầu trang lạ",
    ]


def test_pictures_and_footnotes_of_a_docx_are_noted() -> None:
    from PIL import Image

    picture = io.BytesIO()
    Image.new("RGB", (4, 4)).save(picture, "PNG")
    document = Document()
    document.add_paragraph("Sở thích")
    document.add_picture(picture)
    content = io.BytesIO()
    document.save(content)

    draft = read_own("cv", content.getvalue())

    assert Left.PICTURES in {note.left for note in draft.notes}


def test_letters_with_their_marks_apart_are_joined() -> None:
    import unicodedata

    apart = [unicodedata.normalize("NFD", line) for line in LINES]

    assert values_of(read_own("cv", make_docx(*apart)), "degree") == values_of(
        read_own("cv", make_docx(*LINES)), "degree"
    )


def _damaged(content: bytes, seed: int) -> bytes:
    """A file with letters changed, left out or doubled, or cut off."""
    import random

    chance = random.Random(seed)
    data = bytearray(content)
    for _ in range(chance.randint(1, 30)):
        at = chance.randrange(len(data))
        match chance.randrange(5):
            case 0:
                data[at] = chance.randrange(256)
            case 1:
                del data[at : at + chance.randint(1, 40)]
            case 2:
                data[at:at] = data[at : at + chance.randint(1, 40)]
            case 3:
                data[at : at + 4] = bytes(chance.randrange(256) for _ in range(4))
            case _ if chance.random() < 0.1:
                del data[at:]
        if len(data) < 8:
            break
    return bytes(data)


def _samples() -> Iterator[tuple[str, bytes]]:
    import json

    from tests.ingest.test_own_bibliographies import BIBTEX, RIS
    from tests.ingest.test_own_cv import ENGLISH, VIETNAMESE
    from tests.ingest.test_own_json_resume import RESUME

    yield "bibtex", BIBTEX.encode()
    yield "ris", RIS.encode()
    yield "json", json.dumps(RESUME, ensure_ascii=False).encode()
    yield "docx", make_docx(*VIETNAMESE.split("\n"))
    yield "pdf", make_pdf(ENGLISH.split("\n"))
    yield "cv", VIETNAMESE.encode()


def _read_damaged(kind: str, content: bytes) -> None:
    """Read it; a PDF in this process, since a process for each would take minutes."""
    from ingest.own.cv import read_cv
    from ingest.own.documents import Line, Pages, lines_of_pages
    from ingest.own.items import Reading
    from ingest.own.pdf_pages import read_pages

    if kind == "pdf":
        told = read_pages(content)
        if "problem" in told:
            assert told["problem"]["expected"]
            return
        reading = Reading()
        read_cv(reading, lines_of_pages(Pages(told["texts"], told["pictures"]))[0])
    elif kind == "cv":
        reading = Reading()
        lines = content.decode("utf-8", "replace").split("\n")
        read_cv(reading, [Line(f"line {i}", line) for i, line in enumerate(lines)])
    else:
        draft = read_own("x", content)
        assert draft.items or draft.unread or draft.notes
        draft.model_dump_json().encode()
        return
    reading.draft(kind).model_dump_json().encode()


def _try_damaged(count: int) -> None:
    samples = list(_samples())
    for seed in range(count):
        kind, content = samples[seed % len(samples)]
        damaged = _damaged(content, seed)
        try:
            _read_damaged(kind, damaged)
        except ImportRefusedError as refusal:
            reasons = refusal.problems
        except Exception as exc:
            raise AssertionError(f"{kind} damaged with seed {seed}") from exc
        else:
            continue
        assert reasons, (kind, seed)


def test_damaged_files_are_read_or_refused_with_a_reason() -> None:
    _try_damaged(300)


@pytest.mark.soak
def test_ten_thousand_damaged_files_are_read_or_refused_with_a_reason() -> None:
    _try_damaged(10_000)
