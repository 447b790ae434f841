import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from ingest.services.known_people import body_of
from ingest.services.semantic_scholar import MANIFEST, WorksByDoi, WorksOfPeople, headers, judge
from ingest.sources.records import Notes
from ingest.sources.semantic_scholar import read_described, read_person
from registry.errors import (
    ImportRefusedError,
    InvalidInputError,
    SourceLaterError,
    SourceRefusedError,
)
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

FOLDER = DATA / "semanticscholar"
VERDICTS = {
    "documented_429.json": "again",
    "http_bad_query_parameters.json": "no",
    "http_empty_paginated_results.json": "ok",
    "http_get_author.json": "ok",
    "http_get_authors.json": "ok",
    "http_get_authors_return_not_found.json": "ok",
    "http_get_paper.json": "ok",
    "http_get_paper_authors.json": "ok",
    "http_get_papers_return_not_found.json": "ok",
    "http_not_found.json": "missing",
    "http_search_author.json": "ok",
    "http_search_paper_year.json": "ok",
    "paper_with_null_values.json": "ok",
}


def papers() -> list[Any]:
    """The papers of a batch; the unknown one among them is None."""
    [reply] = exchanges(FOLDER / "http_get_papers_return_not_found.json")
    found: list[Any] = body_of(reply)
    return found


def raw(*items: Any, all_works: bool = True, **author: Any) -> dict[str, Any]:
    profile = {"authorId": "77", "name": "V. Minh"} | author
    return {"authors": [profile], "works": list(items), "all_works": all_works}


def paper(**changes: Any) -> dict[str, Any]:
    return {
        "paperId": "a1",
        "externalIds": {"DOI": "10.1000/ONE", "CorpusId": 5},
        "title": "Sensors for rice fields",
        "venue": "",
        "journal": {"name": "Journal of Examples"},
        "year": 2020,
        "publicationTypes": ["JournalArticle"],
        "authors": [{"authorId": None, "name": "A. Nobody"}, {"authorId": "77", "name": "V. Minh"}],
    } | changes


@pytest.mark.parametrize("path", samples("semanticscholar"), ids=lambda path: path.name)
def test_every_sample_is_judged_and_read(path: Path) -> None:
    for reply in exchanges(path):
        verdict = judge(reply)

        assert verdict.kind == VERDICTS[path.name]
        if verdict.kind != "ok":
            assert verdict.why
            continue
        body = body_of(reply)
        for item in body if isinstance(body, list) else body.get("data", [body]):
            if item is None or "total" in item:
                continue
            if "paperId" in item:
                described = read_described(
                    "x", {"works": [item], "all_works": True}, RETRIEVED_AT, Notes()
                )
                assert len(works(described)) == (1 if item.get("title") else 0)
            else:
                own = {"authors": [item], "works": [], "all_works": True}
                draft = read_person(item["authorId"], own, RETRIEVED_AT, Notes())
                assert [name.display for name in names(draft)] == [item["name"]]


def test_a_paper_becomes_a_work_with_venue_year_and_doi() -> None:
    draft = read_person("77", raw(paper()), RETRIEVED_AT, Notes())

    [value] = works(draft)
    assert (value.doi, value.venue, value.kind) == (
        "10.1000/one",
        "Journal of Examples",
        "JournalArticle",
    )
    assert (value.authors, value.author_position) == (["A. Nobody", "V. Minh"], 2)
    [statement] = of(draft, "work")
    assert statement.started_on == "2020"
    assert statement.evidence_url == "https://www.semanticscholar.org/paper/a1"
    assert (draft.source, draft.source_key) == ("semantic_scholar", "77")


def test_real_papers_of_a_batch_are_read_under_their_author() -> None:
    found = [one for one in papers() if one]

    draft = read_person("2259683", raw(*found, authorId="2259683"), RETRIEVED_AT, Notes())

    assert works(draft)[0].doi == "10.2139/ssrn.288970"
    assert works(draft)[0].author_position == 2
    assert works(draft)[0].abstract is None


def test_a_paper_whose_authors_end_before_the_person_has_no_place() -> None:
    notes = Notes()

    draft = read_person("77", raw(paper(authors=None)), RETRIEVED_AT, notes)

    assert works(draft)[0].author_position is None
    assert "works without the person among their authors: 1" in notes.lines()


