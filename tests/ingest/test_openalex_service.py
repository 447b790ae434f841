import copy
import json
import random
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from ingest.services.asking import Page, Source, Unit
from ingest.services.client import Client
from ingest.services.openalex import MANIFEST, Spending, ask_page, headers, judge
from ingest.services.openalex_people import WORK_FIELDS, authors_of
from ingest.services.openalex_queries import AuthorsByBylines, AuthorsByFilter
from ingest.services.replies import Reply
from ingest.sources.openalex import read_author
from ingest.sources.records import Notes
from registry.errors import (
    ImportRefusedError,
    InvalidInputError,
    SourceLaterError,
    SourceRefusedError,
)
from registry.experts.schemas import PersonDraft, StatementDraft
from registry.experts.values import NameValue, WorkValue

SAMPLES = Path(__file__).parent.parent / "data" / "openalex"
NOW = datetime(2026, 11, 1, tzinfo=UTC)
KEY = "not-a-real-key-0001"
AUTHOR = "A5023888391"


def sample(name: str) -> Any:
    return json.loads((SAMPLES / name).read_text(encoding="utf-8"))


DOCUMENTED = {case["name"]: case for case in sample("documented_error_bodies.json")["cases"]}


def reply_of(response: Mapping[str, Any], url: str = "https://api.openalex.org/authors") -> Reply:
    body = response["body"]
    content = body if isinstance(body, str) else json.dumps(body)
    lower = {name.lower(): value for name, value in response.get("headers", {}).items()}
    return Reply(url, response["status"], lower, content.encode(), NOW)


def recorded() -> Iterator[Any]:
    """Every reply of the samples, from wherever it stands in its file."""
    for path in sorted(SAMPLES.glob("*.json")):
        content = sample(path.name)
        exchanges = content.get("cases") if isinstance(content, dict) else content
        if exchanges is None:
            yield pytest.param({"status": 200, "body": content}, id=path.stem)
        for number, exchange in enumerate(exchanges or []):
            name = exchange.get("name", number)
            yield pytest.param(exchange["response"], id=f"{path.stem}-{name}")


def author(number: int = 1, **changes: Any) -> dict[str, Any]:
    key = f"https://openalex.org/A{5_000_000_000 + number}"
    return {"id": key, "display_name": f"Person {number}"} | changes


def work(number: int, *names: tuple[int | None, str, list[str]]) -> dict[str, Any]:
    """A work with bylines: number of the author, printed name, countries."""
    return {
        "id": f"https://openalex.org/W{number}",
        "title": f"Invented work {number}",
        "publication_year": 2020,
        "authorships": [
            {
                "author": {"id": who and f"https://openalex.org/A{5_000_000_000 + who}"},
                "raw_author_name": printed,
                "countries": countries,
                "raw_affiliation_strings": ["Invented Institute, person@example.org"],
            }
            for who, printed, countries in names
        ],
    }


