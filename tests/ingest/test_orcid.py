import copy
import io
import json
import random
import tarfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ingest.sources.orcid import read_orcid_record
from ingest.sources.orcid_careers import degree_level
from ingest.sources.orcid_files import Refused, read_orcid_file
from ingest.sources.orcid_xml import record_of_xml, shape_of_xml
from ingest.sources.records import Notes
from registry.errors import ImportRefusedError
from registry.experts.schemas import PersonDraft, StatementDraft, Verification
from registry.experts.values import (
    AffiliationValue,
    AwardValue,
    BiographyValue,
    DegreeValue,
    ExternalIdValue,
    LocalText,
    NameValue,
    PatentValue,
    PostValue,
    ProjectValue,
    Value,
    WorkValue,
)

SAMPLES = Path(__file__).parent.parent / "data" / "orcid"
RETRIEVED_AT = datetime(2026, 11, 1, tzinfo=UTC)
ORCID = "0000-0002-1825-0097"
XML_NAMESPACES = " ".join(
    f'xmlns:{name}="http://www.orcid.org/ns/{name}"'
    for name in ("record", "common", "person", "activities", "employment", "work", "education")
)


def sample(name: str) -> Any:
    return json.loads((SAMPLES / name).read_text(encoding="utf-8"))


def shape(name: str) -> Any:
    return shape_of_xml((SAMPLES / name).read_bytes(), name)[1]


def record(person: Any = None, **activities: Any) -> dict[str, Any]:
    return {
        "orcid-identifier": {"path": ORCID, "uri": f"https://orcid.org/{ORCID}", "host": "o"},
        "person": person,
        "activities-summary": {k.replace("_", "-"): v for k, v in activities.items()},
    }


def carberry() -> dict[str, Any]:
    return record(
        sample("carberry_person.json"),
        employments=sample("carberry_employments.json"),
        educations=sample("carberry_educations.json"),
        works=sample("carberry_works.json"),
    )


def read(raw: dict[str, Any], notes: Notes | None = None) -> PersonDraft:
    return read_orcid_record(raw, RETRIEVED_AT, notes or Notes())


def values(draft: PersonDraft, property_name: str) -> list[Value]:
    return [s.value for s in draft.statements if s.property == property_name]


def of(draft: PersonDraft, property_name: str) -> list[StatementDraft]:
    return [s for s in draft.statements if s.property == property_name]


def person(given: str | None, family: str | None, **more: Any) -> dict[str, Any]:
    name = {
        "given-names": {"value": given} if given else None,
        "family-name": {"value": family} if family else None,
        "visibility": "public",
    }
    return {"name": name} | more


def date(year: str, month: str | None = None, day: str | None = None) -> dict[str, Any]:
    parts = {"year": year, "month": month, "day": day}
    return {key: {"value": value} if value else None for key, value in parts.items()}


def activity(kind: str, **changes: Any) -> dict[str, Any]:
    item = {
        "put-code": 1,
        "role-title": "Lecturer",
        "organization": {
            "name": "Can Tho University",
            "address": {"city": "Can Tho", "region": None, "country": "VN"},
            "disambiguated-organization": {
                "disambiguated-organization-identifier": "https://ror.org/0071qz696",
                "disambiguation-source": "ROR",
            },
        },
        "visibility": "public",
    } | {k.replace("_", "-"): v for k, v in changes.items()}
    return {"summaries": [{f"{kind}-summary": item}]}


def section(*groups: dict[str, Any]) -> dict[str, Any]:
    return {"affiliation-group": list(groups)}


def work(title: str, **changes: Any) -> dict[str, Any]:
    return {
        "put-code": 1,
        "title": {"title": {"value": title}},
        "type": "journal-article",
        "visibility": "public",
    } | {k.replace("_", "-"): v for k, v in changes.items()}


def own_id(kind: str, value: str, relationship: str = "self") -> dict[str, Any]:
    one = {
        "external-id-type": kind,
        "external-id-value": value,
        "external-id-relationship": relationship,
    }
    return {"external-id": [one]}


def test_a_record_becomes_a_lead_with_claimed_statements() -> None:
    draft = read(carberry())

    assert (draft.source, draft.source_key, draft.partial) == ("orcid", ORCID, [])
    assert draft.url == f"https://orcid.org/{ORCID}"
    assert {s.verification for s in draft.statements} == {Verification.CLAIMED}
    assert {s.property for s in draft.statements} == {
        *("name", "external_id", "biography", "affiliation", "work")
    }


