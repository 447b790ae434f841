"""The indexes of one process as one thing: rows, vectors, words, people; saved and opened whole.

A folder belongs to one process at a time. It holds generations; `CURRENT` names the one in use
and is swapped by rename, so that a kill at any moment leaves the former one.
"""

import json
import os
import shutil
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import numpy.typing as npt

from matching.exact import Mask, RowArray
from matching.faiss_index import FaissIndex
from matching.people_columns import PeopleColumns, PersonFacts
from matching.statistics import LANGUAGES, Statistics
from matching.terms import TermMatrix, count_terms
from matching.text_index import IndexedText, TextIndex
from registry.access.policy import Selector, admits
from registry.errors import IndexFormatError
from registry.experts.filters import ExpertFilter

FORMAT = 3
_KEPT_MASKS = 16


@dataclass(frozen=True)
class IndexPassage:
    """A passage with its vector (shape (d,), unit length, not centred)."""

    id: UUID
    statement_id: UUID
    language: str
    body: str
    audience: str
    vector: npt.NDArray[np.float32]


class SearchIndex:
    """Everything that a search runs on in one process, under frozen statistics."""

    def __init__(self, folder: Path, statistics: Statistics, dimension: int) -> None:
        self.folder, self.statistics = folder, statistics
        self.vectors = FaissIndex(dimension)
        self.terms = TermMatrix()
        self.people = PeopleColumns()
        self.passage_ids: list[UUID] = []
        # Passages of one statement share a number: they are one piece of evidence.
        self.unit_of_row: npt.NDArray[np.int64] = np.empty(0, dtype=np.int64)
        self.languages: npt.NDArray[np.uint8] = np.empty(0, dtype=np.uint8)
        # Audiences (levels, and sets of named bodies) by the number given on first sight.
        self.audience_numbers: dict[str, int] = {}
        self.audiences: npt.NDArray[np.int32] = np.empty(0, dtype=np.int32)
        self.person_of_row: npt.NDArray[np.int64] = np.empty(0, dtype=np.int64)
        self.alive: Mask = np.empty(0, dtype=np.bool_)
        self._admitted: dict[Hashable, tuple[Mask, Mask]] = {}
        self.position = ""
        self.words = TextIndex(folder / "words")
        self._is_saved = False

    @property
    def dead_share(self) -> float:
        """Share of rows whose passage is gone: what a rebuild would win back."""
        return 1.0 - float(self.alive.mean()) if len(self.alive) else 0.0

    def replace(
        self,
        facts: Mapping[UUID, PersonFacts | None],
        passages: Mapping[UUID, Sequence[IndexPassage]],
    ) -> None:
        """Put these people anew: their old rows go at once, the given passages come in.

        Args:
            facts: Per person; None takes him out of every search.
            passages: Per person, those that have a vector.
        """
        self._admitted.clear()
        self.people.put(facts)
        numbers = [self.people.number_of(expert_id) for expert_id in facts]
        self.alive[np.isin(self.person_of_row, numbers)] = False
        texts: list[IndexedText] = []
        new: list[IndexPassage] = []
        owners: list[int] = []
        for expert_id, items in passages.items():
            person = facts[expert_id]
            if person is None:
                continue
            for item in items:
                row = len(self.passage_ids) + len(new)
                texts.append(IndexedText(row, expert_id.hex, item.body, item.audience, person))
                new.append(item)
                owners.append(self.people.number_of(expert_id))
        if new:
            stacked = np.stack([item.vector for item in new])
            self.vectors.append(self.statistics.centre(stacked, [item.language for item in new]))
            self.terms.append([count_terms(item.body) for item in new])
            self.passage_ids += [item.id for item in new]
            units = np.unique([item.statement_id.int for item in new], return_inverse=True)[1]
            first = int(self.unit_of_row.max(initial=-1)) + 1
            self.unit_of_row = np.concatenate([self.unit_of_row, first + units])
            spoken = [LANGUAGES.index(item.language) for item in new]
            self.languages = np.concatenate([self.languages, np.array(spoken, dtype=np.uint8)])
            numbers_of = self.audience_numbers
            codes = [numbers_of.setdefault(item.audience, len(numbers_of)) for item in new]
            self.audiences = np.concatenate([self.audiences, np.array(codes, dtype=np.int32)])
            self.person_of_row = np.concatenate([self.person_of_row, owners])
            self.alive = np.concatenate([self.alive, np.ones(len(new), dtype=np.bool_)])
        self.words.replace([expert_id.hex for expert_id in facts], texts)
        self._is_saved = False

    def admitted(self, selector: Selector, narrowed: ExpertFilter) -> tuple[Mask, Mask]:
        """People, and rows, that a search under this selector and filter may see."""
        # One search asks twice, and most ask the same: kept until somebody changes.
        asked = (selector.lives, selector.levels, selector.bodies, narrowed)
        if asked not in self._admitted:
            if len(self._admitted) >= _KEPT_MASKS:
                self._admitted.clear()
            self._admitted[asked] = self._admit(selector, narrowed)
        return self._admitted[asked]

    def _admit(self, selector: Selector, narrowed: ExpertFilter) -> tuple[Mask, Mask]:
        people = self.people.mask(selector, narrowed)
        codes = [n for audience, n in self.audience_numbers.items() if admits(selector, audience)]
        seen = np.isin(self.audiences, codes)
        if not len(self.alive):
            return people, self.alive
        return people, people[self.person_of_row] & self.alive & seen

    def rows_of(self, people: npt.NDArray[np.int64], rows: Mask) -> RowArray:
        """Allowed rows of some people, ordered by row."""
        wanted = np.zeros(len(self.people), dtype=np.bool_)
        wanted[people] = True
        return np.flatnonzero(rows & wanted[self.person_of_row])

    def save(self) -> None:
        """Write what changed since it was written, the manifest last."""
        if self._is_saved:
            return
        tag = uuid4().hex[:8]
        self.vectors.save(self.folder / f"vectors-{tag}.faiss")
        np.savez(
            self.folder / f"rows-{tag}.npz",
            ids=_uuids(self.passage_ids),
            unit_of_row=self.unit_of_row,
            people=_uuids(self.people.ids),
            person_of_row=self.person_of_row,
            alive=self.alive,
            languages=self.languages,
            audiences=self.audiences,
            term_ids=self.terms.ids,
            term_counts=self.terms.counts,
            term_starts=self.terms.starts,
            term_lengths=self.terms.lengths,
        )
        facts = [None if f is None else vars(f) for f in self.people.facts]
        (self.folder / f"people-{tag}.json").write_text(json.dumps(facts), "utf-8")
        manifest = {
            "format": FORMAT,
            "tag": tag,
            "statistics": self.statistics.version,
            "encoder": self.statistics.encoder_version,
            "position": self.position,
            "rows": len(self.passage_ids),
            "audiences": list(self.audience_numbers),
        }
        for file in self.folder.glob(f"*-{tag}.*"):
            _flush(file)
        _write_swapped(self.folder / "manifest.json", json.dumps(manifest))
        for old in self.folder.glob("*-????????.*"):
            if tag not in old.name:
                old.unlink()
        self._is_saved = True

    @classmethod
    def load(cls, folder: Path, statistics: Statistics, dimension: int) -> "SearchIndex":
        """Open a saved index.

        Raises:
            IndexFormatError: Of another format, encoder, dimension or statistics, or damaged:
                the caller builds it anew from the database.
        """
        index: SearchIndex | None = None
        try:
            manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
            found = (manifest["format"], manifest["encoder"], manifest["statistics"])
            wanted = (FORMAT, statistics.encoder_version, statistics.version)
            if found != wanted:
                raise IndexFormatError(f"the index is of {found}, wanted is {wanted}")
            index = cls(folder, statistics, dimension)
            index._read(manifest)
        except Exception as exc:
            # Whatever is wrong with a file, the answer is the same: the database has it all.
            if index is not None:
                index.close()
            if isinstance(exc, IndexFormatError):
                raise
            raise IndexFormatError("the saved index is incomplete or damaged") from exc
        return index

    def _read(self, manifest: dict[str, Any]) -> None:
        tag = manifest["tag"]
        self.vectors = FaissIndex.load(self.folder / f"vectors-{tag}.faiss", self.vectors.dimension)
        with np.load(self.folder / f"rows-{tag}.npz") as stored:
            self.passage_ids = _from_uuids(stored["ids"])
            self.unit_of_row = stored["unit_of_row"]
            self.person_of_row, self.alive = stored["person_of_row"], stored["alive"]
            self.languages, self.audiences = stored["languages"], stored["audiences"]
            self.terms = TermMatrix(
                stored["term_ids"],
                stored["term_counts"],
                stored["term_starts"],
                stored["term_lengths"],
            )
            people = _from_uuids(stored["people"])
        facts = json.loads((self.folder / f"people-{tag}.json").read_text("utf-8"))
        self.people.put({key: _facts(value) for key, value in zip(people, facts, strict=True)})
        if not len(self.vectors) == len(self.passage_ids) == len(self.terms) == manifest["rows"]:
            raise IndexFormatError("the parts of the saved index do not fit each other")
        # It commits on its own and may be ahead of the rows by what is read again now.
        if self.words.passages < 0.5 * self.alive.sum():
            raise IndexFormatError("the text index has lost passages")
        self._admitted.clear()
        self.audience_numbers = {key: n for n, key in enumerate(manifest["audiences"])}
        self.position = manifest["position"]
        self._is_saved = True

    def close(self) -> None:
        """Give the folder back."""
        self.words.close()