class Service:
    """Answers as OpenAlex does, out of the records that it is given."""

    def __init__(self, *authors: dict[str, Any]) -> None:
        self.authors = {one["id"].rsplit("/")[-1]: one for one in authors}
        self.works: dict[str, list[dict[str, Any]]] = {}
        self.found: list[dict[str, Any]] = []
        self.moved: dict[str, str] = {}
        self.asked: list[httpx.Request] = []
        self.first: list[httpx.Response] = []
        self.cost = "0.0001"

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        if self.first:
            return self.first.pop(0)
        path, params = request.url.path.strip("/"), request.url.params
        if path.startswith("authors/"):
            return self._one(path.removeprefix("authors/"))
        name, _, value = params["filter"].partition(":")
        if path == "authors":
            chosen = [*self.authors.values()]
            if name == "ids.openalex":
                chosen = [self.authors[key] for key in value.split("|") if key in self.authors]
            return self._page(chosen, params)
        return self._page(self.works.get(value, []) if name == "author.id" else self.found, params)

    def _one(self, key: str) -> httpx.Response:
        if key in self.moved:
            place = f"https://api.openalex.org/authors/{self.moved[key]}"
            return httpx.Response(301, headers={"Location": place})
        if key in self.authors:
            return httpx.Response(200, json=self.authors[key])
        return httpx.Response(404, text="<h1>Not Found</h1>")

    def _page(self, results: list[dict[str, Any]], params: httpx.QueryParams) -> httpx.Response:
        size, cursor = int(params["per_page"]), params.get("cursor", "*")
        start = 0 if cursor == "*" else int(cursor)
        some = results[start : start + size]
        meta = {
            "count": len(results),
            "per_page": size,
            "cost_usd": 9.9,
            "next_cursor": str(start + size) if some and "cursor" in params else None,
        }
        charged = {
            "X-RateLimit-Cost-USD": self.cost,
            "X-RateLimit-Remaining-USD": "0.5",
            "X-RateLimit-Reset": "3600",
        }
        body = {"meta": meta, "results": some, "group_by": []}
        return httpx.Response(200, content=json.dumps(body), headers=charged)

    def client(self, pauses: list[float] | None = None) -> Client:
        return Client(
            MANIFEST,
            judge,
            headers=headers(KEY),
            transport=httpx.MockTransport(self),
            pause=(pauses if pauses is not None else []).append,
        )

    def filters(self, path: str) -> list[str]:
        return [
            request.url.params["filter"]
            for request in self.asked
            if request.url.path.strip("/") == path
        ]


def everything(source: Source, service: Service, cursor: Any = None) -> list[Page]:
    with service.client() as client:
        return [*source.pages(client, cursor)]


def units_of(pages: list[Page]) -> list[Unit]:
    return [unit for page in pages for unit in page.units]


def of(person: PersonDraft, property_name: str) -> list[StatementDraft]:
    return [s for s in person.statements if s.property == property_name]


def refusal_of(unit: Unit) -> list[str]:
    with pytest.raises(ImportRefusedError) as caught:
        read_author(unit.key, unit.raw, NOW, Notes())
    return [problem.where for problem in caught.value.problems]


def unit(**changes: Any) -> Unit:
    raw = {"author": author(), "works": [], "all_works": True}
    return Unit("A5000000001", raw | changes, NOW)


# --- what replies mean


@pytest.mark.parametrize("response", [*recorded()])
def test_every_recorded_reply_is_judged_and_a_good_one_read(response: Mapping[str, Any]) -> None:
    reply = reply_of(response)

    verdict = judge(reply)

    if reply.status != 200:
        assert verdict.kind in {"again", "later", "no"}
        assert verdict.why
        return
    assert verdict.kind == "ok"
    body, notes = json.loads(reply.content), Notes()
    items = body.get("results", [body])
    for key, found in authors_of(items, notes).items():
        raw = {"author": found, "works": [], "all_works": True}
        assert read_author(key, raw, NOW, notes).source_key == key
    strange = [
        item for item in items if not str(item.get("id", "")).startswith("https://openalex.org/A")
    ]
    works = [
        item for item in strange if str(item.get("id", "")).startswith("https://openalex.org/W")
    ]
    assert bool(strange) == any("records without the id of an author" in n for n in notes.lines())
    if works:
        raw = {"author": sample("pyopenalex_author.json"), "works": works, "all_works": True}
        assert of(read_author(AUTHOR, raw, NOW, notes), "name")


@pytest.mark.parametrize(
    ("name", "kind", "wait", "word"),
    [
        ("429_per_second", "again", 1, "slow down"),
        ("429_daily_budget_spent", "later", 41749, "budget"),
        ("429_semantic_search", "again", 1, "Semantic"),
        ("429_broad_boolean_query", "again", 1, "boolean"),
        ("429_account_throttled", "later", None, "must write to support@openalex.org"),
        ("429_plan_upgrade_required", "no", None, "paid plans"),
        ("429_anonymous_search_slowed", "again", 60, "key"),
        ("503_anonymous_search_paused", "again", 60, "key"),
        ("401_bad_key", "no", None, "key"),
        ("400_limit_param", "no", None, "limit"),
        ("400_raw_comma_in_filter_value", "no", None, "comma"),
        ("400_url_too_long", "no", None, "8190"),
        ("504_query_timeout", "again", None, "narrow"),
    ],
)
def test_each_documented_error_has_its_meaning(
    name: str, kind: str, wait: float | None, word: str
) -> None:
    verdict = judge(reply_of(DOCUMENTED[name]["response"]))

    assert (verdict.kind, verdict.wait) == (kind, wait)
    assert word in verdict.why


