import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from ingest.services.europepmc import MANIFEST, WorksOfPeople, headers, judge, results_of
from ingest.sources.europepmc import read_person
from ingest.sources.europepmc_records import slim
from ingest.sources.records import Notes
from registry.errors import ImportRefusedError, InvalidInputError, SourceRefusedError
from registry.experts.values import AffiliationValue
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
    reply_of,
    samples,
    works,
)

FOLDER = DATA / "europepmc"
ORCID = "0000-0002-7115-407X"
EXPECTED = {
    "eupmc_lies.xml": (1, "AoIIP+g5rygzNjgxNDM1Mw=="),
    "eupmc_noresults.xml": (0, "*"),
    "search_authorid_core_page.json": (3, "AoIIPslEICgyODQyMzc0MQ=="),
}


def articles() -> list[Any]:
    [reply] = exchanges(FOLDER / "search_authorid_core_page.json")
    return results_of(reply)[0]


def raw(*items: Any, all_works: bool = True) -> dict[str, Any]:
    works = [slim(item, [ORCID]) for item in items]
    return {"ids": [ORCID], "works": works, "all_works": all_works}


def article(places: tuple[str, ...] = (), **changes: Any) -> dict[str, Any]:
    author = {
        "fullName": "Le TH",
        "firstName": "Thi Hoa",
        "lastName": "Le",
        "initials": "TH",
        "authorId": {"type": "ORCID", "value": ORCID},
        "authorAffiliationDetailsList": {
            "authorAffiliation": [{"affiliation": place} for place in places]
        },
    }
    return {
        "id": "1",
        "source": "MED",
        "doi": "10.1000/one",
        "title": "Rice and health.",
        "authorList": {"author": [{"collectiveName": "Rice Group"}, author]},
        "journalInfo": {"journal": {"title": "Journal of Examples"}},
        "pubYear": "2020",
        "pubTypeList": {"pubType": ["Journal Article"]},
    } | changes


def page(items: list[Any], following: str | None, hits: int) -> httpx.Response:
    body = {"hitCount": hits, "resultList": {"result": items}}
    if following is not None:
        body["nextCursorMark"] = following
    return httpx.Response(200, json=body)


@pytest.mark.parametrize("path", samples("europepmc"), ids=lambda path: path.name)
def test_every_sample_is_judged_and_read(path: Path) -> None:
    for reply in exchanges(path):
        results, following = results_of(reply)
        draft = read_person(ORCID, raw(*results), RETRIEVED_AT, Notes())

        assert judge(reply).kind == "ok"
        assert (len(results), following) == EXPECTED[path.name]
        assert len(works(draft)) <= len(results)


def test_only_an_article_with_the_id_in_an_authors_entry_is_his() -> None:
    notes = Notes()

    draft = read_person(ORCID, raw(*articles()), RETRIEVED_AT, notes)

    first = works(draft)[0]
    assert first.title.en == (
        "Specific human gene expression in response to infection is an effective marker for "
        "diagnosis of latent and active tuberculosis"
    )
    assert (first.doi, first.venue, first.kind) == (
        "10.1038/s41598-024-77164-5",
        "Scientific reports",
        "research-article",
    )
    assert (first.authors[0], first.authors[3]) == ("Ritah Nakiboneka", "Michael Nevels")
    assert first.author_position == 4
    assert of(draft, "work")[0].started_on == "2024"
    assert of(draft, "work")[0].evidence_url == "https://europepmc.org/article/MED/39505948"
    assert [name.display for name in names(draft)] == ["Michael Nevels"]


def test_nobody_elses_article_is_his_although_a_search_lists_it() -> None:
    notes = Notes()
    [reply] = exchanges(FOLDER / "eupmc_lies.xml")

    draft = read_person(ORCID, raw(*results_of(reply)[0]), RETRIEVED_AT, notes)

    assert works(draft) == []
    assert "works whose authors do not carry the iD of the person, left out: 1" in notes.lines()


