"""Writes the tiny ONNX models that tests/models/onnx.test.ts loads: one that fits in each way a model may,
one for each way it may not. Usage: python make_fixtures.py tests/models/fixtures"""

import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

FLOAT, DOUBLE, INT64 = TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.INT64
value = helper.make_tensor_value_info
node = helper.make_node


def weights(columns):
    """Weights 1..6 in every column, so that a prediction tells the order of its window's values."""
    return numpy_helper.from_array(np.repeat(np.arange(1, 7, dtype=np.float32)[:, None], columns, 1), "w")


def model(nodes, inputs, outputs, initializers=()):
    graph = helper.make_graph(list(nodes), "fixture", inputs, outputs, list(initializers))
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(made)
    return made


WINDOW = [value("x", FLOAT, ["batch", 6])]
ONE = [value("y", FLOAT, ["batch", 1])]
DOT = node("MatMul", ["x", "w"], ["y"])

MODELS = {
    # window 3 × 2 features, flat or as a cube; one prediction per row as a column, a vector or in double precision
    "flat": model([DOT], WINDOW, ONE, [weights(1)]),
    "cube": model(
        [node("Flatten", ["x"], ["f"]), node("MatMul", ["f", "w"], ["m"]), node("Squeeze", ["m", "axes"], ["y"])],
        [value("x", FLOAT, ["batch", 3, 2])],
        [value("y", FLOAT, ["batch"])],
        [weights(1), numpy_helper.from_array(np.array([1], np.int64), "axes")],
    ),
    "double": model(
        [node("MatMul", ["x", "w"], ["m"]), node("Cast", ["m"], ["y"], to=DOUBLE)],
        WINDOW,
        [value("y", DOUBLE, ["batch", 1])],
        [weights(1)],
    ),
    # the logarithm of the window's weighted sum: not finite where that is 0 or less
    "logarithm": model([node("MatMul", ["x", "w"], ["m"]), node("Log", ["m"], ["y"])], WINDOW, ONE, [weights(1)]),
    "fixed-batch": model([DOT], [value("x", FLOAT, [1, 6])], [value("y", FLOAT, [1, 1])], [weights(1)]),
    "double-input": model(
        [node("Cast", ["x"], ["f"], to=FLOAT), node("MatMul", ["f", "w"], ["y"])],
        [value("x", DOUBLE, ["batch", 6])],
        ONE,
        [weights(1)],
    ),
    "two-inputs": model(
        [node("Add", ["x", "z"], ["s"]), node("MatMul", ["s", "w"], ["y"])],
        [*WINDOW, value("z", FLOAT, ["batch", 6])],
        ONE,
        [weights(1)],
    ),
    "two-columns": model([DOT], WINDOW, [value("y", FLOAT, ["batch", 2])], [weights(2)]),
    # as many predictions as positive values, which no shape inference can foresee
    "filtered": model(
        [node("Reshape", ["x", "all"], ["v"]), node("Greater", ["v", "zero"], ["c"]), node("Compress", ["v", "c"], ["y"], axis=0)],
        WINDOW,
        [value("y", FLOAT, ["rows"])],
        [numpy_helper.from_array(np.array([-1], np.int64), "all"), numpy_helper.from_array(np.float32(0), "zero")],
    ),
    "labels": model(
        [node("MatMul", ["x", "w"], ["m"]), node("Cast", ["m"], ["y"], to=INT64)],
        WINDOW,
        [value("y", INT64, ["batch", 1])],
        [weights(1)],
    ),
    "two-outputs": model(
        [DOT, node("Neg", ["y"], ["z"])], WINDOW, [*ONE, value("z", FLOAT, ["batch", 1])], [weights(1)]
    ),
}


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    for name, made in MODELS.items():
        onnx.save(made, folder / f"{name}.onnx")
    # Its weights are in weights.bin beside it, which is there, so that only looking for it outside is refused.
    onnx.save(
        MODELS["flat"], folder / "external.onnx", save_as_external_data=True, location="weights.bin", size_threshold=0
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
