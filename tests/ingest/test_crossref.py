import json
from typing import Any
from uuid import UUID

import httpx
import pytest

from ingest.services.crossref import MANIFEST, WorksByDoi, WorksOfPeople, headers, judge
from ingest.services.known_people import body_of
from ingest.sources.crossref import read_described, read_person, slim
from ingest.sources.records import Notes
from registry.errors import ImportRefusedError, InvalidInputError, SourceRefusedError
from registry.experts.values import ExternalIdValue
from tests.ingest.known_people import (
    DATA,
    FIRST,
    RETRIEVED_AT,
    SECOND,
    client_of,
    damaged,
    exchanges,
    names,
    of,
    read_or_refused,
    samples,
    works,
)

ORCID = "0000-0002-7732-0497"
OTHER = "0000-0003-1111-9659"
VERDICTS = {
    "http_cursor.json": "ok",
    "http_cursor_fails_cursor_value.json": "no",
    "http_funders_fail_limit.json": "no",
    "http_funders_fail_sort.json": "no",
    "http_registration_agency_bad_request.json": "missing",
    "http_works_bad_id_warn.json": "missing",
    "http_works_query.json": "ok",
    "http_works_sample.json": "ok",
    "http_works_with_one_id.json": "ok",
    "http_works_with_select_param.json": "ok",
    "works_vietnamese_authors.json": "ok",
}


def vietnamese() -> list[Any]:
    path = DATA / "crossref" / "works_vietnamese_authors.json"
    found: list[Any] = json.loads(path.read_text(encoding="utf-8"))["items"]
    return found


def raw(*items: Any, all_works: bool = True) -> dict[str, Any]:
    works = [slim(item) for item in items]
    return {"ids": [ORCID], "works": works, "all_works": all_works}


def work(**changes: Any) -> dict[str, Any]:
    author = {"ORCID": f"http://orcid.org/{ORCID}", "given": "Thi Hoa", "family": "Le"}
    return {
        "DOI": "10.1000/One",
        "type": "journal-article",
        "title": ["Sensors for rice fields"],
        "container-title": ["Journal of Examples"],
        "issued": {"date-parts": [[2020, 5]]},
        "author": [{"name": "Rice Group", "sequence": "first"}, author],
    } | changes


def page(items: list[Any], following: str | None, total: int) -> httpx.Response:
    message = {"items": items, "next-cursor": following, "total-results": total}
    return httpx.Response(200, json={"status": "ok", "message": message})


@pytest.mark.parametrize("path", samples("crossref"), ids=lambda path: path.name)
def test_every_sample_is_judged_and_read(path: Any) -> None:
    for reply in exchanges(path):
        verdict = judge(reply)

        assert verdict.kind == VERDICTS[path.name]
        if verdict.kind == "ok":
            body = body_of(reply)
            message = body.get("message", body)
            items = message.get("items", [message])
            draft = read_described("x", raw(*items), RETRIEVED_AT, Notes())
            assert items
            assert {value.doi for value in works(draft)} <= {i["DOI"].lower() for i in items}
        else:
            assert verdict.why


def test_what_failed_is_said_in_the_services_own_words() -> None:
    [reply] = exchanges(DATA / "crossref" / "http_funders_fail_sort.json")

    assert judge(reply).why.endswith("This route does not support sort")


def test_only_a_work_with_the_id_in_an_authors_entry_is_his() -> None:
    notes = Notes()

    draft = read_person(ORCID, raw(*vietnamese()), RETRIEVED_AT, notes)

    [value] = works(draft)
    assert value.doi == "10.1155/2021/8197435"
    assert (value.venue, value.kind) == ("Case Reports in Genetics", "journal-article")
    assert value.authors == [
        *("Hao Trong Nguyen", "Nguyen Nhat Pham", "Hoang Anh Vu", "Tu Nguyen Anh Tran")
    ]
    assert value.author_position == 1
    assert of(draft, "work")[0].started_on == "2021-09-13"
    assert of(draft, "work")[0].evidence_url == "https://doi.org/10.1155/2021/8197435"
    assert of(draft, "external_id")[0].value == ExternalIdValue(scheme="orcid", value=ORCID)
    assert "works whose authors do not carry the iD of the person, left out: 5" in notes.lines()


