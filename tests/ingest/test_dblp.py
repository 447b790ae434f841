import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from ingest.services.dblp import MANIFEST, PeopleByName, WorksOfPeople, headers, hits_of, judge
from ingest.sources.dblp import read_person
from ingest.sources.dblp_records import display_name, pid_of
from ingest.sources.dblp_xml import person_of_xml
from ingest.sources.records import Notes
from registry.errors import ImportRefusedError, InvalidInputError, SourceRefusedError
from registry.experts.values import VALUE_CLASSES, AffiliationValue, ExternalIdValue
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

FOLDER = DATA / "dblp"
PAGE = (FOLDER / "composed_person.xml").read_bytes()
BASOV = "152/3896"
HITS = {
    "search_author_2022.json": (1, 1),
    "search_publ_2022_excerpt.json": (5, 14),
    "search_publ_empty_shape.json": (0, 0),
    "search_publ_single_author.json": (1, 99047),
}


def hits(name: str) -> list[Any]:
    [reply] = exchanges(FOLDER / name)
    return hits_of(reply)[0]


def raw(*items: Any, all_works: bool = True, **person: Any) -> dict[str, Any]:
    info = {"author": "Minh Tran 0002", "url": "https://dblp.org/pid/901/1234-2"} | person
    return {"people": [info], "works": list(items), "all_works": all_works}


def basov() -> dict[str, Any]:
    [person] = hits("search_author_2022.json")
    return {
        "people": [person],
        "works": hits("search_publ_2022_excerpt.json"),
        "all_works": False,
    }


def own(**changes: Any) -> dict[str, Any]:
    return {
        "key": "conf/x/1",
        "title": "One &amp; only.",
        "type": "Journal Articles",
        "year": "2020",
        "authors": {"author": {"@pid": "901/1234-2", "text": "Minh Tran 0002"}},
    } | changes


@pytest.mark.parametrize("path", samples("dblp"), ids=lambda path: path.name)
def test_every_sample_is_judged_and_read(path: Path) -> None:
    for reply in exchanges(path):
        assert judge(reply).kind == "ok"
        if path.suffix == ".xml":
            person, records = person_of_xml(reply.content, path.name)
            assert (person["author"], len(records)) == ("Tran Van Minh 0002", 4)
            continue
        found, total = hits_of(reply)
        assert (len(found), total) == HITS[path.name]
        for info in found:
            if "author" in info:
                read = read_person(BASOV, raw(**info), RETRIEVED_AT, Notes())
                assert names(read)[0].display == info["author"]
                continue
            authors = info["authors"]["author"]
            pid = (authors if isinstance(authors, dict) else authors[0])["@pid"]
            item = raw(info, url=f"https://dblp.org/pid/{pid}")
            assert works(read_person(pid, item, RETRIEVED_AT, Notes()))[0].author_position == 1


def test_one_person_is_printed_under_several_names() -> None:
    draft = read_person(BASOV, basov(), RETRIEVED_AT, Notes())

    assert [(n.display, n.kind) for n in names(draft)] == [
        ("Oleg Basov", "main"),
        ("O. O. Basov", "variant"),
    ]
    assert [s.value for s in of(draft, "external_id")] == [
        ExternalIdValue(scheme="dblp", value=BASOV)
    ]
    assert (draft.source, draft.source_key, draft.url) == (
        "dblp",
        BASOV,
        "https://dblp.org/pid/152/3896",
    )


def test_a_publication_becomes_a_work_and_numbers_of_homonyms_are_not_shown() -> None:
    draft = read_person(BASOV, basov(), RETRIEVED_AT, Notes())

    first, second, third = works(draft)[:3]
    assert first.title.en == (
        "Human Resources Management in Conditions of Operators' Psychophysiological State Changes"
    )
    assert (first.venue, first.kind) == ("SPECOM", "Conference and Workshop Papers")
    assert second.doi == "10.4149/cai_2017_4_908"
    assert (third.authors[3], third.author_position) == ("Alexey Karpov", 2)
    assert of(draft, "work")[0].started_on == "2014"
    assert of(draft, "work")[0].evidence_url == "https://dblp.org/rec/conf/specom/BasovBN14"


@pytest.mark.parametrize(
    "authors",
    [
        {"@pid": "901/1234-2", "text": "Minh Tran"},
        [{"@pid": "901/1234-2", "text": "Minh Tran"}],
        ["Somebody", {"@pid": "901/1234-2", "text": "Minh Tran"}],
    ],
)
def test_authors_stand_alone_or_in_a_list_with_an_id_or_without(authors: Any) -> None:
    item = raw(own(authors={"author": authors}))

    [value] = works(read_person("901/1234-2", item, RETRIEVED_AT, Notes()))

    assert value.authors[-1] == "Minh Tran"
    assert value.author_position == len(value.authors)


def test_a_work_of_another_person_of_the_name_is_not_his() -> None:
    notes = Notes()
    other = own(authors={"author": {"@pid": "901/1234", "text": "Minh Tran 0001"}})

    draft = read_person("901/1234-2", raw(other), RETRIEVED_AT, notes)

    assert works(draft) == []
    assert "works that do not name the person as an author, left out: 1" in notes.lines()