def test_xml_says_the_same_as_json() -> None:
    xml = (
        "<responseWrapper><hitCount>1</hitCount><resultList><result><id>1</id>"
        "<source>MED</source><doi>10.1000/one</doi><title>Rice <i>and</i> health.</title>"
        "<authorList><author><collectiveName>Rice Group</collectiveName></author><author>"
        "<fullName>Le TH</fullName><firstName>Thi Hoa</firstName><lastName>Le</lastName>"
        f'<initials>TH</initials><authorId type="ORCID">{ORCID}</authorId></author></authorList>'
        "<journalInfo><journal><title>Journal of Examples</title></journal></journalInfo>"
        "<pubYear>2020</pubYear><pubTypeList><pubType>Journal Article</pubType></pubTypeList>"
        "</result></resultList></responseWrapper>"
    )

    results, following = results_of(reply_of(xml))
    of_xml = read_person(ORCID, raw(*results), RETRIEVED_AT, Notes())
    of_json = read_person(ORCID, raw(article()), RETRIEVED_AT, Notes())

    assert following is None
    assert of_xml.statements == of_json.statements


def test_his_affiliations_are_kept_without_addresses_and_with_their_years() -> None:
    old = "Can Tho University, Can Tho, Vietnam. Electronic address: hoa@example.org."
    new = "Institute of Rice, Hanoi, Vietnam."
    items = [
        article((old,), id="1", pubYear="2016", doi=None, title="One"),
        article((old.upper(),), id="2", pubYear="2018", doi=None, title="Two"),
        article((new, "hoa@example.org"), id="3", pubYear="2020", doi=None, title="Three"),
    ]

    draft = read_person(ORCID, raw(*items), RETRIEVED_AT, Notes())

    assert [(s.value, s.started_on, s.ended_on) for s in of(draft, "affiliation")] == [
        (
            AffiliationValue(organisation="Can Tho University, Can Tho, Vietnam"),
            "2016",
            "2018",
        ),
        (AffiliationValue(organisation="Institute of Rice, Hanoi, Vietnam"), "2020", None),
    ]


def test_nothing_is_kept_of_where_the_others_work_nor_any_address() -> None:
    kept = json.dumps([slim(item, [ORCID]) for item in articles()])
    own = json.dumps(slim(article(("Rice, hoa@example.org",)), [ORCID]))

    assert "example.org" not in kept + own
    assert "Nakiboneka" in kept
    assert "Kamuzu University" not in kept
    assert "University of St Andrews" in kept
    assert "abstractText" not in kept


@pytest.mark.parametrize(
    ("kinds", "note"),
    [
        (["Journal Article", "Retracted Publication"], "retracted works left out: 1"),
        (["Published Erratum"], "corrections and other notices left out: 1"),
    ],
)
def test_notices_and_what_was_taken_back_are_left_out(kinds: list[str], note: str) -> None:
    notes = Notes()

    draft = read_person(ORCID, raw(article(pubTypeList={"pubType": kinds})), RETRIEVED_AT, notes)

    assert works(draft) == []
    assert note in notes.lines()


def test_unknown_fields_and_types_are_noted() -> None:
    notes = Notes()
    item = article(colour=1, pubTypeList={"pubType": ["Song"]}, pubYear="c. 2020")

    draft = read_person(ORCID, raw(item), RETRIEVED_AT, notes)

    assert of(draft, "work")[0].started_on is None
    assert notes.lines() == [
        "work fields that this importer does not know: colour (1)",
        "work types that this importer does not know: Song (1)",
        "years of another form left out: 1",
    ]


def test_a_record_of_another_form_is_refused_whole_with_its_place() -> None:
    with pytest.raises(ImportRefusedError) as caught:
        read_person(ORCID, raw(article(), article(pubYear=2020)), RETRIEVED_AT, Notes())

    assert [p.where for p in caught.value.problems] == ["works[1].pubYear"]


