import csv
import gzip
import json
import random
import tracemalloc
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ingest.services.asking import Page
from ingest.services.openalex_files import AuthorsOfSnapshot
from ingest.sources.openalex_snapshot import Choice, Counts, Snapshot, SnapshotPage
from ingest.sources.records import Notes
from registry.errors import ImportRefusedError, InvalidInputError
from registry.experts.values import NameValue

SAMPLES = Path(__file__).parent.parent / "data" / "openalex"
NOW = datetime(2026, 11, 1, tzinfo=UTC)
NEW, OLD = "updated_date=2026-10-01", "updated_date=2026-04-01"
EVERYBODY = Choice()


def author(number: int, name: str = "Ngo Van Uc", **changes: Any) -> dict[str, Any]:
    key = f"https://openalex.org/A{5_000_000_000 + number}"
    return {"id": key, "display_name": name} | changes


def key(number: int) -> str:
    return f"A{5_000_000_000 + number}"


def in_country(code: str) -> dict[str, Any]:
    return {"id": "https://openalex.org/I1", "display_name": "Institute", "country_code": code}


def put(folder: Path, name: str, lines: Sequence[Any], is_packed: bool = True) -> Path:
    """Write a file of the snapshot; a line is a record, or bytes as they are."""
    path = folder / "authors" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    content = b"".join(
        (line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n" for line in lines
    )
    path.write_bytes(gzip.compress(content, 1) if is_packed else content)
    return path


def merged(folder: Path, name: str, *pairs: tuple[int, int]) -> None:
    path = folder / "merged_ids" / "authors" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(path, "wt", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["merge_date", "id", "merge_into_id"])
        writer.writerows(["2026-01-01", key(old), key(new)] for old, new in pairs)


def read(folder: Path, choice: Choice = EVERYBODY) -> list[SnapshotPage]:
    return [*Snapshot(folder, choice).pages()]


def keys_of(pages: Sequence[SnapshotPage]) -> list[str]:
    return [author.key for page in pages for author in page.authors]


def counts_of(pages: Sequence[SnapshotPage]) -> Counts:
    counts = Counts()
    for page in pages:
        counts.add(page.counts)
    return counts


def refused(pages: Sequence[SnapshotPage]) -> list[str]:
    return [str(problem) for page in pages for problem in page.refused]


@pytest.mark.parametrize("place", ["", "data", "data/jsonl", "jsonl"])
@pytest.mark.parametrize("is_packed", [True, False])
def test_authors_are_found_wherever_the_download_put_them(
    tmp_path: Path, place: str, is_packed: bool
) -> None:
    put(tmp_path / place, f"{NEW}/part_0000.gz", [author(1), author(2)], is_packed)

    assert keys_of(read(tmp_path)) == [key(1), key(2)]
    assert keys_of(read(tmp_path / place / "authors")) == [key(1), key(2)]


def test_a_folder_without_authors_is_refused(tmp_path: Path) -> None:
    (tmp_path / "works" / NEW).mkdir(parents=True)

    with pytest.raises(ImportRefusedError) as caught:
        Snapshot(tmp_path, EVERYBODY)

    assert "authors/updated_date" in caught.value.problems[0].expected


@pytest.mark.parametrize("path", sorted(SAMPLES.glob("*author*.json")), ids=lambda path: path.stem)
def test_the_sample_authors_are_read_from_a_snapshot(tmp_path: Path, path: Path) -> None:
    record = json.loads(path.read_bytes())
    put(tmp_path, f"{NEW}/part_0000.gz", [record])

    pages = read(tmp_path)

    is_nobody = "deleted" in path.stem
    assert [one.raw for page in pages for one in page.authors] == ([] if is_nobody else [record])
    assert counts_of(pages).placeholders == is_nobody


def test_every_other_sample_is_refused_in_words(tmp_path: Path) -> None:
    others = [path for path in sorted(SAMPLES.glob("*.json")) if "author" not in path.stem]
    lines = [json.dumps(json.loads(path.read_bytes())).encode() for path in others]
    put(tmp_path, f"{NEW}/part_0000.gz", lines)

    pages = read(tmp_path)

    assert counts_of(pages).refused == len(others)
    assert {
        text.partition(", line ")[2].split(",")[0].split(":")[0] for text in refused(pages)
    } == {str(number) for number in range(1, len(others) + 1)}


# --- who is chosen

CHOOSABLE = [
    author(1, affiliations=[{"institution": in_country("VN"), "years": [2020]}]),
    author(2, last_known_institutions=[in_country("vn")]),
    author(3, last_known_institution=in_country("VN")),
    author(4, orcid="https://orcid.org/0000-0002-1825-0097"),
    author(5, ids={"orcid": "0000-0001-5109-3700"}, affiliations=None),
    author(6, last_known_institutions=[in_country("US")]),
    # What the quick look finds is not where it counts.
    author(7, note={"country_code": "VN", "orcid": "0000-0002-1825-0097"}),
]


@pytest.mark.parametrize(
    ("choice", "numbers"),
    [
        (EVERYBODY, [1, 2, 3, 4, 5, 6, 7]),
        (Choice(countries=frozenset({"VN"})), [1, 2, 3]),
        (Choice(countries=frozenset({"VN", "US"})), [1, 2, 3, 6]),
        (Choice(orcids=frozenset({"0000-0002-1825-0097"})), [4]),
        (Choice(orcids=frozenset({"0000-0001-5109-3700"})), [5]),
        (Choice(ids=frozenset({key(6), key(7)})), [6, 7]),
        (Choice(frozenset({key(6)}), frozenset({"0000-0002-1825-0097"})), [4, 6]),
        (Choice(countries=frozenset({"LA"})), []),
    ],
)
def test_authors_are_chosen_by_id_orcid_or_country(
    tmp_path: Path, choice: Choice, numbers: list[int]
) -> None:
    put(tmp_path, f"{NEW}/part_0000.gz", CHOOSABLE)

    pages = read(tmp_path, choice)

    assert keys_of(pages) == [key(number) for number in numbers]
    counts = counts_of(pages)
    assert (counts.kept, counts.not_chosen) == (len(numbers), len(CHOOSABLE) - len(numbers))


def test_the_newest_of_two_records_counts(tmp_path: Path) -> None:
    put(tmp_path, f"{OLD}/part_0000.gz", [author(1, "Old Name"), author(2, "Only Name")])
    put(tmp_path, f"{NEW}/part_0000.gz", [author(1, "New Name")])
    old_style = {"id": "https://openalex.org/A12", "display_name": "Old Style"}
    put(tmp_path, f"{OLD}/part_0001.gz", [old_style, old_style])

    pages = read(tmp_path)

    names = {one.key: one.raw["display_name"] for page in pages for one in page.authors}
    assert names == {key(1): "New Name", key(2): "Only Name", "A12": "Old Style"}
    assert counts_of(pages).older == 2


def test_who_is_no_longer_in_a_country_is_not_found_by_an_older_record(tmp_path: Path) -> None:
    put(tmp_path, f"{OLD}/part_0000.gz", [author(1, last_known_institutions=[in_country("VN")])])
    put(tmp_path, f"{NEW}/part_0000.gz", [author(1, last_known_institutions=[in_country("US")])])

    assert keys_of(read(tmp_path, Choice(countries=frozenset({"VN"})))) == []


def test_former_ids_lead_to_the_present_author(tmp_path: Path) -> None:
    put(tmp_path, f"{NEW}/part_0000.gz", [author(1), author(2), author(3)])
    merged(tmp_path, "2026-01-01.csv.gz", (11, 12), (13, 2))
    merged(tmp_path, "2026-02-01.csv.gz", (12, 1), (14, 99))

    pages = read(tmp_path, Choice(frozenset({key(11), key(13), key(14), key(2)})))

    assert [(one.key, one.aliases) for page in pages for one in page.authors] == [
        (key(1), (key(11),)),
        (key(2), (key(13),)),
    ]


def test_ids_merged_in_a_circle_end(tmp_path: Path) -> None:
    put(tmp_path, f"{NEW}/part_0000.gz", [author(1)])
    merged(tmp_path, "2026-01-01.csv.gz", (1, 2), (2, 1))

    assert keys_of(read(tmp_path, Choice(frozenset({key(1)})))) == [key(1)]


def test_a_damaged_list_of_merged_ids_is_refused(tmp_path: Path) -> None:
    put(tmp_path, f"{NEW}/part_0000.gz", [author(1)])
    merged(tmp_path, "2026-01-01.csv.gz", (1, 2))
    path = tmp_path / "merged_ids" / "authors" / "2026-01-01.csv.gz"
    path.write_bytes(gzip.compress(b"other,columns\n1,2\n"))

    with pytest.raises(ImportRefusedError, match=r"2026-01-01"):
        Snapshot(tmp_path, Choice(frozenset({key(1)})))


# --- damage


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b'{"id": "https://openalex.org/A5000000009", "display_name": ', "valid JSON"),
        (b'{"id": "https://openalex.org/A5000000009"}', "a value"),
        (b'{"id": "https://openalex.org/A5000000009", "display_name": NaN}', "valid JSON"),
        (b'{"display_name": "Nobody"}', "a value"),
        (b'{"id": "https://openalex.org/I1", "display_name": "X"}', "the id of an author"),
        (b"[1]", "an object"),
        (b"7", "an object"),
        (b"[" * 5000, "valid JSON"),
        (b"\xff\xfe\x00", "valid JSON"),
        (b'{"id": "A5000000009", "display_name": "Ng\xea"}', "valid JSON"),
    ],
)
def test_a_damaged_line_is_refused_by_its_place_and_the_rest_is_read(
    tmp_path: Path, line: bytes, expected: str
) -> None:
    put(tmp_path, f"{NEW}/part_0000.gz", [author(1), b"", line, author(2)])

    pages = read(tmp_path)

    assert keys_of(pages) == [key(1), key(2)]
    assert refused(pages)
    assert all(text.startswith(f"{NEW}/part_0000.gz, line 3") for text in refused(pages))
    assert expected in refused(pages)[0]
    assert counts_of(pages).refused == 1