@pytest.mark.parametrize(
    ("title", "shown"),
    [("One &amp; only.", "One & only"), ("Made in the U.S.", "Made in the U.S."), ("Why?", "Why?")],
)
def test_the_stop_after_a_title_goes_and_that_of_a_shortened_word_stays(
    title: str, shown: str
) -> None:
    [value] = works(read_person("901/1234-2", raw(own(title=title)), RETRIEVED_AT, Notes()))

    assert value.title.en == shown


def test_a_persons_page_gives_all_of_his_works_and_what_is_known_of_him() -> None:
    notes = Notes()
    person, records = person_of_xml(PAGE, "page")
    item = {"people": [person], "works": records, "all_works": True}

    draft = read_person("901/1234-2", item, RETRIEVED_AT, notes)

    first, second = works(draft)
    assert first.title.en == "Sensing CO2 with čheap Sensors"
    assert (first.doi, first.venue) == ("10.1000/example.2020.1", "EXAMPLE")
    assert (first.authors, first.author_position) == (["Tran Van Minh", "Ana Example"], 1)
    assert (second.kind, second.author_position) == ("Informal and Other Publications", 2)
    assert [n.display for n in names(draft)] == ["Tran Van Minh", "Minh Van Tran", "Minh V. Tran"]
    assert (names(draft)[0].family, names(draft)[0].kind) == ("Tran", "main")
    assert [s.value.item_key() for s in of(draft, "external_id")] == [
        "dblp:901/1234-2",
        "orcid:0000-0002-1825-0097",
    ]
    assert [s.value for s in of(draft, "affiliation")] == [
        AffiliationValue(organisation="Can Tho University, Vietnam")
    ]
    assert draft.partial == []
    assert "records that are nobody's work, left out: Withdrawn Items (1)" in notes.lines()
    # He edited a volume.
    assert "works that do not name the person as an author, left out: 1" in notes.lines()


def test_what_a_search_finds_ends_nothing() -> None:
    draft = read_person(BASOV, basov(), RETRIEVED_AT, Notes())

    assert draft.partial == list(VALUE_CLASSES)


def test_a_record_of_another_form_is_refused_whole_with_its_place() -> None:
    item = raw(own(), own(year=2020), url="https://dblp.org/pid/1/1")

    with pytest.raises(ImportRefusedError) as caught:
        read_person("901/1234-2", item, RETRIEVED_AT, Notes())

    assert [p.where for p in caught.value.problems] == ["people[0].url", "works[1].year"]


def test_unknown_fields_and_types_are_noted() -> None:
    notes = Notes()

    read_person("901/1234-2", raw(own(colour="x", type="Songs")), RETRIEVED_AT, notes)

    assert "work fields that this importer does not know: colour (1)" in notes.lines()
    assert "work types that this importer does not know: Songs (1)" in notes.lines()


@pytest.mark.parametrize(
    ("text", "pid"),
    [
        ("152/3896", "152/3896"),
        ("https://dblp.org/pid/61/3234-34.html", "61/3234-34"),
        ("https://dblp.uni-trier.de/pid/x/JaneDoe", "x/JaneDoe"),
        ("10/1/JungHoAhn", "10/1/JungHoAhn"),
        ("152", None),
        ("152/../admin", None),
        ("https://example.org/pid/152/3896", None),
    ],
)
def test_an_id_is_read_from_its_address(text: str, pid: str | None) -> None:
    assert pid_of(text) == pid


def test_only_four_digits_after_a_name_are_a_number_of_homonyms() -> None:
    shown = [display_name(text, Notes()) for text in ("Wei Wang 0042", "Unit 731", "Henry 8")]

    assert shown == ["Wei Wang", "Unit 731", "Henry 8"]


def test_known_people_are_fetched_by_id_and_one_who_is_gone_says_so() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return httpx.Response(404) if "152" in asked[-1] else httpx.Response(200, content=PAGE)

    source = WorksOfPeople([(FIRST, BASOV), (SECOND, "901/1234-2")])
    [page] = source.pages(client_of(MANIFEST, judge, answer, headers=headers()), None)

    gone, unit = page.units
    assert asked == ["/pid/152/3896.xml", "/pid/901/1234-2.xml"]
    assert (gone.key, gone.raw, gone.about) == (BASOV, None, FIRST)
    assert source.read(gone, Notes()).statements == []
    assert (unit.key, unit.about, unit.aliases) == ("901/1234-2", SECOND, ())
    assert len(works(source.read(unit, Notes()))) == 2
    assert page.notes == ["people who are gone: 152/3896 (1)"]


def test_an_id_that_became_part_of_another_one_is_its_alias() -> None:
    source = WorksOfPeople([(FIRST, "152/3896")])

    [page] = source.pages(
        client_of(MANIFEST, judge, lambda _: httpx.Response(200, content=PAGE)), None
    )

    assert (page.units[0].key, page.units[0].aliases) == ("901/1234-2", ("152/3896",))


