import copy
import gzip
import json
import random
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from ingest.services.client import Client
from ingest.services.replies import Reply
from ingest.services.ror import (
    MANIFEST,
    RorMatches,
    fetch_organisation,
    headers,
    judge,
    manifest,
    match_by_service,
    search_by_name,
)
from ingest.sources.affiliation_index import Organisations
from ingest.sources.affiliation_matching import match_affiliation
from ingest.sources.records import Notes
from ingest.sources.ror import (
    Organisation,
    OrganisationName,
    Relation,
    bundled_organisations,
    read_organisation,
)
from ingest.sources.ror_dump import RefusedOrganisation, read_ror_dump
from registry.errors import ImportRefusedError, InvalidInputError, SourceRefusedError

SAMPLES = Path(__file__).parent.parent / "data" / "ror"
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
BUNDLED = Organisations(bundled_organisations())
VNU, VNU_HCM = "02jmfj006", "00waaqh38"


def sample(name: str) -> Any:
    return json.loads((SAMPLES / name).read_text(encoding="utf-8"))


def published() -> list[dict[str, Any]]:
    text = (SAMPLES / "ror_vietnam_v2_cut.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def record(ror_id: str = "04nyv3z04", **changes: Any) -> dict[str, Any]:
    return sample("example_record_v2_1.json") | {"id": f"https://ror.org/{ror_id}"} | changes


def ended(ror_id: str, *successors: str, status: str = "withdrawn") -> dict[str, Any]:
    relations = [
        {"id": f"https://ror.org/{i}", "label": "After it", "type": "successor"} for i in successors
    ]
    return record(ror_id, status=status, relationships=relations)


def chosen(text: str) -> list[str]:
    return [m.organisation.ror_id for m in match_affiliation(text, BUNDLED).chosen]


def proposed(text: str) -> list[str]:
    return [m.organisation.ror_id for m in match_affiliation(text, BUNDLED).proposals]


def reasons(text: str) -> str:
    matches = match_affiliation(text, BUNDLED)
    return " ".join(r for m in (*matches.chosen, *matches.proposals) for r in m.reasons)


def test_a_record_keeps_names_with_their_types_and_languages() -> None:
    notes = Notes()

    organisation = read_organisation(sample("example_record_v2_1.json"), notes)

    assert organisation.ror_id == "00pjdza24"
    assert organisation.display_name == "University of California System"
    assert OrganisationName("UC", frozenset({"acronym"}), "en") in organisation.names
    assert (organisation.country_code, organisation.city) == ("US", "Oakland")
    assert organisation.status == "active"
    assert Relation("child", "01an7q238", "University of California, Berkeley") in (
        organisation.relations
    )
    assert "does not know" not in " ".join(notes.lines())


@pytest.mark.parametrize("raw", published(), ids=lambda raw: str(raw["id"])[-9:])
def test_every_published_record_is_read_without_anything_unknown(raw: dict[str, Any]) -> None:
    notes = Notes()

    organisation = read_organisation(raw, notes)

    assert organisation.country_code == "VN"
    assert "does not know" not in " ".join(notes.lines())


def test_the_invalid_sample_is_refused_with_what_it_lacks() -> None:
    with pytest.raises(ImportRefusedError) as caught:
        read_organisation(sample("new_record_invalid_v2.json"), Notes())

    assert [p.where for p in caught.value.problems] == ["id"]


def test_a_schema_is_no_record() -> None:
    with pytest.raises(ImportRefusedError):
        read_organisation(sample("ror_schema_v2_1.json"), Notes())


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "https://ror.org/1234"},
        {"names": []},
        {"names": [{"value": "x", "types": ["label"], "lang": None}]},
        {"locations": []},
        {"status": None},
        {"name": "v1", "names": None},
        {"relationships": [{"id": "nowhere", "label": "x", "type": "child"}]},
    ],
)
def test_a_record_of_another_form_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ImportRefusedError) as caught:
        read_organisation(record() | changes, Notes())

    assert caught.value.problems


def test_unknown_fields_and_categories_are_noted_and_never_mapped() -> None:
    notes = Notes()

    organisation = read_organisation(record(status="asleep", types=["club"], shoe_size=44), notes)

    assert organisation.status == "asleep"
    lines = "\n".join(notes.lines())
    for word in ("asleep", "club", "shoe_size"):
        assert word in lines


def test_the_bundled_table_reads_as_organisations() -> None:
    thuyloi, former = BUNDLED.by_id["04afshy24"], BUNDLED.by_id["01mhkcn55"]

    assert len(BUNDLED.by_id) == 194
    assert thuyloi.status == "active"
    assert (former.status, former.successors) == ("withdrawn", ("04afshy24",))


def dump(records: Any) -> str:
    return json.dumps(records, ensure_ascii=False, indent=2)