def test_articles_are_fetched_until_the_cursor_stays_whatever_is_counted() -> None:
    asked: list[dict[str, str]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(dict(request.url.params))
        if len(asked) == 1:
            return page([article(id="1")], "two", 44)
        return page([article(id="2", doi=None)], "two", 44)

    source = WorksOfPeople([(FIRST, f"https://orcid.org/{ORCID}")])
    [found] = source.pages(client_of(MANIFEST, judge, answer, headers=headers()), None)

    [unit] = found.units
    assert [a["cursorMark"] for a in asked] == ["*", "two"]
    assert asked[0]["query"] == f'AUTHORID:"{ORCID}"'
    assert unit.raw is not None
    assert (unit.key, unit.about, unit.raw["all_works"]) == (ORCID, FIRST, True)
    assert len(works(source.read(unit, Notes()))) == 2


@pytest.mark.parametrize("following", ["three", None])
def test_an_empty_page_or_one_without_a_cursor_is_the_last(following: str | None) -> None:
    calls = 0

    def answer(request: httpx.Request) -> httpx.Response:
        nonlocal calls
        calls += 1
        return page([] if following else [article()], following, 44)

    [found] = WorksOfPeople([(FIRST, ORCID)]).pages(client_of(MANIFEST, judge, answer), None)

    assert calls == 1
    assert found.units[0].raw is not None
    assert found.units[0].raw["all_works"] is True


def test_a_list_that_lies_in_xml_ends() -> None:
    [lies] = exchanges(FOLDER / "eupmc_lies.xml")
    calls = 0

    def answer(request: httpx.Request) -> httpx.Response:
        nonlocal calls
        calls += 1
        return httpx.Response(200, content=lies.content)

    [found] = WorksOfPeople([(FIRST, ORCID)]).pages(client_of(MANIFEST, judge, answer), None)

    assert calls == 2
    assert found.units[0].raw is not None
    assert len(found.units[0].raw["works"]) == 1


def test_a_pager_without_end_is_bounded() -> None:
    calls = 0

    def answer(request: httpx.Request) -> httpx.Response:
        nonlocal calls
        calls += 1
        return page([article(id=str(calls))], f"c{calls}", 1)

    source = WorksOfPeople([(FIRST, ORCID)], works_per_person=100)
    [found] = source.pages(client_of(MANIFEST, judge, answer), None)

    assert calls == 3
    assert found.notes == ["people of whom only the first works were read: 1"]
    assert source.read(found.units[0], Notes()).partial == ["affiliation", "name", "work"]


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<html><body>Service unavailable</body></html>",
        "<responseWrapper><hitCount>1",
        '<!DOCTYPE x [<!ENTITY a "b">]><responseWrapper><hitCount>&a;</hitCount></responseWrapper>',
        "<responseWrapper>" + "<a>" * 20_000 + "</a>" * 20_000 + "</responseWrapper>",
        '{"errCode": 404, "errMsg": "no such thing"}',
        '{"hitCount": 1, "resultList": {"result": "x"}}',
        "[]",
    ],
)
def test_an_answer_of_another_form_is_refused(body: str) -> None:
    with pytest.raises(SourceRefusedError):
        results_of(reply_of(body))


def test_a_run_goes_on_with_the_person_after_the_last_page() -> None:
    people = [(FIRST, ORCID), (SECOND, "0000-0002-7888-5449")]
    people.append((SECOND, "0000-0002-1825-0097"))
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.params["query"])
        return page([], None, 0)

    [found] = WorksOfPeople(people).pages(client_of(MANIFEST, judge, answer), {"people": 1})

    assert asked == ['AUTHORID:"0000-0002-7888-5449" OR AUTHORID:"0000-0002-1825-0097"']
    assert found.cursor is None
    assert found.units[0].aliases == ("0000-0002-1825-0097",)


def test_an_id_of_another_form_is_refused() -> None:
    with pytest.raises(InvalidInputError):
        WorksOfPeople([(FIRST, '0000" OR "x')])


def damage(seeds: range) -> None:
    sound = raw(*articles(), article(("Can Tho University",)))

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