def test_no_documented_error_is_left_untested() -> None:
    [mark] = test_each_documented_error_has_its_meaning.pytestmark  # type: ignore[attr-defined]

    assert {row[0] for row in mark.args[1]} == set(DOCUMENTED)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (429, "Too Many Requests", "again"),
        (429, "[]", "again"),
        (429, '{"message": 7}', "again"),
        (503, "<html>busy</html>", "again"),
        (500, "", "again"),
        (404, "", "missing"),
        (301, "", "moved"),
        (403, "forbidden", "no"),
        (418, "", "no"),
    ],
)
def test_replies_that_are_no_json_are_judged_by_their_status(
    status: int, body: str, kind: str
) -> None:
    assert judge(reply_of({"status": status, "body": body})).kind == kind


def documented(name: str) -> httpx.Response:
    response = DOCUMENTED[name]["response"]
    given = {k: v for k, v in response["headers"].items() if k != "Content-Type"}
    return httpx.Response(response["status"], json=response["body"], headers=given)


def test_a_spent_budget_puts_the_run_off_until_midnight_without_asking_again() -> None:
    service, pauses = Service(author()), list[float]()
    service.first = [documented("429_daily_budget_spent")]

    with service.client(pauses) as client, pytest.raises(SourceLaterError) as caught:
        next(AuthorsByFilter(countries=["VN"]).pages(client, None))

    assert caught.value.until is not None
    wait = caught.value.until - datetime.now(UTC)
    assert timedelta(hours=11) < wait < timedelta(hours=12)
    assert (len(service.asked), pauses) == (1, [])


def test_what_is_for_paid_plans_is_asked_once() -> None:
    service = Service(author())
    service.first = [documented("429_plan_upgrade_required")]

    with service.client() as client, pytest.raises(SourceRefusedError, match="paid plans"):
        next(AuthorsByFilter(countries=["VN"]).pages(client, None))

    assert len(service.asked) == 1


def test_a_throttled_account_needs_a_person_and_no_moment_is_named() -> None:
    service = Service(author())
    service.first = [documented("429_account_throttled")]

    with service.client() as client, pytest.raises(SourceLaterError, match="write to") as caught:
        next(AuthorsByFilter(countries=["VN"]).pages(client, None))

    assert (caught.value.until, len(service.asked)) == (None, 1)


def test_what_passes_is_waited_for() -> None:
    service, pauses = Service(author()), list[float]()
    service.first = [documented("429_anonymous_search_slowed"), documented("504_query_timeout")]

    with service.client(pauses) as client:
        page = next(AuthorsByFilter(countries=["VN"], works_per_author=0).pages(client, None))

    assert len(page.units) == 1
    assert any(60 <= pause < 61 for pause in pauses)


@pytest.mark.parametrize(
    "body",
    [
        {"meta": {}, "results": None},
        {"meta": None, "results": []},
        {"results": []},
        [],
        "text",
        {"meta": {"next_cursor": 7}, "results": []},
    ],
)
def test_an_answer_that_is_no_page_is_refused(body: Any) -> None:
    service = Service()
    service.first = [httpx.Response(200, json=body)]

    with service.client() as client, pytest.raises(SourceRefusedError, match=r"something|no text"):
        ask_page(client, Spending(), "authors", {"cursor": "*"})


def test_a_list_that_leads_back_to_itself_is_refused() -> None:
    service = Service()
    body = {"meta": {"next_cursor": "x"}, "results": [author()]}
    service.first = [httpx.Response(200, json=body)]

    with service.client() as client, pytest.raises(SourceRefusedError, match="back to itself"):
        ask_page(client, Spending(), "authors", {"cursor": "x"})


# --- the key and the money