def test_names_are_printed_as_deposited_and_their_order_is_judged_anew() -> None:
    swapped = {"ORCID": ORCID, "given": "Nguyen The", "family": "Hung"}
    right = {"ORCID": ORCID, "given": "Hung The", "family": "Nguyen"}

    draft = read_person(
        ORCID,
        raw(work(author=[swapped]), work(DOI="10.1000/two", author=[right])),
        RETRIEVED_AT,
        Notes(),
    )

    first, second = names(draft)
    assert (first.display, first.family, first.kind) == ("Nguyen The Hung", "Nguyen", "variant")
    assert (second.display, second.family) == ("Hung The Nguyen", "Nguyen")


def test_a_group_is_an_author_and_a_person_named_twice_has_no_place() -> None:
    twice = work()
    twice["author"].append(twice["author"][1])
    notes = Notes()

    draft = read_person(ORCID, raw(work(DOI="10.1000/two"), twice), RETRIEVED_AT, notes)

    once, doubled = works(draft)
    assert (once.authors, once.author_position) == (["Rice Group", "Thi Hoa Le"], 2)
    assert doubled.author_position is None
    assert "works that name the person several times, kept without a place: 1" in notes.lines()


@pytest.mark.parametrize(
    ("parts", "date"),
    [
        ([[2012]], "2012"),
        ([[2012, 3, 21]], "2012-03-21"),
        ([[2012, 2, 30]], "2012-02"),
        ([[None]], None),
        ([], None),
        (None, None),
        ([[20120]], None),
    ],
)
def test_as_much_of_a_date_is_kept_as_there_can_be(parts: Any, date: str | None) -> None:
    draft = read_person(ORCID, raw(work(issued={"date-parts": parts})), RETRIEVED_AT, Notes())

    assert of(draft, "work")[0].started_on == date


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        ({"title": []}, "works without a title left out: 1"),
        ({"updated-by": [{"type": "retraction"}]}, "retracted works left out: 1"),
        ({"type": "component"}, "parts and containers of works, left out: component (1)"),
    ],
)
def test_what_is_nobodys_work_is_left_out(changes: dict[str, Any], note: str) -> None:
    notes = Notes()

    draft = read_person(ORCID, raw(work(**changes)), RETRIEVED_AT, notes)

    assert works(draft) == []
    assert note in notes.lines()


def test_a_correction_does_not_take_a_work_back() -> None:
    draft = read_person(
        ORCID, raw(work(**{"updated-by": [{"type": "correction"}]})), RETRIEVED_AT, Notes()
    )

    assert len(works(draft)) == 1


def test_unknown_fields_and_types_are_noted_and_abstracts_are_not_kept() -> None:
    notes = Notes()
    item = work(type="hologram", colour="blue", abstract="<jats:p>Words</jats:p>")

    draft = read_person(ORCID, raw(item), RETRIEVED_AT, notes)

    assert "abstract" not in slim(item)
    assert works(draft)[0].abstract is None
    assert "work fields that this importer does not know: colour (1)" in notes.lines()
    assert "work types that this importer does not know: hologram (1)" in notes.lines()


def test_an_original_title_stands_beside_an_english_one() -> None:
    item = work(**{"original-title": ["Cảm biến cho ruộng lúa"]}, subtitle=["a review"])

    [value] = works(read_person(ORCID, raw(item), RETRIEVED_AT, Notes()))

    assert (value.title.en, value.title.vi) == (
        "Sensors for rice fields: a review",
        "Cảm biến cho ruộng lúa",
    )


def test_a_part_of_the_works_ends_no_other_one() -> None:
    whole = read_person(ORCID, raw(work()), RETRIEVED_AT, Notes())
    part = read_person(ORCID, raw(work(), all_works=False), RETRIEVED_AT, Notes())
    gone = read_person(ORCID, None, RETRIEVED_AT, Notes())

    assert (whole.partial, part.partial) == ([], ["name", "work"])
    assert (gone.partial, gone.statements) == ([], [])


