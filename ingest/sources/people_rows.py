"""Rows of a people list as statements about one person each."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import ValidationError

from ingest.headings import Column
from ingest.legacy.charsets import Charset, decode
from ingest.sources import people_cells as cells
from ingest.sources.birth_cells import birth_year
from ingest.sources.cell_errors import CellError
from ingest.sources.contact_cells import Contacts, contacts, emails, phones, without_private
from ingest.sources.files import shorten
from ingest.sources.listed_person import ListedPerson
from ingest.sources.records import Notes
from ingest.sources.table_rows import Cell, Row, cell_name, cleaned, tidy
from registry.errors import InvalidInputError, Problem
from registry.experts.values import (
    AwardValue,
    ExternalIdValue,
    PatentValue,
    ProjectValue,
    ProvinceValue,
    Value,
    WorkValue,
)
from registry.ids import parse_orcid
from registry.names.titles import split_titles

__all__ = ["ReadColumn", "RowReader"]

_NAMES: Final = (
    Column.NAME,
    Column.FAMILY_AND_MIDDLE,
    Column.FAMILY,
    Column.MIDDLE,
    Column.GIVEN,
)
_BIRTHS: Final = {
    Column.BIRTH: None,
    Column.BIRTH_OF_MAN: "male",
    Column.BIRTH_OF_WOMAN: "female",
}
_NUMBERED: Final = re.compile(r"^\d{1,4}\s*[.)/]\s*(?=[^\W\d_])")
_CONTACTS: Final = frozenset({Column.EMAIL, Column.PHONE, Column.CONTACT})
_NEEDED: Final = frozenset({Column.NAME, Column.GIVEN, Column.KEY})


@dataclass(frozen=True)
class ReadColumn:
    """A column that is read: where it is, what it holds, and the form that its text is in."""

    index: int
    column: Column
    heading: str
    charset: Charset | None = None


class RowReader:
    """Reads the rows of one sheet.

    Args:
        latest_year: No birth year lies after it.
        is_1904: Dates of the sheet count from 1904.
        notes: What is left out is noted here.
    """

    def __init__(
        self, columns: Sequence[ReadColumn], latest_year: int, notes: Notes, *, is_1904: bool
    ) -> None:
        self._columns, self._latest_year = columns, latest_year
        self._notes, self._is_1904 = notes, is_1904

    def read(self, row: Row) -> tuple[ListedPerson | None, list[Problem]]:
        """The person of a row, or what is wrong with its cells."""
        problems: list[Problem] = []
        person = ListedPerson()
        for column in self._columns:
            cell = _cell(row, column)
            try:
                self._read_cell(person, column, cell)
            except (CellError, InvalidInputError) as exc:
                problems.append(_problem(row, column, cell, str(exc)))
            except ValidationError as exc:
                problems.append(_problem(row, column, cell, _in_words(exc)))
        if problems:
            return None, problems
        try:
            person.add_up(self._notes)
        except (CellError, ValidationError) as exc:
            expected = str(exc) if isinstance(exc, CellError) else _in_words(exc)
            found = "cells that do not go together"
            return None, [Problem(f"row {row.number}", found, expected)]
        return person, []

    def _read_cell(self, person: ListedPerson, column: ReadColumn, cell: Cell) -> None:
        if cell.kind == "error":
            expected = "a value; the formula of this cell fails"
            if "without a saved result" in cell.raw:
                expected = "a value; open the file in a spreadsheet program and save it again"
            raise CellError(expected)
        if not cells.is_blank(cell.text):
            kept = self._without_private(column, cell)
            self._take(person, column.column, kept)
            self._keep_raw(person, column, kept)
        elif column.column in _NEEDED:
            raise CellError("a value in each row")

    def _without_private(self, column: ReadColumn, cell: Cell) -> Cell:
        """The cell without what is never kept outside its own column."""
        if column.column in _CONTACTS or column.column is Column.ORCID:
            return cell
        shorter = without_private(cell.text)
        if shorter == cell.text:
            return cell
        self._notes.name("e-mail addresses and identity numbers left out of", column.heading)
        return Cell(cleaned(shorter), cell.kind, without_private(cell.raw))

    def _take(self, person: ListedPerson, column: Column, cell: Cell) -> None:
        text = tidy(cell.text)
        if column in _NAMES:
            # Lists that were tables of a text number people within the cell of the name.
            person.name_parts[column] = _NUMBERED.sub("", text)
        elif column in _BIRTHS:
            is_number = cell.kind == "number"
            year = birth_year(text, self._latest_year, is_number=is_number, is_1904=self._is_1904)
            person.set_birth(year, _BIRTHS[column])
        elif column in _CONTACTS:
            self._take_contacts(person, column, cell)
        else:
            self._take_fact(person, column, cell, text)

    def _take_fact(self, person: ListedPerson, column: Column, cell: Cell, text: str) -> None:
        match column:
            case Column.KEY:
                person.key = cells.short(text)
            case Column.RANK | Column.DEGREE | Column.TITLES:
                found, rest = cells.titles(text, may_name_field=column is Column.DEGREE)
                person.titles += found
                if rest:
                    person.degree_fields[found[-1]] = cells.local_text(rest)
            case Column.POSITION:
                # "Chức danh" heads posts in some lists and academic titles in others.
                titles, rest = split_titles(text)
                if rest:
                    person.position = cells.local_text(text)
                person.titles += () if rest else titles
            case Column.ORGANISATION:
                person.organisation = cells.short(text)
            case Column.COUNTRY:
                person.country = cells.country_code(text)
            case Column.SPECIALITY:
                person.passages.append(text)
            case Column.FIELD:
                values, others = cells.field_values(cell.text, is_number=cell.kind == "number")
                for value in values:
                    person.add(value)
                if others:
                    self._notes.count("fields that name no class, kept as words", len(others))
                    person.passages.append("; ".join(others))
            case Column.LANGUAGE:
                for language in cells.languages(cell.text, self._notes):
                    person.add(language)
            case Column.SEX:
                person.set_sex(cells.sex(text))
            case Column.PROVINCE:
                person.add(ProvinceValue(province=text))
            case Column.ORCID:
                person.add(ExternalIdValue(scheme="orcid", value=parse_orcid(text)))
            case _:
                _take_items(person, column, cell.text)

    def _take_contacts(self, person: ListedPerson, column: Column, cell: Cell) -> None:
        found: Contacts
        if column is Column.EMAIL:
            found = emails(cell.text)
        elif column is Column.PHONE:
            found = phones(cell.text, is_number=cell.kind == "number")
        else:
            found = contacts(cell.text)
        for value in found.values:
            person.add_contact(value)
        for words in found.left_out:
            self._notes.count(words)

    def _keep_raw(self, person: ListedPerson, column: ReadColumn, cell: Cell) -> None:
        """Keep a cell as it came, but for contact data and the day of birth.

        The former are kept encrypted only, and nothing here needs the latter.
        """
        raw = cell.raw
        if column.column in _CONTACTS:
            return
        if column.column in _BIRTHS:
            if raw.strip() != str(person.birth):
                self._notes.count("dates of birth, of which only the year is kept")
            raw = str(person.birth)
        name, number = column.heading, 2
        while name in person.raw:
            name, number = f"{column.heading} ({number})", number + 1
        person.raw[name] = raw
        if column.charset is not None:
            person.forms[name] = column.charset


def _cell(row: Row, column: ReadColumn) -> Cell:
    if column.charset is None:
        return row.cell(column.index)
    cell = row.cell(column.index)
    if cell.kind != "text":
        return cell
    return Cell(cleaned(decode(cell.raw, column.charset)), "text", cell.raw)


def _problem(row: Row, column: ReadColumn, cell: Cell, expected: str) -> Problem:
    """What is wrong with a cell; contact data, dates and identity numbers are not repeated."""
    where = cell_name(row.number, column.index, column.heading)
    if not cell.text:
        found = "nothing"
    elif column.column in _CONTACTS:
        found = "another text"
    else:
        found = shorten(without_private(cell.text))
    return Problem(where, found, expected)


def _take_items(person: ListedPerson, column: Column, text: str) -> None:
    for item in cells.items(text):
        value: Value
        if column is Column.WORK:
            value = WorkValue(title=item.title, doi=item.doi)
        elif column is Column.PATENT:
            value = PatentValue(title=item.title)
        elif column is Column.PROJECT:
            value = ProjectValue(title=item.title)
        else:
            value = AwardValue(title=item.title)
        person.add(value, item.year)


def _in_words(error: ValidationError) -> str:
    detail = error.errors(include_url=False)[0]
    limit = detail.get("ctx", {}).get("max_length")
    return f"at most {limit} characters" if limit else detail["msg"]
