"""Vietnamese text in a form from before Unicode: telling that it is one, not decoding it.

The forms follow the public tables of TCVN3, VNI and BK HCM 2 for a few words that any list of
people holds.
"""

import re
from collections.abc import Iterable
from typing import Final

from registry.text import clean

__all__ = ["legacy_bytes", "legacy_form"]

_WORDS: Final = {
    "TCVN3 (fonts such as .VnTime)": (
        "nguyÔn trÇn ph¹m hoµng tªn hä häc ®¬n vÞ §¹i ViÖt c«ng t¸c vµ n¨m gi¸o ViÖn chuyªn"
    ),
    "VNI (fonts such as VNI-Times)": (
        "Nguyeãn Traàn Phaïm Hoaøng teân Hoï hoïc ñôn Ñaïi Vieät Noäi coâng taùc vaø naêm Tieán "
        "Giôùi giaùo Vieän chuyeân"
    ),
    "BK HCM 2": (
        "Nguyïîn Trêìn Phaåm Hoaâng tïn Hoå hoåc àún Viïåt cöng taác vaâ Tiïën giaáo Viïån chuyïn"
    ),
}
_FORMS: Final = {name: frozenset(words.casefold().split()) for name, words in _WORDS.items()}
_PLAIN: Final = frozenset(
    {"nguyễn", "trần", "phạm", "hoàng", "tên", "họ", "học", "đơn", "vị", "đại", "việt", "công"}
    | {"tác", "và", "năm", "giáo", "viện", "chuyên"}
)
_TWICE_DECODED: Final = re.compile("á[»º]|Ä[‘ƒ]|Æ[°¡]|Ã[¡ ©ª´]")
_SPLIT: Final = re.compile(r"[\s,;:.()/\"]+")


def legacy_form(texts: Iterable[str]) -> str | None:
    """The form that a list of people is written in, when it is not Unicode Vietnamese.

    Two different words of one form are needed: one alone may be a name of another language.
    """
    words = {word for text in texts for word in _SPLIT.split(text.casefold())}
    for name, known in _FORMS.items():
        if len(words & known) >= 2:
            return name
    if len({match for word in words for match in _TWICE_DECODED.findall(word)}) >= 2:
        return "UTF-8 that was opened as Windows-1252"
    return None


def legacy_bytes(content: bytes) -> str:
    """What bytes that are no UTF-8 may be, in words for a message."""
    form = legacy_form([content.decode("cp1252", errors="replace")])
    if form:
        return form
    words = set(_SPLIT.split(clean(content.decode("cp1258", errors="replace")).casefold()))
    return "Windows-1258" if len(words & _PLAIN) >= 2 else "another encoding than UTF-8"
