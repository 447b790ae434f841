"""Documents for tests, made of lines of text: PDF with Vietnamese letters, and DOCX."""

import io
from collections.abc import Sequence
from pathlib import Path

import pytest
from docx import Document
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen import canvas

from ingest.own.items import Draft, DraftItem

# With all Vietnamese letters; where the system has none of them, tests of PDF are skipped.
_FONTS = (
    "/usr/share/fonts/truetype/dejavu/DejaVuSerif.ttf",
    "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
    "/usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf",
)


def make_pdf(*pages: Sequence[str], password: str | None = None) -> bytes:
    """A PDF with these lines on each page."""
    font = next((path for path in _FONTS if Path(path).exists()), None)
    if font is None:
        pytest.skip("no font with Vietnamese letters on this machine")
    pdfmetrics.registerFont(TTFont("Vietnamese", font))
    content = io.BytesIO()
    sheet = canvas.Canvas(content, encrypt=password)
    for lines in pages:
        sheet.setFont("Vietnamese", 8)
        for i, line in enumerate(lines):
            sheet.drawString(40, 820 - 11 * i, line)
        sheet.showPage()
    sheet.save()
    return content.getvalue()


def make_picture_pdf() -> bytes:
    """A PDF of one page with a picture and no text, as a scanner makes it."""
    from PIL import Image
    from reportlab.lib.utils import ImageReader

    content = io.BytesIO()
    sheet = canvas.Canvas(content)
    sheet.drawImage(ImageReader(Image.new("RGB", (60, 80), "white")), 0, 0, 500, 800)
    sheet.showPage()
    sheet.save()
    return content.getvalue()


def make_docx(*blocks: str | Sequence[Sequence[str]]) -> bytes:
    """A DOCX: a text is a paragraph, with "# " before it a heading; rows are a table."""
    document = Document()
    for block in blocks:
        if isinstance(block, str):
            if block.startswith("# "):
                document.add_heading(block[2:], 1)
            else:
                document.add_paragraph(block)
        else:
            table = document.add_table(0, len(block[0]))
            for row in block:
                for cell, text in zip(table.add_row().cells, row, strict=True):
                    cell.text = text
    content = io.BytesIO()
    document.save(content)
    return content.getvalue()


def items_of(draft: Draft, property_name: str) -> list[DraftItem]:
    """The items of one property."""
    return [item for item in draft.items if item.property == property_name]


def values_of(draft: Draft, property_name: str) -> list[dict[str, object]]:
    """Their values, without what is not stated."""
    return [
        item.value.value.model_dump(mode="json", exclude_defaults=True)
        for item in items_of(draft, property_name)
    ]


def everything(draft: Draft) -> str:
    """All that a draft holds, as text."""
    return draft.model_dump_json()
