"""Works as a CV lists them, in whatever style. Pure.

A list is free text: where the title stands is told by quotation marks, or by the year in brackets
behind the authors; anything else is a guess, and marked as one.
"""

import re
from typing import Any, Final

from ingest.own.items import Reading
from ingest.own.periods import folded, years_in
from ingest.own.places import Entry, without_bullet
from ingest.own.wording import LONG, SHORT, find_doi, fitted, local, plain, web_address
from registry.text import clean

__all__ = ["add_work", "is_name", "kind_of_works", "years_beside"]

QUOTED: Final = re.compile(r"[“\"«]([^“”\"«»]{8,600})[”\"»]|‘([^‘’]{12,600})’")
_APA: Final = re.compile(
    r"^(?P<authors>.{3,600}?)\s*\(\s*(?P<year>(?:19|20)\d\d)[a-z]?\s*\)\s*[.,:]?\s*"
)
_SENTENCE: Final = re.compile(r"(?<=[^\W\d_]{2})[.?!]\s+(?=[^\W_a-z])|[.?!]\s*$")
_NAME_WORD: Final = re.compile(r"(?:[^\W\d_]\.?-?){1,4}|[^\W\d_]+(?:[-'’][^\W\d_]+)*\.?")
_SMALL: Final = frozenset(
    {"and", "va", "&", "et", "al", "al.", "de", "van", "von", "der", "cs", "cs."}
)
_URL: Final = re.compile(r"https?://[^\s\"'<>]{4,500}")
_KINDS: Final = (
    ("proceedings-article", r"hoi nghi|hoi thao|ky yeu|conference|proceedings|symposium|workshop"),
    ("book-chapter", r"chuong sach|book chapter"),
    ("book", r"sach|giao trinh|chuyen khao|book|monograph|textbook"),
    ("dissertation", r"luan an|luan van|thesis|dissertation"),
    ("preprint", r"preprint|arxiv|biorxiv|medrxiv"),
    ("article", r"tap chi|bai bao|journal|article|isi|scopus|sci|quoc te|trong nuoc"),
)
_KIND: Final = [(kind, re.compile(rf"\b(?:{words})")) for kind, words in _KINDS]
JUNK: Final = " ,;:.–—-|()[]“”\"'"


def kind_of_works(text: str) -> str | None:
    """The kind of work that a line below "Publications" announces for those that follow."""
    words = folded(clean(text))
    if len(words) > 80 or years_in(words) or QUOTED.search(text):
        return None
    return next((kind for kind, pattern in _KIND if pattern.search(words)), None)


def add_work(reading: Reading, entry: Entry, kind: str | None) -> bool:
    """Add a publication.

    Args:
        kind: As the list says, where it does.

    Returns:
        False: no title is found in it.
    """
    doi, rest = find_doi(without_bullet(entry.text))
    address = _URL.search(rest)
    rest = clean(_URL.sub(" ", rest))
    title, authors, behind, is_plain = _titled(rest, entry.cells)
    text = fitted(reading, title, LONG, entry.where)
    if text is None or len(re.findall(r"[^\W\d_]", text)) < 8:
        return False
    value: dict[str, Any] = {"title": local(text)}
    names = [fitted(reading, name, SHORT, entry.where) for name in authors]
    value["authors"] = [name for name in names if name]
    # A title or an abbreviation of the journal stands right behind the title.
    venue = re.split(r"[,;(]|\d", behind.strip(JUNK), maxsplit=1)[0].strip(JUNK)
    venue = re.sub(r"^(?:[Ii]n|[Tt]rong)\s*:?\s+", "", venue)
    if 3 <= len(venue) <= 200:
        value["venue"] = plain(venue) or None
    if doi:
        value["doi"] = doi
    if kind:
        value["kind"] = kind
    years = years_beside(rest, title)
    return reading.add(
        "work",
        {key: inner for key, inner in value.items() if inner is not None},
        entry.where,
        entry.text,
        sure=is_plain and len(set(years)) == 1 and not entry.is_joined and bool(authors),
        started_on=years[-1] if years else None,
        evidence_url=web_address(address[0].rstrip(".,;)")) if address else None,
    )