def test_characters_that_no_database_holds_leave_a_line(tmp_path: Path) -> None:
    line = b'{"id": "A5000000001", "display_name": "Uc\\u0000 \\ud83d\\ude00\\ud800 \\\\u0000"}'
    put(tmp_path, f"{NEW}/part_0000.gz", [line])

    [[one]] = [page.authors for page in read(tmp_path)]

    assert one.raw["display_name"] == "Uc \U0001f600 \\u0000"


def test_a_file_that_was_cut_off_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    lines = [
        author(number, note=random.Random(number).randbytes(400).hex()) for number in range(99)
    ]
    path = put(tmp_path, f"{NEW}/part_0000.gz", lines)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    put(tmp_path, f"{NEW}/part_0001.gz", [author(200)])

    pages = read(tmp_path)

    assert 0 < counts_of(pages).kept < 99
    assert keys_of(pages)[-1] == key(200)
    [problem] = refused(pages)
    assert "cut off" in problem
    assert problem.startswith(f"{NEW}/part_0000.gz, line {counts_of(pages).kept}")


def test_a_file_of_another_kind_is_refused_and_the_others_are_read(tmp_path: Path) -> None:
    packed = put(tmp_path, f"{NEW}/part_0000.gz", [author(1)])
    packed.write_bytes(packed.read_bytes()[:4] + b"\xff" * 40)
    put(tmp_path, f"{NEW}/part_0001.gz", [author(2)])

    pages = read(tmp_path)

    assert keys_of(pages) == [key(2)]
    assert "cannot be read on" in refused(pages)[0]


