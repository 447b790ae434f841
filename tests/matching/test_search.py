"""Search and match through the service, with the real model, database and indexes."""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from ingest.load import load_whole
from matching import repetition, retrieval, service
from matching.encoder import Encoder, FloatMatrix
from matching.engine import Engine
from matching.facts import FactState
from matching.queries import build_lines, read_wording
from matching.schemas import MatchRequest, SearchAnswer, SearchRequest
from matching.scoring import Weights
from registry.access.policy import LOCAL_RECRUITER, LOCAL_STEWARD, Actor, Role, selector_for
from registry.db import Database
from registry.errors import InvalidInputError, NotFoundError, NotPermittedError
from registry.experts.filters import ExpertFilter
from registry.experts.schemas import Life, PersonDraft
from registry.ids import new_id
from tests.conftest import attach
from tests.factories import NOW, make_person, said, work

Make = Callable[[Database, list[PersonDraft]], Engine]

CHIP_VI = "Thiết kế vi mạch bán dẫn công suất thấp cho cảm biến"
CHIP_EN = "Low-power semiconductor chip design for sensor nodes"


def _people() -> list[PersonDraft]:
    return [
        make_person("chip-vi", "Nguyễn Văn Hùng", work(CHIP_VI), groups=(6,), ford="2.2"),
        make_person("chip-en", "Minh Tran", work(CHIP_EN, "en"), country="US", groups=(6,)),
        make_person("fluid", "Lê Thị Hoa", work("Nuôi cấy mô phong lan trong nhà kính")),
        make_person("rice", "Phạm Thu", work("Chỉnh sửa gen cây lúa chịu mặn"), groups=(4,)),
        make_person("rail", "Đỗ Nam", work("High-speed railway track dynamics", "en")),
        make_person("none", "Vũ Không", said("sector", {"sector": "state"})),
        make_person("lead", "Trần Chờ", work(CHIP_VI), life=Life.LEAD),
        make_person("gone", "Hồ Rút", work(CHIP_VI), life=Life.WITHDRAWN),
        make_person("hidden", "Bùi Kín", work(CHIP_VI, visibility="stewards")),
    ]


def _search(
    engine: Engine, query: str, actor: Actor = LOCAL_RECRUITER, **request: object
) -> SearchAnswer:
    with engine.database.session() as session:
        asked = SearchRequest.model_validate({"query": query, **request})
        return service.search(session, engine, actor, asked, NOW)


def _names(answer: SearchAnswer) -> list[str]:
    return [person.display_name for person in answer.people]