def test_the_name_as_entered_is_the_main_one_and_others_are_variants() -> None:
    names = values(read(carberry()), "name")

    assert names[0] == NameValue(display="Josiah Carberry", family="Carberry", given="Josiah")
    assert [n.display for n in names[1:] if isinstance(n, NameValue) and n.kind == "variant"] == [
        *("Josiah Stinkney Carberry", "J. Carberry", "J. S. Carberry")
    ]


def test_ids_of_other_services_come_in_where_a_scheme_fits() -> None:
    assert values(read(carberry()), "external_id") == [
        ExternalIdValue(scheme="orcid", value=ORCID),
        ExternalIdValue(scheme="scopus", value="7007156898"),
    ]


def test_an_impossible_day_is_cut_to_its_month_and_noted() -> None:
    notes = Notes()

    draft = read(carberry(), notes)

    first, second = of(draft, "affiliation")
    assert (first.started_on, second.started_on) == ("1930-02", "1929-02")
    assert first.value == AffiliationValue(
        organisation="Wesleyan University",
        country_code="US",
        role=LocalText(en="Professor, Psychoceramics"),
        is_main=True,
    )
    assert "impossible dates cut to the part that is possible: 2" in notes.lines()


def test_a_grouped_work_counts_once_as_the_preferred_source_has_it() -> None:
    works = [v for v in values(read(carberry()), "work") if isinstance(v, WorkValue)]

    assert len(works) == len(sample("carberry_works.json")["group"])
    assert [w.doi for w in works].count("10.5555/12345680") == 1
    ids = own_id("doi", "10.5555/12345680")
    first = work("Shown title", display_index="2")
    second = work("Other title", display_index="10", external_ids=ids)
    [other] = values(read(record(works={"group": [{"work-summary": [first, second]}]})), "work")
    assert isinstance(other, WorkValue)
    assert (other.title, other.doi) == (LocalText(en="Other title"), "10.5555/12345680")


def test_an_id_of_what_a_work_is_part_of_is_not_its_own() -> None:
    ids = own_id("doi", "10.5555/whole", "part-of")
    raw = record(works={"group": [{"work-summary": [work("Chapter", external_ids=ids)]}]})

    [value] = values(read(raw), "work")

    assert isinstance(value, WorkValue)
    assert value.doi is None


def test_a_patent_is_no_publication() -> None:
    item = work("Pump", type="patent", external_ids=own_id("pat", "VN 10021"))

    draft = read(record(works={"group": [{"work-summary": [item]}]}))

    assert values(draft, "patent") == [PatentValue(title=LocalText(en="Pump"), number="VN 10021")]
    assert values(draft, "work") == []


def test_the_full_record_gives_awards_posts_and_projects_and_notes_the_rest() -> None:
    notes = Notes()

    draft = read(sample("record-full-3.0.json"), notes)

    assert values(draft, "award") == [
        AwardValue(title=LocalText(en="role-title"), giver="common:name")
    ]
    assert isinstance(values(draft, "post")[0], PostValue)
    assert values(draft, "project") == [
        ProjectValue(title=LocalText(en="Grant title"), funder="Wellcome Trust", number="1234")
    ]
    assert (of(draft, "project")[0].started_on, of(draft, "project")[0].ended_on) == (
        *("2000-02-02", "2020-02-02"),
    )
    lines = "\n".join(notes.lines())
    for part in (
        "memberships left out: 1",
        "peer-reviews",
        "keywords",
        "addresses",
        "My ID System",
    ):
        assert part in lines
    assert "does not know" not in lines


def test_a_ror_id_counts_only_when_the_record_points_to_ror() -> None:
    wrong = activity("employment")
    pointed = wrong["summaries"][0]["employment-summary"]["organization"]
    pointed["disambiguated-organization"]["disambiguation-source"] = "GRID"
    draft = read(record(employments=section(activity("employment"), wrong)))

    first, second = values(draft, "affiliation")
    assert isinstance(first, AffiliationValue)
    assert isinstance(second, AffiliationValue)
    assert (first.ror_id, second.ror_id) == ("0071qz696", None)


def test_the_newest_employment_without_an_end_is_the_main_one() -> None:
    old = activity("employment", start_date=date("2001"))
    newer = activity("employment", start_date=date("2015", "9"))
    ended = activity("employment", start_date=date("2020"), end_date=date("2021"))
    draft = read(record(employments=section(old, ended, newer)))

    mains = [v.is_main for v in values(draft, "affiliation") if isinstance(v, AffiliationValue)]
    assert mains == [False, False, True]