def test_a_dump_is_read_one_organisation_at_a_time(tmp_path: Path) -> None:
    many = [record(), 7, {"id": "x"}, *published()] * 30
    path = tmp_path / "v2.8-ror-data.json"
    path.write_text(dump(many), encoding="utf-8")
    packed = tmp_path / "dump.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(path, path.name)
        archive.writestr("v2.8-ror-data.csv", "id")

    plain, unpacked = [*read_ror_dump(path, Notes())], [*read_ror_dump(packed, Notes())]

    kept = [o for o in plain if isinstance(o, Organisation)]
    refused = [o for o in plain if isinstance(o, RefusedOrganisation)]
    assert kept == [o for o in unpacked if isinstance(o, Organisation)]
    assert (len(kept), len(refused)) == (len(many) - 60, 60)
    assert [o.where for o in refused[:2]] == ["[1]", "[2]"]
    assert all(o.problems for o in refused)


def test_an_empty_list_is_an_empty_dump(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(" [ ] ", encoding="utf-8")

    assert [*read_ror_dump(path, Notes())] == []


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[",
        b"[{}",
        b"[{} {}]",
        b'[{"a": ',
        b"\xff\xfe[",
        b"[" + b"[" * 100_000,
        gzip.compress(b"[]"),
        b"PK\x03\x04 no archive",
    ],
)
def test_a_damaged_dump_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "dump.json"
    path.write_bytes(content)

    with pytest.raises(ImportRefusedError) as caught:
        list(read_ror_dump(path, Notes()))

    assert caught.value.problems


def test_a_dump_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImportRefusedError):
        list(read_ror_dump(tmp_path / "none.json", Notes()))


@pytest.mark.parametrize(
    ("text", "ror_id"),
    [
        ("Hanoi University of Science and Technology", "04nyv3z04"),
        ("Trường Đại học Bách khoa Hà Nội", "04nyv3z04"),
        ("truong dai hoc bach khoa ha noi", "04nyv3z04"),
        ("Khoa Toán, ĐH Cần Thơ", "0071qz696"),
        ("Đại học Hòa Bình, Hà Nội", "01ce8nm85"),
        ("Đại học Hoà Bình, Hà Nội", "01ce8nm85"),
        ("Viet Nam National University Ho Chi Minh City", VNU_HCM),
        ("ĐHQG TP.HCM", VNU_HCM),
        ("Vietnam National University, Hanoi, Vietnam", VNU),
        ("College of ICT, Can Tho University, Can Tho 900000, Viet Nam", "0071qz696"),
        ("University of Science, Vietnam National University, Hanoi", "05w54hk79"),
        ("1Can Tho University, Vietnam", "0071qz696"),
        ("108 Military Central Hospital, Hanoi", "04k25m262"),
    ],
)
def test_a_name_that_fills_parts_of_the_text_is_chosen(text: str, ror_id: str) -> None:
    assert chosen(text) == [ror_id]


@pytest.mark.parametrize(
    ("acronym", "ror_ids"),
    [
        ("HPU", {"0227kwk61", "04gb9ay54"}),
        ("TNU", {"02128gy91", "01s7bde64"}),
        ("TDU", {"04gwjz789", "02scpdz59"}),
        ("HUST", {"04nyv3z04"}),
        ("VNU", {VNU, VNU_HCM}),
        ("NTU", {"047van922"}),
    ],
)
def test_an_acronym_alone_only_proposes(acronym: str, ror_ids: set[str]) -> None:
    assert chosen(acronym) == []
    assert set(proposed(acronym)) == ror_ids


def test_an_acronym_with_its_city_is_chosen_where_one_organisation_has_both() -> None:
    assert chosen("TNU, Thai Nguyen, Vietnam") == ["02128gy91"]
    assert chosen("HPU, Hai Phong, Vietnam") == []
    assert chosen("HUST, Wuhan, China") == []


def test_a_former_record_gives_way_to_its_successor() -> None:
    assert chosen("Thuyloi University, Hanoi") == ["04afshy24"]
    only_former = Organisations([BUNDLED.by_id["01mhkcn55"]])
    alone = match_affiliation("Thuyloi University, Hanoi", only_former)
    assert alone.chosen == ()
    assert "withdrawn" in " ".join(alone.proposals[0].reasons)


def test_that_a_successor_was_taken_is_said() -> None:
    former = replace(
        BUNDLED.by_id["01mhkcn55"],
        names=(OrganisationName("Institute of Water Works Hanoi", frozenset({"ror_display"})),),
    )
    both = Organisations([former, BUNDLED.by_id["04afshy24"]])

    [match] = match_affiliation("Institute of Water Works Hanoi", both).chosen

    assert match.organisation.ror_id == "04afshy24"
    assert match.reasons[-1] == "its record 01mhkcn55 is withdrawn, this follows it"