def test_a_doi_is_shown_by_an_address_that_holds_no_markup() -> None:
    doi = "10.1002/(SICI)1097<1661::AID>3.0.CO;2-2"

    draft = read_person(ORCID, raw(work(DOI=doi)), RETRIEVED_AT, Notes())

    assert works(draft)[0].doi == doi.lower()
    assert of(draft, "work")[0].evidence_url == (
        "https://doi.org/10.1002/%28sici%291097%3C1661%3A%3Aaid%3E3.0.co%3B2-2"
    )


def test_a_record_of_another_form_is_refused_whole_with_its_place() -> None:
    with pytest.raises(ImportRefusedError) as caught:
        read_person(ORCID, raw(work(), work(DOI=None)), RETRIEVED_AT, Notes())

    [problem] = caught.value.problems
    assert (problem.where, problem.expected) == ("works[1].DOI", "text")


def test_the_same_works_give_the_same_draft_whatever_is_counted_meanwhile() -> None:
    first, later = work(), work(**{"is-referenced-by-count": 7, "indexed": {"timestamp": 1}})

    drafts = [read_person(ORCID, raw(item), RETRIEVED_AT, Notes()) for item in (first, later)]

    assert drafts[0] == drafts[1]


def test_works_are_fetched_page_by_page_until_there_are_no_more() -> None:
    asked: list[dict[str, str]] = []
    pages = [
        page([work(DOI=f"10.1000/{i}") for i in range(25)], "same", 26),
        page([work(DOI="10.1000/25")], "same", 26),
    ]

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(dict(request.url.params))
        return pages.pop(0)

    source = WorksOfPeople([(FIRST, f"https://orcid.org/{ORCID}")])
    [found] = source.pages(client_of(MANIFEST, judge, answer), None)

    [unit] = found.units
    assert (unit.key, unit.about) == (ORCID, FIRST)
    assert unit.raw is not None
    assert unit.raw["all_works"] is True
    assert [a["cursor"] for a in asked] == ["*", "same"]
    assert {a["filter"] for a in asked} == {f"orcid:{ORCID}"}
    assert len(works(source.read(unit, Notes()))) == 26


def test_a_pager_that_is_led_in_circles_ends() -> None:
    calls = 0

    def answer(request: httpx.Request) -> httpx.Response:
        nonlocal calls
        calls += 1
        return page([work(DOI=f"10.1000/{i}") for i in range(25)], "same", 900)

    [found] = WorksOfPeople([(FIRST, ORCID)]).pages(client_of(MANIFEST, judge, answer), None)

    assert calls == 2
    assert found.units[0].raw is not None
    assert found.units[0].raw["all_works"] is False
    assert found.notes == ["people of whom only the first works were read: 1"]


def test_no_more_works_are_fetched_than_were_asked_for() -> None:
    calls = 0

    def answer(request: httpx.Request) -> httpx.Response:
        nonlocal calls
        calls += 1
        return page([work(DOI=f"10.1000/{calls}.{i}") for i in range(25)], f"c{calls}", 10**6)

    source = WorksOfPeople([(FIRST, ORCID)], works_per_person=60)
    [found] = source.pages(client_of(MANIFEST, judge, answer), None)

    assert calls == 3
    assert found.units[0].raw is not None
    assert len(found.units[0].raw["works"]) == 60


def test_a_run_goes_on_with_the_person_after_the_last_page() -> None:
    people = [(FIRST, ORCID), (SECOND, OTHER), (UUID(int=3), "0000-0002-4927-7049")]
    source = WorksOfPeople(people)
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.params["filter"])
        return page([], None, 0)

    [found] = source.pages(client_of(MANIFEST, judge, answer), {"people": 2})

    assert asked == ["orcid:0000-0002-4927-7049"]
    assert (found.cursor, found.total) == (None, 3)


