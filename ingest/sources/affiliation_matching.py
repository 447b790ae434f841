"""Which organisation an affiliation string means: chosen when sure, else proposed. Pure.

A name has to fill whole parts of the string. Acronyms are shared by too many to decide alone, and
a university that is a member of another one is never taken for it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from ingest.sources.affiliation_index import Organisations
from ingest.sources.affiliation_names import (
    MAJOR_CITIES,
    Form,
    Segment,
    acronym_form,
    cities_of,
    form_of,
    is_institution,
    named_country,
    reads_vietnamese,
    segments_of,
    without_end,
)
from ingest.sources.ror import Organisation

__all__ = ["AffiliationMatch", "Match", "Organisations", "match_affiliation"]

# Names of four parts, such as "School, University, National University, City", are the longest.
_LONGEST_RUN: Final = 4
# Members of these have ROR ids of their own, many of which the bundled table lacks: VNU Hanoi,
# VNU-HCM, the universities of Da Nang and Thai Nguyen, and the academies of science, of
# agriculture and of atomic energy.
_UMBRELLAS: Final = frozenset(
    {"02jmfj006", "00waaqh38", "03ecpp171", "02128gy91", "02wsd5p50", "04q8wkj31", "04jfns044"}
)


@dataclass(frozen=True)
class Match:
    """An organisation, the words of the string that stand for it, and why it was taken or not."""

    organisation: Organisation
    words: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class AffiliationMatch:
    """What a string means.

    Args:
        chosen: Sure enough to be taken; several when it names several.
        proposals: For a person to decide, the likeliest first.
    """

    chosen: tuple[Match, ...] = ()
    proposals: tuple[Match, ...] = ()


class _Found(NamedTuple):
    """Organisations whose name fills the segments from `start` up to `end`."""

    start: int
    end: int
    words: str
    form: Form
    organisations: tuple[Organisation, ...]
    reason: str


def match_affiliation(text: str, organisations: Organisations) -> AffiliationMatch:
    """The organisations of `organisations` that an affiliation string names.

    Args:
        text: In Vietnamese or English, with or without marks, as printed or entered.
    """
    segments = segments_of(text)
    found = [*_names(segments, organisations)]
    widest = [f for f in found if not any(_is_inside(f, other) for other in found)]
    chosen: list[tuple[_Found, Match]] = []
    proposals: list[Match] = []
    for one in widest:
        match, others = _decided(one, segments, organisations)
        chosen += [(one, match)] if match else []
        proposals += others
    kept = _without_umbrellas(chosen, segments, organisations, proposals)
    if not widest:
        match, others = _by_acronym(segments, organisations)
        kept += [match] if match else []
        proposals += others
    if not kept:
        proposals = [*_beside_city(segments, organisations), *proposals]
    if not kept and not proposals:
        proposals += _inside(segments, organisations)
    ids = {match.organisation.ror_id for match in kept}
    first: dict[str, Match] = {}
    for proposal in proposals:
        first.setdefault(proposal.organisation.ror_id, proposal)
    return AffiliationMatch(
        tuple({match.organisation.ror_id: match for match in kept}.values()),
        tuple(proposal for key, proposal in first.items() if key not in ids),
    )


def _names(segments: Sequence[Segment], organisations: Organisations) -> Iterator[_Found]:
    for start in range(len(segments)):
        for end in range(start + 1, min(start + _LONGEST_RUN, len(segments)) + 1):
            run = segments[start:end]
            whole = Form(
                tuple(t for s in run for t in s.form.folded),
                tuple(t for s in run for t in s.form.marked),
            )
            words = ", ".join(s.text for s in run)
            for form in dict.fromkeys((whole, without_end(whole))):
                entries = organisations.by_name.get(form.folded, [])
                owners = {
                    e.organisation.ror_id: e.organisation for e in entries if form.agrees(e.form)
                }
                if owners:
                    reason = f'its name is "{words}"'
                    yield _Found(start, end, words, form, tuple(owners.values()), reason)
                    break
    yield from _members(segments, organisations)


def _members(segments: Sequence[Segment], organisations: Organisations) -> Iterator[_Found]:
    """ "University of Science, VNU, Hanoi" is what ROR calls "VNU University of Science"."""
    for at, segment in enumerate(segments[:-1]):
        for end in range(at + 2, min(at + _LONGEST_RUN, len(segments)) + 1):
            rest = tuple(t for s in segments[at + 1 : end] for t in s.form.folded)
            parents = {e.organisation.ror_id for e in organisations.by_name.get(rest, [])}
            if rest == ("vnu", "hanoi"):
                parents.add("02jmfj006")
            for parent in parents & _UMBRELLAS & organisations.by_id.keys():
                short = acronym_form(segment.text)
                owners = [
                    child
                    for i in organisations.by_id[parent].related("child")
                    if (child := organisations.by_id.get(i)) is not None
                    and any(
                        form_of(n.text).folded == ("vnu", *segment.form.folded)
                        or acronym_form(n.text) == f"VNU{short}"
                        for n in child.names
                    )
                ]
                if owners:
                    words = ", ".join(s.text for s in segments[at:end])
                    reason = f'"{segment.text}" is a member of what follows it'
                    yield _Found(at, end, words, segment.form, tuple(owners), reason)


def _is_inside(one: _Found, other: _Found) -> bool:
    is_within = other.start <= one.start and one.end <= other.end
    return is_within and (one.start, one.end) != (other.start, other.end)


def _decided(
    found: _Found, segments: Sequence[Segment], organisations: Organisations
) -> tuple[Match | None, list[Match]]:
    """The one organisation that is meant, or proposals with what speaks against each."""
    today: dict[str, Match] = {}
    doubts: list[Match] = []
    for organisation in found.organisations:
        current, way = organisations.current(organisation)
        reasons = (found.reason, *([way] if way else []))
        if current is None:
            doubts.append(Match(organisation, found.words, reasons))
        elif current.ror_id not in today or not way:
            today[current.ror_id] = Match(current, found.words, reasons)
    cities = cities_of(segments)
    if len(today) > 1:
        near = {k: m for k, m in today.items() if _is_near(m.organisation, segments)}
        if len(near) != 1:
            why = "several organisations have this name"
            return None, [_doubted(m, why) for m in today.values()] + doubts
        doubts += [_doubted(m, "it is elsewhere") for k, m in today.items() if k not in near]
        today = near
    if not today:
        return None, doubts
    [match] = today.values()
    against = _against(match.organisation, found, segments, cities)
    return (None, [_doubted(match, against), *doubts]) if against else (match, doubts)


def _doubted(match: Match, why: str) -> Match:
    return Match(match.organisation, match.words, (*match.reasons, why))


def _against(
    organisation: Organisation, found: _Found, segments: Sequence[Segment], cities: set[str]
) -> str | None:
    """What keeps a name that fits from being enough."""
    city = _city(organisation)
    if city in MAJOR_CITIES and cities and city not in cities:
        return f"the text names another city than {organisation.city}"
    tokens = {t for s in segments for t in s.form.folded}
    country = named_country(segments)
    if country and "vietnam" not in tokens:
        return f'the text names another country: "{country}"'
    is_vietnamese = "vietnam" in tokens or bool(cities) or reads_vietnamese(found.form)
    return None if is_vietnamese else "nothing says that an organisation in Vietnam is meant"


def _without_umbrellas(
    chosen: Sequence[tuple[_Found, Match]],
    segments: Sequence[Segment],
    organisations: Organisations,
    proposals: list[Match],
) -> list[Match]:
    """What was chosen, without parents of it, and without parents of what is not known here."""
    parents = {p for _, match in chosen for p in match.organisation.related("parent")}
    taken = {at for found, _ in chosen for at in range(found.start, found.end)}
    rest = [s for at, s in enumerate(segments) if at not in taken and is_institution(s)]
    kept: list[Match] = []
    for _, match in chosen:
        ror_id = match.organisation.ror_id
        if ror_id in parents:
            proposals.append(_doubted(match, "it is the parent of what was chosen"))
        elif ror_id in _UMBRELLAS and rest:
            why = f'"{rest[0].text}" may be a member with a record of its own'
            proposals.append(_doubted(match, why))
        else:
            kept.append(match)
    return kept


def _by_acronym(
    segments: Sequence[Segment], organisations: Organisations
) -> tuple[Match | None, list[Match]]:
    """An acronym decides together with the city alone, and only where nothing else is named."""
    for segment in segments:
        # "VNU Hanoi" is an acronym with a place; "VNU University of X" is a member of VNU.
        first, *more = segment.text.split()
        lead = acronym_form(first) if more and first.isupper() else ""
        owners = organisations.by_acronym.get(acronym_form(segment.text), [])
        is_member = not owners and bool({*form_of(" ".join(more)).folded} - MAJOR_CITIES)
        owners = owners or organisations.by_acronym.get(lead, [])
        unique = {o.ror_id: o for o in owners if o.status == "active"}
        if not unique:
            continue
        near = [o for o in unique.values() if _is_near(o, segments)]
        others = [s for s in segments if is_member or (s is not segment and is_institution(s))]
        reason = f'"{segment.text}" holds its acronym'
        matches = [Match(o, segment.text, (reason,)) for o in unique.values()]
        if len(near) == 1 and not others and not named_country(segments):
            rest = [_doubted(m, "it is elsewhere") for m in matches if m.organisation not in near]
            return Match(near[0], segment.text, (reason, "the text names its city")), rest
        why = "another institution is named too" if others else "an acronym alone does not decide"
        return None, [_doubted(m, why) for m in matches]
    return None, []


def _beside_city(segments: Sequence[Segment], organisations: Organisations) -> list[Match]:
    """ "Nuclear Research Institute, Dalat" for "Dalat Nuclear Research Institute": likely, no more.

    "University of Science and Technology, Hanoi" could be either of two.
    """
    why = "its name without the city, which stands elsewhere in the text"
    return [
        Match(organisation, segment.text, (why,))
        for segment in segments
        for organisation in organisations.by_rest.get(without_end(segment.form).folded, [])
        if _is_near(organisation, segments)
    ]


def _inside(segments: Sequence[Segment], organisations: Organisations) -> list[Match]:
    """Names of three words and more that stand within a longer part."""
    best: list[Match] = []
    for segment in segments:
        folded = segment.form.folded
        for length in range(len(folded) - 1, 2, -1):
            entries = [
                (e, at)
                for at in range(len(folded) - length + 1)
                for e in organisations.by_name.get(folded[at : at + length], [])
                if e.is_own
                and e.form.agrees(
                    Form(folded[at : at + length], segment.form.marked[at : at + length])
                )
            ]
            if entries:
                why = f'its name stands within "{segment.text}"'
                best += [Match(e.organisation, segment.text, (why,)) for e, _ in entries]
                break
    return best


def _is_near(organisation: Organisation, segments: Sequence[Segment]) -> bool:
    """Whether the text names the city of an organisation."""
    city = form_of(organisation.city or "").folded
    return bool(city) and (
        city[0] in cities_of(segments) or any(without_end(s.form).folded == city for s in segments)
    )


def _city(organisation: Organisation) -> str:
    return "".join(form_of(organisation.city or "").folded)