def test_an_end_before_the_start_is_left_out() -> None:
    item = activity("employment", start_date=date("2020"), end_date=date("2019", "01"))
    notes = Notes()

    [affiliation] = of(read(record(employments=section(item)), notes), "affiliation")

    assert (affiliation.started_on, affiliation.ended_on) == ("2020", None)
    assert "ends before the start left out: 1" in notes.lines()


@pytest.mark.parametrize(
    ("role", "level"),
    [
        ("PhD", "doctor"),
        ("Ph.D. in Physics", "doctor"),
        ("Doctor of Philosophy", "doctor"),
        ("Tiến sĩ Vật lý", "doctor"),
        ("tien si khoa hoc", "doctor"),
        ("Master of Science in Chemistry", "master"),
        ("MSc", "master"),
        ("M.S., Statistics", "master"),
        ("Thạc sỹ", "master"),
        ("Bachelor's degree", "bachelor"),
        ("Cử nhân Toán", "bachelor"),
        ("Kỹ sư", "bachelor"),
        ("PhD student", None),
        ("Nghiên cứu sinh tiến sĩ", None),
        ("Postdoctoral fellow", None),
        ("BSc and MSc", None),
        ("Doctor of Medicine", None),
        ("Bác sĩ", None),
        ("Erasmus exchange, Master", None),
        ("role-title", None),
    ],
)
def test_a_degree_has_a_level_only_where_the_title_says_it_plainly(
    role: str, level: str | None
) -> None:
    assert degree_level(role) == level


def test_an_education_that_goes_on_is_no_degree() -> None:
    done = activity("education", role_title="PhD in Soil science", end_date=date("2012"))
    going_on = activity("education", role_title="PhD", start_date=date("2024"))
    notes = Notes()

    draft = read(record(educations=section(done, going_on)), notes)

    [degree] = of(draft, "degree")
    assert degree.started_on == "2012"
    assert degree.value == DegreeValue(
        level="doctor",
        field=LocalText(en="Soil science"),
        institution="Can Tho University",
        country_code="VN",
    )
    assert "educations without an end, left out as not finished: 1" in notes.lines()


@pytest.mark.parametrize("visibility", ["limited", "private", "PUBLIC", None])
def test_items_that_are_not_public_never_come_in(visibility: str | None) -> None:
    hidden = activity("employment", role_title="Hidden role", visibility=visibility)
    text = {"content": "Hidden life", "visibility": visibility}
    works = {"group": [{"work-summary": [work("Hidden work", visibility=visibility)]}]}
    raw = record(person("Lan", "Trần", biography=text), employments=section(hidden), works=works)
    notes = Notes()

    draft = read(raw, notes)

    assert {s.property for s in draft.statements} == {"name", "external_id"}
    assert "Hidden" not in json.dumps(draft.raw)
    assert "items that do not say that they are public, left out: 3" in notes.lines()


def test_a_name_that_was_made_private_is_no_name() -> None:
    raw = record({"name": {"given-names": {"value": "Lan"}, "visibility": "private"}})

    assert values(read(raw), "name") == []


def test_a_published_name_is_main_when_there_is_no_other() -> None:
    raw = record({"name": {"credit-name": {"value": "Lan T. Trần"}, "visibility": "public"}})

    [name] = values(read(raw), "name")

    assert isinstance(name, NameValue)
    assert (name.display, name.kind) == ("Lan T. Trần", "main")


@pytest.mark.parametrize(
    ("given", "family", "parts"),
    [
        ("Văn Hòa", "Nguyễn", ("Nguyễn", "Văn", "Hòa")),
        ("Hoang", "Nguyen", ("Nguyen", None, "Hoang")),
        ("Nguyen The", "Hung", (None, None, None)),
        ("Ada", "Lovelace", ("Lovelace", None, "Ada")),
    ],
)
def test_parts_of_a_name_that_seem_swapped_are_not_kept(
    given: str, family: str, parts: tuple[str | None, ...]
) -> None:
    [name] = values(read(record(person(given, family))), "name")

    assert isinstance(name, NameValue)
    assert (name.family, name.middle, name.given) == parts
    assert name.display == f"{given} {family}"


def test_markup_control_characters_and_addresses_go_out_of_texts() -> None:
    biography = {
        "content": "<b>Lives</b> by\x00 lan@example.org\u202e here",
        "visibility": "public",
    }
    emails = {"email": [{"email": "lan@example.org", "visibility": "public"}]}

    draft = read(record(person("Lan", "Trần", biography=biography, emails=emails)))

    assert values(draft, "biography") == [BiographyValue(text=LocalText(en="Lives by here"))]
    assert "emails" not in json.dumps(draft.raw)
    assert "\\u0000" not in json.dumps(draft.raw)


