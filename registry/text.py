"""Vietnamese and English text: one written form, one folded form, tokens and language.

Pure. Every other module compares text through these functions, so that Unicode form, tone
placement and look-alike letters never hide a person.
"""

import re
import unicodedata
from typing import Final, Literal

__all__ = ["clean", "fold", "has_marks", "is_folded_syllable", "language_of", "word_spans", "words"]

Language = Literal["vi", "en", "und"]

_ETH: Final = str.maketrans("ÐðƉɖ", "ĐđĐđ")
_ETH_WORD: Final = re.compile(r"\b[ÐðƉɖ][^\W\d_]*")
_SPACES: Final = re.compile(r"\s+")

_MARKED: Final = re.compile("[ăâđêôơưàáảãạèéẻẽẹìíỉĩịòóỏõọùúủũụỳýỷỹỵấầẩẫậắằẳẵặếềểễệốồổỗộớờởỡợứừửữự]")
# Letters that no other national alphabet in the sources uses; à, é, ô and so on are shared.
_VIETNAMESE_ONLY: Final = re.compile("[đơưĐƠƯẠ-ỹ]")

# Orthography of the syllable (onset, rhyme) without marks, as in Đoàn Thiện Thuật, Ngữ âm tiếng
# Việt (1977), with the rhymes of borrowed words (ip, et) that are written today.
_RHYMES: Final = (
    "a|ac|ach|ai|am|an|ang|anh|ao|ap|at|au|ay|e|ec|ech|em|en|eng|enh|eo|ep|et|eu|i|ia|ich|iec|iem|"
    "ien|ieng|iep|iet|ieu|im|in|inh|ip|it|iu|o|oa|oac|oach|oai|oam|oan|oang|oanh|oao|oap|oat|oay|"
    "oc|oe|oem|oen|oeo|oet|oi|om|on|ong|ooc|oong|op|ot|u|ua|uan|uang|uat|uau|uay|uc|ue|uech|uenh|"
    "ui|um|un|ung|uo|uoc|uoi|uom|uon|uong|uop|uot|uou|up|ut|uu|uy|uya|uych|uyen|uyet|uyn|uynh|uyp|"
    "uyt|uyu|y|ych|ym|yn|ynh|yt|yem|yen|yeng|yet|yeu"
)
_AFTER_Q: Final = (
    "a|ac|ach|ai|an|ang|anh|ao|at|au|ay|e|en|eo|et|eu|ech|enh|eng|oc|oi|on|ot|o|i|in|y|ych|yen|"
    "yet|ynh|yt|yn|it"
)
_SYLLABLE: Final = re.compile(
    rf"(?:(?:b|ch|d|gi|h|kh|l|m|n|nh|ph|p|r|s|t|th|tr|v|x)?(?:{_RHYMES})"
    rf"|(?:c|g|ng)(?![eiy])(?:{_RHYMES})|(?:k|gh|ngh)(?=[eiy])(?:{_RHYMES})"
    rf"|g(?:i|in|ich|iec|ieng)|k(?:a|ha)|qu(?:{_AFTER_Q}))"
)

_JOINED: Final = re.compile(r"[^\W_]+(?:\.\d[^\W_]*)*(?:[-–‑&][^\W_]+(?:\.\d[^\W_]*)*)*")
_PART: Final = re.compile(r"[^-–‑&]+")
_TOKEN: Final = re.compile(rf"[A-Za-z](?:\+\+|#)(?!\w)|{_JOINED.pattern}")
_PLACEMENT: Final = re.compile(r"(?<!q)(?:o[àáảãạèéẻẽẹ]|u[ỳýỷỹỵ])$")

# English words that are also a Vietnamese syllable without marks: no evidence for either side.
_SHARED_WORDS: Final = (
    "ai am an at ban bang bat bay be bet bi bin bit boat bun but buy by cam can cap cat chat "
    "chin chip chop co con cop cup cut dam dat day de den dep diet din dip do don dot due gay "
    "go got gun ha hang hat he hem hen hi him hip hit hop hot hum hut in it kit lat lay let "
    "lip lit lo long lot man map mat may me men met mi mo my nap net no non not nun nut on "
    "pan pat pay pen pep pet pi pin pit pop pot put ram ran rat re rep rich rim rip run sam "
    "sat say set sim sin sip sit so son song sum sun tang tap tech ten than that the them "
    "then thin tin tip to top trip true try un up van vet via vim yen yet"
)
_SHARED: Final = frozenset(_SHARED_WORDS.split())


