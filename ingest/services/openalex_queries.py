"""Questions to OpenAlex: authors by filter, and authors by how their names are printed."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Final

from pydantic import Field, ValidationError

from ingest.services.asking import Page
from ingest.services.client import Client
from ingest.services.openalex import ask_page
from ingest.services.openalex_people import MOST_PAGES, PER_PAGE, People, authors_of
from ingest.sources.files import shorten
from ingest.sources.openalex_records import PLACEHOLDERS
from ingest.sources.openalex_works import Authorship, bare_id
from ingest.sources.records import Many, Notes, Record
from registry.errors import InvalidInputError, SourceRefusedError
from registry.ids import parse_orcid, parse_ror
from registry.text import clean, fold, words

__all__ = ["AuthorsByBylines", "AuthorsByFilter", "checked_countries", "checked_ids"]

# What a list of values in one filter may hold.
_MOST_VALUES: Final = 100
_SEARCHED_PER_PAGE: Final = 100
# A byline with more works than ten thousand is too common to tell people apart.
_MOST_SEARCHES: Final = 100
_COUNTRY: Final = re.compile("[A-Z]{2}")
_BYLINE: Final = re.compile(r'(?P<name>"[^"~]+"|[^"~]+)(?:~(?P<slack>[0-2]))?')
_HOME: Final = "VN"
_ONLY_A_NAME: Final = (
    "found by how a name is printed, which says nothing of anybody's origin: each is a lead for a "
    "person to look at"
)


class AuthorsByFilter(People):
    """Authors who fit any of the values given; one who fits several may come several times.

    Args:
        countries: Two letters each, of an institution that works of the last ten years name: the
            institutions last known are often wrong or missing.
        institutions: ROR ids of such an institution.
        ids: Of OpenAlex; what was merged or removed since is followed.
        orcids: Two profiles may share one, and then both come.
    """

    def __init__(
        self,
        *,
        countries: Sequence[str] = (),
        institutions: Sequence[str] = (),
        ids: Sequence[str] = (),
        orcids: Sequence[str] = (),
        works_per_author: int = 200,
        limit_dollars: float | None = None,
    ) -> None:
        super().__init__(works_per_author, limit_dollars)
        rors = []
        for text in institutions:
            if (ror := parse_ror(text)) is None:
                raise InvalidInputError(f"{shorten(text)} is no ROR id, such as 02nr0ka47")
            rors.append(ror)
        self._ids = _groups(checked_ids(ids), PER_PAGE)
        self._filters = [
            f"{name}:{'|'.join(values)}"
            for name, given in (
                ("affiliations.institution.country_code", checked_countries(countries)),
                ("affiliations.institution.ror", rors),
                ("orcid", [parse_orcid(text) for text in orcids]),
            )
            for values in _groups(given, _MOST_VALUES)
        ]
        if not self._ids and not self._filters:
            raise InvalidInputError("name a country, an institution, an id or an ORCID iD")

    def pages(self, client: Client, cursor: Mapping[str, Any] | None) -> Iterator[Page]:
        """Fetch by ids first, then by each filter; see `ingest.services.asking.Source`."""
        number, at, count = 0, "*", 0
        if cursor:
            number, at, count = cursor["question"], cursor["at"], cursor["page"]
        questions = len(self._ids) + len(self._filters)
        while number < questions:
            notes = Notes()
            if number < len(self._ids):
                units, following = self.units_of_ids(client, self._ids[number], notes), None
                total = sum(map(len, self._ids)) if not self._filters else None
            else:
                page = ask_page(
                    client,
                    self.spending,
                    "authors",
                    {
                        "filter": self._filters[number - len(self._ids)],
                        "per_page": PER_PAGE,
                        "cursor": at,
                    },
                )
                authors = authors_of(page.results, notes)
                units, following = self.units(client, authors, page.retrieved_at), page.next
                total = page.total if questions == 1 else None
            number, at, count = (
                (number + 1, "*", 0) if following is None else (number, following, count + 1)
            )
            if count >= MOST_PAGES:
                raise SourceRefusedError(
                    f"OpenAlex has more than {MOST_PAGES * PER_PAGE} authors for one filter; "
                    "narrow it, or read its snapshot"
                )
            state = {"question": number, "at": at, "page": count}
            yield Page(units, state if number < questions else None, total, notes.lines())


class _Placed(Authorship):
    countries: Many[str] = Field(default_factory=list)


class _Hit(Record):
    id: str
    authorships: Annotated[Many[_Placed], Field(default_factory=list)]


class AuthorsByBylines(People):
    """Authors abroad whose names are printed on works as given.

    A hit only proposes a lead. Nothing of the search is kept with the person: a name says nothing
    of his origin.

    Args:
        names: As printed, in the order of the print; with "~1" or "~2" after it, so many more
            words may stand in it (a middle name), and the order is free. Each search costs as
            much as ten pages of authors.
        countries: Where the affiliation on that work lies; none: anywhere outside Vietnam.
    """

    def __init__(
        self,
        names: Sequence[str],
        countries: Sequence[str] = (),
        *,
        works_per_author: int = 200,
        limit_dollars: float | None = None,
    ) -> None:
        super().__init__(works_per_author, limit_dollars)
        self._bylines = [_byline(name) for name in dict.fromkeys(names)]
        self._countries = frozenset(checked_countries(countries))
        if not self._bylines:
            raise InvalidInputError("give a name as it is printed on works")
        if _HOME in self._countries or len(self._countries) > _MOST_VALUES:
            raise InvalidInputError("give at most 100 countries, all of them other than Vietnam")

    def pages(self, client: Client, cursor: Mapping[str, Any] | None) -> Iterator[Page]:
        """Search, then fetch whom the search found; see `ingest.services.asking.Source`."""
        number, at, count, waiting = 0, "*", 0, list[str]()
        if cursor:
            number, at, count = cursor["name"], cursor["at"], cursor["page"]
            waiting = [*cursor["waiting"]]
        while waiting or number < len(self._bylines):
            notes, units, more = Notes(), [], list[str]()
            if waiting:
                found = self.units_of_ids(client, waiting[:PER_PAGE], notes)
                # Nobody here knew them: they need not be forgotten.
                units, waiting = [u for u in found if u.raw is not None], waiting[PER_PAGE:]
                more = [_ONLY_A_NAME] if units else []
            else:
                waiting, following = self._search(client, number, at, notes)
                count += 1
                if following and count >= _MOST_SEARCHES:
                    more = [f"name {number + 1} is on more than 10000 works; only these were read"]
                    following = None
                number, at, count = (
                    (number, following, count) if following else (number + 1, "*", 0)
                )
            state = {"name": number, "at": at, "page": count, "waiting": waiting}
            is_last = not waiting and number >= len(self._bylines)
            yield Page(units, None if is_last else state, None, [*notes.lines(), *more])

    def _search(
        self, client: Client, number: int, at: str, notes: Notes
    ) -> tuple[list[str], str | None]:
        """Ids of the authors of one page of works, and the cursor of the next page."""
        wanted, slack = self._bylines[number]
        quoted = f'"{" ".join(wanted)}"' + (f"~{slack}" if slack else "")
        filters = f"raw_author_name.search:{quoted}"
        if self._countries:
            filters += f",authorships.countries:{'|'.join(sorted(self._countries))}"
        page = ask_page(
            client,
            self.spending,
            "works",
            {
                "filter": filters,
                "select": "id,authorships",
                "per_page": _SEARCHED_PER_PAGE,
                "cursor": at,
            },
            "search",
        )
        found: dict[str, None] = {}
        for item in page.results:
            try:
                hit = _Hit.model_validate(item)
            except ValidationError:
                notes.count("works of another form than documented, not looked at")
                continue
            for authorship in hit.authorships:
                key = authorship.author_id
                if not self._is_abroad(authorship) or not _fits(authorship, wanted, slack):
                    continue
                if key and key not in PLACEHOLDERS:
                    found[key] = None
                else:
                    notes.count("fitting names that belong to no profile, left out")
        return list(found), page.next

    def _is_abroad(self, authorship: _Placed) -> bool:
        countries = {code.upper() for code in authorship.countries}
        return bool(countries & self._countries if self._countries else countries - {_HOME})


def _byline(text: str) -> tuple[list[str], int]:
    match = _BYLINE.fullmatch(clean(text))
    # Punctuation parts filters and values from each other, and the search does not heed it.
    wanted = words(match["name"]) if match else []
    if match is None or len(wanted) < 2 or len(wanted) > 12:
        raise InvalidInputError(
            f"{shorten(text)} is no name of at least two words, such as Ngo Van Uc or Ngo Uc~1"
        )
    return wanted, int(match["slack"] or 0)


def _fits(authorship: _Placed, wanted: Sequence[str], slack: int) -> bool:
    """Whether a byline is the one searched for: works come back for any of their names."""
    printed = words(fold(authorship.printed_name))
    folded = [fold(word) for word in wanted]
    if not slack:
        return printed == folded
    return len(printed) <= len(folded) + slack and not Counter(folded) - Counter(printed)


def checked_countries(countries: Sequence[str]) -> list[str]:
    """Country codes in capitals, each once.

    Raises:
        InvalidInputError: One has not two letters.
    """
    codes = [text.strip().upper() for text in countries]
    for code in codes:
        if not _COUNTRY.fullmatch(code):
            raise InvalidInputError(f"{shorten(code)} is no country code of two letters")
    return list(dict.fromkeys(codes))


def checked_ids(ids: Sequence[str]) -> list[str]:
    """Bare ids of authors, each once.

    Raises:
        InvalidInputError: One is no id of an author, or stands for nobody.
    """
    keys = []
    for text in ids:
        key = bare_id(text, "A")
        if key is None:
            raise InvalidInputError(
                f"{shorten(text)} is no author of OpenAlex, such as A5023888391"
            )
        if key in PLACEHOLDERS:
            raise InvalidInputError(f"{key} is nobody: it gathers what belongs to no profile")
        keys.append(key)
    return list(dict.fromkeys(keys))


def _groups(values: Sequence[str], size: int) -> list[list[str]]:
    unique = list(dict.fromkeys(values))
    return [unique[start : start + size] for start in range(0, len(unique), size)]
