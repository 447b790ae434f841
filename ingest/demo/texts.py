"""Passages of invented people: sentence frames filled from the phrase bank.

A frame holds {slots} and [a|b] choices. Each person uses a frame once, and a phrase of a
specialty again only when all of its list have been used.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Final

from ingest.demo.names import strip_marks
from ingest.demo.tables import Language, Phrase, Specialty, frames, taxonomy_rows

_CHOICE: Final = re.compile(r"\[([^\]]+)\]")
_PROPER: Final = re.compile(r"\s(?!Kalman|Bayes|Monte|Markov)[A-ZĐ][a-zà-ỹ]+\b")
_HAS_TIME: Final = re.compile(r"\b(month|week|year|day|hour|minute|century|season)", re.IGNORECASE)
_TWICE: Final = re.compile(r"\b(\w+ \w+) \1\b", re.IGNORECASE)
# Nouns that already say what kind of difficulty it is: "vấn đề hiện tượng ..." would double them.
_CLASSIFIED: Final = (
    "sự ", "hiện tượng ", "nguy cơ ", "yêu cầu ", "hội chứng ", "hiệu ứng ", "tính ", "tình trạng ",
    "bệnh ", "giới hạn ", "ràng buộc ", "rủi ro ", "tương tác ", "vấn đề ", "chi phí ", "khó ",
)  # fmt: skip
_LIST_START: Final = re.compile(
    r"(?:such as|including|like|particularly|focus(?:es|ing)? on|covers?|encompass(?:es|ing)?|"
    r"utilizing|involving)\s+(?:topics such as |the |various |methods such as )?",
)
_LEADING: Final = re.compile(
    r"^(?:the|particularly|for|utilizing|advances in|(?:the )?use of|studies on|application of) "
)
_FINITE: Final = re.compile(
    r"\b(is|are|was|has|have|it|its|their|this|these|that|papers?|cluster|research|topics?|to|"
    r"focus\w*|explor\w*|delv\w*|address\w*|aim\w*|cover\w*|with|context|such|including|role)\b"
)


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
    """A name as it stands inside a sentence: lower start, no colon, no brackets."""
    plain = re.sub(r" \([^)]*\)", "", text).replace(": ", ", ")
    head = plain.split(" ", 1)[0]
    keep = head in {"Vietnamese"} or head[1:] != head[1:].lower() or not head.isalpha()
    return plain if keep else plain[:1].lower() + plain[1:]


def number_for(result: str, rng: Random) -> int:
    """A believable number for the {n} of an English result clause: by its unit and verb."""
    after = result.split("{n}", 1)[1].lstrip("- ")
    low, high = 3, 30
    if after.startswith("percentage points"):
        low, high = 2, 9
    elif after.startswith("%"):
        low, high = 8, 47
        if re.search(r"came down to|narrowed|below|only|was lowered to", result):
            low, high = 2, 9
        elif re.search(r"power-added|capacity factor|content|grade|yield|saturation|up \{n", result):
            low, high = 31, 58
        elif re.search(r"reached|delivered|attained|kept|explained|was \{n|protected", result):
            low, high = 62, 96
    elif after.startswith(("fold", "times", "dB", "TOPS", "kW", "minutes", "seconds")):
        low, high = 3, 14
    elif after.startswith(("thousand", "million", "km", "pcm", "°C", "microgal")):
        low, high = 12, 90
    return rng.randint(low, high)


@cache
def topic_keywords() -> dict[str, tuple[str, tuple[str, ...]]]:
    """OpenAlex topic id to its name and the keywords its description lists (3 or more)."""
    found = {}
    for row in taxonomy_rows("openalex_topics.csv.gz"):
        keywords: list[str] = []
        for match in _LIST_START.finditer(row["description"]):
            tail = row["description"][match.end() :].split(".")[0]
            if tail.count(",") < 2:
                continue
            for part in re.split(r",\s*(?:and\s+)?| and (?=[^,]*$)", tail):
                word = _LEADING.sub("", part.strip())
                if 2 <= len(word.split()) <= 5 and not _FINITE.search(word) and "(" not in word:
                    keywords.append(word)
        unique = tuple(dict.fromkeys(keywords))
        if len(unique) >= 3:
            found[row["id_topic"]] = (row["topic"], unique)
    return found


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

    def write(self, kind: str, of: Specialty, language: Language, year: int) -> Passage:
        """A passage of `kind` (a key of the frames) about one's own specialty."""
        method, second = self._draw(of, "methods"), self._draw(of, "methods")
        thing, problem = self._draw(of, "objects"), self._draw(of, "problems")
        result = self._draw(of, "results")
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
            "bank": self._draw(of, "patents" if kind == "patent" else "projects").in_language(
                language
            ),
            "pat": self._draw(of, "patents").in_language(language),
            "proj": self._draw(of, "projects").in_language(language),
        }
        placed = any(_PROPER.search(phrase.vi) for phrase in (method, thing, problem, result))
        timed = _HAS_TIME.search(result.en) is not None
        return self._fill(kind, language, slots, year, placed=placed, timed=timed)

    def write_near(self, kind: str, of: Specialty, language: Language, year: int) -> Passage:
        """A passage with the right words of a specialty, from another field or level."""
        phrase = self._draw(of, "near_miss")
        placed = _PROPER.search(phrase.vi) is not None
        slots = {"x": phrase.in_language(language)}
        return self._fill(f"near_{kind}", language, slots, year, placed=placed)

    def write_topic(self, of: Specialty, year: int) -> Passage | None:
        """An English work on the keywords of one of the specialty's OpenAlex topics, if any."""
        known = [topic for topic in of.topics if topic in topic_keywords()]
        if not known:
            return None
        name, keywords = topic_keywords()[self._rng.choice(known)]
        first, second, third = self._rng.sample(keywords, 3)
        slots = {"k1": first, "k2": second, "k3": third, "t": name}
        return self._fill("topic", "en", slots, year)

    def _draw(self, of: Specialty, key: str) -> Phrase:
        deck = self._decks.setdefault((of.id, key), [])
        if not deck:
            deck.extend(of.phrases[key])
            self._rng.shuffle(deck)
        return deck.pop()

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
        *,
        placed: bool = False,
        timed: bool = False,
    ) -> Passage:
        rng = self._rng
        number = self._choose(kind, language, placed=placed, timed=timed)
        self._used.add((kind, language, number))
        title, body = frames(language)[kind][number]
        values = {
            **slots,
            **{key.upper(): capitalise(text) for key, text in slots.items()},
            "Ob": capitalise(slots.get("ob", "")),
            "pl": rng.choice(self._places).in_language(language),
            "y": str(year),
            "y0": str(year - rng.randint(2, 5)),
            "k": str(rng.randint(2, 6)),
            "K": str(rng.randint(8, 60)),
            "mo": str(rng.choice((6, 8, 9, 12, 15, 18, 24, 30, 36))),
            "pc": str(rng.randint(61, 94)),
            "yrs": str(self._experience),
        }
        filled = [
            _TWICE.sub(r"\1", self._choices(part).format_map(values)) for part in (title, body)
        ]
        return Passage(language, filled[0], filled[1])

    def _choose(self, kind: str, language: Language, *, placed: bool, timed: bool) -> int:
        """An unused frame; a second place or time span never joins one that a phrase brings."""
        pool = frames(language)[kind]
        free = [i for i in range(len(pool)) if (kind, language, i) not in self._used]
        fitting = [
            i
            for i in free
            if not (placed and "{pl}" in "".join(pool[i]))
            and not (timed and "{mo}" in "".join(pool[i]))
        ]
        return self._rng.choice(fitting or free)

    def _choices(self, template: str) -> str:
        return _CHOICE.sub(lambda match: self._rng.choice(match[1].split("|")), template)


def english_place(vietnamese: str) -> Phrase:
    """A Vietnamese place with the form that English texts print."""
    known = {"Hà Nội": "Hanoi", "Thành phố Hồ Chí Minh": "Ho Chi Minh City", "Huế": "Hue"}
    return Phrase(vietnamese, known.get(vietnamese, strip_marks(vietnamese)))