@pytest.mark.parametrize(
    "text",
    [
        "University of Engineering and Technology, Vietnam National University, Hanoi, Vietnam",
        "VNU University of Engineering and Technology, Hanoi, Vietnam",
        "Trường Đại học Công nghệ, Đại học Quốc gia Hà Nội",
    ],
)
def test_a_member_university_is_not_taken_for_the_whole(text: str) -> None:
    assert chosen(text) == []
    assert VNU in proposed(text)


def test_the_parent_of_a_chosen_member_is_not_chosen_too() -> None:
    text = "Ho Chi Minh City University of Technology, Vietnam National University Ho Chi Minh City"

    assert chosen(text) == ["04qva2324"]
    assert proposed(text) == [VNU_HCM]


def test_a_national_university_without_its_city_is_for_a_person() -> None:
    assert chosen("Vietnam National University") == []
    assert set(proposed("Vietnam National University")) == {VNU, VNU_HCM}


def test_a_name_in_another_city_or_country_is_only_proposed() -> None:
    elsewhere = "University of Social Sciences and Humanities, Hanoi, Vietnam"

    assert "02c6yhw44" not in chosen(elsewhere)
    assert "another city" in reasons(elsewhere)
    assert chosen("Dong A University, Busan, South Korea") == []
    assert "another country" in reasons("Dong A University, Busan, South Korea")


def test_different_marks_make_different_names_and_missing_ones_do_not() -> None:
    assert chosen("Đại học Thành Đô") == ["02scpdz59"]
    assert chosen("Dai hoc Thanh Do") == ["02scpdz59"]
    assert chosen("Đại học Thánh Đô") == []


def test_a_name_within_a_longer_one_is_never_chosen() -> None:
    assert chosen("Hanoi University of Pharmacy, Hanoi") == []
    assert chosen("Department of IT Hanoi University of Science and Technology") == []
    assert proposed("Department of IT Hanoi University of Science and Technology") == ["04nyv3z04"]


def test_a_name_without_its_city_is_only_proposed() -> None:
    text = "Nuclear Research Institute, Dalat, Vietnam"

    assert (chosen(text), proposed(text)) == ([], ["01zfehm82"])


@pytest.mark.parametrize("text", ["", " ", ",;()", "Vietnam", "12345", "\x00", "a" * 5000])
def test_a_text_that_names_nothing_gives_nothing(text: str) -> None:
    matches = match_affiliation(text, BUNDLED)

    assert (matches.chosen, matches.proposals) == ((), ())


def test_every_labelled_string_is_matched_and_foreign_ones_never_wrongly() -> None:
    rows = sample("affiliation_matching_sample.json")
    known = BUNDLED.by_id.keys()

    taken = {row["affiliation"]: set(chosen(row["affiliation"])) for row in rows}

    wrong = {
        row["affiliation"]: taken[row["affiliation"]]
        for row in rows
        if taken[row["affiliation"]] != {i[-9:] for i in row["ror_ids"]} & known
    }
    # The label was made before the record was: it is the University of Medicine and Pharmacy.
    assert list(wrong.values()) == [{"025kb2624"}]


def client(answer: Callable[[httpx.Request], httpx.Response]) -> Client:
    pauses: list[float] = []
    return Client(
        MANIFEST,
        judge,
        headers=headers("client-1"),
        transport=httpx.MockTransport(answer),
        pause=pauses.append,
    )


def by_id(*records: dict[str, Any]) -> Callable[[httpx.Request], httpx.Response]:
    known = {str(raw["id"])[-9:]: raw for raw in records}

    def answer(request: httpx.Request) -> httpx.Response:
        raw = known.get(request.url.path[-9:])
        return httpx.Response(200, json=raw) if raw else httpx.Response(404, json={"errors": []})

    return answer


def test_the_pace_is_slow_without_a_client_id() -> None:
    assert manifest().per_second * 60 == pytest.approx(8)
    assert manifest("client-1").per_second * 300 <= 2000
    assert headers("client-1") == {"Client-Id": "client-1"}
    assert headers() == {}


@pytest.mark.parametrize(
    ("status", "kind"), [(200, "ok"), (400, "no"), (404, "missing"), (429, "again"), (503, "again")]
)
def test_a_reply_has_the_verdict_of_its_status(status: int, kind: str) -> None:
    verdict = judge(Reply("https://api.ror.org/v2/organizations", status, {}, b"", NOON))

    assert verdict.kind == kind
    assert status != 429 or verdict.wait == 60


def test_an_organisation_that_ended_is_followed_to_its_successor() -> None:
    notes = Notes()
    answer = by_id(ended("01mhkcn55", "04afshy24"), record("04afshy24"))

    organisation = fetch_organisation(client(answer), "https://ror.org/01mhkcn55", notes)

    assert organisation is not None
    assert organisation.ror_id == "04afshy24"
    assert "organisations that ended, with what follows them: 01mhkcn55 by 04afshy24 (1)" in (
        notes.lines()
    )


