"""All statements of one invented person: the passages, and the facts around them."""

from collections.abc import Mapping
from random import Random
from typing import Any, Final

from ingest.demo.careers import NOW, Career, Degree
from ingest.demo.names import PersonName, Sex, printed_abroad, strip_marks
from ingest.demo.organisations import GENERIC_TAGS, PRODUCT_TAGS, PROVINCES, draw_body
from ingest.demo.passages import PassageMaker, post_statement
from ingest.demo.plan import Plan
from ingest.demo.tables import Phrase, Specialty
from registry.experts.schemas import Life, StatementDraft, Verification, Visibility
from registry.experts.values import VALUE_CLASSES, LocalText

# Languages of countries; where several are official, the one of most institutes listed.
_LANGUAGES: Final[Mapping[str, str]] = {
    "FR": "fr", "JP": "ja", "KR": "ko", "DE": "de", "TW": "zh", "CN": "zh", "HK": "zh",
    "NL": "nl", "CH": "de", "BE": "nl", "SE": "sv", "CZ": "cs", "NO": "no", "FI": "fi",
    "DK": "da", "IT": "it", "AT": "de", "PL": "pl", "RU": "ru", "ES": "es",
}  # fmt: skip
_DISCIPLINES: Final[Mapping[str, Phrase]] = {
    "ict": Phrase("Khoa học máy tính", "Computer science"),
    "crypto": Phrase("An toàn thông tin", "Information security"),
    "elec": Phrase("Kỹ thuật điện, điện tử", "Electrical and electronic engineering"),
    "mech": Phrase("Kỹ thuật cơ khí", "Mechanical engineering"),
    "med": Phrase("Y sinh học", "Biomedical sciences"),
    "bio": Phrase("Công nghệ sinh học", "Biotechnology"),
    "agri": Phrase("Nông học", "Agricultural sciences"),
    "food": Phrase("Công nghệ thực phẩm", "Food technology"),
    "materials": Phrase("Khoa học vật liệu", "Materials science"),
    "chem": Phrase("Kỹ thuật hóa học", "Chemical engineering"),
    "energy": Phrase("Kỹ thuật năng lượng", "Energy engineering"),
    "geo": Phrase("Địa chất", "Geology"),
    "mining": Phrase("Kỹ thuật mỏ", "Mining engineering"),
    "marine": Phrase("Kỹ thuật biển", "Marine engineering"),
    "nuclear": Phrase("Kỹ thuật hạt nhân", "Nuclear engineering"),
    "space": Phrase("Công nghệ vũ trụ", "Space technology"),
    "aero": Phrase("Kỹ thuật hàng không", "Aerospace engineering"),
    "civil": Phrase("Kỹ thuật xây dựng", "Civil engineering"),
    "transport": Phrase("Kỹ thuật giao thông", "Transport engineering"),
    "physics": Phrase("Vật lý", "Physics"),
    "general": Phrase("Quản lý", "Management"),
}