def test_only_an_orcid_is_taken_from_the_ids_of_a_profile() -> None:
    notes = Notes()
    ids = {"DBLP": ["V. Minh 0001"], "ORCID": "0000-0002-1825-0097"}

    draft = read_person("77", raw(externalIds=ids), RETRIEVED_AT, notes)
    wrong = read_person("77", raw(externalIds={"ORCID": "0000"}), RETRIEVED_AT, notes)

    assert [s.value for s in of(draft, "external_id")] == [
        ExternalIdValue(scheme="orcid", value="0000-0002-1825-0097")
    ]
    assert of(wrong, "external_id") == []
    assert "kinds of personal ids without a place here: DBLP (1)" in notes.lines()
    assert "ORCID iDs of a wrong form or check character, left out: 1" in notes.lines()


def test_a_record_of_another_form_is_refused_whole_with_its_place() -> None:
    with pytest.raises(ImportRefusedError) as caught:
        read_person("77", raw(paper(), paper(year="2020"), authorId="78"), RETRIEVED_AT, Notes())

    assert [p.where for p in caught.value.problems] == ["authors[0].authorId", "works[1].year"]


def test_unknown_fields_and_types_are_noted() -> None:
    notes = Notes()

    read_person("77", raw(paper(colour=1, publicationTypes=["Song"])), RETRIEVED_AT, notes)

    assert "work fields that this importer does not know: colour (1)" in notes.lines()
    assert "work types that this importer does not know: Song (1)" in notes.lines()


def test_profiles_are_fetched_together_and_an_unknown_one_keeps_its_place() -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        if request.method == "POST":
            return httpx.Response(200, json=[None, {"authorId": "77", "name": "V. Minh"}])
        return httpx.Response(200, json={"offset": 0, "data": [paper()]})

    source = WorksOfPeople([(FIRST, "5"), (SECOND, "https://www.semanticscholar.org/author/77")])
    given = headers("secret-key")
    [page] = source.pages(client_of(MANIFEST, judge, answer, headers=given), None)

    gone, unit = page.units
    assert (gone.key, gone.raw, gone.about) == ("5", None, FIRST)
    assert source.read(gone, Notes()).statements == []
    assert (unit.key, unit.about) == ("77", SECOND)
    assert len(works(source.read(unit, Notes()))) == 1
    assert json.loads(asked[0].content) == {"ids": ["5", "77"]}
    assert asked[1].url.path == "/graph/v1/author/77/papers"
    for request in asked:
        assert request.headers["x-api-key"] == "secret-key"
        assert "secret" not in str(request.url)
        assert "abstract" not in request.url.params["fields"]
        assert "tldr" not in request.url.params["fields"]


def test_several_profiles_of_one_person_are_one_unit() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            profiles = [{"authorId": key, "name": f"V. Minh {key}"} for key in ("77", "78")]
            return httpx.Response(200, json=[None, *profiles])
        author = [{"authorId": "78", "name": "Van Minh"}]
        other = paper(paperId="b2", externalIds=None, title="Two", authors=author)
        items = [paper()] if "/77/" in request.url.path else [paper(), other]
        return httpx.Response(200, json={"offset": 0, "data": items})

    source = WorksOfPeople([(FIRST, "5"), (FIRST, "77"), (FIRST, "78")])
    [page] = source.pages(client_of(MANIFEST, judge, answer), None)
    draft = source.read(page.units[0], Notes())

    assert [(unit.key, unit.aliases) for unit in page.units] == [("77", ("5", "78"))]
    assert page.notes == ["profiles that are gone: 5 (1)"]
    assert [value.author_position for value in works(draft)] == [2, 1]
    assert [n.display for n in names(draft)] == ["V. Minh 77", "V. Minh 78", "V. Minh", "Van Minh"]


def many(start: int, count: int) -> list[Any]:
    return [paper(paperId=f"p{i}", externalIds=None, title=f"P {i}") for i in range(start, count)]


def test_papers_are_fetched_by_offset_until_there_is_no_next() -> None:
    offsets: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return httpx.Response(200, json=[{"authorId": "77", "name": "V. Minh"}])
        offsets.append(request.url.params["offset"])
        if offsets[-1] == "0":
            return httpx.Response(200, json={"offset": 0, "next": 500, "data": many(0, 500)})
        return httpx.Response(200, json={"offset": 500, "data": many(500, 510)})

    [page] = WorksOfPeople([(FIRST, "77")]).pages(client_of(MANIFEST, judge, answer), None)

    assert offsets == ["0", "500"]
    assert page.units[0].raw is not None
    assert (len(page.units[0].raw["works"]), page.units[0].raw["all_works"]) == (510, True)