def test_the_key_travels_in_a_header_and_nowhere_else() -> None:
    service = Service(author())

    pages = everything(AuthorsByFilter(countries=["VN"]), service)

    assert {request.headers["Authorization"] for request in service.asked} == {f"Bearer {KEY}"}
    assert not any(KEY in str(request.url) for request in service.asked)
    assert KEY not in repr(pages)
    assert headers(None) == headers("") == {}


@pytest.mark.parametrize("key", ["two words", "line\nbreak", "khoá", "tab\t"])
def test_a_key_of_other_characters_is_refused_without_showing_it(key: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        headers(key)

    assert key not in str(caught.value)


def test_a_run_says_what_it_cost_by_what_was_charged() -> None:
    service = Service(author(1), author(2))
    source = AuthorsByFilter(countries=["VN"])

    everything(source, service)

    # Two pages of authors, the second one empty, and a page of works for each author.
    assert (source.spending.requests, source.spending.left_today) == (4, 0.5)
    assert source.spending.dollars == pytest.approx(0.0004)
    assert source.spending.line() == "4 requests to OpenAlex for $0.0004; $0.5000 are left today"


def test_a_run_stops_before_its_limit_and_goes_on_where_it_stopped() -> None:
    service = Service(*(author(n) for n in range(60)))
    source = AuthorsByFilter(countries=["VN"], limit_dollars=0.003)
    pages: list[Page] = []

    with service.client() as client, pytest.raises(SourceLaterError, match="may") as caught:
        pages.extend(page for page in _collected(source.pages(client, None), pages))

    assert source.spending.dollars == pytest.approx(0.003)
    assert caught.value.until is not None
    rest = everything(AuthorsByFilter(countries=["VN"]), service, pages[-1].cursor)
    keys = [u.key for u in units_of(pages) + units_of(rest)]
    assert sorted(keys) == sorted(set(keys)) == sorted(service.authors)


def _collected(found: Iterator[Page], pages: list[Page]) -> Iterator[Page]:
    for page in found:
        pages.append(page)
        yield from ()


def test_a_price_that_is_higher_than_the_list_says_is_learned() -> None:
    service = Service(*(author(n) for n in range(60)))
    service.cost = "0.01"
    source = AuthorsByFilter(countries=["VN"], limit_dollars=0.025)

    with service.client() as client, pytest.raises(SourceLaterError):
        next(source.pages(client, None))

    assert source.spending.dollars == pytest.approx(0.02)


@pytest.mark.parametrize(("cost", "charged"), [("nan", 0.002), ("-1", 0.002), ("x", 0.002)])
def test_a_nonsense_price_gives_way_to_the_one_in_the_body(cost: str, charged: float) -> None:
    spending = Spending()

    spending.add(
        "list",
        reply_of({"status": 200, "body": {}, "headers": {"X-RateLimit-Cost-USD": cost}}),
        0.002,
    )

    assert spending.dollars == pytest.approx(charged)


def test_the_recorded_headers_say_what_a_list_cost() -> None:
    spending = Spending()

    for exchange in sample("http_list_count_200.json"):
        spending.add("list", reply_of(exchange["response"]))

    assert spending.dollars == pytest.approx(0.0002)
    assert spending.left_today == pytest.approx(199.8079)
    assert spending.resets_at == NOW + timedelta(seconds=41741)


# --- authors by filter


def test_an_author_comes_with_all_his_works_and_what_is_gone_can_end() -> None:
    service = Service(sample("pyopenalex_author.json"))
    service.works[AUTHOR] = [sample("pyopenalex_work.json")]
    source = AuthorsByFilter(ids=[f"https://openalex.org/{AUTHOR}"])

    [unit] = units_of(everything(source, service))
    person = source.read(unit, Notes())

    assert (person.source, person.source_key, person.partial) == ("openalex", AUTHOR, [])
    assert unit.raw is not None
    assert unit.raw["author"] == sample("pyopenalex_author.json")
    [statement] = of(person, "work")
    assert isinstance(statement.value, WorkValue)
    assert (statement.value.openalex_id, statement.value.author_position) == ("W2741809807", 2)


def test_only_what_is_read_of_works_is_asked_for_newest_first() -> None:
    service = Service(author())

    everything(AuthorsByFilter(countries=["VN"]), service)

    [asked] = [r.url.params for r in service.asked if r.url.path == "/works"]
    assert (asked["filter"], asked["sort"]) == ("author.id:A5000000001", "-publication_date")
    message = sample("http_select_400.json")[0]["response"]["body"]["message"]
    valid = set(re.split(r"[:,.]? ", message.partition("select are: ")[2].rstrip(".")))
    assert set(asked["select"].split(",")) == set(WORK_FIELDS) <= valid


def test_affiliations_and_addresses_of_other_authors_are_not_kept() -> None:
    service = Service(author())
    service.works["A5000000001"] = [work(1, (1, "A. Person", ["VN"]), (2, "B. Other", ["US"]))]

    pages = everything(AuthorsByFilter(countries=["VN"]), service)

    assert "person@example.org" not in repr(pages)
    assert "B. Other" in repr(pages)


@pytest.mark.parametrize(
    ("there", "wanted", "fetched", "partial", "requests"),
    [
        (150, 200, 150, [], 2),
        (100, 100, 100, [], 1),
        (101, 100, 100, ["work"], 1),
        (250, 200, 200, ["work"], 2),
        (3, 2, 2, ["work"], 1),
        (0, 200, 0, [], 1),
        (5, 0, 0, ["work"], 0),
    ],
)
def test_works_that_were_not_all_fetched_end_nothing(
    there: int, wanted: int, fetched: int, partial: list[str], requests: int
) -> None:
    service = Service(author())
    service.works["A5000000001"] = [work(n, (1, "P. One", [])) for n in range(1, there + 1)]
    source = AuthorsByFilter(countries=["VN"], works_per_author=wanted)

    [unit] = units_of(everything(source, service))
    person = source.read(unit, Notes())

    assert (len(of(person, "work")), person.partial) == (fetched, partial)
    assert len(service.filters("works")) == requests


def test_a_run_goes_on_after_any_of_its_pages() -> None:
    service = Service(*(author(n) for n in range(60)))
    questions: dict[str, Any] = {"countries": ["VN"], "ids": [*service.authors][:30]}
    pages = everything(AuthorsByFilter(**questions), service)
    keys = [[unit.key for unit in page.units] for page in pages]

    rests = [
        [[u.key for u in p.units] for p in everything(AuthorsByFilter(**questions), service, state)]
        for state in (json.loads(json.dumps(page.cursor)) for page in pages[:-1])
    ]

    assert [len(some) for some in keys] == [25, 5, 25, 25, 10, 0]
    assert rests == [keys[n + 1 :] for n in range(len(keys) - 1)]
    assert pages[-1].cursor is None


def test_the_number_of_authors_is_told_where_one_question_is_asked() -> None:
    service = Service(*(author(n) for n in range(30)))

    [one, *_] = everything(AuthorsByFilter(countries=["VN"]), service)
    [two, *_] = everything(AuthorsByFilter(ids=[*service.authors][:28]), service)
    [both, *_] = everything(
        AuthorsByFilter(countries=["VN"], orcids=["0000-0002-1825-0097"]), service
    )

    assert (one.total, two.total, both.total) == (30, 28, None)


def test_long_lists_are_asked_for_a_hundred_at_a_time() -> None:
    rors = [f"https://ror.org/0{n:06d}00" for n in range(150)]
    service = Service()

    everything(AuthorsByFilter(institutions=rors, countries=["vn", "VN"]), service)

    asked = service.filters("authors")
    assert [len(filters.split("|")) for filters in asked] == [1, 100, 50]
    assert asked[0] == "affiliations.institution.country_code:VN"
    assert all(len(str(request.url)) < 8190 for request in service.asked)


def test_a_merged_author_comes_under_his_new_id_and_a_removed_one_empty() -> None:
    service = Service(author(1), author(2), sample("legacy2025_deleted_author_A5317838346.json"))
    service.moved = {
        "A5000000007": "A5000000001",
        "A5000000008": "A5000000002",
        "A5000000009": "A5317838346",
    }
    ids = ["A5000000001", *service.moved, "A5000000010"]
    source = AuthorsByFilter(ids=ids)

    found = units_of(everything(source, service))

    assert [(unit.key, unit.aliases, unit.raw is None) for unit in found] == [
        ("A5000000001", ("A5000000007",), False),
        ("A5000000002", ("A5000000008",), False),
        ("A5000000009", (), True),
        ("A5000000010", (), True),
    ]
    gone = source.read(found[-1], Notes())
    assert (gone.source_key, gone.statements, gone.partial) == ("A5000000010", [], [])


def test_authors_whom_nobody_asked_for_are_left_out() -> None:
    service = Service(author(1))
    body = {"meta": {"count": 2}, "results": [author(1), author(2)]}
    service.first = [httpx.Response(200, json=body)]

    [page] = everything(AuthorsByFilter(ids=["A5000000001"]), service)

    assert [unit.key for unit in page.units] == ["A5000000001"]
    assert page.notes == ["authors that were not asked for, left out: 1"]


def test_placeholders_and_records_without_an_id_never_become_people() -> None:
    nobody = sample("legacy2025_deleted_author_A5317838346.json")
    service = Service(author(1), nobody)
    service.authors["x"] = {"id": None}
    service.authors["y"] = {"id": "https://openalex.org/I27837315"}

    [page, _] = everything(AuthorsByFilter(countries=["VN"]), service)

    assert [unit.key for unit in page.units] == ["A5000000001"]
    assert page.notes == [
        "placeholder authors skipped: 1",
        "records without the id of an author, left out: 2",
    ]


def test_characters_that_no_database_holds_do_not_reach_it() -> None:
    service = Service(author(1, display_name="Ngo\x00 Van Uc", note="a\ud800b\\u0000 \U0001f600"))

    [unit] = units_of(everything(AuthorsByFilter(countries=["VN"]), service))

    assert unit.raw is not None
    assert unit.raw["author"]["display_name"] == "Ngo Van Uc"
    assert unit.raw["author"]["note"] == "ab\\u0000 \U0001f600"


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"countries": ["Vietnam"]},
        {"ids": ["W2741809807"]},
        {"ids": ["A9999999999"]},
        {"ids": ["A5317838346"]},
        {"orcids": ["0000-0002-1825-0098"]},
        {"institutions": ["Hanoi"]},
        {"countries": ["VN"], "works_per_author": -1},
        {"countries": ["VN"], "limit_dollars": -0.1},
        {"countries": ["VN"], "limit_dollars": float("nan")},
    ],
)
def test_questions_that_make_no_sense_are_refused(arguments: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError):
        AuthorsByFilter(**arguments)