class Facts:
    """Collects the statements of one person."""

    def __init__(
        self,
        rng: Random,
        plan: Plan,
        career: Career,
        name: PersonName,
        sex: Sex,
        life: Life,
        tag: str,
    ) -> None:
        self._rng = rng
        self._plan = plan
        self._career = career
        self._name = name
        self._sex = sex
        self._life = life
        self._tag = tag
        # Only a person who has joined says things that no public source tells.
        self._has_joined = life not in {Life.LEAD, Life.INVITED}
        self._made: list[StatementDraft] = []

    def statements(self, number: int) -> list[StatementDraft]:
        """All statements: name, passages, then facts."""
        maker = PassageMaker(self._rng, self._plan, self._career, self._name, number)
        self._names()
        self._made += [self._checked(statement) for statement in maker.make()]
        self._posts(maker)
        self._facts()
        self._degrees()
        self._languages()
        self._fields()
        if self._has_joined:
            self._terms()
        return self._made

    def _add(self, name: str, value: dict[str, Any], **envelope: Any) -> None:
        self._made.append(
            StatementDraft(property=name, value=VALUE_CLASSES[name](**value), **envelope)
        )

    def _checked(self, statement: StatementDraft) -> StatementDraft:
        if self._life is Life.VERIFIED and self._rng.random() < 0.6:
            return statement.model_copy(update={"verification": Verification.CHECKED})
        return statement

    def _proof(self) -> Verification:
        """A steward has seen the document for most facts of a verified profile."""
        seen = self._life is Life.VERIFIED and self._rng.random() < 0.85
        return Verification.CHECKED if seen else Verification.CLAIMED

    def _names(self) -> None:
        name, rng = self._name, self._rng
        full: dict[str, str | None] = {
            "display": name.full,
            "family": name.family,
            "middle": name.middle or None,
            "given": name.given,
        }
        if self._career.country != "VN" and rng.random() < 0.62:
            printed = printed_abroad(rng, name, self._sex)
            self._add(
                "name",
                {
                    "display": printed.display,
                    "family": printed.family,
                    "middle": printed.middle or None,
                    "given": printed.given,
                },
            )
            self._add("name", {**full, "kind": "variant"})
            return
        self._add("name", full)
        if rng.random() < 0.3:
            plain = strip_marks(name.full)
            if plain != name.full:
                self._add("name", {"display": plain, "kind": "variant"})

    def _posts(self, maker: PassageMaker) -> None:
        for post in self._career.posts:
            if post not in maker.told_posts:
                title = LocalText(vi=post.title.vi, en=post.title.en)
                self._made.append(self._checked(post_statement(post, title, None)))
        current = self._career.posts[-1]
        told = maker.told_posts.get(current, current)
        # Half of the people of unknown country state no employer at all.
        if self._career.country is None and self._rng.random() < 0.5:
            return
        self._add(
            "affiliation",
            {
                "organisation": told.organisation.name,
                "ror_id": told.organisation.ror_id,
                "country_code": told.organisation.country_code,
                "role": {"vi": told.title.vi, "en": told.title.en},
                "is_main": True,
            },
            started_on=str(told.start),
            verification=self._proof(),
        )
        self._guest()

    def _guest(self) -> None:
        """Some scholars abroad teach at home as guests; that is no main affiliation."""
        if self._career.country in {"VN", None} or self._rng.random() > 0.12:
            return
        tags = PRODUCT_TAGS.get(self._plan.core.product_no, GENERIC_TAGS)
        year = self._rng.randint(max(self._career.posts[-1].start, NOW - 8), NOW)
        host = draw_body(self._rng, "VN", tags, "science", year, teaches=True)
        self._add(
            "affiliation",
            {
                "organisation": host.name,
                "ror_id": host.ror_id,
                "country_code": "VN",
                "role": {"vi": "Giảng viên thỉnh giảng", "en": "Visiting lecturer"},
            },
            started_on=str(year),
        )

    def _facts(self) -> None:
        rng, career = self._rng, self._career
        hidden = Visibility.BODIES if rng.random() < 0.15 else Visibility.PUBLIC
        self._add("birth_year", {"year": career.birth_year}, visibility=hidden)
        self._add("sex", {"sex": self._sex})
        self._add("sector", {"sector": career.sector})
        province = career.posts[-1].organisation.province or rng.choice(list(PROVINCES))
        self._add("province", {"province": province, "region": PROVINCES[province]})
        if career.rank:
            self._add(
                "rank",
                {"rank": career.rank},
                started_on=str(career.rank_year),
                verification=self._proof(),
            )
        if self._life in {Life.CLAIMED, Life.VERIFIED} and rng.random() < 0.8:
            # Near to ethnic origin in law: for bodies with a purpose only.
            self._add("origin", {"is_vietnamese": True}, visibility=Visibility.BODIES)

    def _degrees(self) -> None:
        for degree in self._career.degrees:
            self._add(
                "degree",
                self._degree(degree),
                started_on=str(degree.start),
                ended_on=str(degree.end),
                verification=self._proof(),
            )

    def _degree(self, degree: Degree) -> dict[str, Any]:
        discipline = _DISCIPLINES[self._tag]
        return {
            "level": degree.level,
            "field": {"vi": discipline.vi, "en": discipline.en},
            "institution": degree.organisation.name,
            "country_code": degree.organisation.country_code,
        }

    def _languages(self) -> None:
        rng, country = self._rng, self._career.country
        self._add("language", {"code": "vi", "level": "native"})
        if country == "VN":
            english = rng.choices(("fluent", "working", "basic", None), (0.3, 0.45, 0.15, 0.1))[0]
        else:
            english = rng.choice(("fluent", "fluent", "working"))
        if english:
            self._add("language", {"code": "en", "level": english})
        spoken: dict[str, str] = {}
        if own := _LANGUAGES.get(country or ""):
            spoken[own] = rng.choice(("fluent", "working"))
        for degree in self._career.degrees:
            learnt = _LANGUAGES.get(degree.organisation.country_code or "")
            if learnt and rng.random() < 0.6:
                spoken.setdefault(learnt, rng.choice(("working", "basic")))
        if self._career.birth_year < 1966 and rng.random() < 0.4:
            spoken.setdefault("ru", "working")
        for code, level in spoken.items():
            self._add("language", {"code": code, "level": level})

    def _fields(self) -> None:
        seen: set[tuple[str, str]] = set()
        for of, share in ((self._plan.core, 0.85), (self._plan.second, 0.4)):
            for scheme, code in self._codes(of) if of else ():
                if (scheme, code) not in seen and self._rng.random() < share:
                    seen.add((scheme, code))
                    self._add("field", {"scheme": scheme, "code": code})

    def _codes(self, of: Specialty) -> list[tuple[str, str]]:
        codes = [("ford", of.ford), ("vn2008", of.vn2008)]
        codes += [("openalex_topic", topic) for topic in of.topics[:2]]
        if of.group_no:
            codes.append(("strategic_2026", str(of.group_no)))
        return codes

    def _terms(self) -> None:
        rng = self._rng
        kinds = ["council_seat", "mentoring", "remote_advice"]
        if self._career.country != "VN":
            kinds = ["return", "months_per_year", "remote_advice", "council_seat", "mentoring"]
        hidden = Visibility.BODIES if rng.random() < 0.2 else Visibility.PUBLIC
        for kind in rng.sample(kinds, rng.randint(0, 3)):
            months = rng.choice((1, 2, 3, 3, 4, 6)) if kind == "months_per_year" else None
            self._add("terms", {"kind": kind, "months": months}, visibility=hidden)