def test_two_ids_of_one_person_are_one_unit() -> None:
    other = PAGE.replace(b"901/1234-2", b"903/5").replace(b"MinhA20", b"MinhB20")

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=other if "903" in request.url.path else PAGE)

    source = WorksOfPeople([(FIRST, "901/1234-2"), (FIRST, "903/5")])
    [page] = source.pages(client_of(MANIFEST, judge, answer), None)
    draft = source.read(page.units[0], Notes())

    assert [(unit.key, unit.aliases) for unit in page.units] == [("901/1234-2", ("903/5",))]
    assert [s.value.item_key() for s in of(draft, "external_id")][:2] == [
        "dblp:901/1234-2",
        "dblp:903/5",
    ]


def test_the_mirror_is_asked_when_the_main_server_fails() -> None:
    hosts: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        hosts.append(request.url.host)
        assert request.headers["host"] == request.url.host
        if request.url.host == "dblp.org":
            return httpx.Response(500)
        return httpx.Response(200, content=PAGE)

    source = WorksOfPeople([(FIRST, BASOV), (SECOND, "901/1234-2")])
    [page] = source.pages(client_of(MANIFEST, judge, answer), None)

    assert hosts == ["dblp.org", "dblp.uni-trier.de", "dblp.uni-trier.de"]
    assert len(page.units) == 2


def test_leads_are_found_by_name_with_the_works_that_name_them() -> None:
    asked: list[dict[str, str]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(dict(request.url.params))
        kind = "author" if "author" in request.url.path else "publ"
        file = {"author": "search_author_2022.json", "publ": "search_publ_2022_excerpt.json"}[kind]
        body = json.loads((FOLDER / file).read_text(encoding="utf-8"))
        body["result"]["hits"]["@total"] = str(len(body["result"]["hits"]["hit"]))
        return httpx.Response(200, json=body)

    source = PeopleByName("  Basov   oleg ")
    [page] = source.pages(client_of(MANIFEST, judge, answer), None)

    [unit] = page.units
    assert [a["q"] for a in asked] == ["Basov oleg", "Basov oleg"]
    assert (unit.key, unit.about, page.cursor) == (BASOV, None, None)
    draft = source.read(unit, Notes())
    assert len(works(draft)) == 5
    assert draft.partial == list(VALUE_CLASSES)


def test_a_name_that_nobody_has_gives_no_lead() -> None:
    body = (FOLDER / "search_publ_empty_shape.json").read_bytes()

    [page] = PeopleByName("zzqxv").pages(
        client_of(MANIFEST, judge, lambda _: httpx.Response(200, content=body)), None
    )

    assert page.units == []


def test_hits_are_fetched_until_all_are_there_and_no_more_than_five_times() -> None:
    firsts: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        firsts.append(request.url.params["f"])
        number = len(firsts)
        info = {"author": f"Minh {number}", "url": f"https://dblp.org/pid/1/{number}"}
        found = {"@total": "99", "hit": {"info": info}} if number < 9 else {"@total": "0"}
        return httpx.Response(200, json={"result": {"hits": found}})

    [page] = PeopleByName("Minh").pages(client_of(MANIFEST, judge, answer), None)

    assert firsts[:5] == ["0", "1", "2", "3", "4"]
    assert len(page.units) == 5
    assert "searches that find more people than the service gives: 1" in page.notes


@pytest.mark.parametrize(
    "body",
    [
        "not JSON",
        "[]",
        '{"result": {"hits": {"@total": 1, "hit": []}}}',
        '{"result": {"hits": {"@total": "1", "hit": [3]}}}',
        '{"result": {"status": {"@code": "500", "text": "overloaded"}, "hits": {"@total": "0"}}}',
    ],
)
def test_an_answer_of_another_form_is_refused(body: str) -> None:
    with pytest.raises(SourceRefusedError):
        hits_of(reply_of(body))


@pytest.mark.parametrize(
    "content", [b"", b"<html/>", b"<dblpperson/>", b"<!DOCTYPE x><a/>", b"\xff"]
)
def test_a_page_of_another_form_is_refused(content: bytes) -> None:
    with pytest.raises(ImportRefusedError):
        person_of_xml(content, "page")


def test_a_name_without_a_letter_and_an_id_of_another_form_are_refused() -> None:
    with pytest.raises(InvalidInputError):
        PeopleByName(" 1 ")
    with pytest.raises(InvalidInputError):
        WorksOfPeople([(FIRST, "0000-0002-1825-0097")])


def damage(seeds: range) -> None:
    person, records = person_of_xml(PAGE, "page")
    whole = {"people": [person], "works": records, "all_works": True}

    def outcome(seed: int) -> bool:
        pid, sound = (BASOV, basov()) if seed % 2 else ("901/1234-2", whole)
        hurt = damaged(sound, seed)
        return read_or_refused(lambda: read_person(pid, hurt, RETRIEVED_AT, Notes()))

    outcomes = [outcome(seed) for seed in seeds]

    assert any(outcomes)
    assert not all(outcomes)


def test_damaged_records_are_read_or_refused_with_a_reason() -> None:
    damage(range(300))


@pytest.mark.soak
def test_ten_thousand_damaged_records_are_read_or_refused_with_a_reason() -> None:
    damage(range(10_000))
