"""From the plan of a person to dated statements that carry text."""

from dataclasses import replace
from random import Random
from typing import Final

from ingest.demo.careers import NOW, Career, Post
from ingest.demo.names import PersonName, Sex, draw_name, in_byline
from ingest.demo.organisations import PROVINCES, place_in_vietnam
from ingest.demo.plan import Plan, Slot
from ingest.demo.tables import Phrase
from ingest.demo.texts import Passage, Writer
from registry.experts.schemas import StatementDraft
from registry.experts.values import (
    AwardValue,
    BiographyValue,
    LocalText,
    PatentValue,
    PostValue,
    ProjectValue,
    WorkValue,
)

# Weights of kinds by sector. Patents are mostly of firms, posts tell most in public service.
_WEIGHTS: Final[dict[str, dict[str, float]]] = {
    "science": {"work": 60, "project": 15, "patent": 7, "award": 6, "post": 8, "biography": 4},
    "enterprise": {"work": 26, "project": 22, "patent": 22, "award": 5, "post": 20, "biography": 5},
    "state": {"work": 24, "project": 28, "patent": 5, "award": 7, "post": 28, "biography": 8},
}
_MOST: Final = {"work": 99, "project": 99, "patent": 4, "award": 2, "post": 2, "biography": 1}
_VIETNAMESE_SHARE: Final = {"domestic": 0.65, "abroad": 0.25, "unknown": 0.5}
_TOPIC_SHARE: Final = 0.6
# Titles that claim a rank or a phase of life, which the career has decided already.
_RANKED: Final = ("professor", "associate professor", "assistant professor", "postdoc")
_OLDEST: Final = 2006
_VENUES: Final = {
    "vi": ("Tạp chí Khoa học và Đời sống kỹ thuật (giả định)", "Hội nghị Trí thức trẻ (giả định)",
           "Kỷ yếu Hội thảo Công nghệ chiến lược (giả định)"),
    "en": ("Journal of Applied Findings (fictional)",
           "Proc. Strategic Technology Forum (fictional)",
           "Transactions on Practical Engineering (fictional)"),
}  # fmt: skip
_FUNDERS: Final = {
    "vi": ("Đề tài cấp quốc gia (giả định)", "Đề tài cấp bộ (giả định)", "Hợp đồng (giả định)"),
    "en": ("National programme (fictional)", "Industry contract (fictional)"),
}
_ROLES: Final = (Phrase("Chủ nhiệm", "Principal investigator"), Phrase("Thành viên", "Member"))