def test_a_line_without_end_is_passed_over_and_not_held(tmp_path: Path) -> None:
    path = tmp_path / "authors" / NEW / "part_0000.gz"
    path.parent.mkdir(parents=True)
    with gzip.open(path, "wb", compresslevel=1) as file:
        for _ in range(48):
            file.write(b"x" * 1024 * 1024)
        file.write(b"\n" + json.dumps(author(2)).encode())

    tracemalloc.start()
    pages = read(tmp_path)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert keys_of(pages) == [key(2)]
    assert "more than 4 MB" in refused(pages)[0]
    assert most < 16 * 1024 * 1024


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    def most(name: str, lines: int) -> int:
        people = [author(n, note="x" * 4_000) for n in range(lines)]
        put(tmp_path / name, f"{NEW}/part_0000.gz", people)
        del people
        tracemalloc.start()
        assert (
            sum(len(page.authors) for page in Snapshot(tmp_path / name, EVERYBODY).pages()) == lines
        )
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    most("warm", 1_000)
    small, large = most("small", 1_000), most("large", 5_000)

    assert large < 1.2 * small


# --- going on


@pytest.mark.parametrize("choice", [EVERYBODY, Choice(countries=frozenset({"VN"}))])
def test_a_run_goes_on_after_any_page(tmp_path: Path, choice: Choice) -> None:
    here, gone = [in_country("VN")], [in_country("US")]
    for number in range(3):
        people = [
            author(n, last_known_institutions=here if n % 2 else gone)
            for n in range(number * 60, number * 60 + 80)
        ]
        put(tmp_path, f"updated_date=2026-0{number + 1}-01/part_0000.gz", people)
    pages = read(tmp_path, choice)

    for number, page in enumerate(pages[:-1]):
        after = json.loads(json.dumps(page.after))
        rest = [*Snapshot(tmp_path, choice).pages(after)]
        assert [p.authors for p in rest] == [p.authors for p in pages[number + 1 :]]

    assert len(pages) > 3
    assert pages[-1].after is None
    assert len(set(keys_of(pages))) == len(keys_of(pages))


