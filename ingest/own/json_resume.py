"""JSON Resume (schema 1.0.0 of jsonresume.org) as a draft. Pure.

A file that has not the form of the schema is refused with the place; what the schema lacks, or a
profile has no place for, stands unread with its path.
"""

import json
import re
from typing import Any, Final

from pydantic import ValidationError

from ingest.own.education import degree_level
from ingest.own.items import Draft, Left, Reading
from ingest.own.resume_form import (
    Award,
    Basics,
    Education,
    Job,
    Language,
    Profile,
    Project,
    Publication,
    Resume,
    Skill,
)
from ingest.own.tongues import read_language
from ingest.own.wording import (
    LONG,
    SHORT,
    find_doi,
    fitted,
    local,
    partial_date,
    plain,
    web_address,
)
from ingest.sources.files import refusal, shorten
from ingest.sources.records import Record, problems_of
from registry.errors import Problem
from registry.experts import file_words as words

__all__ = ["is_json", "read_json_resume"]

_NAME: Final = "the JSON Resume"
_ORCID: Final = re.compile(r"\d{4}-\d{4}-\d{4}-\d{3}[\dX]", re.IGNORECASE)
_MAX_DEPTH: Final = 20


def is_json(text: str) -> bool:
    """Whether a text is meant as JSON."""
    return text.lstrip()[:1] in {"{", "["}


def read_json_resume(text: str) -> Draft:
    """A résumé as items.

    Raises:
        ImportRefusedError: It is no JSON, or has not the form of the schema; each place is named.
    """
    data = _parsed(text)
    reading = Reading()
    # Other people, who were not asked.
    if data.pop("references", None):
        reading.note(Left.REFERENCES, "references")
    try:
        resume = Resume.model_validate(data)
    except ValidationError as exc:
        raise refusal(_NAME, problems_of("", exc)) from exc
    if not set(data) & set(Resume.model_fields):
        problem = Problem(words.THE_FILE, words.OTHER_JSON, words.RESUME)
        raise refusal(_NAME, [problem])
    _Resumed(reading).read(resume)
    return reading.draft("json_resume")


def _parsed(text: str) -> dict[str, Any]:
    try:
        data = json.loads(text)
    except json.JSONDecodeError as exc:
        where = f"line {exc.lineno}, column {exc.colno}"
        problem = Problem(where, shorten(text[exc.pos : exc.pos + 30]), f"JSON ({exc.msg})")
        raise refusal(_NAME, [problem]) from exc
    except (RecursionError, ValueError) as exc:
        problem = Problem(words.THE_FILE, words.DEEP_JSON, words.RESUME)
        raise refusal(_NAME, [problem]) from exc
    if not isinstance(data, dict) or _depth(data) > _MAX_DEPTH:
        found = words.OTHER_JSON if not isinstance(data, dict) else words.DEEP_JSON
        raise refusal(_NAME, [Problem(words.THE_FILE, found, words.RESUME)])
    return data


def _depth(value: Any, depth: int = 0) -> int:
    if depth > _MAX_DEPTH:
        return depth
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return max((_depth(each, depth + 1) for each in inner), default=depth)


