"""Make a stored run again, and say what is different."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from matching.engine import Engine
from matching.schemas import MatchRequest, Repetition, SearchRequest
from matching.scoring import Weights
from matching.service import Conditions, get_run, match_role, search
from registry.access.policy import Actor
from registry.experts import change_log

# What a run stores beside the request itself.
_ADDED = {"kind", "role", "readings"}


def repeat_run(
    session: Session, engine: Engine, actor: Actor, run_id: UUID, now: datetime
) -> Repetition:
    """Make a stored run of the actor's own again, under its weights and its day, and compare.

    Raises:
        NotFoundError: There is no such run, or the role that it was for is gone.
    """
    run = get_run(session, actor, run_id)
    request = {key: value for key, value in run.request.items() if key not in _ADDED}
    under = Conditions(Weights(**run.weights), run.created_at.date())
    if run.request["kind"] == "role":
        role, asked = UUID(run.request["role"]), MatchRequest.model_validate(request)
        answer = match_role(session, engine, actor, role, asked, now, under)
    else:
        typed = SearchRequest.model_validate(request)
        answer = search(session, engine, actor, typed, now, under)
    # Whoever may not be seen any more (withdrawn, hidden, erased) stands there without his id.
    before = {row["expert_id"]: row for row in run.result if "expert_id" in row}
    after = {str(person.expert_id): person for person in answer.people}
    both = [key for key in after if key in before]
    return Repetition(
        run_id=answer.run_id,
        same_encoder=run.encoder_version == answer.encoder_version,
        same_index=run.index_version == answer.index_version,
        same_readings=[r.readings for r in answer.readings] == run.request["readings"],
        same_data=not change_log.changed_since(session, run.data_position),
        same_order=len(before) == len(run.result) and list(before) == list(after),
        gone=[UUID(key) for key in before if key not in after],
        come=[after[key].expert_id for key in after if key not in before],
        moved=[after[key].expert_id for key in both if before[key]["rank"] != after[key].rank],
        largest_score_change=max(
            (abs(before[key]["score"] - after[key].score) for key in both), default=0.0
        ),
    )
