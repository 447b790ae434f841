"""Lists in every format that bodies send, made of the same rows."""

import csv
import io
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import xlwt
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import CoveredTableCell, Table, TableCell, TableRow
from odf.text import P
from openpyxl import Workbook

Rows = Sequence[Sequence[Any]]
# First row, first column, last row, last column: from 0.
Merged = Sequence[tuple[int, int, int, int]]
FORMATS = ("xlsx", "xls", "ods", "csv")


def make(path: Path, rows: Rows, merged: Merged = (), sheet: str = "Danh sách") -> Path:
    """Write a list in the format that the name of the file says."""
    writers = {".xlsx": _xlsx, ".xls": _xls, ".ods": _ods}
    if path.suffix == ".csv":
        text = io.StringIO()
        csv.writer(text).writerows(
            [value.isoformat() if isinstance(value, date) else value for value in row]
            for row in rows
        )
        path.write_text(text.getvalue(), encoding="utf-8")
    else:
        writers[path.suffix](path, {sheet: (rows, merged)})
    return path


def make_sheets(path: Path, sheets: dict[str, Rows]) -> Path:
    """Write a workbook of several sheets."""
    writers = {".xlsx": _xlsx, ".xls": _xls, ".ods": _ods}
    writers[path.suffix](path, {name: (rows, ()) for name, rows in sheets.items()})
    return path


def _xlsx(path: Path, sheets: dict[str, tuple[Rows, Merged]]) -> None:
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, (rows, merged) in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append([_text_cell(sheet, value) for value in row])
        for top, left, bottom, right in merged:
            sheet.merge_cells(
                start_row=top + 1, start_column=left + 1, end_row=bottom + 1, end_column=right + 1
            )
    book.save(path)


def _text_cell(sheet: Any, value: Any) -> Any:
    from openpyxl.cell import WriteOnlyCell

    if not (isinstance(value, str) and value.startswith("'=")):
        return value
    cell = WriteOnlyCell(sheet, value[1:])
    cell.data_type = "s"
    return cell


def _xls(path: Path, sheets: dict[str, tuple[Rows, Merged]]) -> None:
    book = xlwt.Workbook()
    day = xlwt.easyxf(num_format_str="DD/MM/YYYY")
    for name, (rows, merged) in sheets.items():
        sheet = book.add_sheet(name, cell_overwrite_ok=True)
        for number, row in enumerate(rows):
            for column, value in enumerate(row):
                if isinstance(value, date):
                    sheet.write(number, column, value, day)
                elif value is not None:
                    sheet.write(number, column, value)
        for top, left, bottom, right in merged:
            sheet.merge(top, bottom, left, right)
    book.save(str(path))


def _ods(path: Path, sheets: dict[str, tuple[Rows, Merged]]) -> None:
    book = OpenDocumentSpreadsheet()
    for name, (rows, merged) in sheets.items():
        table = Table(name=name)
        starts = {
            (top, left): (bottom - top + 1, right - left + 1) for top, left, bottom, right in merged
        }
        covered = {
            (row, column)
            for top, left, bottom, right in merged
            for row in range(top, bottom + 1)
            for column in range(left, right + 1)
        } - starts.keys()
        width = max(map(len, rows))
        for number, row in enumerate(rows):
            line = TableRow()
            for column in range(width):
                value = row[column] if column < len(row) else None
                line.addElement(
                    CoveredTableCell()
                    if (number, column) in covered
                    else _ods_cell(value, starts.get((number, column)))
                )
            table.addElement(line)
        book.spreadsheet.addElement(table)
    book.save(str(path))


def _ods_cell(value: Any, span: tuple[int, int] | None) -> TableCell:
    attributes: dict[str, Any] = {}
    if span:
        attributes = {"numberrowsspanned": span[0], "numbercolumnsspanned": span[1]}
    if isinstance(value, date):
        cell = TableCell(valuetype="date", datevalue=value.isoformat(), **attributes)
        value = value.strftime("%d/%m/%Y")
    elif isinstance(value, int | float):
        cell = TableCell(valuetype="float", value=str(value), **attributes)
    elif value is None:
        return TableCell(**attributes)
    else:
        cell = TableCell(valuetype="string", **attributes)
    for line in str(value).split("\n"):
        cell.addElement(P(text=line))
    return cell
