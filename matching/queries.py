"""From a typed text or a requirement line to what retrieval takes."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from matching.encoder import Encoder
from matching.retrieval import LineQuery, QueryForm
from matching.statistics import Statistics
from matching.terms import folded_terms, toned_terms, weigh_query
from matching.tones import ToneRestorer
from registry.errors import InvalidInputError
from registry.text import clean, fold, language_of, words

MAX_QUERY_CHARACTERS = 2_000

# On folded text. "Nhà khoa học dữ liệu" and "tìm kiếm ngữ nghĩa" are subjects: only "expert" and
# what stands around it is a frame.
_OPENING = re.compile(
    r"(?:(?:can|tim|kiem|tuyen|moi|cac|nhung|mot)\s+)*chuyen gia\s+"
    r"(?:(?:ve|trong|thuoc|linh vuc|nganh|am hieu|co kinh nghiem)\s+)*"
    r"|(?:(?:find|looking for|need|an?|the)\s+)*(?:experts?|specialists?)\s+"
    r"(?:in|on|for|with experience in)\s+"
)
_CLOSING = re.compile(r"\s+(?:experts?|specialists?)\s*$")


@dataclass(frozen=True)
class Wording:
    """One wording of a line, as it will be searched.

    Args:
        text: As typed, cleaned.
        language: "vi", "en" or "und".
        readings: What is encoded: the text, or with its tone marks repaired; two when unsure.
    """

    text: str
    language: str
    readings: tuple[str, ...]


def check_query(text: str) -> str:
    """A typed query, cleaned.

    Raises:
        InvalidInputError: Empty, one letter, only signs, or too long; says what to do.
    """
    if len(text) > MAX_QUERY_CHARACTERS:
        raise InvalidInputError(
            f"the query has {len(text):,} characters; give at most {MAX_QUERY_CHARACTERS:,}: "
            "describe the expertise in a few sentences"
        )
    cleaned = clean(text)
    if not cleaned:
        raise InvalidInputError("the query is empty; describe the expertise that is wanted")
    if len("".join(words(cleaned))) < 2:
        raise InvalidInputError(
            "the query has no word; describe the expertise in Vietnamese or English"
        )
    return cleaned


def without_request(text: str) -> str:
    """A query without its frame "find experts in ...", which no record of a person contains.

    Words of the frame are rare in passages and would weigh like the subject itself.
    """
    folded = fold(text)
    if len(folded) != len(text):
        return text
    start = found.end() if (found := _OPENING.match(folded)) else 0
    end = found.start() if (found := _CLOSING.search(folded, start)) else len(text)
    rest = text[start:end].strip()
    return rest if len(words(rest)) >= 2 else text


def read_wording(text: str, restorer: ToneRestorer) -> Wording:
    """Recognise the language of a text and repair missing tone marks."""
    text = without_request(text)
    language = language_of(text)
    if language == "en":
        return Wording(text, language, (text,))
    restored = restorer.restore(text)
    if restored.text == text:
        return Wording(text, language, (text,))
    # Repaired words show the language better than the bare ones did.
    language = language_of(restored.text)
    readings = (restored.text, *restored.alternatives[:1]) if restored.is_unsure else ()
    return Wording(text, language, readings or (restored.text,))


def build_lines(
    encoder: Encoder,
    statistics: Statistics,
    lines: Sequence[tuple[Sequence[Wording], float]],
) -> list[LineQuery]:
    """Encode all readings of all lines in one batch and weigh their terms.

    Args:
        lines: For each line its wordings and its weight.
    """
    readings = [r for wordings, _ in lines for w in wordings for r in w.readings]
    languages = [w.language for wordings, _ in lines for w in wordings for _ in w.readings]
    encoded = encoder.encode_queries(readings)
    vectors = statistics.centre(encoded, languages, are_queries=True)
    frequencies = statistics.frequencies
    built: list[LineQuery] = []
    at = 0
    for wordings, weight in lines:
        forms = []
        for wording in wordings:
            count = len(wording.readings)
            forms.append(
                QueryForm(
                    wording.language,
                    vectors[at : at + count],
                    (
                        weigh_query(toned_terms(wording.readings[0]), frequencies),
                        weigh_query(folded_terms(wording.text), frequencies),
                    ),
                )
            )
            at += count
        built.append(LineQuery(tuple(forms), weight))
    return built