# --- authors by bylines


def test_only_the_fitting_byline_abroad_becomes_a_lead() -> None:
    service = Service(*(author(n) for n in range(1, 7)))
    service.found = [
        work(1, (1, "Ngo Van Uc", ["FR"]), (2, "B. Other", ["FR"])),
        work(2, (3, "Ngo Van Uc", ["VN"]), (1, "Ngô Văn Úc", ["FR", "VN"])),
        work(3, (4, "Ngo Van Uc", [])),
        work(4, (5, "Ngo Thi Van Uc", ["US"]), (6, "Uc Ngo Van", ["US"])),
        work(5, (None, "Ngo, Van Uc", ["DE"])),
    ]

    pages = everything(AuthorsByBylines(["Ngo Van Uc"]), service)

    assert [unit.key for unit in units_of(pages)] == ["A5000000001"]
    assert service.filters("works")[0] == 'raw_author_name.search:"ngo van uc"'
    assert "fitting names that belong to no profile, left out: 1" in pages[0].notes
    [found] = [page for page in pages if page.units]
    assert "says nothing of anybody's origin" in found.notes[-1]


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("Ngo Uc", []),
        ("Ngo Uc~1", [1, 2]),
        ('"Ngo Uc"~2', [1, 2, 3]),
        ("Ngo Van Uc", [1]),
    ],
)
def test_a_name_may_leave_room_for_middle_names(name: str, keys: list[int]) -> None:
    service = Service(*(author(n) for n in range(1, 5)))
    service.found = [
        work(1, (1, "Ngo Van Uc", ["FR"]), (2, "Uc T. Ngo", ["FR"])),
        work(2, (3, "Ngo Thi Van Uc", ["FR"]), (4, "Ngo Ngo Thi Van Uc", ["FR"])),
    ]

    found = units_of(everything(AuthorsByBylines([name]), service))

    assert [unit.key for unit in found] == [f"A{5_000_000_000 + n}" for n in keys]


