import copy
import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.sources.openalex import OpenAlexReading, read_openalex
from ingest.sources.openalex_works import plain_text
from registry.errors import ImportRefusedError, Problem
from registry.experts.schemas import Life, PersonDraft, StatementDraft, Verification
from registry.experts.values import AffiliationValue, ExternalIdValue, NameValue, WorkValue

SAMPLES = Path(__file__).parent.parent / "data" / "openalex"
RETRIEVED_AT = datetime(2026, 11, 1, tzinfo=UTC)


def sample(name: str) -> Any:
    return json.loads((SAMPLES / name).read_text(encoding="utf-8"))


def read(*names: str) -> OpenAlexReading:
    return read_openalex([SAMPLES / name for name in names], RETRIEVED_AT)


def read_value(folder: Path, *values: Any) -> OpenAlexReading:
    path = folder / "records.jsonl"
    path.write_text("\n".join(json.dumps(v) for v in values), encoding="utf-8")
    return read_openalex([path], RETRIEVED_AT)


def of(person: PersonDraft, property_name: str) -> list[StatementDraft]:
    return [s for s in person.statements if s.property == property_name]


def refused(path: Path) -> tuple[Problem, ...]:
    with pytest.raises(ImportRefusedError) as caught:
        read_openalex([path], RETRIEVED_AT)
    assert caught.value.problems
    return caught.value.problems


def author(**changes: Any) -> dict[str, Any]:
    return {"id": "https://openalex.org/A5000000001", "display_name": "Ngo Van Uc"} | changes


def work(**changes: Any) -> dict[str, Any]:
    authorship = {
        "author": {"id": "https://openalex.org/A5000000001"},
        "raw_author_name": "V U Ngo",
    }
    return {
        "id": "https://openalex.org/W1",
        "title": "Deep learning for sensors",
        "publication_year": 2020,
        "authorships": [authorship],
    } | changes


def test_an_author_becomes_a_lead_with_claimed_statements() -> None:
    [person] = read("pyopenalex_author.json").people

    assert (person.source, person.source_key) == ("openalex", "A5023888391")
    assert (person.life, person.legal_ground) == (Life.LEAD, "public_record")
    assert person.raw["author"] == sample("pyopenalex_author.json")
    assert {s.verification for s in person.statements} == {Verification.CLAIMED}
    assert {s.evidence_url for s in person.statements} == {"https://openalex.org/A5023888391"}
    assert {s.property for s in person.statements} == {
        *("name", "external_id", "affiliation", "field")
    }


def test_another_mans_name_among_the_alternatives_stays_a_variant() -> None:
    [person] = read("pyopenalex_author.json").people

    names = [s.value for s in of(person, "name")]
    assert names[0] == NameValue(display="Jason Priem", family="Priem", given="Jason")
    assert [n.display for n in names[1:] if isinstance(n, NameValue) and n.kind == "variant"] == [
        "Hemminger, Bradley M.",
        "Priem, Jason",
    ]


def test_the_newest_affiliation_is_the_main_one_and_stays_open() -> None:
    [person] = read("pyopenalex_author.json").people

    [main] = [
        s
        for s in of(person, "affiliation")
        if isinstance(s.value, AffiliationValue) and s.value.is_main
    ]
    assert main.value == AffiliationValue(
        organisation="OpenAlex", ror_id="02nr0ka47", country_code="CA", is_main=True
    )
    assert (main.started_on, main.ended_on) == ("2013", None)
    assert ("2010", "2014") in [(s.started_on, s.ended_on) for s in of(person, "affiliation")]


def test_legacy_authors_keep_their_single_institution_and_scopus_id() -> None:
    old, newer = read(
        "legacy2023_author_singular_institution.json", "legacy2025_author_A5023888391.json"
    ).people

    [affiliation] = of(old, "affiliation")
    assert isinstance(affiliation.value, AffiliationValue)
    assert affiliation.value.organisation == "California Institute of Technology"
    assert ExternalIdValue(scheme="scopus", value="36455008000") in [
        s.value for s in of(newer, "external_id")
    ]


