"""Organisations by their names and acronyms, for matching affiliation strings. Pure."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Final, NamedTuple

from ingest.sources.affiliation_names import Form, acronym_form, form_of
from ingest.sources.ror import Organisation

__all__ = ["Entry", "Organisations"]

# Acronyms that several organisations of the world use, with those of them that are known here
# under it although ROR does not say so. HUST is Hanoi and Huazhong.
_SHARED: Final[dict[str, tuple[str, ...]]] = {
    "HPU": (),
    "TNU": (),
    "TDU": (),
    "HUST": ("04nyv3z04",),
    "VNU": ("00waaqh38",),
}
# Names of which nobody can tell without the city whose they are: VNU Hanoi and VNU-HCM.
_AMBIGUOUS: Final = ("Vietnam National University", "Đại học Quốc gia")
_NATIONAL: Final = ("02jmfj006", "00waaqh38")


class Entry(NamedTuple):
    """A name of an organisation; not `is_own` when it is only part of one."""

    organisation: Organisation
    form: Form
    is_own: bool = True


class Organisations:
    """Organisations by the forms of their names, by their acronyms, and by names without city."""

    def __init__(self, organisations: Iterable[Organisation]) -> None:
        self.by_id = {o.ror_id: o for o in organisations}
        self.by_name: defaultdict[tuple[str, ...], list[Entry]] = defaultdict(list)
        self.by_rest: defaultdict[tuple[str, ...], list[Organisation]] = defaultdict(list)
        self.by_acronym: defaultdict[str, list[Organisation]] = defaultdict(list)
        for organisation in self.by_id.values():
            for name in organisation.names:
                # "Vimaru" and "Vinatom" are names, though ROR has them as acronyms.
                if "acronym" in name.types and acronym_form(name.text).isupper():
                    self.by_acronym[acronym_form(name.text)].append(organisation)
                elif (form := form_of(name.text)).folded:
                    self.by_name[form.folded].append(Entry(organisation, form))
                    city = set(form_of(organisation.city or "").folded)
                    rest = tuple(token for token in form.folded if token not in city)
                    if 3 <= len(rest) < len(form.folded):
                        self.by_rest[rest].append(organisation)
        for acronym, ids in _SHARED.items():
            self.by_acronym[acronym] += [self.by_id[i] for i in ids if i in self.by_id]
        for text in _AMBIGUOUS:
            form = form_of(text)
            for national in _NATIONAL:
                if national in self.by_id:
                    self.by_name[form.folded].append(
                        Entry(self.by_id[national], form, is_own=False)
                    )

    def current(self, organisation: Organisation) -> tuple[Organisation | None, str | None]:
        """What an organisation is today, following successors, and a sentence about the way."""
        seen, today = {organisation.ror_id}, organisation
        while today.status in {"withdrawn", "inactive"}:
            after = [self.by_id.get(i) for i in today.successors]
            if len(after) != 1 or after[0] is None or after[0].ror_id in seen:
                return None, f"its record {today.ror_id} is {today.status}, without one successor"
            today = after[0]
            seen.add(today.ror_id)
        if today is organisation:
            return today, None
        return today, f"its record {organisation.ror_id} is {organisation.status}, this follows it"
