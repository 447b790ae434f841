"""How commands show progress and results in a terminal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

from matching.schemas import EvidencePublic, PersonPublic, SearchAnswer

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

Step = Callable[[str, int, int], None]


@contextmanager
def progress() -> Iterator[Step]:
    """A progress bar for each named step; plain lines where there is no terminal."""
    if not err.is_terminal:
        yield _Lines().step
        return
    bars = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=err,
    )
    tasks: dict[str, TaskID] = {}

    def step(name: str, done: int, total: int) -> None:
        if name not in tasks:
            tasks[name] = bars.add_task(name, total=total)
        bars.update(tasks[name], completed=done, total=total)

    with bars:
        yield step


class _Lines:
    """A line at the first report of a step, then every two seconds, and at its end."""

    def __init__(self) -> None:
        self._last: dict[str, float] = {}

    def step(self, name: str, done: int, total: int) -> None:
        now = monotonic()
        if done >= total or now - self._last.get(name, -10.0) >= 2.0:
            self._last[name] = now
            err.print(f"{name}: {done} of {total}", markup=False, soft_wrap=True)


def say(message: str) -> None:
    """One line about what is being done, apart from the results."""
    err.print(message, style="dim", markup=False, soft_wrap=True)


def show_answer(answer: SearchAnswer, language: str) -> None:
    """Print a ranked list with its evidence."""
    for reading in answer.readings:
        if reading.readings != [reading.text]:
            out.print(f"Searched as: {' | '.join(reading.readings)}", style="dim", markup=False)
    out.print(
        f"{answer.total} people pass the filters; best first. Similarity is not a probability.",
        style="dim",
    )
    if not answer.people:
        out.print("Nobody to show: widen the filters or describe the expertise in other words.")
    for person in answer.people:
        _show_person(person, language)
    out.print(f"run {answer.run_id}", style="dim", markup=False)


def _show_person(person: PersonPublic, language: str) -> None:
    head = Text(f"{person.rank:>3}. ")
    head.append(person.display_name, style="bold")
    if person.is_invented:
        head.append(" [invented]", style="yellow")
    role = person.role_vi if language == "vi" else person.role_en
    about = [role or person.role_vi or person.role_en, person.organisation, person.country_code]
    head.append("  " + ", ".join(part for part in about if part))
    head.append(f"  similarity {person.score:.2f}", style="cyan")
    out.print(head)
    for line in person.lines:
        if len(person.lines) > 1:
            text = line.text_vi if language == "vi" else line.text_en
            mark = {"met": "+", "not_met": "-", "no_evidence": "?"}[line.state.value]
            out.print(f"     {mark} [{line.kind}] {text} ({line.score:.2f})", markup=False)
        for evidence in line.evidence[: 3 if len(person.lines) == 1 else 1]:
            out.print(_evidence(evidence))


def _evidence(evidence: EvidencePublic) -> Text:
    text = Text("       ")
    about = [evidence.kind, evidence.source, evidence.dated_on, evidence.verification]
    text.append(f"({', '.join(a for a in about if a)}) ", style="dim")
    for segment in evidence.segments:
        text.append(segment.text, style="bold green" if segment.is_match else "")
    return text