def test_a_title_and_its_translation_stand_under_their_languages() -> None:
    title = {
        "title": {"value": "Nghiên cứu vật liệu mới"},
        "translated-title": {"value": "A study of new materials", "language-code": "en"},
    }
    raw = record(works={"group": [{"work-summary": [work("x") | {"title": title}]}]})

    [value] = values(read(raw), "work")

    assert isinstance(value, WorkValue)
    assert value.title == LocalText(vi="Nghiên cứu vật liệu mới", en="A study of new materials")


def test_the_country_of_a_person_leaves_no_statement() -> None:
    addresses = {"address": [{"country": {"value": "VN"}, "visibility": "public"}]}

    draft = read(record(person("Lan", "Trần", addresses=addresses)))

    assert {s.property for s in draft.statements} == {"name", "external_id"}


def test_unknown_fields_and_categories_are_noted() -> None:
    item = work("x", type="sculpture", colour="red")
    notes = Notes()

    read(record(works={"group": [{"work-summary": [item]}]}), notes)

    lines = "\n".join(notes.lines())
    assert "work types that this importer does not know: sculpture (1)" in lines
    assert "activities_summary.works.group.work_summary.colour (1)" in lines


@pytest.mark.parametrize(
    ("raw", "where"),
    [
        ({}, "orcid-identifier"),
        ({"orcid-identifier": {"path": ORCID}}, "person"),
        (record() | {"orcid-identifier": {"path": "0000-0002-1825-0098"}}, "path"),
        (record(works={"group": 7}), "works.group"),
        (record(employments=section({"summaries": [{"employment-summary": 1}]})), "employment"),
    ],
)
def test_what_has_not_the_form_of_a_record_is_refused_with_its_place(
    raw: dict[str, Any], where: str
) -> None:
    with pytest.raises(ImportRefusedError) as caught:
        read(raw)

    assert any(where in problem.where for problem in caught.value.problems)


def test_xml_says_the_same_as_json() -> None:
    employments, works = shape("employments-3.0.xml"), shape("works-3.0.xml")

    draft = read(record(shape("person-3.0.xml"), employments=employments, works=works))

    assert [v.display for v in values(draft, "name") if isinstance(v, NameValue)] == [
        *("give-names family-name", "credit-name", "other-name-1")
    ]
    first = of(draft, "affiliation")[0]
    assert (first.started_on, first.ended_on) == ("1948-02-02", "1948-02-02")
    assert isinstance(first.value, AffiliationValue)
    assert (first.value.organisation, first.value.country_code) == ("employment", "AS")
    titles = [v.title.en for v in values(draft, "work") if isinstance(v, WorkValue)]
    assert titles == ["Work # 0", "Work # 1", "Work # 2"]
    assert values(draft, "biography") == [BiographyValue(text=LocalText(en="biography"))]


def xml_record(inner: str = "", head: str = "") -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{head}<record:record {XML_NAMESPACES}>'
        f"<common:orcid-identifier><common:path>{ORCID}</common:path></common:orcid-identifier>"
        f'<person:person path="/{ORCID}/person">{inner}</person:person>'
        "<activities:activities-summary/></record:record>"
    ).encode()


@pytest.mark.parametrize(
    "head",
    [
        '<!DOCTYPE record [<!ENTITY a "b">]>',
        '<!DOCTYPE record SYSTEM "http://example.org/record.dtd">',
    ],
)
def test_xml_with_a_document_type_is_refused(head: str) -> None:
    with pytest.raises(ImportRefusedError) as caught:
        record_of_xml(xml_record(head=head), "one.xml")

    assert caught.value.problems[0].found == "a document type"


@pytest.mark.parametrize("content", [b"<a>", b"\xff\xfe<\x00", b"<a>&b;</a>", b"", b"<a></b>"])
def test_damaged_xml_is_refused_with_its_place(content: bytes) -> None:
    with pytest.raises(ImportRefusedError) as caught:
        record_of_xml(content, "one.xml")

    assert caught.value.problems