@pytest.mark.parametrize("following", [0, 9_999, 20_000])
def test_an_offset_that_leads_back_or_too_far_ends_the_list_unfinished(following: int) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return httpx.Response(200, json=[{"authorId": "77", "name": "V. Minh"}])
        return httpx.Response(200, json={"offset": 0, "next": following, "data": [paper()]})

    [page] = WorksOfPeople([(FIRST, "77")]).pages(client_of(MANIFEST, judge, answer), None)

    assert page.units[0].raw is not None
    assert page.units[0].raw["all_works"] is False


def test_offset_and_limit_stay_below_ten_thousand() -> None:
    reached = 0

    def answer(request: httpx.Request) -> httpx.Response:
        nonlocal reached
        if request.method == "POST":
            return httpx.Response(200, json=[{"authorId": "77", "name": "V. Minh"}])
        start, limit = int(request.url.params["offset"]), int(request.url.params["limit"])
        reached = max(reached, start + limit)
        items = many(start, start + limit)
        return httpx.Response(200, json={"offset": start, "next": start + limit, "data": items})

    source = WorksOfPeople([(FIRST, "77")], works_per_person=9_999)
    [page] = source.pages(client_of(MANIFEST, judge, answer), None)

    assert reached == 9_999
    assert page.units[0].raw is not None
    assert len(page.units[0].raw["works"]) == 9_999
    assert page.units[0].raw["all_works"] is False


def test_a_batch_of_another_length_is_refused() -> None:
    client = client_of(MANIFEST, judge, lambda _: httpx.Response(200, json=[None]))
    pages = WorksOfPeople([(FIRST, "5"), (SECOND, "77")]).pages(client, None)

    with pytest.raises(SourceRefusedError):
        next(pages)


def test_a_batch_in_which_nothing_is_known_is_no_error() -> None:
    body = {"error": "No valid paper ids given"}
    source = WorksByDoi([(FIRST, ["10.1000/one"])])

    [page] = source.pages(
        client_of(source.manifest, judge, lambda _: httpx.Response(400, json=body)), None
    )

    assert page.notes == ["DOIs that Semantic Scholar does not know: 1"]
    assert source.read(page.units[0], Notes()).statements == []


def test_papers_by_doi_are_described_and_given_to_nobody() -> None:
    asked: list[Any] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(json.loads(request.content))
        return httpx.Response(200, json=[paper(), paper(externalIds={"DOI": "10.1000/other"})])

    source = WorksByDoi([(FIRST, ["10.1000/one"]), (SECOND, ["10.1000/one", "10.1000/two"])])
    [page] = source.pages(client_of(source.manifest, judge, answer), None)
    drafts = [source.read(unit, Notes()) for unit in page.units]

    assert asked == [{"ids": ["DOI:10.1000/one", "DOI:10.1000/two"]}]
    assert [(d.source, d.source_key) for d in drafts] == [
        ("semantic_scholar_doi", str(FIRST)),
        ("semantic_scholar_doi", str(SECOND)),
    ]
    assert [value.doi for draft in drafts for value in works(draft)] == ["10.1000/one"] * 2
    assert {value.author_position for draft in drafts for value in works(draft)} == {None}
    assert page.notes == ["works that answer under another DOI, left out: 1"]


def test_it_is_asked_again_with_growing_pauses_when_it_was_asked_too_often() -> None:
    [busy] = exchanges(FOLDER / "documented_429.json")
    pauses: list[float] = []
    client = client_of(
        MANIFEST, judge, lambda _: httpx.Response(busy.status, content=busy.content), pauses
    )

    with pytest.raises(SourceLaterError):
        client.get("author/77/papers")

    waits = [pause for pause in pauses if pause > 0]
    growing = [max(waits[i : i + 2]) for i in range(0, len(waits), 2)]
    assert len(growing) == MANIFEST.tries - 1
    assert growing[-1] > growing[0]


@pytest.mark.parametrize("text", ["", "x1", "0000-0002-1825-0097", "https://example.org/author/1"])
def test_an_id_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError):
        WorksOfPeople([(FIRST, text)])


def damage(seeds: range) -> None:
    found = [one for one in papers() if one]
    sound = raw(*found, paper(), externalIds={"ORCID": "0000-0002-1825-0097"})

    def outcome(seed: int) -> bool:
        hurt = damaged(sound, seed)
        return read_or_refused(lambda: read_person("77", hurt, RETRIEVED_AT, Notes()))

    outcomes = [outcome(seed) for seed in seeds]

    assert any(outcomes)
    assert not all(outcomes)


def test_damaged_records_are_read_or_refused_with_a_reason() -> None:
    damage(range(300))


@pytest.mark.soak
def test_ten_thousand_damaged_records_are_read_or_refused_with_a_reason() -> None:
    damage(range(10_000))