def test_a_search_can_be_bound_to_countries() -> None:
    service = Service(author(1), author(2))
    service.found = [work(1, (1, "Ngo Van Uc", ["FR"]), (2, "Ngo Van Uc", ["US"]))]

    found = units_of(everything(AuthorsByBylines(["Ngo Van Uc"], ["us", "de"]), service))

    assert [unit.key for unit in found] == ["A5000000002"]
    assert service.filters("works")[0].endswith(",authorships.countries:DE|US")


def test_nothing_of_a_search_is_kept_with_the_person() -> None:
    service = Service(author(1))
    service.found = [work(1, (1, "Ngo Van Uc", ["FR"]))]
    source = AuthorsByBylines(["Ngo Van Uc"])

    [unit] = units_of(everything(source, service))
    person = source.read(unit, Notes())

    assert unit.raw == {"author": author(1), "works": [], "all_works": True}
    assert {statement.property for statement in person.statements} == {"name", "external_id"}
    assert person.life == "lead"


def test_a_search_goes_on_after_any_of_its_pages() -> None:
    service = Service(*(author(n) for n in range(1, 141)))
    service.found = [work(n, (n, "Ngo Van Uc", ["FR"])) for n in range(1, 141)]
    pages = everything(AuthorsByBylines(["Ngo Van Uc", "Ngo Uc~1"], works_per_author=0), service)
    keys = [[unit.key for unit in page.units] for page in pages]

    for number, page in enumerate(pages[:-1]):
        source = AuthorsByBylines(["Ngo Van Uc", "Ngo Uc~1"], works_per_author=0)
        rest = everything(source, service, json.loads(json.dumps(page.cursor)))
        assert [[unit.key for unit in p.units] for p in rest] == keys[number + 1 :]

    assert len({key for some in keys for key in some}) == 140
    assert pages[-1].cursor is None


