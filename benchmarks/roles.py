"""How well 60 bilingual roles find the right people among invented ones, and how fast.

    python -m benchmarks.roles [--people 600] [--keep FOLDER]

Each role is asked in Vietnamese, in Vietnamese without tone marks, and in English, through the
same service as the pages. A person is right for a role when the generator graded him 2 or 3 for
its specialty. Beside the system, in the same run and on the same passages: TF-IDF (scikit-learn,
one text per person), BM25 (bm25s, over passages, a person by his three best), and dense vectors
alone (the same encoder, mean-centred, a person by his three best).
"""

import argparse
import json
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import bm25s
import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from benchmarks.common import DATA, Bench, bootstrap, console, open_bench, show, write
from matching import repository, retrieval, service
from matching.queries import Wording, build_lines
from matching.schemas import SearchRequest
from matching.scoring import pool
from registry.access.policy import LOCAL_RECRUITER, selector_for
from registry.experts import repository as experts
from registry.text import fold, language_of, words

Rank = Callable[[str], list[UUID]]
FORMS = ("vi", "vi without marks", "en")
WHEN = datetime(2026, 11, 1, tzinfo=UTC)


def ours(bench: Bench, timings: list[float]) -> Rank:
    """The whole service, stored run included."""

    def rank(text: str) -> list[UUID]:
        with bench.database.session() as session:
            started = time.perf_counter()
            request = SearchRequest(query=text, limit=20)
            answer = service.search(session, bench.engine, LOCAL_RECRUITER, request, WHEN)
            session.commit()
            timings.append(time.perf_counter() - started)
        return [person.expert_id for person in answer.people]

    return rank


def peers(bench: Bench) -> dict[str, Rank]:
    """The baselines, over the passages of the people that a recruiter may see."""
    selector = selector_for(LOCAL_RECRUITER)
    owners: list[UUID] = []
    bodies: list[str] = []
    vectors: list[np.ndarray] = []
    languages: list[str] = []
    with bench.database.session() as session:
        for batch in experts.iterate_ids(session):
            seen = experts.get_visible(session, batch, selector)
            version = bench.engine.encoder.version
            for passage, vector in repository.load_passages(session, version, list(seen)):
                if passage.audience == "public":
                    owners.append(passage.expert_id)
                    bodies.append(passage.body)
                    vectors.append(vector)
                    languages.append(passage.language)
    people = sorted(set(owners))
    number = {person: n for n, person in enumerate(people)}
    owner = np.array([number[o] for o in owners])
    rows = {person: np.flatnonzero(owner == n) for person, n in number.items()}

    def by_person(scores: np.ndarray) -> list[UUID]:
        _, pooled = pool(scores.astype(np.float32), owner, "top3")
        return sorted(people, key=lambda p: (-pooled[number[p]], p.bytes))

    tfidf = TfidfVectorizer(tokenizer=words, token_pattern=None, lowercase=False, sublinear_tf=True)
    matrix = tfidf.fit_transform([" ".join(bodies[i] for i in rows[p]) for p in people])

    def by_tfidf(text: str) -> list[UUID]:
        scores = (matrix @ tfidf.transform([text]).T).toarray().ravel()
        return [people[i] for i in np.lexsort(([p.bytes for p in people], -scores))]

    engine = bm25s.BM25()
    engine.index([words(body) for body in bodies], show_progress=False)

    def by_bm25(text: str) -> list[UUID]:
        return by_person(np.maximum(engine.get_scores(words(text)), 0.0))

    index = bench.engine.index
    stacked = index.statistics.centre(np.stack(vectors), languages)

    def by_dense(text: str) -> list[UUID]:
        query = bench.engine.encoder.encode_queries([text])
        return by_person(
            np.maximum(
                (stacked @ index.statistics.centre(query, [language_of(text)], True).T).ravel(), 0
            )
        )

    return {"TF-IDF": by_tfidf, "BM25": by_bm25, "dense only": by_dense}


def precision(found: Sequence[UUID], right: set[UUID], k: int = 10) -> float:
    """Share of the first k that are right, of as many as could be."""
    return sum(person in right for person in found[:k]) / min(k, len(right))


def ndcg(found: Sequence[UUID], grades: dict[UUID, int], k: int = 10) -> float:
    """Normalised discounted cumulative gain at k with gains 2^grade - 1."""
    gains = [2 ** grades.get(person, 0) - 1 for person in found[:k]]
    best = sorted((2**g - 1 for g in grades.values()), reverse=True)[:k]
    discount = 1 / np.log2(np.arange(2, k + 2))
    return float(np.dot(gains, discount[: len(gains)]) / np.dot(best, discount[: len(best)]))