def test_a_run_does_not_go_on_in_other_files(tmp_path: Path) -> None:
    put(tmp_path, f"{OLD}/part_0000.gz", [author(n) for n in range(40)])
    [first, *_] = read(tmp_path)
    put(tmp_path, f"{NEW}/part_0000.gz", [author(99)])

    with pytest.raises(InvalidInputError, match="begin anew"):
        next(Snapshot(tmp_path, EVERYBODY).pages(first.after))


def test_long_stretches_without_anybody_end_pages_too(tmp_path: Path) -> None:
    lines = [b'{"id":"A%d","display_name":"X"}' % (5_000_000_000 + n) for n in range(25_000)]
    put(tmp_path, f"{NEW}/part_0000.gz", lines)

    pages = read(tmp_path, Choice(frozenset({key(24_000)})))

    assert [(len(page.authors), page.counts.lines) for page in pages] == [(0, 20_000), (1, 5_000)]


# --- the manifest


def manifest(folder: Path, *entries: tuple[str, int]) -> None:
    content = {
        "entries": [
            {"url": f"s3://openalex/data/authors/{name}", "meta": {"content_length": size}}
            for name, size in entries
        ]
    }
    (folder / "authors" / "manifest").write_text(json.dumps(content), "utf-8")


def test_files_are_compared_with_the_manifest(tmp_path: Path) -> None:
    size = put(tmp_path, f"{NEW}/part_0000.gz", [author(1)]).stat().st_size
    put(tmp_path, f"{NEW}/part_0001.gz", [author(2)])
    manifest(tmp_path, (f"{NEW}/part_0000.gz", size))
    extra = Snapshot(tmp_path, EVERYBODY).notes
    manifest(tmp_path, *((f"{NEW}/part_000{n}.gz", size if n == 0 else 7) for n in range(3)))
    others = Snapshot(tmp_path, EVERYBODY).notes

    assert extra == ["files that the manifest does not list, perhaps of an older snapshot: 1"]
    assert others == [
        "files of the manifest that are missing here: 1",
        "files of another size than in the manifest: 1",
    ]


@pytest.mark.parametrize("content", [b"", b"[]", b'{"entries": 7}', b'{"entries": [{}]}', b"\xff"])
def test_a_manifest_of_another_form_is_noted(tmp_path: Path, content: bytes) -> None:
    put(tmp_path, f"{NEW}/part_0000.gz", [author(1)])
    (tmp_path / "authors" / "manifest").write_bytes(content)

    assert "another form" in Snapshot(tmp_path, EVERYBODY).notes[0]