def test_an_author_who_is_gone_since_the_search_is_no_lead() -> None:
    service = Service()
    service.found = [work(1, (1, "Ngo Van Uc", ["FR"]))]

    assert units_of(everything(AuthorsByBylines(["Ngo Van Uc"]), service)) == []


def test_a_search_costs_ten_lists() -> None:
    source = AuthorsByBylines(["Ngo Van Uc"], limit_dollars=0.0009)

    with Service().client() as client, pytest.raises(SourceLaterError):
        next(source.pages(client, None))


def test_bylines_of_publishers_are_found_by_their_own_words_in_their_own_order() -> None:
    printed = [
        entry["name"]
        for item in sample("vn_bylines_2025.json")["works"]
        for entry in item["authors"]
    ]
    service = Service(*(author(n) for n in range(1, len(printed) + 1)))
    service.found = [work(n, (n, name, ["FR"])) for n, name in enumerate(printed, start=1)]

    for number, name in enumerate(printed, start=1):
        found = units_of(everything(AuthorsByBylines([name], works_per_author=0), service))
        assert f"A{5_000_000_000 + number}" in {unit.key for unit in found}


@pytest.mark.parametrize(
    "names", [[], ["Ngo"], ["   "], ['Ngo "Van" Uc'], ["Ngo Uc~3"], ["a " * 20]]
)
def test_names_that_find_half_the_world_are_refused(names: list[str]) -> None:
    with pytest.raises(InvalidInputError):
        AuthorsByBylines(names)


def test_a_search_for_leads_abroad_is_not_for_vietnam() -> None:
    with pytest.raises(InvalidInputError, match="Vietnam"):
        AuthorsByBylines(["Ngo Van Uc"], ["VN"])


# --- reading a unit


