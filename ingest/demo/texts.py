"""Passages of invented people: sentence frames filled from the phrase bank.

A frame holds {slots} and [a|b] choices. Each person uses a frame once, and a phrase of a
specialty again only when all of its list have been used.
"""

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Final

from ingest.demo.keywords import topic_keywords
from ingest.demo.tables import Language, Phrase, Specialty, frames

_CHOICE: Final = re.compile(r"\[([^\]]+)\]")
_PROPER: Final = re.compile(r"\s(?!Kalman|Bayes|Monte|Markov)[A-ZĐ][a-zà-ỹ]+\b")
_HAS_TIME: Final = re.compile(r"\b(month|week|year|day|hour|minute|century|season)", re.IGNORECASE)
_TWICE: Final = re.compile(r"\b(\w+ \w+) \1\b", re.IGNORECASE)
# Nouns that already say what kind of difficulty it is: "vấn đề hiện tượng ..." would double them.
_CLASSIFIED: Final = (
    "sự ", "hiện tượng ", "nguy cơ ", "yêu cầu ", "hội chứng ", "hiệu ứng ", "tính ", "tình trạng ",
    "bệnh ", "giới hạn ", "ràng buộc ", "rủi ro ", "tương tác ", "vấn đề ", "chi phí ", "khó ",
)  # fmt: skip
_NUMBERS: Final = tuple(
    (re.compile(pattern), span)
    for pattern, span in (
        (r"\{n\} % (shorter|less|higher)|another", (8, 34)),
        (r"percentage points|down to \{n\} %|narrowed to|fell below|by only", (2, 9)),
        (r"power-added|electrical efficiency|capacity factor|TREO|made up", (34, 58)),
        (r"domestic content|hydrate saturation|pregnancy rate|response rate", (34, 66)),
        (r"per kilogram of hydrogen", (47, 56)),
        (r"propylene yield", (12, 21)),
        (r"(reached|kept|attained|explained|was|protected) \{n\} %", (64, 96)),
        (r"GPa", (18, 34)),
        (r"beats|\{n\}( times|-fold| dB| TOPS| kW| minutes| seconds)", (3, 14)),
        (r"\{n\} (thousand|million|km|pcm|°C|microgal)", (12, 90)),
        (r"\{n\} %", (8, 47)),
    )
)
# About 60 tokens of the bundled model: what a passage should cost at most when it is encoded.
_WORDS: Final = {"vi": 46, "en": 38}
_BANKS: Final = {"patent": "patents", "project": "projects"}


@dataclass(frozen=True)
class Passage:
    """A text in one language; `title` or `body` may be empty by kind."""

    language: Language
    title: str
    body: str


def capitalise(text: str) -> str:
    """First letter upper, unless the first word carries its own case (mRNA, pH)."""
    head = text.split(" ", 1)[0]
    return text if head[1:] != head[1:].lower() else text[:1].upper() + text[1:]


def running(text: str) -> str:
    """A name as it stands inside a sentence: lower start, without details in brackets or after
    a colon.
    """
    plain = re.sub(r" \([^)]*\)", "", text).split(": ")[0]
    head = plain.split(" ", 1)[0]
    keep = head == "Vietnamese" or head[1:] != head[1:].lower()
    return plain if keep else plain[:1].lower() + plain[1:]


def number_for(result: str, rng: Random) -> int:
    """A believable number for the {n} of an English result clause, by its verb and unit."""
    low, high = next((span for pattern, span in _NUMBERS if pattern.search(result)), (3, 30))
    return rng.randint(low, high)


def _length(passage: Passage) -> int:
    return len(passage.title.split()) + len(passage.body.split())


@cache
def _stems(text: str) -> frozenset[str]:
    """Beginnings of the longer words, to see which phrases belong together."""
    return frozenset(word[:6] for word in re.findall(r"[a-z0-9]{4,}", text.lower()))