def test_an_orcid_with_a_wrong_check_character_is_left_out_and_noted() -> None:
    reading = read("legacy2023_author_singular_institution.json")

    assert [s.value.item_key() for s in of(reading.people[0], "external_id")] == [
        "openalex:A2150889177"
    ]
    assert "ORCID iDs of a wrong form or check character, left out: 1" in reading.notes


def test_works_go_to_the_authors_of_the_files_and_the_others_are_noted() -> None:
    reading = read(
        *("pyopenalex_author.json", "pyopenalex_work.json", "pyopenalex_works_list.json"),
        *("http_cursor_page_200.json", "http_singleton_null_title_200.json"),
    )

    [person] = reading.people
    [statement] = of(person, "work")
    value = statement.value
    assert isinstance(value, WorkValue)
    assert value.title.en
    assert value.title.en.startswith("The state of OA")
    assert value.abstract
    assert value.abstract.en
    assert value.abstract.en.startswith("Despite growing interest in Open Access (OA)")
    assert (value.doi, value.venue, value.kind) == ("10.7717/peerj.4375", "PeerJ", "book-chapter")
    assert value.openalex_id == "W2741809807"
    assert value.topics[0] == "T10102"
    assert (len(value.authors), value.authors[1]) == (9, "Jason Priem")
    assert (value.author_position, statement.started_on) == (2, "2018")
    assert statement.evidence_url == "https://openalex.org/W2741809807"
    assert list(person.raw["works"]) == ["W2741809807"]
    assert "works without an author in these files, not imported: 9" in reading.notes


def test_files_of_works_alone_give_nobody() -> None:
    reading = read("http_cursor_page_200.json")

    assert reading.people == []
    assert "works without an author in these files, not imported: 7" in reading.notes


def test_placeholder_authors_are_never_imported(tmp_path: Path) -> None:
    deleted = read("legacy2025_deleted_author_A5317838346.json")
    nobody = {"author": {"id": "https://openalex.org/A9999999999"}, "raw_author_name": "x"}
    in_work = read_value(tmp_path, work(authorships=[nobody]))

    assert deleted.people == in_work.people == []
    assert "placeholder authors skipped: 1" in deleted.notes
    assert "placeholder authors skipped: 1" in in_work.notes


@pytest.mark.parametrize(
    ("changes", "note"),
    [
        ({"title": None}, "works without a title left out: 1"),
        ({"title": "<i></i> \u0000"}, "works without a title left out: 1"),
        ({"is_retracted": True}, "retracted works left out: 1"),
        ({"type": "paratext"}, "covers, contents and other paratext left out: 1"),
    ],
)
def test_works_that_prove_nothing_are_left_out(
    tmp_path: Path, changes: dict[str, Any], note: str
) -> None:
    reading = read_value(tmp_path, author(), work(**changes))

    assert of(reading.people[0], "work") == []
    assert note in reading.notes


def test_titles_and_abstracts_stand_under_their_language(tmp_path: Path) -> None:
    index = {"Nghiên": [0], "cứu": [1], "vật": [2], "liệu": [3]}
    changed = work(language="en", abstract_inverted_index=index, host_venue={"display_name": "J"})
    [person] = read_value(tmp_path, author(), changed).people

    value = of(person, "work")[0].value
    assert isinstance(value, WorkValue)
    assert value.title.en == "Deep learning for sensors"
    assert value.abstract
    assert value.abstract.vi == "Nghiên cứu vật liệu"
    assert value.venue == "J"


