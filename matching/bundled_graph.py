"""Builds the ONNX graph of the bundled model: a BERT with mean pooling.

Word vectors stay in the 4-bit blocks of the package, which ONNX Runtime reads as they are. Most
matrix products run in 8 bits, on activations scaled per token: the scale of a token never depends
on the texts beside it, so a text has one vector, alone or in any batch.
docs/decisions/0002-encoder.md holds the measurements.
"""

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from matching.bundled_weights import BLOCK, PackedModel

# The first release of ONNX with 4-bit integers, and what goes with it.
_OPSET, _IR_VERSION = 21, 10
# 7 bits: AVX2 processors without VNNI add two products of an unsigned and a signed byte in 16
# bits and clip the sum, which 255 * 63 * 2 cannot reach and 255 * 127 * 2 would.
_LARGEST_WEIGHT = 63
_ZERO_POINT = 128
# From this layer on, what reads the residual stream stays in 32 bits: these products caused most
# of the distance to the exact vectors, for a small part of the time.
_FIRST_EXACT_LAYER = 8


class _Graph:
    """Nodes and constants as they are added."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, value: npt.ArrayLike, kind: npt.DTypeLike = np.float32) -> str:
        """Add a constant and return its name."""
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value, kind), name))
        return name

    def add(self, operator: str, *inputs: str, domain: str = "", **attributes: object) -> str:
        """Add a node with one output and return the name of that."""
        return self.split(operator, *inputs, outputs=1, domain=domain, **attributes)[0]

    def split(
        self, operator: str, *inputs: str, outputs: int, domain: str = "", **attributes: object
    ) -> list[str]:
        """Add a node and return the names of its outputs."""
        names = [f"{operator}_{len(self.nodes)}_{number}" for number in range(outputs)]
        node = helper.make_node(operator, inputs, names, domain=domain, **attributes)
        self.nodes.append(node)
        return names

    def fused(self, operator: str, *inputs: str, **attributes: object) -> str:
        """Add an operator of ONNX Runtime's own domain."""
        return self.add(operator, *inputs, domain="com.microsoft", **attributes)


def build_graph(model: PackedModel) -> onnx.ModelProto:
    """The graph from token ids to mean-pooled vectors, not yet of unit length.

    Its inputs, for a batch of b texts padded to s tokens: `input_ids`, (b, s), int64; `lengths`,
    (b,), int32, tokens of each text; `weights`, (b, 1, s), float32, 1 / length on the tokens of a
    text and 0 on its padding. Its output is (b, 1, width), float32.

    Source: Devlin et al., BERT (2019), section 3; Wang et al., multilingual E5 (2024), section 2.
    """
    graph, shape, vectors = _Graph(), model.shape, model.vectors

    def normalised(stream: str, added: str, bias: str, norm: str) -> str:
        scale, shift = (graph.constant(vectors[f"{norm}.{part}"]) for part in "wb")
        summand = graph.constant(vectors[bias])
        return graph.fused(
            "SkipLayerNormalization",
            *(stream, added, scale, shift, summand),
            epsilon=shape.epsilon,
        )

    stream = _embedded(graph, model)
    for number in range(shape.layers):
        layer, is_exact = f"l{number}", number >= _FIRST_EXACT_LAYER
        triple = _product(graph, model, stream, [f"{layer}.{part}" for part in "qkv"], is_exact)
        biases = np.concatenate([vectors[f"{layer}.{part}.b"] for part in "qkv"])
        triple = graph.add("Add", triple, graph.constant(biases))
        parts = graph.split("Split", triple, outputs=3, axis=2, num_outputs=3)
        context = graph.fused("MultiHeadAttention", *parts, "", "lengths", num_heads=shape.heads)
        attended = _product(graph, model, context, [f"{layer}.ao"], is_exact=False)
        stream = normalised(stream, attended, f"{layer}.ao.b", f"{layer}.aln")
        inner = _product(graph, model, stream, [f"{layer}.fi"], is_exact)
        inner = graph.fused("BiasGelu", inner, graph.constant(vectors[f"{layer}.fi.b"]))
        outer = _product(graph, model, inner, [f"{layer}.fo"], is_exact=False)
        stream = normalised(stream, outer, f"{layer}.fo.b", f"{layer}.oln")
    pooled = graph.add("MatMul", "weights", stream)
    return helper.make_model(
        helper.make_graph(
            graph.nodes,
            "multilingual-e5-small",
            [
                helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["b", "s"]),
                helper.make_tensor_value_info("lengths", TensorProto.INT32, ["b"]),
                helper.make_tensor_value_info("weights", TensorProto.FLOAT, ["b", 1, "s"]),
            ],
            [helper.make_tensor_value_info(pooled, TensorProto.FLOAT, ["b", 1, shape.width])],
            graph.constants,
        ),
        opset_imports=[helper.make_opsetid("", _OPSET), helper.make_opsetid("com.microsoft", 1)],
        ir_version=_IR_VERSION,
    )


def _embedded(graph: _Graph, model: PackedModel) -> str:
    """The sum of word, position and type vectors, normalised."""
    shape, vectors, words = model.shape, model.vectors, model.matrices["emb.word"]
    table = helper.make_tensor(
        "words", TensorProto.INT4, words.values.shape, words.packed(), raw=True
    )
    graph.constants.append(table)
    word = graph.fused(
        "GatherBlockQuantized",
        *("words", "input_ids", graph.constant(words.scales)),
        gather_axis=0,
        quantize_axis=1,
        block_size=BLOCK,
    )
    # Only the first segment type is ever used, so its vector is added to all positions at once.
    positions = vectors["emb.pos"].reshape(shape.positions, shape.width)
    table_name = graph.constant(positions + vectors["emb.type"][: shape.width])
    start = graph.constant([0], np.int64)
    stop = graph.add("Shape", "input_ids", start=1, end=2)
    position = graph.add("Slice", table_name, start, stop, start)
    return graph.add(
        "LayerNormalization",
        graph.add("Add", word, position),
        *(graph.constant(vectors[f"emb.ln.{part}"]) for part in "wb"),
        axis=-1,
        epsilon=shape.epsilon,
    )


def _product(
    graph: _Graph, model: PackedModel, stream: str, names: list[str], is_exact: bool
) -> str:
    """`stream` times the named matrices, side by side, in 32 bits or in 8."""
    weights = np.concatenate([model.matrices[f"{name}.w"].dequantised() for name in names])
    if is_exact:
        return graph.add("MatMul", stream, graph.constant(weights.T))
    weight_scales = np.abs(weights).max(axis=1, keepdims=True) / _LARGEST_WEIGHT
    small = np.rint(weights / weight_scales)
    largest = graph.add(
        "ReduceMax", graph.add("Abs", stream), graph.constant([-1], np.int64), keepdims=1
    )
    # The bound keeps a token of zeros from a division by zero.
    largest = graph.add("Max", largest, graph.constant(1e-12))
    scales = graph.add("Mul", largest, graph.constant(1 / 127))
    # A cast cuts off the fraction; the half turns that into rounding.
    shifted = graph.add("Add", graph.add("Div", stream, scales), graph.constant(_ZERO_POINT + 0.5))
    product = graph.add(
        "MatMulInteger",
        graph.add("Cast", shifted, to=TensorProto.UINT8),
        graph.constant(small.T, np.int8),
        graph.constant(_ZERO_POINT, np.uint8),
    )
    product = graph.add("Mul", graph.add("Cast", product, to=TensorProto.FLOAT), scales)
    return graph.add("Mul", product, graph.constant(weight_scales.T))