def test_an_id_of_two_people_is_asked_for_once() -> None:
    source = WorksOfPeople([(FIRST, ORCID), (SECOND, f"https://orcid.org/{ORCID}")])

    assert source.people == [(FIRST, [ORCID])]


def test_a_person_with_two_ids_comes_once_with_the_works_of_both() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.params["filter"])
        other = work(DOI="10.1000/two", author=[{"ORCID": OTHER, "family": "Le"}])
        return page([work(), other][len(asked) - 1 :], None, 1)

    source = WorksOfPeople([(FIRST, ORCID), (FIRST, OTHER)])
    [found] = source.pages(client_of(MANIFEST, judge, answer), None)
    draft = source.read(found.units[0], Notes())

    assert asked == [f"orcid:{ORCID}", f"orcid:{OTHER}"]
    assert (found.units[0].key, found.units[0].aliases) == (ORCID, (OTHER,))
    assert [value.author_position for value in works(draft)] == [2, 1]
    assert [s.value.item_key() for s in of(draft, "external_id")] == [
        f"orcid:{ORCID}",
        f"orcid:{OTHER}",
    ]


@pytest.mark.parametrize("body", [b"Resource not found.", b"[]", b'{"message": {"items": 3}}'])
def test_an_answer_of_another_form_is_refused(body: bytes) -> None:
    client = client_of(MANIFEST, judge, lambda _: httpx.Response(200, content=body))
    pages = WorksOfPeople([(FIRST, ORCID)]).pages(client, None)

    with pytest.raises(SourceRefusedError):
        next(pages)


def test_works_by_doi_are_described_and_given_to_nobody() -> None:
    [reply] = exchanges(DATA / "crossref" / "http_works_with_one_id.json")
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        if "unknown" in asked[-1]:
            return httpx.Response(404, text="Resource not found.")
        return httpx.Response(200, content=reply.content)

    dois = ["https://doi.org/10.1371/JOURNAL.pone.0033693", "10.1000/unknown", "10.1000/../x?y"]
    source = WorksByDoi([(FIRST, dois)])
    [found] = source.pages(client_of(source.manifest, judge, answer), None)
    draft = source.read(found.units[0], Notes())

    assert asked[2] == "https://api.crossref.org/works/10.1000%2F..%2Fx%3Fy"
    assert found.notes == [
        "DOIs that Crossref does not know: 1",
        "works that answer under another DOI, left out: 1",
    ]
    assert (draft.source, draft.source_key) == ("crossref_doi", str(FIRST))
    [value] = works(draft)
    assert (value.doi, value.author_position) == ("10.1371/journal.pone.0033693", None)
    assert value.authors[0] == "Shankar Sadasivan"
    assert {s.property for s in draft.statements} == {"work"}


def test_a_contact_travels_in_the_header_alone() -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return page([], None, 0)

    given = headers("registry@example.org")
    list(
        WorksOfPeople([(FIRST, ORCID)]).pages(
            client_of(MANIFEST, judge, answer, headers=given), None
        )
    )

    assert asked[0].headers["user-agent"] == "expert-registry (mailto:registry@example.org)"
    assert "example.org" not in str(asked[0].url)
    assert headers(None) == {}


@pytest.mark.parametrize("contact", ["nobody", "a b@example.org", "a@b\r\nX: y", "a@b)c@d"])
def test_a_contact_of_another_form_is_refused(contact: str) -> None:
    with pytest.raises(InvalidInputError):
        headers(contact)


def damage(seeds: range) -> None:
    sound = raw(*vietnamese(), work())

    def outcome(seed: int) -> bool:
        hurt = damaged(sound, seed)
        return read_or_refused(lambda: read_person(ORCID, hurt, RETRIEVED_AT, Notes()))

    outcomes = [outcome(seed) for seed in seeds]

    assert any(outcomes)
    assert not all(outcomes)


def test_damaged_records_are_read_or_refused_with_a_reason() -> None:
    damage(range(300))


@pytest.mark.soak
def test_ten_thousand_damaged_records_are_read_or_refused_with_a_reason() -> None:
    damage(range(10_000))