def clean(text: str) -> str:
    """Bring text into the one form that is stored and compared by every other module.

    NFC; control, zero-width, bidirectional and lone surrogate characters go; each run of
    whitespace becomes one space. An Eth or African D becomes Đ only at the start of a word
    that then reads as a Vietnamese syllable, so that Icelandic names stay as they are.
    """
    spaced = _SPACES.sub(" ", text)
    is_visible = spaced.isprintable()
    if is_visible and spaced.isascii():
        return spaced.strip()
    # Looked at one by one only where anything may have to go: this is called very often.
    visible = (
        spaced
        if is_visible
        else "".join(c for c in spaced if unicodedata.category(c) not in {"Cc", "Cf", "Cs"})
    )
    composed = unicodedata.normalize("NFC", visible)
    return _SPACES.sub(" ", _ETH_WORD.sub(_repair_eth, composed)).strip()


def _repair_eth(match: re.Match[str]) -> str:
    repaired = match[0].translate(_ETH)
    return repaired if is_folded_syllable(fold(repaired)) else match[0]


def fold(text: str) -> str:
    """Lower-case text without Latin marks; đ becomes d and other scripts keep their marks."""
    pieces: list[str] = []
    is_latin = False
    for char in unicodedata.normalize("NFD", text.lower().replace("đ", "d")):
        if not unicodedata.combining(char):
            is_latin = char < "\u0250" or "\u1e00" <= char <= "\u1eff"
        elif is_latin:
            continue
        pieces.append(char)
    return unicodedata.normalize("NFC", "".join(pieces))


def words(text: str) -> list[str]:
    """Lower-case NFC tokens of a text, with tone placement unified (hoà and hòa are one token).

    A hyphen, & or dot stays inside a technical name: one with a digit and a letter (IEC-61850,
    CRISPR-Cas9, 802.11ax) or with a one-letter part (RISC-V, R&D). C++ and C# stay whole.
    """
    return [token for token, _, _ in word_spans(clean(text))]


def word_spans(cleaned: str) -> list[tuple[str, int, int]]:
    """The `words` of a text that went through `clean`, each with its start and end in it."""
    spans: list[tuple[str, int, int]] = []
    for match in _TOKEN.finditer(cleaned):
        for start, end in _parts(match[0]):
            token = _PLACEMENT.sub(_place_tone, match[0][start:end].lower())
            spans.append((token, match.start() + start, match.start() + end))
    return spans


def _parts(token: str) -> list[tuple[int, int]]:
    """Where the parts of a token are: the whole when it is a technical name."""
    parts = [match.span() for match in _PART.finditer(token)]
    sizes = [end - start for start, end in parts]
    is_lettered = any(n == 1 and token[s].isalpha() for (s, _), n in zip(parts, sizes, strict=True))
    has_digit = any(c.isdigit() for c in token)
    if len(parts) == 1 or is_lettered or (has_digit and any(c.isalpha() for c in token)):
        return [(0, len(token))]
    return parts


def _place_tone(match: re.Match[str]) -> str:
    decomposed = unicodedata.normalize("NFD", match[0])
    return unicodedata.normalize("NFC", decomposed[0] + decomposed[2] + decomposed[1])


def is_folded_syllable(token: str) -> bool:
    """Whether a token of `fold` could be one Vietnamese syllable without its marks."""
    return _SYLLABLE.fullmatch(token) is not None


def has_marks(text: str) -> bool:
    """Whether a text carries Vietnamese marks or đ.

    Letters shared with other languages (é, ô) count only in a word that could be a Vietnamese
    syllable: "café" and "Pokémon" are no Vietnamese.
    """
    composed = unicodedata.normalize("NFC", text).lower()
    if _VIETNAMESE_ONLY.search(composed):
        return True
    tokens = re.findall(r"[^\W\d_]+", composed)
    return any(_MARKED.search(t) and is_folded_syllable(fold(t)) for t in tokens)


def language_of(text: str) -> Language:
    """Tell Vietnamese from English, for short texts and for Vietnamese without marks too.

    The side with more words wins. A word speaks for Vietnamese when it folds to a possible
    syllable and is no common English word, for English when it is ASCII and no syllable. Words
    that could be both, codes and numbers say nothing. Any ASCII text that is not Vietnamese
    counts as English; other scripts, and texts without evidence, are "und".
    """
    vietnamese = english = other = 0
    for token in words(text):
        if not token.isalpha() or len(token) == 1:
            continue
        if is_folded_syllable(fold(token)) and (token not in _SHARED):
            vietnamese += 1
        elif token.isascii():
            english += token not in _SHARED
        else:
            other += 1
    if other > vietnamese + english or vietnamese == english == 0:
        return "und"
    return "vi" if vietnamese >= english else "en"