def test_unknown_fields_and_categories_are_noted(tmp_path: Path) -> None:
    reading = read_value(
        tmp_path,
        author(shoe_size=44, topics=[{"id": "https://openalex.org/T99999"}]),
        work(type="sculpture", language="fr", title="Un capteur", publication_year=1789),
    )

    assert "author fields that this importer does not know: shoe_size (1)" in reading.notes
    assert "topics that the bundled classification lacks: T99999 (1)" in reading.notes
    assert "work types that this importer does not know: sculpture (1)" in reading.notes
    assert "works in another language, kept under English: fr (1)" in reading.notes
    assert "years outside 1900 to 2100 left out: 1" in reading.notes


def test_the_newer_of_two_records_counts(tmp_path: Path) -> None:
    reading = read_value(
        tmp_path,
        author(display_name="New Name", updated_date="2026-01-02"),
        author(display_name="Old Name", updated_date="2025-01-02"),
    )

    [person] = reading.people
    assert isinstance(person.statements[0].value, NameValue)
    assert person.statements[0].value.display == "New Name"


def test_vietnamese_bylines_keep_their_order_and_open_parts(tmp_path: Path) -> None:
    changed = author(raw_author_names=["Thu Hanh Pham Thi", "ngo van uc"])
    [person] = read_value(tmp_path, changed).people

    assert [s.value for s in of(person, "name")] == [
        NameValue(display="Ngo Van Uc", family="Ngo", middle="Van", given="Uc"),
        NameValue(display="Thu Hanh Pham Thi", kind="variant"),
    ]


@pytest.mark.parametrize("as_lines", [False, True])
def test_gzip_lists_and_lines_read_alike(tmp_path: Path, as_lines: bool) -> None:
    records = [author(), work()]
    text = "\n".join(map(json.dumps, records)) if as_lines else json.dumps(records, indent=1)
    path = tmp_path / "part_000.gz"
    path.write_bytes(gzip.compress(text.encode()))

    [person] = read_openalex([path], RETRIEVED_AT).people

    assert len(of(person, "work")) == 1


def test_markup_goes_and_signs_stay() -> None:
    assert plain_text("H<sub>2</sub>O &amp; <jats:p>p &lt; 0.05</jats:p>") == "H2O & p < 0.05"
    assert plain_text('<mml:math xmlns="x"><mml:mi>x</mml:mi></mml:math> a < b and c > d') == (
        "x a < b and c > d"
    )


@pytest.mark.parametrize(
    ("content", "where", "found"),
    [
        (b'{"id": "A1",\n "display_name": }', "line 2, column 18", '"}"'),
        (b'{"id": "A1", "display_name": "x"}\n{"id": ', "line 2, column 8", "the end"),
        (b"PK\x03\x04rest", "the file", "a ZIP archive or an office document"),
        (b"<!DOCTYPE html><html></html>", "the file", "a web page or XML"),
        (b"\xef\xbb\xbf{}", "id", 'an object with ""'),
        (b'{"id": "A1",\n "display_name": "Nguy\xea"}', "line 2, byte 23", "the byte 0xEA"),
        ('{"id": "A1"}'.encode("utf-16"), "the file", "text in UTF-16"),
        (gzip.compress(b'{"id": "A1"}' * 99)[:-12], "", "a gzip file that ends early"),
        (b'{"id": "A1"}', "display_name", "nothing"),
        (b'{"results": 7}', "results", '"7"'),
        (b'{"results": ["x"]}', "results[0]", '"x"'),
        (b"[[[[[[1]]]]]]", "[0][0][0][0]", '"[[1]]"'),
        (b"[" * 5000, "line 1", "lists nested without end"),
        (b'{"id": "A1", "a": NaN}', "line 1", "a number that no JSON service writes"),
        (b"  ", "the file", "nothing"),
    ],
)
def test_damaged_and_foreign_files_are_refused(
    tmp_path: Path, content: bytes, where: str, found: str
) -> None:
    path = tmp_path / "file.json"
    path.write_bytes(content)

    problem = refused(path)[0]

    assert problem.where.startswith(where)
    assert problem.found == found


