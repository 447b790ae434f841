"""Rows of a people list as statements about one person each."""

import hashlib
from dataclasses import dataclass, field
from typing import Final

from pydantic import ValidationError

from ingest.headings import Column
from ingest.sources import people_cells as cells
from ingest.sources.files import shorten
from ingest.sources.people_cells import CellError
from ingest.sources.records import Notes
from ingest.sources.table_rows import Cell, Row, Table
from registry.errors import InvalidInputError, Problem
from registry.experts.schemas import StatementDraft, Visibility
from registry.experts.values import (
    VALUE_CLASSES,
    AffiliationValue,
    AwardValue,
    BiographyValue,
    BirthYearValue,
    DegreeValue,
    ExternalIdValue,
    LocalText,
    NameValue,
    PatentValue,
    PostValue,
    ProjectValue,
    ProvinceValue,
    RankValue,
    SexValue,
    Value,
    WorkValue,
)
from registry.ids import parse_orcid
from registry.names.parse import ParsedName
from registry.names.titles import AWARDS, DEGREES, RANKS, split_titles
from registry.text import clean, fold

__all__ = ["ListedPerson", "RowReader"]

_PROPERTIES: Final[dict[type[Value], str]] = {c: name for name, c in VALUE_CLASSES.items()}
# Personal facts that councils are balanced by, and that nobody asked the person to publish.
_FOR_BODIES: Final = (BirthYearValue, SexValue, ProvinceValue)


@dataclass
class ListedPerson:
    """What the cells of one row add up to."""

    name: ParsedName | None = None
    key: str | None = None
    birth: int | None = None
    organisation: str | None = None
    position: LocalText | None = None
    country: str | None = None
    titles: list[str] = field(default_factory=list)
    degree_fields: dict[str, LocalText] = field(default_factory=dict)
    passages: list[str] = field(default_factory=list)
    values: list[tuple[Value, str | None]] = field(default_factory=list)
    raw: dict[str, str] = field(default_factory=dict)

    def add(self, value: Value, year: str | None = None) -> None:
        """Add a value with its year, unless one of the same item is there (a work listed twice)."""
        same = [v for v, _ in self.values if type(v) is type(value)]
        if value not in same and (value.item_key() or "") not in {v.item_key() for v in same}:
            self.values.append((value, year))

    def source_key(self) -> str:
        """The list's own id of the person, else a digest that is the same for the same person."""
        if self.key:
            return self.key
        parts = [self.name.display if self.name else "", str(self.birth), self.organisation or ""]
        return hashlib.sha256("\n".join(map(fold, parts)).encode()).hexdigest()[:32]

    def statements(self) -> list[StatementDraft]:
        """The values as statements; personal facts are for ministries and councils only."""
        return [
            StatementDraft(
                property=_PROPERTIES[type(value)],
                value=value,
                started_on=year,
                visibility=Visibility.BODIES
                if isinstance(value, _FOR_BODIES)
                else Visibility.PUBLIC,
            )
            for value, year in self.values
        ]


