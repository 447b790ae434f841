"""Builds the ONNX graph of the bundled model from its 4-bit blocks, without dequantising them.

The weights of the package are blocks of 32 values with one scale, which is what ONNX Runtime's
MatMulNBits and GatherBlockQuantized take, so the graph computes with the very same weights as the
dequantised PyTorch folder, in a tenth of the memory.
"""

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from matching.bundled_weights import BLOCK, PackedModel, QuantisedMatrix

_MICROSOFT = "com.microsoft"
ACC = 4

class _Graph:
    """Nodes and constants as they are added; `add` returns the name of the node's first output."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, name: str, value: npt.NDArray[np.generic]) -> str:
        self.constants.append(numpy_helper.from_array(value, name))
        return name

    def add(self, operator: str, *inputs: str, outputs: int = 1, domain: str = "", **attributes: object) -> list[str]:
        names = [f"{operator}_{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(operator, list(inputs), names, domain=domain, **attributes))
        return names


def build_graph(model: PackedModel, acc=4, fp32=False) -> onnx.ModelProto:
    shape, vectors = model.shape, model.vectors
    graph = _Graph()
    positions = vectors["emb.pos"].reshape(shape.positions, shape.width)
    # Only one segment type is ever used, so its vector is added to every position once and for all.
    graph.constant("positions", positions + vectors["emb.type"][: shape.width])
    words = model.matrices["emb.word"]
    graph.constants.append(
        helper.make_tensor(
            "words", TensorProto.INT4, words.values.shape,
            (words.packed() ^ 0x88).tobytes(), raw=True,
        )
    )
    graph.constant("words.scales", words.scales)
    (hidden,) = graph.add("GatherBlockQuantized", "words", "input_ids", "words.scales",
        domain=_MICROSOFT, gather_axis=0, quantize_axis=1, block_size=BLOCK)
    graph.constant("zero", np.array(0, np.int64)); graph.constant("one", np.array([1], np.int64)); graph.constant("zero1", np.array([0], np.int64))
    (shp,) = graph.add("Shape", "input_ids", start=1, end=2)
    (pos,) = graph.add("Slice", "positions", "zero1", shp, "zero1")
    (hidden,) = graph.add("Add", hidden, pos)
    (hidden,) = graph.add("LayerNormalization", hidden, graph.constant("eln.w", vectors["emb.ln.w"]), graph.constant("eln.b", vectors["emb.ln.b"]), axis=-1, epsilon=shape.epsilon)

    def linear(x, name, ms, bs, bias=True):
        q = QuantisedMatrix(np.concatenate([m.values for m in ms]), np.concatenate([m.scales for m in ms]))
        n, k = q.values.shape
        b = graph.constant(name + ".b", np.concatenate(bs)) if bias else ""
        if fp32:
            (y,) = graph.add("MatMul", x, graph.constant(name, np.ascontiguousarray(q.dequantised().T)))
            if bias: (y,) = graph.add("Add", y, b)
            return y
        ins = [x, graph.constant(name, q.packed()), graph.constant(name + ".s", q.scales)]
        if bias: ins += ["", "", b]
        (y,) = graph.add("MatMulNBits", *ins, domain=_MICROSOFT, K=k, N=n, bits=4, block_size=BLOCK, accuracy_level=acc)
        return y

    for l in range(shape.layers):
        M = lambda s: model.matrices[f"l{l}.{s}"]
        V = lambda s: vectors[f"l{l}.{s}"]
        qkv = linear(hidden, f"l{l}.qkv", [M("q.w"), M("k.w"), M("v.w")], [V("q.b"), V("k.b"), V("v.b")])
        q, k, v = graph.add("Split", qkv, outputs=3, axis=2, num_outputs=3)
        (ctx,) = graph.add("MultiHeadAttention", q, k, v, "", "lengths", domain=_MICROSOFT, num_heads=shape.heads)
        ao = linear(ctx, f"l{l}.ao", [M("ao.w")], [V("ao.b")], bias=False)
        (hidden,) = graph.add("SkipLayerNormalization", hidden, ao, graph.constant(f"l{l}.aln.w", V("aln.w")), graph.constant(f"l{l}.aln.b", V("aln.b")), graph.constant(f"l{l}.ao.b", V("ao.b")), domain=_MICROSOFT, epsilon=shape.epsilon)
        fi = linear(hidden, f"l{l}.fi", [M("fi.w")], [V("fi.b")], bias=False)
        (g,) = graph.add("BiasGelu", fi, graph.constant(f"l{l}.fi.b", V("fi.b")), domain=_MICROSOFT)
        fo = linear(g, f"l{l}.fo", [M("fo.w")], [V("fo.b")], bias=False)
        (hidden,) = graph.add("SkipLayerNormalization", hidden, fo, graph.constant(f"l{l}.oln.w", V("oln.w")), graph.constant(f"l{l}.oln.b", V("oln.b")), graph.constant(f"l{l}.fo.b", V("fo.b")), domain=_MICROSOFT, epsilon=shape.epsilon)
    # mean pooling by matmul with weights (B,1,S)
    (pooled,) = graph.add("MatMul", "pool", hidden)
    g = helper.make_graph(graph.nodes, "e5", [
        helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["b", "s"]),
        helper.make_tensor_value_info("lengths", TensorProto.INT32, ["b"]),
        helper.make_tensor_value_info("pool", TensorProto.FLOAT, ["b", 1, "s"]),
    ], [helper.make_tensor_value_info(pooled, TensorProto.FLOAT, ["b", 1, shape.width])], initializer=graph.constants)
    return helper.make_model(g, opset_imports=[helper.make_opsetid("", 21), helper.make_opsetid(_MICROSOFT, 1)], ir_version=10)