class OtherEncoder:
    """The same model under another version: another one, as far as stored vectors go."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self.version, self.dimension = "other/1", encoder.dimension

    def encode_queries(self, texts: Sequence[str]) -> FloatMatrix:
        return self._encoder.encode_queries(texts)

    def encode_passages(
        self, texts: Sequence[str], on_progress: Callable[[int], None] | None = None
    ) -> FloatMatrix:
        return self._encoder.encode_passages(texts, on_progress)


@pytest.fixture
def engine(make_engine: Make, database: Database) -> Engine:
    return make_engine(database, _people())


@pytest.mark.parametrize(
    "query",
    [
        "chuyên gia thiết kế vi mạch bán dẫn",
        "chuyen gia thiet ke vi mach ban dan",
        "semiconductor chip designers",
    ],
)
def test_both_languages_and_missing_marks_find_the_same_two_people(
    engine: Engine, query: str
) -> None:
    answer = _search(engine, query)

    assert set(_names(answer)[:2]) == {"Nguyễn Văn Hùng", "Minh Tran"}


def test_evidence_names_passage_source_date_and_the_words_that_met(engine: Engine) -> None:
    best = _search(engine, "thiet ke vi mach").people[0]

    evidence = best.lines[0].evidence[0]
    assert "".join(s.text for s in evidence.segments) == CHIP_VI
    assert [s.text for s in evidence.segments if s.is_match] == ["Thiết kế vi mạch"]
    assert (evidence.source, evidence.dated_on, evidence.verification) == (
        "test",
        "2022",
        "claimed",
    )
    assert 0 < best.score <= 1


def test_people_who_may_not_be_seen_are_neither_listed_nor_counted(engine: Engine) -> None:
    answer = _search(engine, CHIP_VI, limit=100)

    assert not {"Trần Chờ", "Hồ Rút", "Bùi Kín"} & set(_names(answer))
    assert answer.total == 7
    assert sum(value.count for value in answer.facets["residences"]) == 7


def test_a_stated_purpose_brings_leads_and_is_stored(engine: Engine) -> None:
    answer = _search(engine, CHIP_VI, purpose="tìm ứng viên cho chương trình chip")

    with engine.database.session() as session:
        run = service.get_run(session, LOCAL_RECRUITER, answer.run_id)
    assert "Trần Chờ" in _names(answer)
    assert run.purpose == "tìm ứng viên cho chương trình chip"


def test_a_steward_finds_what_is_restricted_to_stewards(engine: Engine) -> None:
    assert "Bùi Kín" in _names(_search(engine, CHIP_VI, LOCAL_STEWARD))


def test_hidden_text_moves_no_score_that_another_viewer_sees(
    make_engine: Make, database: Database, make_database: Callable[[str], Database]
) -> None:
    person = {p.source_key: p for p in _people()}
    with_hidden = make_engine(database, _people())
    without = make_engine(
        make_database("without_hidden"), [p for k, p in person.items() if k != "hidden"]
    )

    for query in (CHIP_VI, "semiconductor chip", "lúa"):
        seen, same = _search(with_hidden, query), _search(without, query)
        hidden_apart = [p for p in seen.people if p.display_name != "Bùi Kín"]
        assert [(p.display_name, p.score) for p in hidden_apart] == [
            (p.display_name, p.score) for p in same.people
        ]


@pytest.mark.parametrize(
    ("narrowed", "names"),
    [
        ({"residences": ["overseas"]}, {"Minh Tran"}),
        ({"countries": ["US", "FR"]}, {"Minh Tran"}),
        ({"groups": ["6"]}, {"Nguyễn Văn Hùng", "Minh Tran"}),
        ({"fields": ["2"]}, {"Nguyễn Văn Hùng"}),
        ({"groups": ["6"], "residences": ["domestic"]}, {"Nguyễn Văn Hùng"}),
        ({"groups": ["9"]}, set()),
    ],
)
def test_filters_narrow_inside_the_search(
    engine: Engine, narrowed: dict[str, list[str]], names: set[str]
) -> None:
    answer = _search(engine, "chip design", **narrowed)

    assert set(_names(answer)) == names
    assert answer.total == len(names)


def test_the_candidates_miss_nobody_whom_scoring_everybody_would_put_first(
    invented_engine: Engine,
) -> None:
    index, selector = invented_engine.index, selector_for(LOCAL_RECRUITER)
    everybody = np.arange(len(index.people))
    for query in ("vắc xin thế hệ mới", "battery materials", "ra đa phát hiện máy bay"):
        wording = read_wording(query, invented_engine.restorer)
        lines = build_lines(invented_engine.encoder, index.statistics, [((wording,), 1.0)])
        near = retrieval.retrieve(index, lines, selector, ExpertFilter(), candidates=30)
        scored = [
            retrieval.score(index, lines, people, selector, invented_engine.weights)
            for people in (near, everybody)
        ]
        first = [
            [s.ids[i] for i in np.argsort(-s.lines[0].people, kind="stable")[:5]] for s in scored
        ]
        assert first[0] == first[1]


def test_the_same_search_again_gives_the_same_ranks_and_scores(invented_engine: Engine) -> None:
    first, again = (_search(invented_engine, "trí tuệ nhân tạo", limit=40) for _ in range(2))

    assert [(p.expert_id, p.score) for p in first.people] == [
        (p.expert_id, p.score) for p in again.people
    ]
    assert first.run_id != again.run_id


def test_a_run_keeps_versions_weights_and_result(engine: Engine) -> None:
    answer = _search(engine, "thiết kế vi mạch")

    with engine.database.session() as session:
        run = service.get_run(session, LOCAL_RECRUITER, answer.run_id)
        with pytest.raises(NotFoundError):
            service.get_run(
                session, Actor("somebody-else", frozenset({Role.RECRUITER}), "moh"), answer.run_id
            )
    assert run.encoder_version == engine.encoder.version
    assert run.index_version == engine.index.statistics.version
    assert run.weights == engine.weights.as_json()
    assert [r["expert_id"] for r in run.result] == [str(p.expert_id) for p in answer.people]


def test_a_run_made_again_is_equal_until_the_data_change(engine: Engine) -> None:
    answer = _search(engine, "thiết kế vi mạch", residences=["domestic"])
    with engine.database.session() as session:
        same = repetition.repeat_run(session, engine, LOCAL_RECRUITER, answer.run_id, NOW)
        session.execute(
            text(
                "UPDATE expert SET life = 'withdrawn' FROM expert_summary s "
                "WHERE s.expert_id = expert.id AND s.display_name = 'Nguyễn Văn Hùng'"
            )
        )
    engine.catch_up()
    with engine.database.session() as session:
        stored = service.get_run(session, LOCAL_RECRUITER, answer.run_id).result
        other = repetition.repeat_run(session, engine, LOCAL_RECRUITER, answer.run_id, NOW)

    assert same.same_encoder
    assert same.same_index
    assert same.same_data
    assert same.same_order
    assert same.largest_score_change == 0.0
    assert not other.same_data
    assert not other.same_order
    # Who has withdrawn is not told of, in an old list either.
    assert other.gone == []
    assert stored[0] == {"rank": 1, "gone": True}
    assert [row["expert_id"] for row in stored[1:]] == [
        str(person.expert_id) for person in answer.people[1:]
    ]


def test_an_edit_is_searchable_after_deriving_and_another_process_sees_it_too(
    engine: Engine, make_engine: Make, database: Database
) -> None:
    changed = make_person("rice", "Phạm Thu", work("Điện toán lượng tử với qubit siêu dẫn"))
    other = make_engine(database, [])

    other_before = _names(_search(other, "điện toán lượng tử"))[0]
    make_engine(database, [changed])
    for follower in (engine, other):
        follower.catch_up()

    assert other_before != "Phạm Thu"
    for follower in (engine, other):
        assert _names(_search(follower, "điện toán lượng tử"))[0] == "Phạm Thu"
        evidence = _search(follower, "chỉnh sửa gen cây lúa").people
        assert not any("lúa" in s.text for p in evidence for s in p.lines[0].evidence[0].segments)


def test_a_withdrawal_takes_effect_before_any_index_has_followed(engine: Engine) -> None:
    with engine.database.session() as session:
        session.execute(
            text(
                "UPDATE expert SET life = 'withdrawn' FROM expert_summary s "
                "WHERE s.expert_id = expert.id AND s.display_name = 'Nguyễn Văn Hùng'"
            )
        )

    before_following = _names(_search(engine, CHIP_VI))
    engine.catch_up()

    assert "Nguyễn Văn Hùng" not in before_following
    assert "Nguyễn Văn Hùng" not in _names(_search(engine, CHIP_VI))


def test_a_hidden_statement_leaves_results_before_its_passage_is_made_anew(
    engine: Engine,
) -> None:
    with engine.database.session() as session:
        session.execute(
            text("UPDATE statement SET visibility = 'stewards' WHERE value->'title'->>'vi' = :t"),
            {"t": CHIP_VI},
        )

    at_once = _search(engine, CHIP_VI)
    engine.catch_up()
    followed = _search(engine, CHIP_VI, limit=100)

    for answer in (at_once, followed):
        shown = [
            "".join(s.text for s in e.segments) for p in answer.people for e in p.lines[0].evidence
        ]
        assert CHIP_VI not in shown
    assert "Nguyễn Văn Hùng" not in _names(followed)


def test_what_one_encoder_derived_reaches_an_index_of_another(
    engine: Engine, encoder: Encoder, tmp_path: Path
) -> None:
    other = attach(engine.database, OtherEncoder(encoder), tmp_path / "other")
    new = make_person("new", "Cao Mới", work("Lò phản ứng hạt nhân nhỏ"))
    load_whole(engine.database, LOCAL_STEWARD, [new], NOW)

    engine.derive()
    other.catch_up()
    other.derive()

    for one in (engine, other):
        assert "Cao Mới" in _names(_search(one, "lò phản ứng hạt nhân", limit=100))
    other.close()


def test_statistics_are_counted_anew_when_the_registry_has_outgrown_them(
    make_engine: Make, database: Database
) -> None:
    empty = make_engine(database, [])
    version = empty.index.statistics.version
    load_whole(database, LOCAL_STEWARD, _people(), NOW)

    empty.derive()

    assert empty.index.statistics.version != version
    assert empty.index.statistics.frequencies.passages == 5
    assert _names(_search(empty, CHIP_VI))[0] == "Nguyễn Văn Hùng"


def test_leads_alone_never_bring_a_new_count_about(make_engine: Make, database: Database) -> None:
    leads = [make_person(str(n), life=Life.LEAD) for n in range(3)]
    for number, lead in enumerate(leads):
        lead.statements.extend(work(f"Công trình {number}.{n}") for n in range(60))
    engine = make_engine(database, _people())
    version = engine.index.statistics.version

    load_whole(database, LOCAL_STEWARD, leads, NOW)
    engine.derive()

    assert engine.index.statistics.version == version


def test_a_role_of_stated_facts_alone_ranks_everybody(
    engine: Engine,
) -> None:
    with engine.database.session() as session:
        session.execute(
            text(
                "DELETE FROM requirement_line l USING programme_role r "
                "WHERE l.role_id = r.id AND r.code = 'p23a' AND l.fact IS NULL"
            )
        )
        answer = service.match_role(
            session, engine, LOCAL_RECRUITER, "p23a", MatchRequest(limit=100), NOW
        )

    assert len(answer.people) == answer.total == 7


def test_without_a_judged_threshold_no_line_of_text_is_met(engine: Engine) -> None:
    assert _search(engine, CHIP_VI).people[0].lines[0].state is FactState.MET

    engine.weights = Weights()

    assert _search(engine, CHIP_VI).people[0].lines[0].state is FactState.NO_EVIDENCE


def test_a_change_that_commits_late_is_not_missed(engine: Engine, database: Database) -> None:
    started, finish = threading.Event(), threading.Event()

    def slow() -> None:
        with database.session() as session:
            session.execute(
                text(
                    "UPDATE expert SET life = 'paused' FROM expert_summary s "
                    "WHERE s.expert_id = expert.id AND s.display_name = 'Đỗ Nam'"
                )
            )
            started.set()
            finish.wait(10)

    thread = threading.Thread(target=slow)
    thread.start()
    started.wait(10)
    with database.session() as session:
        session.execute(
            text(
                "UPDATE expert SET life = 'verified' FROM expert_summary s "
                "WHERE s.expert_id = expert.id AND s.display_name = 'Phạm Thu'"
            )
        )
    assert engine.catch_up() == 1
    finish.set()
    thread.join()

    assert engine.catch_up() == 1
    assert "Đỗ Nam" not in _names(_search(engine, "railway", limit=100))


def test_a_role_is_matched_line_by_line_with_its_fact_lines(invented_engine: Engine) -> None:
    with invented_engine.database.session() as session:
        answer = service.match_role(
            session, invented_engine, LOCAL_RECRUITER, "p23a", MatchRequest(), NOW
        )

    person = answer.people[0]
    assert len(person.lines) == 4
    facts = [line for line in person.lines if not line.evidence]
    assert facts
    assert all(line.score in {0.0, 1.0} for line in facts)
    assert all(isinstance(line.state, FactState) for line in person.lines)
    assert [p.rank for p in answer.people] == list(range(1, len(answer.people) + 1))
    scores = [p.score for p in answer.people]
    assert scores == sorted(scores, reverse=True)


def test_an_unknown_role_is_named(invented_engine: Engine) -> None:
    with (
        invented_engine.database.session() as session,
        pytest.raises(NotFoundError, match="programmes list"),
    ):
        service.match_role(session, invented_engine, LOCAL_RECRUITER, new_id(), MatchRequest(), NOW)


@pytest.mark.parametrize("query", ["", "   ", "a", "🙂🙂", "!?", "\u200b", "x" * 100_000])
def test_a_query_that_cannot_be_searched_says_what_to_do(engine: Engine, query: str) -> None:
    with pytest.raises(InvalidInputError, match=r"describe|characters"):
        _search(engine, query)


@pytest.mark.parametrize("query", ["thiết kế", "AI", "vi mạch 🙂", "半導体設計", "C++"])
def test_short_mixed_and_foreign_queries_are_answered(engine: Engine, query: str) -> None:
    assert _search(engine, query).people


def test_unicode_form_does_not_matter(engine: Engine) -> None:
    import unicodedata

    nfc, nfd = CHIP_VI, unicodedata.normalize("NFD", CHIP_VI)

    first, second = _search(engine, nfc), _search(engine, nfd)

    assert [(p.expert_id, p.score) for p in first.people] == [
        (p.expert_id, p.score) for p in second.people
    ]


def test_an_actor_without_the_permission_is_refused(engine: Engine) -> None:
    with pytest.raises(NotPermittedError):
        _search(engine, "vi mạch", Actor("somebody", frozenset({Role.EXPERT})))


def test_an_empty_registry_gives_an_empty_list(make_engine: Make, database: Database) -> None:
    answer = _search(make_engine(database, []), "thiết kế vi mạch")

    assert answer.people == []
    assert answer.total == 0


def test_only_the_filters_that_leave_somebody_are_offered(session: Session, engine: Engine) -> None:
    answer = _search(engine, "vi mạch", residences=["overseas"])

    assert {v.value for v in answer.facets["countries"]} == {"US"}
    assert {v.value: v.is_chosen for v in answer.facets["residences"]}["overseas"]