class RowReader:
    """Reads the rows of one table; what cannot be read is added to `problems`.

    Args:
        columns: The column under each index of the table.
        latest_year: No birth year lies after it.
    """

    def __init__(
        self,
        table: Table,
        columns: dict[int, Column],
        latest_year: int,
        notes: Notes,
        problems: list[Problem],
    ) -> None:
        self._table, self._columns, self._latest_year = table, columns, latest_year
        self._notes, self._problems = notes, problems

    def read(self, row: Row) -> ListedPerson | None:
        """The person of a row, or None when a cell of it cannot be read."""
        before = len(self._problems)
        for index in range(len(row.cells)):
            if row.cell(index).text and not clean(self._table.headings.cell(index).text):
                self._refuse(row, index, "nothing here, or a heading above this column")
        person = ListedPerson()
        for index, column in self._columns.items():
            cell = row.cell(index)
            try:
                if cell.kind == "error":
                    raise CellError("a value; the formula of this cell fails")
                if not cells.is_blank(cell.text):
                    self._take(person, column, cell)
                    self._keep_raw(person, column, index, cell.text)
                elif column in {Column.NAME, Column.KEY}:
                    raise CellError("a value in each row")
            except (CellError, InvalidInputError) as exc:
                self._refuse(row, index, str(exc))
            except ValidationError as exc:
                self._refuse(row, index, _in_words(exc))
        if len(self._problems) > before:
            return None
        try:
            self._add_up(person)
        except (CellError, ValidationError) as exc:
            expected = str(exc) if isinstance(exc, CellError) else _in_words(exc)
            found = "cells that do not go together"
            self._problems.append(Problem(f"row {row.number}", found, expected))
            return None
        return person

    def _refuse(self, row: Row, index: int, expected: str) -> None:
        text = row.cell(index).text
        where = self._table.where(row.number, index)
        self._problems.append(Problem(where, shorten(text) if text else "nothing", expected))

    def _take(self, person: ListedPerson, column: Column, cell: Cell) -> None:
        text = clean(cell.text)
        match column:
            case Column.NAME:
                person.name = cells.person_name(text)
                person.titles += person.name.titles
            case Column.KEY:
                person.key = cells.short(text)
            case Column.BIRTH:
                year = cells.birth_year(text, self._latest_year)
                if person.birth not in {None, year}:
                    raise CellError("the same year as in the other column of birth")
                person.birth = year
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
                person.add(SexValue(sex=cells.sex(text)))
            case Column.PROVINCE:
                person.add(ProvinceValue(province=text))
            case Column.ORCID:
                person.add(ExternalIdValue(scheme="orcid", value=parse_orcid(text)))
            case _:
                _take_items(person, column, cell.text)

    def _keep_raw(self, person: ListedPerson, column: Column, index: int, text: str) -> None:
        """Keep a cell as it came, but for the day of birth, which nothing here needs."""
        heading = clean(self._table.headings.cell(index).text)
        if column is Column.BIRTH:
            if text != str(person.birth):
                self._notes.count("dates of birth, of which only the year is kept")
            text = str(person.birth)
        name, number = heading, 2
        while name in person.raw:
            name, number = f"{heading} ({number})", number + 1
        person.raw[name] = text

    def _add_up(self, person: ListedPerson) -> None:
        """Turn what several columns say together into values, the name first."""
        others = person.values
        person.values = []
        if person.name:
            name = person.name
            person.add(
                NameValue(
                    display=name.display, family=name.family, middle=name.middle, given=name.given
                )
            )
        if person.birth:
            person.add(BirthYearValue(year=person.birth))
        self._add_titles(person)
        if person.organisation:
            person.add(
                AffiliationValue(
                    organisation=person.organisation,
                    country_code=person.country,
                    role=person.position,
                    is_main=True,
                )
            )
        elif person.country and not person.position:
            raise CellError("an organisation or a position beside the country")
        if person.position:
            person.add(
                PostValue(
                    title=person.position,
                    organisation=person.organisation,
                    country_code=person.country,
                )
            )
        for passage in person.passages:
            person.add(BiographyValue(text=cells.local_text(passage)))
        for value, year in others:
            person.add(value, year)

    def _add_titles(self, person: ListedPerson) -> None:
        ranks = {RANKS[title] for title in person.titles if title in RANKS}
        if len(ranks) > 1:
            raise CellError("one academic rank; the name and the columns state two")
        for rank in ranks:
            person.add(RankValue(rank=rank))
        # The title with a named field comes first: the bare one of the same level adds nothing.
        for title in [*person.degree_fields, *person.titles]:
            if title in DEGREES:
                subject = person.degree_fields.get(title)
                person.add(DegreeValue(level=DEGREES[title], field=subject))
        for title in dict.fromkeys(person.titles):
            if title in AWARDS:
                person.add(AwardValue(title=LocalText(vi=AWARDS[title])))
            elif title not in RANKS and title not in DEGREES:
                self._notes.name("titles that have no place in a profile, left out", title)


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
