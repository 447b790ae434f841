"""LaTeX as bibliographies hold it, into letters: accents on accents, Vietnamese ones included.

Pure. The only module that knows the LaTeX library.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Any, Final

from pylatexenc import (  # type: ignore[import-untyped]
    latex2text,
    latexwalker,
    macrospec,
)

__all__ = ["decode"]

_COMMAND: Final = re.compile(r"[\\{}$~]")
_BARE_PERCENT: Final = re.compile(r"(?<!\\)%")
_BARE_DOLLAR: Final = re.compile(r"(?<!\\)\$")
_BARE_HREF: Final = re.compile(r"\\href(?!\w)")
# The parser calls itself for each brace, and no title nests its own deeper.
_DEEPEST: Final = 40
_LONGEST: Final = 100_000
# The T5 encoding of Vietnamese: letters with a horn, circumflex or breve as commands.
_LETTERS: Final = {
    **{"ohorn": "ơ", "OHORN": "Ơ", "uhorn": "ư", "UHORN": "Ư", "dj": "đ", "DJ": "Đ"},
    **{"abreve": "ă", "ABREVE": "Ă", "acircumflex": "â", "ACIRCUMFLEX": "Â"},
    **{"ecircumflex": "ê", "ECIRCUMFLEX": "Ê", "ocircumflex": "ô", "OCIRCUMFLEX": "Ô"},
}
# "\~\^e" has no braces, and is meant as if it had: the accent upon the other one.
_CHAINED: Final = re.compile(
    r"(\\(?:[`'^\"~.=]|[hdu](?![a-zA-Z])))\s*(\\(?:[`'^\"~.=]|[hdu]\s)\s*(?:\{[a-zA-Z]\}|[a-zA-Z]))"
)
_HOOK: Final = "\u0309"
# What the library raises on text that is no LaTeX.
_DAMAGE: Final = (latexwalker.LatexWalkerError, LookupError, ValueError, TypeError, AttributeError)


def decode(text: str) -> str:
    """The letters that a LaTeX text stands for; as it is where it cannot be read as LaTeX."""
    if not _COMMAND.search(text) or len(text) > _LONGEST or _depth(text) > _DEEPEST:
        return text
    # A percent sign in a title is hardly ever the comment that LaTeX takes it for.
    text = _BARE_HREF.sub(r"\\url", _BARE_PERCENT.sub(r"\\%", text))
    if len(_BARE_DOLLAR.findall(text)) % 2:
        # Money, and no formula.
        text = _BARE_DOLLAR.sub(r"\\$", text)
    text = _CHAINED.sub(r"\1{\2}", text)
    walker, writer = _library()
    try:
        nodes, _, _ = latexwalker.LatexWalker(
            text, latex_context=walker, tolerant_parsing=True
        ).get_latex_nodes()
        return unicodedata.normalize("NFC", str(writer.nodelist_to_text(nodes)))
    except (*_DAMAGE, RecursionError):
        return text


def _depth(text: str) -> int:
    # Accents nest without braces, too: each backslash may take what follows as its own.
    deepest = depth = run = 0
    for char in text:
        depth += {"{": 1, "}": -1}.get(char, 0)
        run = run + 1 if char == "\\" else 0 if char.isspace() else run
        deepest = max(deepest, depth, run)
    return deepest


@lru_cache(maxsize=1)
def _library() -> tuple[Any, Any]:
    walker = latexwalker.get_default_latex_context_db()
    walker.add_context_category(
        "vietnamese",
        prepend=True,
        macros=[
            macrospec.std_macro("h", "{"),
            *(macrospec.std_macro(name, "") for name in _LETTERS),
        ],
    )
    texts = latex2text.get_default_latex_context_db()
    texts.add_context_category(
        "vietnamese",
        prepend=True,
        macros=[
            latex2text.MacroTextSpec("h", simplify_repl=_hooked),
            *(latex2text.MacroTextSpec(name, letter) for name, letter in _LETTERS.items()),
        ],
    )
    return walker, latex2text.LatexNodes2Text(latex_context=texts, math_mode="text")


def _hooked(node: Any, l2tobj: Any) -> str:
    letter = l2tobj.nodelist_to_text([node.nodeargd.argnlist[0]])
    return letter[:1] + _HOOK + letter[1:] if letter else ""
