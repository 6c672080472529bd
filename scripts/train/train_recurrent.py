"""Trains the recurrent committee on the samples `forecaster.mjs export` wrote and exports it as ONNX.

Usage: python train_recurrent.py SAMPLES MODELS

A deep ensemble (B. Lakshminarayanan, A. Pritzel, C. Blundell, NIPS 2017) of small recurrent networks with minimal
gated units (G.-B. Zhou et al., 2016), each started elsewhere and each on a bootstrap sample of the markets
(L. Breiman, "Bagging Predictors", 1996); the committee predicts their mean. Of a sample they read the newest bar
alone, and remember the rest. The label is the forecaster's. One thread and fixed seeds.
"""

import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"

import json
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from samples import read_market

PACKAGES = ["numpy", "onnx"]
SETTINGS = {
    "members": 64,
    "units": 8,
    "epochs": 6,
    "learning_rate": 0.004,
    "weight_decay": 0.0001,
    "sequences_per_step": 256,
    "bars_per_sequence": 60,
    # The first bars of a sequence only warm the memory up.
    "warm_up_bars": 30,
}
# Bars of a window when it predicts: as old as a memory is, on average, where errors are counted.
WINDOW = 45
# Members whose skill alone is measured beside the committee's.
ALONE = 8


def read_sequences(samples, layout):
    """Features `[sequence][t][feature]` of the newest bars, labels `[sequence][t]`, the market of each sequence."""
    features = len(layout["features"])
    values, labels, owners = [], [], []
    for market, name in enumerate(layout["files"]):
        t, windows, label = read_market(samples / name, layout["window"] * features)
        symbols = np.count_nonzero(t == t[0])
        assert np.array_equal(t, np.repeat(np.arange(t[0], t[-1] + 1), symbols)), "a market with gaps"
        values.append(windows[:, -features:].reshape(-1, symbols, features).transpose(1, 0, 2))
        labels.append(label.reshape(-1, symbols).T)
        owners.append(np.full(symbols, market))
    return np.concatenate(values), np.concatenate(labels).astype(np.float32), np.concatenate(owners)


def start(random, features):
    """Parameters of all members, member first: gate and candidate read [features; memory; 1]."""
    members, units = SETTINGS["members"], SETTINGS["units"]
    columns = features + units + 1

    def layer():
        weights = random.normal(0, 1 / np.sqrt(columns), (members, units, columns)).astype(np.float32)
        weights[:, :, -1] = 0
        return weights

    gate, candidate = layer(), layer()
    # Memories of different lengths to begin with: a few bars to some thirty.
    gate[:, :, -1] = random.uniform(-3.5, -0.5, (members, units))
    output = random.normal(0, 0.1, (members, 1, units + 1)).astype(np.float32)
    return {"gate": gate, "candidate": candidate, "output": output}


def stacked(inputs, memory):
    """`[features; memory; 1]` of every member, `[member][row][sequence]`."""
    members, _, count = memory.shape
    ones = np.ones((members, 1, count), np.float32)
    return np.concatenate([np.broadcast_to(inputs, (members, *inputs.shape)), memory, ones], axis=1)


def step(parameters, inputs, memory):
    """One bar of the unit: the new memory, and what the way back needs."""
    read = stacked(inputs, memory)
    gate = 1 / (1 + np.exp(-(parameters["gate"] @ read)))
    gated = stacked(inputs, gate * memory)
    candidate = np.tanh(parameters["candidate"] @ gated)
    return memory + gate * (candidate - memory), (read, gate, gated, candidate, memory)


def step_back(parameters, gradients, made, slope):
    """Adds one bar's share to the gradients; the slope of the loss by the memory before it."""
    read, gate, gated, candidate, memory = made
    units = memory.shape[1]
    inner = slope * gate * (1 - candidate * candidate)
    gradients["candidate"] += inner @ gated.transpose(0, 2, 1)
    by_gated = (parameters["candidate"].transpose(0, 2, 1) @ inner)[:, -units - 1 : -1]
    outer = (slope * (candidate - memory) + by_gated * memory) * gate * (1 - gate)
    gradients["gate"] += outer @ read.transpose(0, 2, 1)
    by_read = (parameters["gate"].transpose(0, 2, 1) @ outer)[:, -units - 1 : -1]
    return slope * (1 - gate) + by_gated * gate + by_read


