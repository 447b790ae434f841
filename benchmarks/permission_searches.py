"""The searches whose cost is measured: with permission and without, and timed by stage.

The product's own service runs in every case. Without permission, each place where it asks for
one is replaced for the length of a call; `unasked` is the whole list of them.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache
from time import perf_counter
from typing import Any
from unittest.mock import patch

from sqlalchemy import true

from benchmarks.common import DATA
from benchmarks.permission_people import NOW, RECRUITER
from matching import repository, service
from matching.engine import Engine
from matching.exact import Mask
from matching.faiss_index import FaissIndex
from matching.schemas import SearchAnswer, SearchRequest
from matching.search_index import SearchIndex
from matching.text_index import TextIndex
from registry.access.policy import Selector, selector_for
from registry.db import Database
from registry.experts import facets, selection
from registry.experts import repository as experts
from registry.experts.filters import ExpertFilter
from registry.experts.schemas import Life, Visibility
from registry.text import fold

SELECTOR = selector_for(RECRUITER)
# Admits everybody and everything; and, for the text index, asks for no tag at all.
EVERYTHING = Selector(frozenset(Life), frozenset(Visibility), None)
NO_TAGS = Selector(frozenset(), frozenset(), None)
VARIANTS = ("permitted", "everything", "equal rows")
ENCODING = "encode the query"

# Where something stands, under which name, and what is put there.
Patch = tuple[Any, str, Any]


def queries() -> list[SearchRequest]:
    """Forty: twenty roles in Vietnamese (every fourth without marks) and English, half narrowed."""
    roles = [json.loads(line) for line in (DATA / "roles.jsonl").open(encoding="utf-8")]
    made: list[SearchRequest] = []
    for number, role in enumerate(roles[::3]):
        filters: dict[int, dict[str, Any]] = {
            1: {"residences": ["overseas"]},
            2: {"groups": [str(role["group_no"])]},
            4: {"fields": ["2"]},
            7: {"countries": ["VN", "US"]},
        }
        vietnamese = role["query_vi"] if number % 4 else fold(role["query_vi"])
        for query in (vietnamese, role["query_en"]):
            made.append(SearchRequest(query=query, **filters.get(len(made) % 8, {})))
    return made


class Stopwatch:
    """Own time of each stage, in seconds: what the stages within it took is not counted twice."""

    STAGES = (
        (facets.FilterNames, "load", "names of filters"),
        (service, "read_wording", ENCODING),
        (service, "build_lines", ENCODING),
        (SearchIndex, "admitted", "admitted masks"),
        (FaissIndex, "search", "vector search"),
        (TextIndex, "search", "text search"),
        (service, "retrieve", "join candidates"),
        (service, "score", "rescore"),
        (service, "_rank", "order"),
        (service, "describe", "describe"),
        (experts, "get_found", "SQL re-check"),
        (repository, "get_passages", "SQL re-check"),
        (service, "count_matching", "count people"),
        (facets.FilterNames, "count", "facets"),
        (repository, "add_run", "store the run"),
    )

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._within: list[float] = []

    def timed(self, stage: str, work: Callable[..., Any]) -> Callable[..., Any]:
        """The same function, its time noted under a stage."""

        def run(*args: Any, **named: Any) -> Any:
            self._within.append(0.0)
            began = perf_counter()
            try:
                return work(*args, **named)
            finally:
                took = perf_counter() - began
                self.seconds[stage] += took - self._within.pop()
                if self._within:
                    self._within[-1] += took

        return run

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Time all stages within the block."""
        self.seconds.clear()
        with ExitStack() as stack:
            for owner, name, stage in self.STAGES:
                watched = self.timed(stage, getattr(owner, name))
                stack.enter_context(patch.object(owner, name, watched))
            yield


def unasked(rows_of: Callable[[ExpertFilter], tuple[Mask, Mask]]) -> list[Patch]:
    """The places where a search asks for permission, each with what stands there instead.

    Args:
        rows_of: What the index admits under a filter.
    """
    by_tags = TextIndex.search

    def by_words(index: TextIndex, query: Any, _: Any, narrowed: Any, limit: int) -> Any:
        return by_tags(index, query, NO_TAGS, narrowed, limit)

    return [
        (experts, "searchable", lambda selector: true()),
        (selection, "searchable", lambda selector: true()),
        (repository, "said_to", lambda selector: true()),
        # Its statement is current still; that it is as visible as the statement goes unasked.
        (repository, "_STILL_SAID", repository._STILL_SAID[:1]),
        (SearchIndex, "admitted", lambda index, selector, narrowed: rows_of(narrowed)),
        (TextIndex, "search", by_words),
    ]


def variants_of(index: SearchIndex) -> dict[str, list[Patch]]:
    """What each variant puts in place of the product's own."""
    admitted = SearchIndex.admitted

    @cache
    def passing(narrowed: ExpertFilter) -> Mask:
        return admitted(index, EVERYTHING, narrowed)[0]

    def everything(narrowed: ExpertFilter) -> tuple[Mask, Mask]:
        people = passing(narrowed)
        if narrowed == ExpertFilter(on=narrowed.on):
            return people, index.alive
        return people, people[index.person_of_row] & index.alive

    @cache
    def equal(narrowed: ExpertFilter) -> tuple[Mask, Mask]:
        return admitted(index, SELECTOR, narrowed)

    return dict(zip(VARIANTS, ([], unasked(everything), unasked(equal)), strict=True))


def ask(
    database: Database, engine: Engine, request: SearchRequest, patches: Sequence[Patch]
) -> tuple[float, dict[str, float], SearchAnswer]:
    """One search: seconds, seconds of each stage, and the answer."""
    watch = Stopwatch()
    with ExitStack() as stack:
        for owner, name, value in patches:
            stack.enter_context(patch.object(owner, name, value))
        stack.enter_context(watch.watching())
        began = perf_counter()
        with database.session() as session:
            answer = service.search(session, engine, RECRUITER, request, NOW)
            watch.timed("store the run", session.commit)()
        took = perf_counter() - began
    return took, dict(watch.seconds), answer
