"""People in a list: filtered, counted, in an order, page by page."""

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from registry.access.policy import Actor, require, selector_for
from registry.audit import service as audit
from registry.errors import NotPermittedError
from registry.experts import standing
from registry.experts.cursors import bind, open_cursor, seal_cursor
from registry.experts.facets import FacetValue, FilterNames, FilterRequest
from registry.experts.filters import parse_name, sees_standing
from registry.experts.listing_rows import ListRow, Sort, count_statements, list_rows
from registry.experts.schemas import Life
from registry.experts.selection import Selection, count_matching
from registry.experts.service import disclose
from registry.experts.standing import StandingPublic


class OrderRequest(FilterRequest):
    """Filters and order of a list, as a client sends them."""

    q: str = Field(
        default="",
        max_length=500,
        description="Words of a name, in any order, with or without marks; a word may be begun.",
    )
    sort: Sort = Field(
        default="name",
        description="confirmed: who confirmed his profile last comes first; for registered bodies "
        "and stewards. newest: who came in last comes first.",
    )


class ListRequest(OrderRequest):
    """Filters, order and page of a list, as a client sends them."""

    after: str | None = Field(
        default=None, max_length=5000, description="`next` of the page before"
    )
    limit: int = Field(default=20, ge=1, le=100)


class ListedPerson(BaseModel):
    """A person in a list: what the public statements say, and how many the reader may see."""

    expert_id: UUID
    display_name: str
    is_invented: bool
    life: str
    organisation: str | None
    role_vi: str | None
    role_en: str | None
    country_code: str | None
    is_overseas: bool | None
    sector: str | None
    academic_rank: str | None
    degree: str | None
    groups: list[int]
    statements: int
    verified: int = Field(description="Statements checked by a steward or confirmed by a source.")
    standing: StandingPublic | None = Field(
        description="For registered bodies and stewards; null for others."
    )


class ListAnswer(BaseModel):
    """A page of a list, and what it is a page of."""

    total: int = Field(description="People who pass filters and permission.")
    people: list[ListedPerson]
    facets: dict[str, list[FacetValue]]
    next: str | None = Field(description="`after` of the next page; null on the last one.")


def select_asked(
    names: FilterNames, actor: Actor, request: OrderRequest, purpose: str | None, on: date
) -> Selection:
    """Whom a request is about.

    Args:
        purpose: Why leads are looked at; None leaves them out.
        on: The day that freshness and reachability are counted to.

    Raises:
        InvalidInputError: A filter value or the name cannot be used; says what to do.
        NotPermittedError: The filter or the order looks at something that the actor may not see.
    """
    selector = selector_for(actor, purpose).without_near()
    if request.sort == "confirmed" and not sees_standing(selector):
        raise NotPermittedError("the sort confirmed is for registered bodies and stewards")
    return Selection(selector, names.read(request, on), is_list=True, name=parse_name(request.q))


def list_people(session: Session, actor: Actor, request: ListRequest, now: datetime) -> ListAnswer:
    """People whom the actor may see, one page of them.

    Only what public statements say decides who is in the list and where; what is known of
    contacts does so for those who see it.

    Raises:
        InvalidInputError: A filter value, the name or the page cannot be used; says what to do.
        NotPermittedError: The actor may not search, or not by this filter or in this order.
    """
    require(actor, "expert:search")
    names, on = FilterNames.load(session), now.date()
    selection = select_asked(names, actor, request, request.purpose, on)
    selector = selection.selector
    list_id = bind(actor.id, request.model_dump_json(exclude={"after", "limit"}))
    after = open_cursor(session, list_id, request.after) if request.after else None
    # One more than shown tells whether there is a next page.
    rows = list_rows(session, selection, request.sort, after, request.limit + 1)
    shown = rows[: request.limit]
    counts = count_statements(session, [row.expert.id for row in shown], selector)
    if selector.lives & {Life.LEAD, Life.INVITED}:
        # Who looks at people who have not claimed their profile says why, for good.
        # The purpose itself stands with each of them: there it goes when he is erased.
        ids = [row.expert.id for row in shown]
        disclose(session, actor, "match", ids, request.purpose)
        details = {"people": [str(expert_id) for expert_id in ids]}
        audit.record(session, actor, "expert:list", details=details)
    people = []
    for row in shown:
        contacts = standing.public(row.standing, on) if sees_standing(selector) else None
        people.append(_listed(row, counts.get(row.expert.id, (0, 0)), contacts))
    return ListAnswer(
        total=count_matching(session, selection),
        people=people,
        facets=names.count(session, selection),
        next=seal_cursor(session, list_id, shown[-1].place) if len(rows) > len(shown) else None,
    )


def _listed(row: ListRow, counts: tuple[int, int], contacts: StandingPublic | None) -> ListedPerson:
    summary = row.summary
    return ListedPerson(
        expert_id=row.expert.id,
        display_name=summary.display_name,
        is_invented=row.expert.is_invented,
        life=row.expert.life,
        organisation=summary.organisation,
        role_vi=summary.role_vi,
        role_en=summary.role_en,
        country_code=summary.country_code,
        is_overseas=summary.is_overseas,
        sector=summary.sector,
        academic_rank=summary.rank,
        degree=summary.degree,
        groups=summary.groups,
        statements=counts[0],
        verified=counts[1],
        standing=contacts,
    )
