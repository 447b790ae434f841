"""Careers that hang together: degrees fit the birth year, posts follow without overlap."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final, Literal

from ingest.demo.organisations import COUNTRIES, Organisation, draw_body, draw_company
from ingest.demo.tables import Phrase

NOW: Final = 2026
Level = Literal["doctor", "master", "bachelor"]
Sector = Literal["science", "state", "enterprise"]
Rank = Literal["professor", "associate_professor"]

# Highest degree by sector: doctors about 70 % of all people.
_DEGREE_SHARES: Final[Mapping[Sector, tuple[float, float]]] = {
    "science": (0.93, 0.06),
    "enterprise": (0.40, 0.36),
    "state": (0.52, 0.34),
}
_ASSISTANT: Final = (
    Phrase("Trợ lý nghiên cứu", "Research assistant"),
    Phrase("Trợ giảng", "Teaching assistant"),
)
# Titles by years of experience at the start of the post: below 4, 10, 18, and above.
_LADDERS: Final[Mapping[str, Sequence[Sequence[Phrase]]]] = {
    "science": (
        (Phrase("Giảng viên", "Lecturer"), Phrase("Nghiên cứu viên", "Researcher")),
        (Phrase("Giảng viên", "Lecturer"), Phrase("Nghiên cứu viên", "Researcher"),
         Phrase("Giảng viên chính", "Senior lecturer")),
        (Phrase("Giảng viên chính", "Senior lecturer"), Phrase("Phó trưởng khoa", "Vice dean"),
         Phrase("Nghiên cứu viên chính", "Senior researcher")),
        (Phrase("Giảng viên cao cấp", "Principal lecturer"), Phrase("Trưởng khoa", "Dean"),
         Phrase("Nghiên cứu viên cao cấp", "Principal researcher")),
    ),
    "enterprise": (
        (Phrase("Kỹ sư", "Engineer"), Phrase("Kỹ sư phát triển", "Development engineer")),
        (Phrase("Kỹ sư cao cấp", "Senior engineer"), Phrase("Trưởng nhóm", "Team leader")),
        (Phrase("Trưởng phòng kỹ thuật", "Engineering manager"),
         Phrase("Trưởng bộ phận phát triển", "Head of development")),
        (Phrase("Giám đốc kỹ thuật", "Technical director"),
         Phrase("Giám đốc nghiên cứu và phát triển", "Director of research and development")),
    ),
    "state": (
        (Phrase("Chuyên viên", "Officer"),),
        (Phrase("Chuyên viên chính", "Senior officer"),
         Phrase("Phó trưởng phòng", "Deputy head of division")),
        (Phrase("Trưởng phòng", "Head of division"),
         Phrase("Chuyên viên cao cấp", "Principal officer")),
        (Phrase("Phó giám đốc", "Deputy director"), Phrase("Trưởng ban", "Head of board")),
    ),
    "abroad": (
        (Phrase("Nghiên cứu viên", "Research scientist"),
         Phrase("Kỹ sư nghiên cứu", "Research engineer")),
        (Phrase("Nghiên cứu viên", "Research scientist"),
         Phrase("Kỹ sư nghiên cứu cao cấp", "Senior research engineer")),
        (Phrase("Nghiên cứu viên cao cấp", "Senior research scientist"),
         Phrase("Trưởng nhóm nghiên cứu", "Group leader")),
        (Phrase("Trưởng nhóm nghiên cứu", "Group leader"),
         Phrase("Trưởng bộ phận", "Head of department")),
    ),
}  # fmt: skip
_POSTDOC: Final = Phrase("Nghiên cứu viên sau tiến sĩ", "Postdoctoral researcher")
_ADVISERS: Final = (
    Phrase("Cố vấn khoa học", "Scientific adviser"),
    Phrase("Cố vấn cao cấp", "Senior adviser"),
    Phrase("Cố vấn chương trình", "Programme adviser"),
    Phrase("Ủy viên hội đồng khoa học", "Member of the scientific board"),
)
_CHAIRS: Final = (
    Phrase("Giáo sư trợ lý", "Assistant professor"),
    Phrase("Phó giáo sư", "Associate professor"),
    Phrase("Giáo sư", "Professor"),
)


@dataclass(frozen=True)
class Degree:
    level: Level
    start: int
    end: int
    organisation: Organisation


@dataclass(frozen=True)
class Post:
    """A post held from `start` to `end`; None: still held."""

    start: int
    end: int | None
    title: Phrase
    organisation: Organisation
    sector: str


@dataclass(frozen=True)
class Career:
    """Degrees and posts in order of time; never empty."""

    birth_year: int
    sector: Sector
    country: str | None
    degrees: tuple[Degree, ...]
    posts: tuple[Post, ...]
    rank: Rank | None
    rank_year: int | None

    @property
    def research_from(self) -> int:
        """First year in which a work can appear: one year into the highest degree begun."""
        return min(NOW, self.degrees[-1].start + (1 if len(self.degrees) > 1 else 4))

    @property
    def experience(self) -> int:
        """Years since the first post, at least 1."""
        return max(1, NOW - self.posts[0].start)


def live(
    rng: Random, age: int, sector: Sector, country: str | None, tags: Sequence[str], *, senior: bool
) -> Career:
    """Make one career for somebody of `age` who now works in `country` (None: unknown)."""
    birth = NOW - age
    base = country or rng.choice(("VN", COUNTRIES.draw(rng)))
    degrees, gaps = _study(rng, birth, sector, base, tags)
    posts = _work(rng, degrees, gaps, sector, country, base, tags)
    rank, year = _rank(rng, degrees, posts, sector, base, senior=senior)
    return Career(birth, sector, country, degrees, posts, rank, year)


def _study(
    rng: Random, birth: int, sector: Sector, base: str, tags: Sequence[str]
) -> tuple[tuple[Degree, ...], list[tuple[int, int]]]:
    """Degrees, and the years of work between them as (start, end)."""
    home = base if base != "VN" and rng.random() < 0.3 else "VN"
    end = birth + rng.choice((22, 22, 23))
    school = draw_body(rng, home, tags, "science", birth + 18, teaches=True)
    degrees = [Degree("bachelor", birth + 18, end, school)]
    gaps: list[tuple[int, int]] = []
    doctor, master = _DEGREE_SHARES[sector]
    aim = rng.random()
    wanted: list[Level] = ["master", "doctor"] if aim < doctor else ["master"]
    if aim >= doctor + master:
        wanted = []
    if base != "VN":
        abroad = rng.random() < 0.95
        place = base if rng.random() < 0.75 else COUNTRIES.draw(rng)
    else:
        abroad, place = rng.random() < 0.28, COUNTRIES.draw(rng)
    for level in wanted:
        if level == "master" and len(wanted) == 2 and rng.random() < 0.2:
            continue
        gap = rng.randint(1, 4) if rng.random() < 0.35 else 0
        years = 2 if level == "master" else rng.randint(3, 5)
        if end + gap + years > NOW - 1:
            gap = 0
        if end + years > NOW - 1:
            break
        if gap:
            gaps.append((end, end + gap))
        goes_abroad = abroad and (level == "doctor" or len(wanted) == 1 or rng.random() < 0.4)
        where = place if goes_abroad else home
        school = draw_body(rng, where, tags, "science", end + gap, teaches=True)
        degrees.append(Degree(level, end + gap, end + gap + years, school))
        end = end + gap + years
    return tuple(degrees), gaps


def _work(
    rng: Random,
    degrees: Sequence[Degree],
    gaps: Sequence[tuple[int, int]],
    sector: Sector,
    country: str | None,
    base: str,
    tags: Sequence[str],
) -> tuple[Post, ...]:
    posts: list[Post] = []
    first_country = degrees[0].organisation.country_code or base
    for start, end in gaps:
        employer = _employer(rng, first_country, tags, sector, start)
        title = _ASSISTANT[len(posts)] if sector == "science" else _LADDERS[sector][0][0]
        if not any((p.title, p.organisation) == (title, employer) for p in posts):
            posts.append(Post(start, end, title, employer, sector))
    spans = _spans(rng, min(NOW, degrees[-1].end + rng.choice((0, 0, 1))))
    steps = _Steps(rng, began=posts[0].start if posts else spans[0][0], last=degrees[-1])
    current = _employer(rng, country and base, tags, sector, spans[0][0])
    for index, (start, stop) in enumerate(spans):
        is_last = stop is None
        held: str = sector
        if not is_last and rng.random() < 0.15:
            held = "enterprise" if sector == "science" else "science"
        if not is_last and index == 0 and held == "science" and steps.may_be_postdoc():
            studied = degrees[-1].organisation.country_code or base
            employer, title = _employer(rng, studied, tags, "science", start), _POSTDOC
        else:
            moves = not is_last and (held != sector or rng.random() < 0.5)
            employer = _employer(rng, base, tags, held, start) if moves else current
            title = steps.title(held, employer, start, posts)
        posts.append(Post(start, stop, title, employer, held))
    return tuple(posts)


def _spans(rng: Random, start: int) -> list[tuple[int, int | None]]:
    """Years of the posts from `start` to now, each beginning where the last one ends."""
    spans: list[tuple[int, int | None]] = []
    while len(spans) < 3:
        stop = start + rng.randint(2, 9)
        if stop > NOW - 1:
            break
        spans.append((start, stop))
        start = stop
    return [*spans, (start, None)]


def _employer(
    rng: Random, country: str | None, tags: Sequence[str], sector: str, year: int
) -> Organisation:
    if sector == "enterprise" or country is None:
        return draw_company(rng, country, rng.choice(tags))
    return draw_body(rng, country, tags, sector, year)


class _Steps:
    """The titles of one career: upwards with the years, and no post twice.

    Args:
        began: Year of the first post.
        last: The highest degree.
    """

    def __init__(self, rng: Random, began: int, last: Degree) -> None:
        self._rng = rng
        self._began = began
        self._last = last
        # One track for life: nobody falls from a chair to an engineer's post.
        self._on_chair = last.level == "doctor" and rng.random() < 0.65

    def may_be_postdoc(self) -> bool:
        abroad = self._last.organisation.country_code != "VN"
        return self._last.level == "doctor" and abroad and self._rng.random() < 0.6

    def title(
        self, sector: str, employer: Organisation, year: int, earlier: Sequence[Post]
    ) -> Phrase:
        years, since = year - self._began, year - self._last.end
        step = 0 if years < 4 else 1 if years < 10 else 2 if years < 18 else 3
        held = {post.title for post in earlier if post.organisation == employer}
        ladder = _LADDERS[sector]
        if employer.country_code not in {"VN", None} and sector != "enterprise":
            # Nobody is promoted to a higher chair within five years of the doctorate.
            too_early = since < 5 and _CHAIRS[0] in held
            if self._on_chair and employer.teaches and not too_early:
                chair = 0 if since < 7 else 1 if since < 15 or self._rng.random() < 0.4 else 2
                ladder, step = [[title] for title in _CHAIRS], chair
            else:
                ladder = _LADDERS["abroad"]
        fitting = [t for t in ladder[step] if t not in held]
        above = [t for rung in ladder[step:] for t in rung if t not in held]
        spare = [t for t in _ADVISERS if t not in held]
        return self._rng.choice(fitting) if fitting else (above + spare)[0]


def _rank(
    rng: Random,
    degrees: Sequence[Degree],
    posts: Sequence[Post],
    sector: Sector,
    base: str,
    *,
    senior: bool,
) -> tuple[Rank | None, int | None]:
    chair = posts[-1].title.en.casefold()
    if chair in {"professor", "associate professor"}:
        return ("professor" if chair == "professor" else "associate_professor"), posts[-1].start
    if degrees[-1].level != "doctor" or sector != "science" or base != "VN":
        return None, None
    since = NOW - degrees[-1].end
    if since >= 15 and rng.random() < (0.25 if senior else 0.08):
        return "professor", degrees[-1].end + rng.randint(14, since)
    if since >= 8 and rng.random() < (0.6 if senior else 0.3):
        return "associate_professor", degrees[-1].end + rng.randint(7, since)
    return None, None
