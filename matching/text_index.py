"""tantivy: the only module that imports it. Which passages hold a query's words, under a filter.

The engine's own BM25 counts every indexed passage, hidden and deleted ones too, so its scores
must not order anything that is shown. Here each query word has the constant weight that the
frozen statistics give it; the candidates found are scored again outside (terms.coverage).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tantivy

from matching.exact import RowArray, Scores
from matching.people_columns import PersonFacts, residence_of
from matching.terms import QueryTerms, all_terms
from registry.access.policy import Selector, read_audience
from registry.errors import IndexFormatError
from registry.experts.filters import ExpertFilter, check_permitted
from registry.experts.freshness import Days, Reachability

_WRITER_BYTES = 64_000_000
_DAYS = ("confirmed_on", "replied_on", "unanswered_on")


@dataclass(frozen=True)
class IndexedText:
    """One passage for the text index. `row` is its row in the vector index."""

    row: int
    expert: str
    body: str
    audience: str
    facts: PersonFacts


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("row", stored=False, indexed=True, fast=True)
    builder.add_text_field("expert", tokenizer_name="raw", index_option="basic")
    builder.add_text_field("tags", tokenizer_name="raw", index_option="basic")
    # Days of contacts; a person who never did such a thing has none.
    for name in _DAYS:
        builder.add_unsigned_field(name, stored=False, indexed=False, fast=True)
    builder.add_text_field("terms", tokenizer_name="terms", index_option="basic")
    return builder.build()


class TextIndex:
    """Terms and tags of passages in a folder that one process writes and searches."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._schema = _schema()
        try:
            self._index = tantivy.Index(self._schema, path=str(folder), reuse=True)
        except ValueError as exc:
            raise IndexFormatError("the text index is damaged or of another format") from exc
        self._index.register_tokenizer(
            "terms", tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
        )
        self._writer = self._index.writer(_WRITER_BYTES, 1)
        self._closed = False

    def replace(self, experts: Iterable[str], passages: Iterable[IndexedText]) -> None:
        """Take out all passages of these people and put in the given ones, in one commit."""
        for expert in experts:
            self._writer.delete_documents_by_term("expert", expert)
        for passage in passages:
            # A wrong integer type kills the writer's thread with a misleading message.
            document = tantivy.Document()
            document.add_unsigned("row", int(passage.row))
            document.add_text("expert", passage.expert)
            for name in _DAYS:
                if (day := getattr(passage.facts, name)) is not None:
                    document.add_unsigned(name, int(day))
            for tag in _tags(passage):
                document.add_text("tags", tag)
            document.add_text("terms", " ".join(all_terms(passage.body)))
            self._writer.add_document(document)
        self._writer.commit()
        self._index.reload()

    def search(
        self,
        query: QueryTerms,
        selector: Selector,
        narrowed: ExpertFilter,
        limit: int,
    ) -> tuple[RowArray, Scores]:
        """Rows of the passages that hold most of the query's weight, within the filter.

        Where more passages hold equal weight than `limit` leaves room for, which of them the
        engine would return depends on its segments, and so on hidden and deleted passages: none
        of them is returned.

        Returns:
            At most `limit` rows in no particular order, and the weight that each holds.

        Raises:
            NotPermittedError: The filter looks at something that the selector does not show.
        """
        check_permitted(selector, narrowed)
        scoring = [
            (tantivy.Occur.Should, self._constant("terms", name, float(weight)))
            for name, weight in zip(query.names, query.weights, strict=True)
        ]
        if not scoring:
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
        required = [
            [
                f"life:{life.value}"
                for life in selector.lives.intersection(narrowed.lives or selector.lives)
            ],
            [
                *(f"audience:{level.value}" for level in selector.levels),
                *(f"audience-body:{body}" for body in selector.bodies or ()),
            ],
            # By right of his office somebody sees people whatever bodies they are open to.
            []
            if selector.bodies is None
            else ["open:all", *(f"open:{body}" for body in selector.bodies)],
            [f"residence:{residence}" for residence in narrowed.residences],
            [f"country:{code}" for code in narrowed.countries],
            [f"ford:{code}" for code in narrowed.fields],
            [f"group:{number}" for number in narrowed.groups],
        ]
        parts = [(tantivy.Occur.Must, tantivy.Query.boolean_query(scoring))]
        for tags in required:
            if tags:
                either = tantivy.Query.term_set_query(self._schema, "tags", tags)
                parts.append((tantivy.Occur.Must, tantivy.Query.const_score_query(either, 0.0)))
        if narrowed.confirmed_within:
            first = narrowed.days.confirmed_from(narrowed.confirmed_within)
            confirmed = self._between("confirmed_on", first.toordinal(), None)
            parts.append((tantivy.Occur.Must, tantivy.Query.const_score_query(confirmed, 0.0)))
        if narrowed.reachability:
            known = self._reachable(narrowed.days)
            reached = tantivy.Query.boolean_query(
                [(tantivy.Occur.Should, known[each]) for each in narrowed.reachability]
            )
            parts.append((tantivy.Occur.Must, tantivy.Query.const_score_query(reached, 0.0)))
        searcher = self._index.searcher()
        hits = searcher.search(
            tantivy.Query.boolean_query(parts), limit=limit + 1, count=False
        ).hits
        if len(hits) > limit:
            hits = [hit for hit in hits if hit[0] > hits[limit][0]]
        rows = searcher.fast_field_values("row", [address for _, address in hits])
        weights = np.array([weight for weight, _ in hits], dtype=np.float32)
        return np.array([int(row or 0) for row in rows], dtype=np.int64), weights

    @property
    def passages(self) -> int:
        """Number of passages in the index."""
        return int(self._index.searcher().num_docs)

    def _constant(self, field: str, term: str, weight: float) -> tantivy.Query:
        one = tantivy.Query.term_query(self._schema, field, term, index_option="basic")
        return tantivy.Query.const_score_query(one, max(weight, 1e-6))

    def _between(self, field: str, first: int | None, last: int | None) -> tantivy.Query:
        kind = tantivy.FieldType.Unsigned
        return tantivy.Query.range_query(self._schema, field, kind, first, last)

    def _reachable(self, days: Days) -> dict[Reachability, tantivy.Query]:
        """`Days.reachability` as a query for each of its answers."""
        must, never = tantivy.Occur.Must, tantivy.Occur.MustNot
        bounced = tantivy.Query.term_query(self._schema, "tags", "bounced", index_option="basic")
        replied = self._between("replied_on", days.replied_from.toordinal(), None)
        silent = self._between("unanswered_on", None, days.silent_until.toordinal())
        everybody = tantivy.Query.all_query()
        return {
            "bounced": bounced,
            "reachable": tantivy.Query.boolean_query([(must, replied), (never, bounced)]),
            "unanswered": tantivy.Query.boolean_query(
                [(must, silent), (never, replied), (never, bounced)]
            ),
            "unknown": tantivy.Query.boolean_query(
                [(must, everybody), (never, silent), (never, replied), (never, bounced)]
            ),
        }

    def close(self) -> None:
        """End the writer's threads and give its lock back; closing twice is harmless."""
        if not self._closed:
            self._closed = True
            self._writer.wait_merging_threads()


def _tags(passage: IndexedText) -> list[str]:
    facts = passage.facts
    level, bodies = read_audience(passage.audience)
    return [
        f"life:{facts.life}",
        f"audience:{level.value}",
        *(f"audience-body:{body}" for body in bodies),
        *(["open:all"] if facts.open_to is None else (f"open:{body}" for body in facts.open_to)),
        f"residence:{residence_of(facts.is_overseas)}",
        f"country:{facts.country_code}",
        *facts.fields,
        *(f"group:{number}" for number in facts.groups),
        *(["bounced"] if facts.is_bounced else []),
    ]