class PassageMaker:
    """Turns the slots of one plan into statements and remembers which posts they took.

    Args:
        number: The person's number, for patent numbers that belong to nobody else.
    """

    def __init__(
        self, rng: Random, plan: Plan, career: Career, name: PersonName, number: int
    ) -> None:
        self._rng = rng
        self._plan = plan
        self._career = career
        self._name = name
        self._number = number
        abroad = career.country != "VN"
        self._vietnamese = _VIETNAMESE_SHARE[
            "unknown" if career.country is None else "abroad" if abroad else "domestic"
        ]
        held = [post.organisation.place for post in career.posts if post.organisation.country_code]
        homes = rng.sample(list(PROVINCES), 1 if abroad else 3)
        places = [*held, *map(place_in_vietnam, homes)]
        self._writer = Writer(rng, places, career.experience)
        self._without_works = career.sector != "science" and rng.random() < 0.10
        # A beginner is young, or somebody of another trade who touched the field.
        self._light = "junior" if NOW - career.birth_year <= 34 else "peripheral"
        self._free_posts = list(reversed(career.posts))[:2]
        self.told_posts: dict[Post, Post] = {}

    def make(self) -> list[StatementDraft]:
        """All passages of the person, in the order of the plan shuffled."""
        slots = list(self._plan.slots)
        self._rng.shuffle(slots)
        counts = dict.fromkeys(_MOST, 0)
        made = []
        spare = self._spare_core()
        for slot in slots:
            kind = self._kind(slot, counts)
            counts[kind] += 1
            language = "vi" if self._rng.random() < self._vietnamese else "en"
            if slot.part == "core" and (kind, language) == ("work", "en") and spare > 0:
                statement = self._topic_work(slot)
                if statement:
                    spare -= 1
                    made.append(statement)
                    continue
            made.append(self._statement(slot, kind, language))
        return made

    def _spare_core(self) -> int:
        """Core passages that may be about a topic at large without belying the grade."""
        total = len(self._plan.slots)
        core = sum(slot.part == "core" for slot in self._plan.slots)
        needed = {3: total // 2 + 1, 2: 3}.get(self._plan.level, core)
        return max(0, min(2, core - needed))

    def _kind(self, slot: Slot, counts: dict[str, int]) -> str:
        if not self._without_works and counts["work"] == 0:
            return "work"
        weights = {
            kind: weight
            for kind, weight in _WEIGHTS[self._career.sector].items()
            if counts[kind] < _MOST[kind]
            and (kind != "post" or self._free_posts)
            and not (self._without_works and kind in {"work", "patent", "award"})
            and not (slot.part == "near" and kind == "patent")
        }
        return self._rng.choices(list(weights), list(weights.values()))[0]

    def _statement(self, slot: Slot, kind: str, language: str) -> StatementDraft:
        if kind == "post":
            return self._post(slot, language)
        year = self._year(kind)
        started = year
        if kind == "project":
            year = min(year + self._rng.randint(1, 4), NOW)
        if slot.part == "near":
            passage = self._writer.write_near(kind, slot.of, language, year)
        elif kind == "biography" and self._is_beginner(slot):
            passage = self._writer.write(f"{self._light}_biography", slot.of, language, year)
        else:
            passage = self._writer.write(kind, slot.of, language, year, started)
        if kind == "work":
            topics = list(slot.of.topics[:2]) if slot.part in {"core", "second"} else []
            return self._work(passage, year, topics)
        if kind == "project":
            return self._project(passage, started, year)
        if kind == "patent":
            return self._patent(passage, year)
        if kind == "award":
            value = AwardValue(title=_text(passage.language, passage.title))
            return StatementDraft(property="award", value=value, started_on=str(year))
        return StatementDraft(
            property="biography", value=BiographyValue(text=_text(passage.language, passage.body))
        )

    def _is_beginner(self, slot: Slot) -> bool:
        return slot.part == "core" and self._plan.level == 1

    def _year(self, kind: str) -> int:
        """A year within the career; recent ones are likelier, as in real lists."""
        first = self._career.posts[0].start
        if kind == "work":
            first = self._career.research_from
        # Older items are seldom in electronic sources, and the phrases are of recent technology.
        first = min(max(first, _OLDEST), NOW)
        return first + round((NOW - first) * max(self._rng.random(), self._rng.random()))

    def _date(self, year: int) -> str:
        if self._rng.random() < 0.5:
            return str(year)
        last = 6 if year == NOW else 12
        return f"{year}-{self._rng.randint(1, last):02}"

    def _work(self, passage: Passage, year: int, topics: list[str]) -> StatementDraft:
        rng = self._rng
        authors = [in_byline(self._name, passage.language)]
        for _ in range(rng.randint(0, 3)):
            sex: Sex = "male" if rng.random() < 0.7 else "female"
            authors.append(in_byline(draw_name(rng, sex), passage.language))
        position = rng.randint(1, len(authors))
        authors.insert(position - 1, authors.pop(0))
        value = WorkValue(
            title=_text(passage.language, passage.title),
            abstract=_text(passage.language, passage.body),
            venue=rng.choice(_VENUES[passage.language]) if rng.random() < 0.6 else None,
            kind="article" if rng.random() < 0.8 else "conference-paper",
            topics=topics,
            authors=authors,
            author_position=position,
        )
        return StatementDraft(property="work", value=value, started_on=self._date(year))

    def _topic_work(self, slot: Slot) -> StatementDraft | None:
        if self._rng.random() >= _TOPIC_SHARE:
            return None
        year = self._year("work")
        passage = self._writer.write_topic(slot.of, year)
        return self._work(passage, year, list(slot.of.topics[:2])) if passage else None

    def _project(self, passage: Passage, start: int, end: int) -> StatementDraft:
        value = ProjectValue(
            title=_text(passage.language, passage.title),
            summary=_text(passage.language, passage.body),
            role=_text(
                passage.language,
                _ROLES[self._plan.level < 2 or self._rng.random() < 0.4].in_language(
                    passage.language
                ),
            ),
            funder=self._rng.choice(_FUNDERS[passage.language]),
        )
        return StatementDraft(
            property="project",
            value=value,
            started_on=str(start),
            ended_on=str(end) if end < NOW else None,
        )

    def _patent(self, passage: Passage, year: int) -> StatementDraft:
        value = PatentValue(
            title=_text(passage.language, passage.title),
            abstract=_text(passage.language, passage.body),
            number=f"DEMO-{self._number:06}-{year}-{self._rng.randrange(10_000):04}",
            status=self._rng.choice(("filed", "granted", "granted", "in_use")),
        )
        return StatementDraft(property="patent", value=value, started_on=str(year))

    def _post(self, slot: Slot, language: str) -> StatementDraft:
        held = self._free_posts.pop(0)
        year = self._rng.randint(held.start, held.end or NOW)
        title, place = held.title, held.organisation.place
        if slot.part == "near":
            passage = self._writer.write_near("post", slot.of, language, year, place)
        elif self._is_beginner(slot):
            passage = self._writer.write(
                f"{self._light}_post", slot.of, language, year, None, place
            )
        else:
            passage = self._writer.write("post", slot.of, language, year, None, place)
            title = self._post_title(slot, held)
        told = replace(held, title=title)
        self.told_posts[held] = told
        return post_statement(
            told, _text(language, title.in_language(language)), _text(language, passage.body)
        )

    def _post_title(self, slot: Slot, held: Post) -> Phrase:
        taken = {post.title for post in self.told_posts.values()}
        titles = [
            title
            for title in slot.of.posts.get(held.sector, ())
            if title not in taken and not title.en.casefold().startswith(_RANKED)
        ]
        return self._rng.choice(titles) if titles else held.title


def _text(language: str, text: str) -> LocalText:
    return LocalText(vi=text) if language == "vi" else LocalText(en=text)


def post_statement(post: Post, title: LocalText, summary: LocalText | None) -> StatementDraft:
    """The statement of one post; firms of unknown country are named, not placed."""
    value = PostValue(
        title=title,
        organisation=post.organisation.name,
        ror_id=post.organisation.ror_id,
        country_code=post.organisation.country_code,
        summary=summary,
        sector=post.sector,
    )
    return StatementDraft(
        property="post",
        value=value,
        started_on=str(post.start),
        ended_on=None if post.end is None else str(post.end),
    )