def years_beside(text: str, title: str) -> list[str]:
    """Years of a citation but for those within its title."""
    return years_in(text.replace(title, " "))


def _titled(text: str, cells: tuple[str, ...]) -> tuple[str, list[str], str, bool]:
    """Title, authors, what follows the title, and whether that is plain to see."""
    if len(cells) > 1:
        return _of_row(cells)
    if match := QUOTED.search(text):
        title = (match[1] or match[2]).strip(" ,.")
        return title, _authors(text[: match.start()]), text[match.end() :], True
    if match := _APA.match(text):
        authors = _authors(match["authors"])
        title, behind = _sentence(text[match.end() :])
        return title, authors, behind, bool(authors)
    pieces = [piece.strip() for piece in text.split(",")]
    count = 0
    while count < len(pieces) - 1 and is_name(pieces[count]):
        count += 1
    if count > 0:
        rest = ", ".join(pieces[count:])
        # "A. Nguyen, B. Tran. Title. Venue": the last name ends with the sentence.
        head, tail = _sentence(rest)
        if is_name(head) and tail:
            title, behind = _sentence(tail)
            return title, [*pieces[:count], head], behind, False
        title, behind = (pieces[count], ", ".join(pieces[count + 1 :]))
        if len(title.split()) < 3:
            title, behind = _sentence(rest)
        return title.rstrip("."), _authors(", ".join(pieces[:count])), behind, False
    first, behind = _sentence(text)
    if is_name(first.replace(",", "")) and behind:
        title, rest = _sentence(behind)
        return title, _authors(first), rest, False
    head, _, tail = (
        first.partition(", ") if len(first.split(", ")[0].split()) > 4 else (first, "", "")
    )
    return head, [], f"{tail} {behind}", False


def _of_row(cells: tuple[str, ...]) -> tuple[str, list[str], str, bool]:
    """Of a row, the longest cell is the title, and one with names holds the authors."""
    filled = [cell for cell in cells if re.search(r"[^\W\d_]{2}", cell)]
    if not filled:
        return "", [], "", False
    named = [c for c in filled if all(is_name(p) for p in re.split(r"[,;]", c) if p.strip())]
    others = [cell for cell in filled if cell not in named] or filled
    title = max(others, key=len)
    behind = ", ".join(cell for cell in others if cell != title)
    return title, _authors(", ".join(named)), behind, False


def _sentence(text: str) -> tuple[str, str]:
    match = _SENTENCE.search(text)
    return (text, "") if match is None else (text[: match.start()], text[match.end() :])


def _authors(text: str) -> list[str]:
    """Names of a list that is parted by commas; initials stay with the name before them."""
    text = re.sub(r"\s+(?:and|và|&|et)\s+", ", ", text.strip(" ,:;()"))
    # The dot of initials is theirs, that of a word ends the list.
    text = re.sub(r"(?<=[^\W\d_]{2})\.$", "", text)
    names: list[str] = []
    for piece in (part.strip() for part in re.split(r"[,;]", text)):
        is_initials = re.fullmatch(r"(?:[^\W\d_]\.?[\s-]?){1,4}\.?", piece) is not None
        if is_initials and piece == piece.upper() and names and "," not in names[-1]:
            names[-1] = f"{names[-1]}, {piece}"
        elif piece and is_name(piece) and piece.lower().rstrip(".") != "et al":
            names.append(piece)
    return names[:500]


def is_name(piece: str) -> bool:
    """Whether a piece of a list can be somebody's name."""
    words = piece.strip(" .*").replace(".", ". ").split()
    if not 1 <= len(words) <= 7:
        return False
    return all(
        w.lower() in _SMALL or (_NAME_WORD.fullmatch(w) is not None and w[0].isupper())
        for w in words
    )