def test_a_work_whose_list_of_authors_ends_before_him_is_still_his() -> None:
    notes = Notes()

    person = read_author("A5000000001", unit(works=[work(1, (2, "B. Other", []))]).raw, NOW, notes)

    [statement] = of(person, "work")
    assert isinstance(statement.value, WorkValue)
    assert statement.value.author_position is None
    assert "works whose list of authors ends before this one: 1" in notes.lines()


def test_addresses_and_markup_leave_names_and_titles() -> None:
    titled = work(1, (1, "<b>N. V. Uc</b> n.v.uc@example.org", [])) | {
        "title": "On <i>sensors</i>, write to uc@mail.example.org",
    }
    named = author(display_name="Ngo Van Uc (uc@example.org)")

    person = read_author("A5000000001", unit(author=named, works=[titled]).raw, NOW, Notes())

    text = person.model_dump_json(include={"statements"})
    assert "@" not in text
    assert "<" not in text
    names = [s.value.display for s in of(person, "name") if isinstance(s.value, NameValue)]
    assert names == ["Ngo Van Uc", "N. V. Uc"]


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"author": None}, ["author"]),
        ({"author": {}}, ["author.id", "author.display_name"]),
        ({"author": author(2)}, ["author.id"]),
        ({"author": author(display_name="uc@example.org")}, ["author.display_name"]),
        ({"author": author(id="W1")}, ["author.id"]),
        ({"works": None}, ["works"]),
        ({"works": [7, {"id": "A1"}, {"title": "x"}]}, ["works[0]", "works[1].id", "works[2].id"]),
        ({"all_works": None}, ["all_works"]),
    ],
)
def test_a_unit_of_another_form_is_refused_by_its_path(
    changes: dict[str, Any], where: list[str]
) -> None:
    assert refusal_of(unit(**changes)) == where


def test_a_placeholder_is_refused_whatever_brought_it() -> None:
    raw = unit(author=author(id="https://openalex.org/A9999999999")).raw

    assert refusal_of(Unit("A9999999999", raw, NOW)) == ["author.id"]


JUNK: list[Any] = [
    None,
    True,
    -1,
    2**70,
    1.5,
    "",
    "x" * 600,
    [],
    {},
    [None],
    {"id": 7},
    "\ud800\x00",
]
JUNK += ["https://openalex.org/A9999999999", "<b>", "person@example.org"]


def spots(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value[:3])
    for key, inner in items:
        yield (*path, key)
        if isinstance(inner, dict | list):
            yield from spots(inner, (*path, key))


def is_refused_in_words(error: ImportRefusedError) -> bool:
    return bool(error.problems) and all(p.where and p.found and p.expected for p in error.problems)


def damage(rounds: int, seed: int) -> tuple[int, int]:
    """Read and refused among so many damaged units."""
    works = [sample("pyopenalex_work.json"), *sample("pyopenalex_works_list.json")["results"]]
    slim = [{name: each.get(name) for name in WORK_FIELDS} for each in works]
    whole = {"author": sample("pyopenalex_author.json"), "works": slim, "all_works": True}
    places, rng = [*spots(whole)], random.Random(seed)
    read = refused = 0
    for _ in range(rounds):
        raw = copy.deepcopy(whole)
        for _ in range(rng.randint(1, 3)):
            *path, last = rng.choice(places)
            at: Any = raw
            try:
                for step in path:
                    at = at[step]
                if rng.random() < 0.2:
                    del at[last]
                else:
                    at[last] = copy.deepcopy(rng.choice(JUNK))
            except (KeyError, IndexError, TypeError):
                continue  # An earlier damage took this place away.
        notes = Notes()
        try:
            person = read_author(AUTHOR, raw, NOW, notes)
        except ImportRefusedError as error:
            if not is_refused_in_words(error):
                raise
            refused += 1
        else:
            person.model_dump_json(exclude={"raw"})
            assert notes.lines()
            assert of(person, "name")
            read += 1
    return read, refused


def test_a_damaged_unit_is_read_or_refused() -> None:
    read, refused = damage(300, seed=1)

    assert read > 0
    assert refused > 0


@pytest.mark.soak
def test_ten_thousand_damaged_units_are_read_or_refused() -> None:
    read, refused = damage(10_000, seed=2)

    assert read + refused == 10_000