def test_other_records_and_error_replies_are_refused() -> None:
    [institution] = refused(SAMPLES / "pyopenalex_institution.json")
    assert "I136199984" in institution.found
    assert "status" in refused(SAMPLES / "http_filter_400.json")[0].found
    assert refused(SAMPLES / "missing.json")[0].expected == "a readable file"


def test_every_bad_value_is_named_by_its_path(tmp_path: Path) -> None:
    bad = author(
        affiliations=[{"institution": {"country_code": "USA"}, "years": [2020, "2021"]}],
        display_name=" ",
    )
    path = tmp_path / "page.json"
    path.write_text(json.dumps({"meta": {}, "results": [author(), bad]}), encoding="utf-8")

    assert sorted(p.where for p in refused(path)) == [
        "results[1].affiliations[0].institution.country_code",
        "results[1].affiliations[0].years[1]",
        "results[1].display_name",
    ]


def test_the_first_fifty_problems_are_listed_and_the_rest_counted(tmp_path: Path) -> None:
    path = tmp_path / "many.json"
    path.write_text(json.dumps([{"id": "X"}] * 60), encoding="utf-8")

    with pytest.raises(ImportRefusedError, match=r"60 problems.*10 more") as caught:
        read_openalex([path], RETRIEVED_AT)

    assert len(caught.value.problems) == 50


JUNK = st.one_of(
    *(st.none(), st.booleans(), st.integers(), st.text(max_size=12), st.just([]), st.just({})),
    *(st.just("A9999999999"), st.just("\ud800\x00"), st.just([None]), st.just({"id": 7})),
    st.just("x" * 600),
)


def spots(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, dict):
        return [p for k, v in value.items() for p in [(*path, k), *spots(v, (*path, k))]]
    if isinstance(value, list):
        return [p for k, v in enumerate(value[:3]) for p in [(*path, k), *spots(v, (*path, k))]]
    return []


def is_refused_in_words(error: ImportRefusedError) -> bool:
    return all(p.where and p.found and p.expected for p in error.problems) and bool(error.problems)


def slim(record: dict[str, Any]) -> dict[str, Any]:
    """A sample without the long parts that no code reads."""
    dropped = ("locations", "concepts", "keywords", "related_works", "referenced_works")
    return {key: value for key, value in record.items() if key not in dropped}


DAMAGED = [sample("pyopenalex_author.json"), slim(sample("pyopenalex_work.json"))]
SPOTS = [spots(record) for record in DAMAGED]


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_a_damaged_record_is_read_or_refused(tmp_path: Path, data: st.DataObject) -> None:
    records = copy.deepcopy(DAMAGED)
    for _ in range(data.draw(st.integers(1, 3))):
        which = data.draw(st.integers(0, 1))
        *path, last = data.draw(st.sampled_from(SPOTS[which]))
        at = records[which]
        try:
            for step in path:
                at = at[step]
            # A copy: damaged once more, one that stands in two places would hold itself.
            at[last] = copy.deepcopy(data.draw(JUNK))
        except (KeyError, IndexError, TypeError):
            continue  # An earlier damage took this place away.

    try:
        reading = read_value(tmp_path, *records)
    except ImportRefusedError as error:
        if not is_refused_in_words(error):
            raise
    else:
        for person in reading.people:
            json.dumps(person.model_dump(mode="json"), ensure_ascii=False).encode()


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.integers(0, 10_000), st.binary(max_size=6), st.booleans())
def test_damaged_bytes_are_read_or_refused(
    tmp_path: Path, at: int, junk: bytes, is_packed: bool
) -> None:
    content = json.dumps([author(), work()]).encode()
    content = gzip.compress(content) if is_packed else content
    at %= len(content)
    path = tmp_path / "damaged"
    path.write_bytes(content[:at] + junk + content[at + 3 :])

    try:
        read_openalex([path], RETRIEVED_AT)
    except ImportRefusedError as error:
        if not is_refused_in_words(error):
            raise
