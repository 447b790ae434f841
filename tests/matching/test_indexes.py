"""The indexes against exact search, under filters, through save, damage and other versions."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import numpy as np
import pytest

from matching.exact import exact_top_k
from matching.faiss_index import FaissIndex
from matching.follow import IndexFolder
from matching.people_columns import PersonFacts
from matching.retrieval import LineQuery, QueryForm, retrieve
from matching.search_index import IndexPassage, SearchIndex, current_generation, new_generation
from matching.search_index import swap_in as swap
from matching.statistics import Statistics, VectorSum, freeze
from matching.terms import Frequencies, count_terms, folded_terms, weigh_query
from registry.access.policy import Selector
from registry.errors import BusyError, IndexFormatError
from registry.experts.filters import ExpertFilter
from registry.experts.schemas import Life, Visibility

DIMENSION = 32
EVERYBODY = Selector(frozenset({Life.CLAIMED}), frozenset({Visibility.PUBLIC}))
BODIES = ["vi mạch bán dẫn", "vắc xin thế hệ mới", "đường sắt tốc độ cao", "pin lithium"]


def _unit(rng: np.random.Generator, n: int) -> np.ndarray:
    vectors = rng.normal(size=(n, DIMENSION)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def _statistics(version: str = "e") -> Statistics:
    frequencies = Frequencies.of([count_terms(body) for body in BODIES])
    nothing = {"en": VectorSum(np.zeros(DIMENSION), 1)}
    return freeze(version, {}, nothing, nothing, frequencies)


def _facts(country: str = "VN", life: str = "claimed") -> PersonFacts:
    return PersonFacts(life, country, country != "VN", ("ford:2",), (6,))


def _passage(vector: np.ndarray, body: str, audience: str = "public") -> IndexPassage:
    return IndexPassage(uuid4(), uuid4(), "vi", body, audience, vector)


@pytest.fixture
def index(tmp_path: Path) -> Iterator[SearchIndex]:
    made = SearchIndex(tmp_path / "generation-1", _statistics(), DIMENSION)
    yield made
    made.close()


def _fill(index: SearchIndex, people: int = 12) -> list[UUID]:
    rng = np.random.default_rng(1)
    ids = [uuid4() for _ in range(people)]
    index.replace(
        {key: _facts("VN" if n % 2 else "FR") for n, key in enumerate(ids)},
        {key: [_passage(v, BODIES[n % 4]) for v in _unit(rng, 3)] for n, key in enumerate(ids)},
    )
    return ids


@pytest.mark.parametrize("share", [1.0, 0.5, 0.05, 0.0])
def test_faiss_finds_what_exact_search_finds_whatever_the_filter_leaves(share: float) -> None:
    rng = np.random.default_rng(7)
    vectors, queries = _unit(rng, 800).astype(np.float16).astype(np.float32), _unit(rng, 5)
    allowed = rng.random(800) < share
    found = FaissIndex(DIMENSION)
    found.append(vectors)

    for (rows, scores), (right, cosines) in zip(
        found.search(queries, allowed, 20), exact_top_k(queries, vectors, allowed, 20), strict=True
    ):
        assert rows.tolist() == right.tolist()
        assert scores == pytest.approx(cosines, abs=1e-3)


def test_equal_scores_go_to_the_smaller_row() -> None:
    vectors = np.repeat(_unit(np.random.default_rng(3), 1), 5, axis=0)
    found = FaissIndex(DIMENSION)
    found.append(vectors)

    ((rows, _),) = found.search(vectors[:1], np.array([True, False, True, True, True]), 3)

    assert rows.tolist() == [0, 2, 3]


def test_words_are_searched_under_the_same_filter_as_vectors(index: SearchIndex) -> None:
    _fill(index)
    query = weigh_query(folded_terms("vi mach"), index.statistics.frequencies)

    for narrowed in (ExpertFilter(), ExpertFilter(countries=("FR",)), ExpertFilter(groups=(5,))):
        _, allowed = index.admitted(EVERYBODY, narrowed)
        rows, _ = index.words.search(query, EVERYBODY, narrowed, 100)
        holding = [r for r in np.flatnonzero(allowed) if index.person_of_row[r] % 4 == 0]

        assert sorted(rows.tolist()) == holding


def test_a_restricted_passage_is_neither_found_nor_admitted(index: SearchIndex) -> None:
    person = uuid4()
    vector = _unit(np.random.default_rng(5), 1)[0]
    index.replace({person: _facts()}, {person: [_passage(vector, "vi mạch", "stewards")]})
    query = weigh_query(folded_terms("vi mach"), index.statistics.frequencies)

    _, allowed = index.admitted(EVERYBODY, ExpertFilter())

    assert not allowed.any()
    assert not len(index.words.search(query, EVERYBODY, ExpertFilter(), 10)[0])


def test_a_changed_person_is_replaced_and_one_taken_out_is_gone_at_once(
    index: SearchIndex,
) -> None:
    ids = _fill(index)
    vector = _unit(np.random.default_rng(9), 1)[0]

    index.replace({ids[0]: _facts()}, {ids[0]: [_passage(vector, "pin lithium")]})
    index.replace({ids[1]: None}, {})

    _, allowed = index.admitted(EVERYBODY, ExpertFilter())
    owners = index.person_of_row[allowed]
    assert (owners == 0).sum() == 1
    assert not (owners == 1).any()
    query = weigh_query(folded_terms("vi mach"), index.statistics.frequencies)
    found, _ = index.words.search(query, EVERYBODY, ExpertFilter(), 100)
    assert 0 not in index.person_of_row[found]


def test_a_saved_index_opens_as_it_was(index: SearchIndex) -> None:
    _fill(index)
    index.position = "10:10:"
    index.save()
    _, before = index.admitted(EVERYBODY, ExpertFilter(countries=("FR",)))
    index.close()

    opened = SearchIndex.load(index.folder, index.statistics, DIMENSION)

    _, after = opened.admitted(EVERYBODY, ExpertFilter(countries=("FR",)))
    assert (after == before).all()
    assert opened.position == "10:10:"
    assert opened.passage_ids == index.passage_ids
    opened.close()


@pytest.mark.parametrize(
    "damage",
    ["no manifest", "a list", "no tag", "cut", "format", "vectors", "rows", "empty", "words"],
)
def test_a_damaged_or_foreign_index_is_refused(index: SearchIndex, damage: str) -> None:
    _fill(index)
    index.save()
    index.close()
    manifest = index.folder / "manifest.json"
    written = json.loads(manifest.read_text("utf-8"))
    contents = {
        "a list": [],
        "no tag": {k: v for k, v in written.items() if k != "tag"},
        "format": written | {"format": 99},
    }
    if damage in contents:
        manifest.write_text(json.dumps(contents[damage]), "utf-8")
    elif damage == "no manifest":
        manifest.unlink()
    elif damage == "cut":
        manifest.write_text("{", "utf-8")
    elif damage == "words":
        shutil.rmtree(index.folder / "words")
    else:
        (file,) = index.folder.glob("rows-*" if damage == "empty" else f"{damage}-*")
        file.write_bytes(b"" if damage == "empty" else file.read_bytes()[:-40])

    with pytest.raises(IndexFormatError):
        SearchIndex.load(index.folder, index.statistics, DIMENSION)


def test_an_index_of_other_statistics_is_refused(index: SearchIndex) -> None:
    _fill(index)
    index.save()
    index.close()

    with pytest.raises(IndexFormatError):
        SearchIndex.load(index.folder, _statistics("another encoder"), DIMENSION)


def test_hidden_passages_do_not_move_the_cut_among_equal_weights(
    index: SearchIndex, tmp_path: Path
) -> None:
    rng = np.random.default_rng(11)
    people = [uuid4() for _ in range(60)]
    passages = {
        key: [_passage(v, "vi mạch")] for key, v in zip(people, _unit(rng, 60), strict=True)
    }
    other = SearchIndex(tmp_path / "other", index.statistics, DIMENSION)
    for at in range(0, 60, 7):
        part = people[at : at + 7]
        index.replace({k: _facts() for k in part}, {k: passages[k] for k in part})
        hidden = uuid4()
        other.replace(
            {hidden: _facts()}, {hidden: [_passage(_unit(rng, 1)[0], "vi mạch", "stewards")]}
        )
        other.replace({k: _facts() for k in part}, {k: passages[k] for k in part})
    form = QueryForm(
        "vi",
        _unit(rng, 1),
        (weigh_query(folded_terms("vi mach"), index.statistics.frequencies),),
    )

    found = []
    for one in (index, other):
        near = retrieve(one, [LineQuery((form,), 1.0)], EVERYBODY, ExpertFilter(), candidates=10)
        found.append({one.people.ids[n] for n in near})
    other.close()

    assert found[0] == found[1]
    assert 10 <= len(found[0]) <= 20


def test_an_index_of_another_dimension_is_refused(tmp_path: Path) -> None:
    FaissIndex(16).save(tmp_path / "v")

    with pytest.raises(IndexFormatError, match="dimension 16"):
        FaissIndex.load(tmp_path / "v", 32)


def test_a_generation_is_in_use_only_after_the_swap_and_then_alone(tmp_path: Path) -> None:
    first = new_generation(tmp_path)
    assert current_generation(tmp_path) is None
    swap(tmp_path, first)

    second = new_generation(tmp_path)
    assert current_generation(tmp_path) == first
    swap(tmp_path, second)

    assert current_generation(tmp_path) == second
    assert not first.exists()


def test_each_process_gets_a_slot_of_its_own_until_none_is_left(tmp_path: Path) -> None:
    held = [IndexFolder(tmp_path) for _ in range(16)]

    assert len({folder.path for folder in held}) == 16
    with pytest.raises(BusyError):
        IndexFolder(tmp_path)
    held[3].release()
    assert IndexFolder(tmp_path).path == held[3].path