def gradients_of(parameters, inputs, labels, weights):
    """Of the weighted squared error over the bars after warming up. `inputs` are `[t][feature][sequence]`."""
    members, units = SETTINGS["members"], SETTINGS["units"]
    warm_up = SETTINGS["warm_up_bars"]
    memory = np.zeros((members, units, inputs.shape[2]), np.float32)
    bars = []
    errors = []
    memories = []
    for t, row in enumerate(inputs):
        memory, made = step(parameters, row, memory)
        bars.append(made)
        if t >= warm_up:
            with_one = stacked(np.empty((0, memory.shape[2]), np.float32), memory)
            memories.append(with_one)
            errors.append((parameters["output"] @ with_one - labels[t]) * weights)
    scale = np.float32(1 / (len(errors) * inputs.shape[2]))
    gradients = {name: np.zeros_like(value) for name, value in parameters.items()}
    slope = np.zeros_like(memory)
    for t in reversed(range(len(bars))):
        if t >= warm_up:
            error = errors[t - warm_up] * scale
            gradients["output"] += error @ memories[t - warm_up].transpose(0, 2, 1)
            slope = slope + parameters["output"].transpose(0, 2, 1)[:, :-1] @ error
        slope = step_back(parameters, gradients, bars[t], slope)
    return gradients


def draw_bootstrap(random, markets):
    """How often each member has each market, `[member][market]`: as many draws as markets, with replacement."""
    return random.multinomial(markets, np.full(markets, 1 / markets), SETTINGS["members"]).astype(np.float32)


def train(values, labels, owners):
    """Adam (D. Kingma, J. Ba, 2015) with decoupled decay, the rate falling along half a cosine."""
    random = np.random.default_rng(1)
    parameters = start(random, values.shape[2])
    counts = draw_bootstrap(random, owners.max() + 1)
    bars, count = SETTINGS["bars_per_sequence"], SETTINGS["sequences_per_step"]
    steps_per_epoch = labels.size // (count * (bars - SETTINGS["warm_up_bars"]))
    steps = SETTINGS["epochs"] * steps_per_epoch
    first = {name: np.zeros_like(value) for name, value in parameters.items()}
    second = {name: np.zeros_like(value) for name, value in parameters.items()}
    for done in range(1, steps + 1):
        chosen = random.integers(len(values), size=count)
        since = random.integers(values.shape[1] - bars + 1, size=count)
        rows = since + np.arange(bars)[:, None]
        inputs = np.ascontiguousarray(values[chosen, rows].transpose(0, 2, 1))
        gradients = gradients_of(parameters, inputs, labels[chosen, rows], counts[:, owners[chosen]][:, None, :])
        rate = SETTINGS["learning_rate"] * 0.5 * (1 + np.cos(np.pi * done / steps))
        for name, gradient in gradients.items():
            first[name] += np.float32(0.1) * (gradient - first[name])
            second[name] += np.float32(0.001) * (gradient * gradient - second[name])
            moved = first[name] / (1 - 0.9**done) / (np.sqrt(second[name] / (1 - 0.999**done)) + 1e-8)
            parameters[name] -= (rate * (moved + SETTINGS["weight_decay"] * parameters[name])).astype(np.float32)
        if done % steps_per_epoch == 0:
            print(f"epoch {done // steps_per_epoch} of {SETTINGS['epochs']}", flush=True)
    return parameters


def unscaled(layer, mean, deviation):
    """Weights and bias of a layer that was trained on standardised features, for features as they are."""
    features = len(mean)
    weights, bias = layer[:, :-1].astype(np.float64), layer[:, -1].astype(np.float64)
    weights[:, :features] /= deviation
    bias = bias - weights[:, :features] @ mean
    return weights.astype(np.float32), bias.astype(np.float32)[:, None]