def calibrate(bench: Bench, roles: list[dict[str, Any]], visible: set[UUID]) -> dict[str, Any]:
    """How often a topical must line counts as met, by the grade of the person."""
    index, weights = bench.engine.index, bench.engine.weights
    selector, everybody = selector_for(LOCAL_RECRUITER), np.arange(len(index.people))
    shares: dict[str, Any] = {}
    for half, name in (("a", "first role of each product"), ("b", "second role")):
        met: dict[int, list[bool]] = {0: [], 1: [], 2: [], 3: []}
        for role in (r for r in roles if r["id"].endswith(half)):
            texts = [line for line in role["lines"] if line["kind"] == "must"]
            wordings = [
                tuple(Wording(line[k], k, (line[k],)) for k in ("vi", "en")) for line in texts
            ]
            lines = build_lines(
                bench.engine.encoder, index.statistics, [(w, 1.0) for w in wordings]
            )
            scored = retrieval.score(index, lines, everybody, selector, weights)
            for line in scored.lines:
                best = np.zeros(len(scored.ids))
                np.maximum.at(best, scored.owners, line.fused)
                for person, top in zip(scored.ids, best, strict=True):
                    if person in visible:
                        met[bench.grades[person].get(role["id"], 0)].append(
                            top >= (weights.met or 1.0)
                        )
        shares[name] = {grade: float(np.mean(hits)) for grade, hits in met.items()}
    rows = [[name, *(f"{share:.3f}" for share in by.values())] for name, by in shares.items()]
    show(f"share of must lines met (from {weights.met:g} on), by grade", ("", *"0123"), rows)
    return shares


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=600)
    parser.add_argument("--keep", type=Path, help="data folder to make and reuse")
    arguments = parser.parse_args()
    roles = [json.loads(line) for line in (DATA / "roles.jsonl").open(encoding="utf-8")]
    with open_bench(arguments.people, arguments.keep) as bench:
        timings: list[float] = []
        systems = {"this system": ours(bench, timings), **peers(bench)}
        systems["this system"]("làm nóng")
        timings.clear()
        with bench.database.session() as session:
            selector = selector_for(LOCAL_RECRUITER)
            visible = set(experts.get_visible(session, list(bench.grades), selector))
        result = measure(bench, roles, systems, visible)
        result["lines_met"] = calibrate(bench, roles, visible)
    quantiles = np.quantile(np.array(timings) * 1000, [0.5, 0.95, 0.99])
    result["latency_ms"] = dict(zip(("p50", "p95", "p99"), quantiles.tolist(), strict=True))
    console.print(
        "latency ms: " + ", ".join(f"{k} {v:.1f}" for k, v in result["latency_ms"].items())
    )
    write("roles", result | {"people": arguments.people})


def measure(
    bench: Bench, roles: list[dict[str, Any]], systems: dict[str, Rank], visible: set[UUID]
) -> dict[str, Any]:
    """Ask every role in every form of every system; print and return the means."""
    scores: dict[str, dict[str, list[float]]] = {}
    common: dict[str, list[float]] = {name: [] for name in systems}
    for role in roles:
        grades = {
            person: found[role["id"]]
            for person, found in bench.grades.items()
            if person in visible and role["id"] in found
        }
        right = {person for person, grade in grades.items() if grade >= 2}
        texts = (role["query_vi"], fold(role["query_vi"]), role["query_en"])
        for name, rank in systems.items():
            found = [rank(text) for text in texts]
            for form, people in zip(FORMS, found, strict=True):
                cell = scores.setdefault(name, {})
                cell.setdefault(f"P@10 {form}", []).append(precision(people, right))
                cell.setdefault(f"nDCG@10 {form}", []).append(ndcg(people, grades))
            common[name].append(float(len(set(found[0][:10]) & set(found[1][:10]))))
    rows, means = [], {}
    for name, cells in scores.items():
        cells["common of 10, vi with and without marks"] = common[name]
        means[name] = {k: (float(np.mean(v)), *bootstrap(v)) for k, v in cells.items()}
        rows += [
            [name, k, f"{m:.3f}", f"{lo:.3f} to {hi:.3f}"] for k, (m, lo, hi) in means[name].items()
        ]
    show("60 roles, means with 95 % intervals", ("system", "measure", "mean", "interval"), rows)
    own = means["this system"]
    ratios = {
        form: own[f"P@10 {form}"][0] / own["P@10 vi"][0] for form in ("vi without marks", "en")
    }
    console.print(
        "P@10 against Vietnamese with marks: "
        + ", ".join(f"{k} {v:.3f}" for k, v in ratios.items())
    )
    return {"means": means, "ratios": ratios, "roles": len(roles)}


if __name__ == "__main__":
    main()