def test_one_with_several_successors_or_in_a_ring_stays_ended() -> None:
    several = by_id(ended("01mhkcn55", "04afshy24", "04nyv3z04"))
    ring = by_id(ended("01mhkcn55", "04afshy24"), ended("04afshy24", "01mhkcn55"))

    for answer in (several, ring):
        organisation = fetch_organisation(client(answer), "01mhkcn55", Notes())
        assert organisation is not None
        assert organisation.status == "withdrawn"


def test_an_unknown_id_is_none_and_no_id_is_refused() -> None:
    assert fetch_organisation(client(by_id()), "04nyv3z04", Notes()) is None
    with pytest.raises(InvalidInputError):
        fetch_organisation(client(by_id()), "HUST", Notes())


def matched(items: Any) -> RorMatches:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("organizations"):
            assert request.url.params["affiliation"] == "A & B"
            body = {"number_of_results": 1, "time_taken": 3, "items": items, "meta": {}}
            return httpx.Response(200, json=body)
        return by_id(record("04afshy24"))(request)

    return match_by_service(client(answer), "A & B", Notes())


def item(raw: dict[str, Any], is_chosen: bool) -> dict[str, Any]:
    return {
        "substring": "A",
        "score": 1 if is_chosen else 0.82,
        "matching_type": "EXACT",
        "chosen": is_chosen,
        "organization": raw,
    }


def test_only_what_the_service_chose_is_taken() -> None:
    matches = matched([item(record("04nyv3z04"), True), item(record("0071qz696"), False)])

    assert [m.organisation.ror_id for m in matches.chosen] == ["04nyv3z04"]
    assert [m.organisation.ror_id for m in matches.proposals] == ["0071qz696"]
    assert matches.proposals[0].reasons[-1] == "ROR is not sure"


def test_a_chosen_one_that_ended_gives_way_or_is_only_proposed() -> None:
    followed = matched([item(ended("01mhkcn55", "04afshy24"), True)])
    alone = matched([item(ended("01mhkcn55"), True)])

    assert [m.organisation.ror_id for m in followed.chosen] == ["04afshy24"]
    assert "01mhkcn55 is withdrawn" in " ".join(followed.chosen[0].reasons)
    assert alone.chosen == ()
    assert alone.proposals[0].reasons[-1] == "its record is withdrawn"


def test_no_matches_may_be_null() -> None:
    assert matched(None) == RorMatches()


def test_a_search_by_name_only_proposes_and_takes_no_query_language() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.params["query"])
        return httpx.Response(200, json={"items": [record()]})

    matches = search_by_name(client(answer), 'Hue (Univ) AND "x"', Notes())

    assert (matches.chosen, len(matches.proposals)) == ((), 1)
    assert asked == ['Hue \\(Univ\\) AND \\"x\\"']


@pytest.mark.parametrize("body", [[], {}, {"errors": ["query parameter 'x' is illegal"]}, "text"])
def test_a_reply_of_another_form_is_refused(body: Any) -> None:
    asked = client(lambda request: httpx.Response(200, json=body))

    with pytest.raises(SourceRefusedError):
        search_by_name(asked, "x", Notes())


def test_a_match_of_another_form_is_refused_with_its_place() -> None:
    broken = [{"chosen": "yes", "organization": record()}]

    with pytest.raises(ImportRefusedError) as caught:
        matched(broken)

    assert caught.value.problems[0].where == "items.chosen"


def check_damaged(seed: int, times: int) -> None:
    chance = random.Random(seed)
    bases = [sample("example_record_v2_1.json"), *published()]
    refused: list[ImportRefusedError] = []
    read = 0
    odd = [
        None,
        7,
        -1.5,
        True,
        "",
        "x" * 900,
        "\x00",
        [],
        {},
        [[]],
        {"value": 1},
        "https://ror.org/",
    ]
    for number in range(times):
        place = raw = copy.deepcopy(bases[number % len(bases)])
        while True:
            key = chance.choice([*place] if isinstance(place, dict) else range(len(place)))
            if isinstance(place[key], dict | list) and place[key] and chance.random() < 0.8:
                place = place[key]
                continue
            if chance.random() < 0.2:
                del place[key]
            else:
                place[key] = chance.choice(odd)
            break
        try:
            read += bool(read_organisation(raw, Notes()).ror_id)
        except ImportRefusedError as exc:
            refused.append(exc)
    assert read
    assert refused
    assert all(error.problems for error in refused)


def test_a_damaged_record_is_read_or_refused_with_a_reason() -> None:
    check_damaged(seed=1, times=300)


@pytest.mark.soak
def test_ten_thousand_damaged_records_are_read_or_refused() -> None:
    check_damaged(seed=2, times=10_000)