def current_generation(root: Path) -> Path | None:
    """The generation in use, if any."""
    try:
        name = (root / "CURRENT").read_text("utf-8").strip()
    except OSError:
        return None
    folder = root / name
    return folder if name and folder.is_dir() else None


def new_generation(root: Path) -> Path:
    """An empty folder beside the generation in use."""
    folder = root / f"generation-{uuid4().hex[:12]}"
    folder.mkdir(parents=True)
    return folder


def swap_in(root: Path, folder: Path) -> None:
    """Make a generation the one in use and remove the others."""
    _write_swapped(root / "CURRENT", folder.name)
    for other in root.glob("generation-*"):
        if other != folder:
            shutil.rmtree(other, ignore_errors=True)


def _flush(file: Path) -> None:
    with file.open("rb") as opened:
        os.fsync(opened.fileno())


def _write_swapped(path: Path, content: str) -> None:
    beside = path.with_name(path.name + ".new")
    with beside.open("w", encoding="utf-8") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def _uuids(ids: Sequence[UUID]) -> npt.NDArray[np.uint8]:
    return np.frombuffer(b"".join(i.bytes for i in ids), dtype=np.uint8).reshape(-1, 16)


def _from_uuids(rows: npt.NDArray[np.uint8]) -> list[UUID]:
    return [UUID(bytes=row.tobytes()) for row in rows]


def _facts(value: dict[str, object] | None) -> PersonFacts | None:
    if value is None:
        return None
    listed = {key: tuple(v) if isinstance(v, list) else v for key, v in value.items()}
    return PersonFacts(**listed)  # type: ignore[arg-type]