# --- as a source


def test_a_snapshot_is_a_source_like_the_others(tmp_path: Path) -> None:
    put(tmp_path, f"{NEW}/part_0000.gz", [*CHOOSABLE, b"damaged"])
    merged(tmp_path, "2026-01-01.csv.gz", (11, 1))
    source = AuthorsOfSnapshot(tmp_path, NOW, ids=[key(11)], countries=["us"])

    [page] = source.pages(None, None)
    people = [source.read(unit, Notes()) for unit in page.units]

    assert [(unit.key, unit.aliases) for unit in page.units] == [(key(1), (key(11),)), (key(6), ())]
    # Works are elsewhere in the snapshot: those that are known are kept.
    assert [person.partial for person in people] == [["work"], ["work"]]
    assert isinstance(people[0].statements[0].value, NameValue)
    assert page.notes == [
        "there is no manifest: whether all files of the snapshot are here is not known",
        "8 lines: 2 authors kept, 6 not chosen, 0 older than a record before them, 0 placeholders, "
        "0 refused",
    ]


def test_what_was_refused_is_told_with_its_line(tmp_path: Path) -> None:
    put(tmp_path, f"{NEW}/part_0000.gz", [b"damaged"] * 60)

    pages: list[Page] = [*AuthorsOfSnapshot(tmp_path, NOW).pages(None, None)]

    notes = [note for page in pages for note in page.notes]
    assert notes[1].startswith(f"refused: {NEW}/part_0000.gz, line 1: ")
    assert "refused as well: 10 problems" in notes
    assert "60 refused" in notes[-1]


@pytest.mark.parametrize("arguments", [{"ids": ["W1"]}, {"orcids": ["x"]}, {"countries": ["VNM"]}])
def test_a_choice_that_makes_no_sense_is_refused(
    tmp_path: Path, arguments: dict[str, list[str]]
) -> None:
    put(tmp_path, f"{NEW}/part_0000.gz", [author(1)])

    with pytest.raises(InvalidInputError):
        AuthorsOfSnapshot(tmp_path, NOW, **arguments)


# --- damage at random


def damage(folder: Path, rounds: int, seed: int) -> Counts:
    """What becomes of so many damaged lines, each followed by a whole one."""
    whole = (SAMPLES / "pyopenalex_author.json").read_bytes()
    record = json.dumps(json.loads(whole)).encode()
    rng, lines = random.Random(seed), []
    for number in range(rounds):
        line = bytearray(record.replace(b"A5023888391", b"A%d" % (5_000_000_000 + number)))
        for _ in range(rng.randint(1, 3)):
            at = rng.randrange(len(line))
            line[at : at + rng.randint(0, 3)] = rng.randbytes(rng.randint(0, 3))
        lines += [bytes(line).replace(b"\n", b" "), author(1_000_000 + number)]
    put(folder, f"{NEW}/part_0000.gz", lines)
    counts = Counts()
    source, notes = AuthorsOfSnapshot(folder, NOW), Notes()
    for page in Snapshot(folder, EVERYBODY).pages():
        counts.add(page.counts)
        for problem in page.refused:
            assert problem.where
            assert problem.found
            assert problem.expected
    for read_page in source.pages(None, None):
        for unit in read_page.units:
            try:
                source.read(unit, notes)
            except ImportRefusedError as error:
                if not error.problems:
                    raise
    assert counts.lines == 2 * rounds
    assert counts.lines == counts.kept + counts.refused + counts.older + counts.placeholders
    return counts


def test_damaged_lines_are_kept_or_refused(tmp_path: Path) -> None:
    counts = damage(tmp_path, 300, seed=1)

    assert counts.kept > 300
    assert counts.refused > 0


@pytest.mark.soak
def test_ten_thousand_damaged_lines_are_kept_or_refused(tmp_path: Path) -> None:
    assert damage(tmp_path, 10_000, seed=2).kept > 10_000
