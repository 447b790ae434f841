"""What the cells of one row of a people list add up to. Pure."""

import hashlib
from dataclasses import dataclass, field
from typing import Final, Literal

from ingest.headings import Column
from ingest.sources import people_cells as cells
from ingest.sources.cell_errors import CellError
from ingest.sources.records import Notes
from registry.experts.schemas import StatementDraft, usual_visibility
from registry.experts.values import (
    VALUE_CLASSES,
    AffiliationValue,
    AwardValue,
    BiographyValue,
    BirthYearValue,
    ContactValue,
    DegreeValue,
    LocalText,
    NameValue,
    PostValue,
    RankValue,
    SexValue,
    Value,
)
from registry.names.parse import ParsedName
from registry.names.titles import AWARDS, DEGREES, RANKS, split_titles
from registry.text import fold

__all__ = ["ListedPerson"]

_PROPERTIES: Final[dict[type[Value], str]] = {c: name for name, c in VALUE_CLASSES.items()}
Sex = Literal["female", "male", "other"]


@dataclass
class ListedPerson:
    """Facts of one row; `add_up` turns what several cells say together into values.

    Args:
        name_parts: Texts of the columns of names, in the order of the sheet.
        raw: Cells as they came, by heading.
        forms: The old form of those that were decoded.
    """

    name_parts: dict[Column, str] = field(default_factory=dict)
    name: ParsedName | None = None
    key: str | None = None
    birth: int | None = None
    sex: Sex | None = None
    organisation: str | None = None
    position: LocalText | None = None
    country: str | None = None
    titles: list[str] = field(default_factory=list)
    degree_fields: dict[str, LocalText] = field(default_factory=dict)
    passages: list[str] = field(default_factory=list)
    contacts: list[ContactValue] = field(default_factory=list)
    values: list[tuple[Value, str | None]] = field(default_factory=list)
    raw: dict[str, str] = field(default_factory=dict)
    forms: dict[str, str] = field(default_factory=dict)

    def add(self, value: Value, year: str | None = None) -> None:
        """Add a value with its year, unless one of the same item is there (a work listed twice)."""
        same = [v for v, _ in self.values if type(v) is type(value)]
        if value not in same and (value.item_key() or "") not in {v.item_key() for v in same}:
            self.values.append((value, year))

    def add_contact(self, value: ContactValue) -> None:
        """Add a way to reach the person, once."""
        if value.normalised() not in {each.normalised() for each in self.contacts}:
            self.contacts.append(value)

    def set_birth(self, year: int, sex: Sex | None) -> None:
        """Set the year of birth, and the sex when the column of the cell says so.

        Raises:
            CellError: Another cell says otherwise.
        """
        if self.birth not in {None, year}:
            raise CellError("the same year as in the other column of birth")
        self.birth = year
        if sex is not None:
            self.set_sex(sex)

    def set_sex(self, sex: Sex) -> None:
        """Set the sex.

        Raises:
            CellError: Another cell says otherwise.
        """
        if self.sex not in {None, sex}:
            raise CellError("the same sex as in the other columns")
        self.sex = sex

    def source_key(self) -> str:
        """The list's own id of the person, else a digest that is the same for the same person."""
        if self.key:
            return self.key
        parts = [self.name.display if self.name else "", str(self.birth), self.organisation or ""]
        return hashlib.sha256("\n".join(map(fold, parts)).encode()).hexdigest()[:32]

    def statements(self) -> list[StatementDraft]:
        """The values as statements, each for those who may usually see its kind."""
        return [
            StatementDraft(
                property=name,
                value=value,
                started_on=year,
                visibility=usual_visibility(name),
            )
            for value, year in self.values
            for name in [_PROPERTIES[type(value)]]
        ]

    def add_up(self, notes: Notes) -> None:
        """Turn what several columns say together into values, the name first.

        Raises:
            CellError: They do not go together.
            pydantic.ValidationError: One is no value of its kind.
        """
        others = self.values
        self.values = []
        self._add_name()
        if self.birth:
            self.add(BirthYearValue(year=self.birth))
        if self.sex:
            self.add(SexValue(sex=self.sex))
        self._add_titles(notes)
        self._add_place()
        for passage in self.passages:
            self.add(BiographyValue(text=cells.local_text(passage)))
        for value, year in others:
            self.add(value, year)
        self.values += [(value, None) for value in self.contacts]

    def _add_name(self) -> None:
        """The name of one cell, or of several in the order of the sheet."""
        parts = self.name_parts
        if not parts:
            raise CellError("a name in each row")
        name = cells.person_name(" ".join(parts.values()))
        family = parts.get(Column.FAMILY)
        if family and Column.GIVEN in parts:
            family = split_titles(family)[1] or family
            middle, given = parts.get(Column.MIDDLE), parts[Column.GIVEN]
            name = ParsedName(name.display, family, middle, given, name.titles)
        elif Column.FAMILY_AND_MIDDLE in parts and Column.GIVEN in parts:
            name = cells.person_name(" ".join(parts.values()), is_family_first=True)
        self.name = name
        self.titles += name.titles
        self.add(
            NameValue(
                display=name.display, family=name.family, middle=name.middle, given=name.given
            )
        )

    def _add_place(self) -> None:
        if self.organisation:
            self.add(
                AffiliationValue(
                    organisation=self.organisation,
                    country_code=self.country,
                    role=self.position,
                    is_main=True,
                )
            )
        elif self.country and not self.position:
            raise CellError("an organisation or a position beside the country")
        if self.position:
            self.add(
                PostValue(
                    title=self.position,
                    organisation=self.organisation,
                    country_code=self.country,
                )
            )

    def _add_titles(self, notes: Notes) -> None:
        ranks = {RANKS[title] for title in self.titles if title in RANKS}
        if len(ranks) > 1:
            raise CellError("one academic rank; the name and the columns state two")
        for rank in ranks:
            self.add(RankValue(rank=rank))
        # The title with a named field comes first: the bare one of the same level adds nothing.
        for title in [*self.degree_fields, *self.titles]:
            if title in DEGREES:
                subject = self.degree_fields.get(title)
                self.add(DegreeValue(level=DEGREES[title], field=subject))
        for title in dict.fromkeys(self.titles):
            if title in AWARDS:
                self.add(AwardValue(title=LocalText(vi=AWARDS[title])))
            elif title not in RANKS and title not in DEGREES:
                notes.name("titles that have no place in a profile, left out", title)