class Writer:
    """Writes the passages of one person; holds what this person has used already.

    Args:
        places: Where the person works, for "in {pl}"; in both languages.
        experience: Years since the first post, at least 1.
    """

    def __init__(self, rng: Random, places: Sequence[Phrase], experience: int) -> None:
        self._rng = rng
        self._places = places
        self._experience = experience
        self._used: set[tuple[str, Language, int]] = set()
        self._decks: dict[tuple[str, str], list[Phrase]] = {}
        self._told: set[Phrase] = set()

    def write(
        self,
        kind: str,
        of: Specialty,
        language: Language,
        year: int,
        since: int | None = None,
        place: Phrase | None = None,
    ) -> Passage:
        """A passage of `kind` (a key of the frames) about one's own specialty.

        Args:
            since: First year of the matter, where the text may name a span of years.
            place: Where it happened; one of the person's places if None.
        """
        method = self._draw(of, "methods")
        second = self._rng.choice([m for m in of.phrases["methods"] if m != method])
        thing = self._draw(of, "objects", method)
        problem, result = self._draw(of, "problems", method), self._draw(of, "results", method)
        number = str(number_for(result.en, self._rng))
        clause = result.in_language(language).replace("{n}", number)
        trouble = problem.in_language(language)
        slots = {
            "m": method.in_language(language),
            "m2": second.in_language(language),
            "o": thing.in_language(language),
            "ob": re.sub(r"^(?:an?|the) ", "", thing.in_language(language)),
            "p": trouble,
            "v": self._classified(trouble) if language == "vi" else trouble,
            "r": clause,
            "s": running(of.name.in_language(language)),
            "t": self._rng.choice(of.terms),
        }
        for slot, key in (("pat", "patents"), ("proj", "projects")):
            slots[slot] = self._rng.choice(of.phrases[key]).in_language(language)
        fresh = self._fresh_title(of, _BANKS[kind]) if kind in _BANKS else None
        title = fresh or self._rng.choice(of.phrases["projects"])
        slots["bank"] = title.in_language(language)
        placed = any(_PROPER.search(phrase.vi) for phrase in (method, thing, problem, result))
        timed = _HAS_TIME.search(result.en) is not None
        barred = {"{pl}"} if placed else set()
        barred |= {"{mo}"} if timed else set()
        barred |= set() if fresh else {"{bank}"}
        passage = self._fill(kind, language, slots, year, barred, since, place)
        if fresh and passage.title == slots["bank"]:
            self._told.add(fresh)
        return passage

    def write_near(
        self, kind: str, of: Specialty, language: Language, year: int, place: Phrase | None = None
    ) -> Passage:
        """A passage with the right words of a specialty, from another field or level."""
        phrase = self._draw(of, "near_miss")
        barred = {"{pl}"} if _PROPER.search(phrase.vi) else set()
        slots = {"x": phrase.in_language(language)}
        return self._fill(f"near_{kind}", language, slots, year, barred, None, place)

    def write_topic(self, of: Specialty, year: int) -> Passage | None:
        """An English work on the keywords of one of the specialty's OpenAlex topics, if any."""
        known = [topic for topic in of.topics if topic in topic_keywords()]
        if not known:
            return None
        name, keywords = topic_keywords()[self._rng.choice(known)]
        first, second, third = self._rng.sample(keywords, 3)
        slots = {"k1": first, "k2": second, "k3": third, "t": name}
        return self._fill("topic", "en", slots, year, set())

    def _draw(self, of: Specialty, key: str, beside: Phrase | None = None) -> Phrase:
        """The next phrase of a list; `beside`: of the next four, the one nearest in words."""
        deck = self._decks.setdefault((of.id, key), [])
        if not deck:
            deck.extend(of.phrases[key])
            self._rng.shuffle(deck)
        last = len(deck) - 1
        chosen = last
        if beside:
            shared = [len(_stems(deck[i].en) & _stems(beside.en)) for i in range(len(deck))]
            chosen = max(range(max(0, last - 3), last + 1), key=lambda i: (shared[i], i))
        return deck.pop(chosen)

    def _fresh_title(self, of: Specialty, key: str) -> Phrase | None:
        """A title of the bank that this person has not used: two items of one title are one."""
        left = [phrase for phrase in of.phrases[key] if phrase not in self._told]
        return self._rng.choice(left) if left else None

    def _classified(self, trouble: str) -> str:
        if trouble.startswith(_CLASSIFIED):
            return trouble
        return f"{self._rng.choice(('vấn đề', 'tình trạng'))} {trouble}"

    def _fill(
        self,
        kind: str,
        language: Language,
        slots: dict[str, str],
        year: int,
        barred: Set[str],
        since: int | None = None,
        place: Phrase | None = None,
    ) -> Passage:
        rng = self._rng
        values = {
            **slots,
            **{key.upper(): capitalise(text) for key, text in slots.items()},
            "Ob": capitalise(slots.get("ob", "")),
            "pl": (place or rng.choice(self._places)).in_language(language),
            "y": str(year),
            "y0": str(min(since or year - rng.randint(2, 5), year - 1)),
            "k": str(rng.randint(2, 6)),
            "K": str(rng.randint(8, 60)),
            "g": str(rng.randint(4, 18)),
            "mo": str(rng.choice((6, 8, 9, 12, 15, 18, 24, 30, 36))),
            "pc": str(rng.randint(61, 94)),
            "yrs": str(self._experience),
        }
        made: list[tuple[int, Passage]] = []
        for number in self._candidates(kind, language, barred):
            parts = [
                _TWICE.sub(r"\1", self._choices(part).format_map(values))
                for part in frames(language)[kind][number]
            ]
            made.append((number, Passage(language, *parts)))
            if _length(made[-1][1]) <= _WORDS[language]:
                break
        number, passage = min(made, key=lambda item: max(_WORDS[language], _length(item[1])))
        self._used.add((kind, language, number))
        return passage

    def _candidates(self, kind: str, language: Language, barred: Set[str]) -> list[int]:
        """A few unused frames without the barred slots: no second place beside one in a phrase."""
        pool = frames(language)[kind]
        free = [i for i in range(len(pool)) if (kind, language, i) not in self._used]
        fitting = [i for i in free if not any(slot in "".join(pool[i]) for slot in barred)]
        fitting = fitting or free
        return self._rng.sample(fitting, min(4, len(fitting)))

    def _choices(self, template: str) -> str:
        return _CHOICE.sub(lambda match: self._rng.choice(match[1].split("|")), template)