def member_nodes(number, parameters, scaling):
    """A member's nodes and weights: a scan over the bars of `bars`, then its output. Windows are the last axis."""
    units = SETTINGS["units"]
    weights = {}
    for layer in ("gate", "candidate"):
        kernel, bias = unscaled(parameters[layer][number], *scaling)
        weights[f"{layer}.{number}"], weights[f"{layer}.{number}.bias"] = kernel, bias
    output = parameters["output"][number]
    weights[f"output.{number}"], weights[f"output.{number}.bias"] = output[:, :-1], output[:, -1:]

    def name(of):
        return f"{of}.{number}"

    node = helper.make_node
    nodes = [
        node("Concat", ["bar", "memory"], ["read"], axis=0),
        node("Gemm", [name("gate"), "read", name("gate") + ".bias"], ["opening"]),
        node("Sigmoid", ["opening"], ["open"]),
        node("Mul", ["open", "memory"], ["kept"]),
        node("Concat", ["bar", "kept"], ["gated"], axis=0),
        node("Gemm", [name("candidate"), "gated", name("candidate") + ".bias"], ["proposal"]),
        node("Tanh", ["proposal"], ["proposed"]),
        node("Sub", ["proposed", "memory"], ["change"]),
        node("Mul", ["open", "change"], ["taken"]),
        node("Add", ["memory", "taken"], ["remembered"]),
    ]
    # Names in a scan's body are its own only if no other body has them.
    inner = {of for one in nodes for of in [*one.input, *one.output] if of not in weights}
    for one in nodes:
        one.input[:] = [name(of) if of in inner else of for of in one.input]
        one.output[:] = [name(of) for of in one.output]

    def value(of, rows):
        return helper.make_tensor_value_info(name(of), TensorProto.FLOAT, [rows, "batch"])

    body = helper.make_graph(
        nodes, name("unit"), [value("memory", units), value("bar", len(scaling[0]))], [value("remembered", units)]
    )
    around = [
        node("Scan", ["empty", "bars"], [name("last")], body=body, num_scan_inputs=1),
        node("Gemm", [name("output"), name("last"), name("output") + ".bias"], [name("prediction")]),
    ]
    return around, [numpy_helper.from_array(np.ascontiguousarray(array), of) for of, array in weights.items()]


def export(parameters, scaling, members):
    """The members one beside the other, as an exporter writes a list of modules, and the mean of what they predict."""
    features = len(scaling[0])
    node = helper.make_node
    nodes = [
        node("Reshape", ["window", "shape"], ["rows"]),
        node("Transpose", ["rows"], ["bars"], perm=[1, 2, 0]),
        node("Shape", ["window"], ["batch"], start=0, end=1),
        node("Concat", ["units", "batch"], ["size"], axis=0),
        node("ConstantOfShape", ["size"], ["empty"], value=numpy_helper.from_array(np.zeros(1, np.float32))),
    ]
    weights = [
        numpy_helper.from_array(np.array([-1, WINDOW, features]), "shape"),
        numpy_helper.from_array(np.array([SETTINGS["units"]]), "units"),
        numpy_helper.from_array(np.array([-1, 1]), "column"),
    ]
    for number in members:
        more, arrays = member_nodes(number, parameters, scaling)
        nodes += more
        weights += arrays
    predictions = [f"prediction.{number}" for number in members]
    nodes += [node("Mean", predictions, ["mean"]), node("Reshape", ["mean", "column"], ["predicted"])]
    value = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes,
        "recurrent",
        [value("window", TensorProto.FLOAT, ["batch", WINDOW * features])],
        [value("predicted", TensorProto.FLOAT, ["batch", 1])],
        weights,
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8, producer_name="millrace")
    onnx.checker.check_model(made)
    return made


def main(samples, models):
    layout = json.loads((samples / "layout.json").read_text())
    values, labels, owners = read_sequences(samples, layout)
    mean = values.mean((0, 1), dtype=np.float64)
    deviation = values.std((0, 1), dtype=np.float64)
    parameters = train(((values - mean) / deviation).astype(np.float32), labels, owners)
    models.mkdir(parents=True, exist_ok=True)
    scaling = (mean, deviation)
    onnx.save(export(parameters, scaling, range(SETTINGS["members"])), models / "recurrent.onnx")
    alone = {f"recurrent-{number}.onnx": export(parameters, scaling, [number]) for number in range(ALONE)}
    for name, member in alone.items():
        onnx.save(member, samples / name)
    record = {
        "samples": int(labels.size),
        "algorithm": "mean of recurrent networks with minimal gated units, each on a bootstrap sample of the markets, squared error",
        "settings": SETTINGS,
        "packages": {name: version(name) for name in PACKAGES},
        "alone": list(alone),
    }
    (samples / "recurrent-training.json").write_text(json.dumps(record))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