class _Resumed:
    """Turns the sections of a résumé into items."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._left: set[str] = set()

    def read(self, resume: Resume) -> None:
        """Read all sections."""
        if resume.basics is not None:
            self._basics(resume.basics)
        for name, read in (
            ("work", self._job),
            ("volunteer", self._job),
            ("education", self._education),
            ("awards", self._award),
            ("publications", self._publication),
            ("projects", self._project),
            ("languages", self._language),
        ):
            for i, entry in enumerate(getattr(resume, name)):
                where = f"{name}[{i}]"
                read(entry, where)
                self._leftovers(entry, where)
        for name in ("skills", "interests"):
            self._passage(getattr(resume, name), name)
        self._leftovers(resume, "")
        self._reading.note_fields(self._left)

    def _basics(self, basics: Basics) -> None:
        name = fitted(self._reading, basics.name, SHORT, "basics.name")
        if name:
            value = {"display": name, "kind": "variant"}
            self._reading.add("name", value, "basics.name", name, sure=True)
        if text := fitted(self._reading, basics.summary, LONG, "basics.summary"):
            said = {"text": local(text)}
            self._reading.add("biography", said, "basics.summary", text, sure=True)
        for kind, stated in (("email", basics.email), ("phone", basics.phone)):
            if stated and stated.strip():
                value = {"kind": kind, "address": stated.strip()}
                self._reading.add("contact", value, f"basics.{kind}", stated, sure=True)
        for key in ("label", "url", "website"):
            self._leave(f"basics.{key}", getattr(basics, key))
        if (basics.model_extra or {}).get("location"):
            self._reading.note(Left.ADDRESS, "basics.location")
        if {"image", "picture"} & set(basics.model_extra or {}):
            self._reading.note(Left.PICTURES, "basics.image")
        for i, profile in enumerate(basics.profiles):
            self._profile(profile, f"basics.profiles[{i}]")
        self._leftovers(basics, "basics", {"location", "image", "picture"})

    def _profile(self, profile: Profile, where: str) -> None:
        told = " ".join(filter(None, (profile.network, profile.username, profile.url)))
        found = _ORCID.search(told)
        if found and "orcid" in told.lower():
            self._reading.add_orcid(found[0], where, told)
        else:
            self._leave(where, told)
        self._leftovers(profile, where)

    def _job(self, job: Job, where: str) -> None:
        organisation = self._fit(job.name or job.company or job.organization, where)
        role = self._fit(job.position, where)
        done = [job.summary, *job.highlights]
        summary = self._fit("\n".join(filter(None, done)), where, LONG)
        told = " · ".join(filter(None, (role, organisation, summary)))
        around = self._around(job.startDate, job.endDate, job.url or job.website, where)
        if organisation:
            value: dict[str, Any] = {"organisation": organisation}
            if role:
                value["role"] = local(role)
            self._reading.add("affiliation", value, where, told, sure=True, **around)
        if role and (summary or not organisation):
            # What somebody did at work is how people without papers are found.
            value = {"title": local(role)}
            if organisation:
                value["organisation"] = organisation
            if summary:
                value["summary"] = local(summary)
            self._reading.add("post", value, where, told, sure=True, **around)
        elif summary or not organisation:
            self._leave(where, told)
        self._leave(f"{where}.description", job.description)

    def _education(self, education: Education, where: str) -> None:
        study, area = self._fit(education.studyType, where), self._fit(education.area, where)
        institution = self._fit(education.institution, where)
        told = " · ".join(filter(None, (study, area, institution)))
        level = degree_level(study or "")
        if level is None:
            self._leave(where, told)
            return
        value: dict[str, Any] = {"level": level}
        if area:
            value["field"] = local(area)
        if institution:
            value["institution"] = institution
        around = self._around(education.startDate, education.endDate, None, where)
        self._reading.add("degree", value, where, told, sure=institution is not None, **around)

    def _award(self, award: Award, where: str) -> None:
        title, giver = self._fit(award.title, where), self._fit(award.awarder, where)
        if title is None:
            self._leave(where, giver)
        else:
            value: dict[str, Any] = {"title": local(title)}
            if giver:
                value["giver"] = giver
            told = " · ".join(filter(None, (title, giver)))
            around = self._around(award.date, None, None, where)
            self._reading.add("award", value, where, told, sure=True, **around)
        self._leave(f"{where}.summary", award.summary)

    def _publication(self, work: Publication, where: str) -> None:
        title = self._fit(work.name, where, LONG)
        venue, abstract = self._fit(work.publisher, where), self._fit(work.summary, where, LONG)
        told = " · ".join(filter(None, (title, venue, abstract)))
        if title is None:
            self._leave(where, told)
            return
        address = work.url or work.website
        value: dict[str, Any] = {"title": local(title)}
        if venue:
            value["venue"] = venue
        if abstract:
            value["abstract"] = local(abstract)
        if doi := find_doi(address or "")[0]:
            value["doi"] = doi
        around = self._around(work.releaseDate, None, address, where)
        self._reading.add("work", value, where, told, sure=True, **around)

    def _project(self, project: Project, where: str) -> None:
        title = self._fit(project.name, where, LONG)
        done = [project.description, *project.highlights]
        summary = self._fit("\n".join(filter(None, done)), where, LONG)
        role = self._fit(", ".join(project.roles), where)
        told = " · ".join(filter(None, (title, role, summary)))
        if title is None:
            self._leave(where, told)
            return
        value: dict[str, Any] = {"title": local(title)}
        if summary:
            value["summary"] = local(summary)
        if role:
            value["role"] = local(role)
        around = self._around(project.startDate, project.endDate, project.url, where)
        self._reading.add("project", value, where, told, sure=True, **around)
        # Whether it paid or was worked for is not said.
        self._leave(f"{where}.entity", project.entity)

    def _language(self, language: Language, where: str) -> None:
        name, level = plain(language.language or ""), plain(language.fluency or "")
        told = f"{name}: {level}" if level else name
        if not read_language(self._reading, name, level, where, told):
            self._leave(where, told)

    def _passage(self, entries: list[Skill], name: str) -> None:
        """Skills and interests in the words that they are in: a profile has no list of them."""
        lines = []
        for i, entry in enumerate(entries):
            keywords = ", ".join(filter(None, map(plain, entry.keywords)))
            lines.append(": ".join(filter(None, (plain(entry.name or ""), keywords))))
            self._leftovers(entry, f"{name}[{i}]")
        text = self._fit("; ".join(filter(None, lines)), name, LONG)
        if text:
            self._reading.add("biography", {"text": local(text)}, name, text, sure=False)

    def _fit(self, text: str | None, where: str, limit: int = SHORT) -> str | None:
        return fitted(self._reading, text, limit, where)

    def _leave(self, where: str, text: str | None) -> None:
        self._reading.leave(where, text or "")

    def _around(
        self, start: str | None, end: str | None, address: str | None, where: str
    ) -> dict[str, str | None]:
        """Dates and evidence; a date that is none is noted."""
        dates = {
            name: partial_date(self._reading, text, where) if text and text.strip() else None
            for name, text in (("started_on", start), ("ended_on", end))
        }
        return {**dates, "evidence_url": web_address(address)}

    def _leftovers(self, record: Record, where: str, told: set[str] = frozenset()) -> None:  # type: ignore[assignment]
        for name, value in (record.model_extra or {}).items():
            path = f"{where}.{name}".lstrip(".")
            if name in told:
                continue
            if name in record.known:
                self._left.add(path if not where else f"{re.sub(r'[0-9]+', '', where)}.{name}")
            elif value not in (None, "", [], {}):
                self._reading.leave(
                    path, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
                )