def in_archive(path: Path, files: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def test_an_archive_gives_its_records_and_says_which_were_refused(tmp_path: Path) -> None:
    files = {"097/one.xml": xml_record(), "097/two.xml": b"<a>", "readme.txt": b"x"}
    path = in_archive(tmp_path / "summaries.tar.gz", files | {"three.xml": xml_record()})
    notes = Notes()

    first, second, third = read_orcid_file(path, RETRIEVED_AT, notes)

    assert isinstance(first, PersonDraft)
    assert isinstance(second, Refused)
    assert isinstance(third, PersonDraft)
    assert (first.source_key, second.where) == (ORCID, "097/two.xml")
    assert "parts of another kind passed over: 1" in notes.lines()


def test_a_folder_is_read_with_its_folders_and_a_bad_file_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "000").mkdir()
    (tmp_path / "000" / "a.xml").write_bytes(xml_record())
    (tmp_path / "b.json").write_text(json.dumps(carberry()), encoding="utf-8")
    (tmp_path / "c.json").write_text("{", encoding="utf-8")
    (tmp_path / "d.txt").write_text("x", encoding="utf-8")

    found = [*read_orcid_file(tmp_path, RETRIEVED_AT, Notes())]

    assert [type(item) for item in found] == [PersonDraft, PersonDraft, Refused]


def test_an_archive_that_ends_early_is_refused_after_what_is_whole(tmp_path: Path) -> None:
    noise = random.Random(1).randbytes(200_000)
    path = in_archive(tmp_path / "a.tar.gz", {"a.xml": xml_record(), "b.xml": noise})
    path.write_bytes(path.read_bytes()[:-100_000])
    records = read_orcid_file(path, RETRIEVED_AT, Notes())

    first = next(records)

    assert isinstance(first, PersonDraft)
    with pytest.raises(ImportRefusedError):
        list(records)


@pytest.mark.parametrize(
    "path", sorted(p for p in SAMPLES.iterdir() if p.name != "ORIGIN.md"), ids=lambda p: p.name
)
def test_every_sample_is_a_record_or_is_refused_with_a_reason(path: Path) -> None:
    found = [*read_orcid_file(path, RETRIEVED_AT, Notes())]

    assert found
    if path.name == "record-full-3.0.json":
        assert [type(item) for item in found] == [PersonDraft]
    else:
        assert all(isinstance(item, Refused) and item.problems for item in found)


def damage(value: Any, chance: random.Random) -> Any:
    """Change one place of a record: another type, nothing, a strange text, a part that is gone."""
    raw = copy.deepcopy(value)
    place, steps = raw, chance.randrange(1, 12)
    for _ in range(steps):
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        if not keys:
            break
        key = chance.choice(keys)
        if isinstance(place[key], dict | list) and place[key] and chance.random() < 0.85:
            place = place[key]
            continue
        odd = [None, 7, -1.5, True, "", "x" * 600, "\x00\ud800", [], {}, [[]], {"value": 3}]
        odd += ["2020-13-45", {"value": "99"}, {"value": None}, "<p>", float("nan"), place[key]]
        if chance.random() < 0.15:
            del place[key]
        else:
            place[key] = chance.choice(odd)
        break
    return raw


def check_damaged(seed: int, times: int) -> None:
    chance = random.Random(seed)
    bases = [carberry(), sample("record-full-3.0.json")]
    refused: list[ImportRefusedError] = []
    read_count = 0
    for number in range(times):
        raw = damage(bases[number % 2], chance)
        for _ in range(chance.randrange(3)):
            raw = damage(raw, chance)
        try:
            draft = read(raw)
        except ImportRefusedError as exc:
            refused.append(exc)
        else:
            read_count += 1
            assert draft.source_key
            json.dumps(draft.raw, allow_nan=False).encode()
    assert 0 < read_count < times
    assert all(error.problems for error in refused)


def test_a_damaged_record_is_read_or_refused_with_a_reason() -> None:
    check_damaged(seed=1, times=300)


@pytest.mark.soak
def test_ten_thousand_damaged_records_are_read_or_refused() -> None:
    check_damaged(seed=2, times=10_000)


def check_damaged_xml(seed: int, times: int) -> None:
    chance = random.Random(seed)
    refused: list[ImportRefusedError] = []
    whole = xml_record((SAMPLES / "person-3.0.xml").read_text("utf-8").partition("?>")[2])
    for _ in range(times):
        content = bytearray(whole)
        for _ in range(chance.randrange(1, 5)):
            at = chance.randrange(len(content))
            content[at : at + chance.randrange(4)] = chance.randbytes(chance.randrange(4))
        try:
            read(record_of_xml(bytes(content), "one.xml"))
        except ImportRefusedError as exc:
            refused.append(exc)
    assert refused
    assert all(error.problems for error in refused)


def test_damaged_xml_is_read_or_refused() -> None:
    check_damaged_xml(seed=3, times=300)


@pytest.mark.soak
def test_much_damaged_xml_is_read_or_refused() -> None:
    check_damaged_xml(seed=4, times=10_000)
