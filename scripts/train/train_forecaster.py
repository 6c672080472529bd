"""Trains the forecaster on the samples `forecaster.mjs export` wrote and exports it as ONNX.

Usage: python train_forecaster.py SAMPLES MODELS

Gradient-boosted trees (G. Ke et al., "LightGBM", NIPS 2017) on windows of features. The label is the return of
the next bar, open to close, in units of the volatility known before it, less the mean of that day's symbols:
what a forecast can use is which symbols do better, not where the market goes. One thread and fixed seeds, so the
same samples give the same file.
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path

import lightgbm
import numpy as np
import onnx
from onnxmltools import convert_lightgbm
from onnxmltools.convert.common.data_types import FloatTensorType

from samples import read_market

PACKAGES = ["lightgbm", "numpy", "onnx", "onnxmltools", "scikit-learn", "skl2onnx"]
SETTINGS = {
    "n_estimators": 120,
    "num_leaves": 15,
    "learning_rate": 0.06,
    "min_child_samples": 2000,
    "reg_lambda": 10.0,
}


def train(windows, labels):
    model = lightgbm.LGBMRegressor(
        **SETTINGS, random_state=1, n_jobs=1, deterministic=True, force_row_wise=True, verbose=-1
    )
    return model.fit(windows, labels)


def export(model, columns):
    converted = convert_lightgbm(model, initial_types=[("window", FloatTensorType([None, columns]))], target_opset=15)
    # Only inputs, outputs and trees: nothing of the machine or the day it was made on.
    converted.producer_name = "millrace"
    converted.producer_version = ""
    converted.doc_string = ""
    converted.graph.name = "forecaster"
    converted.graph.input[0].type.tensor_type.shape.dim[0].dim_param = "batch"
    converted.graph.output[0].type.tensor_type.shape.dim[0].dim_param = "batch"
    onnx.checker.check_model(converted)
    return converted


def main(samples, models):
    layout = json.loads((samples / "layout.json").read_text())
    columns = layout["window"] * len(layout["features"])
    markets = [read_market(samples / name, columns) for name in layout["files"]]
    windows = np.concatenate([windows for _, windows, _ in markets])
    labels = np.concatenate([labels for _, _, labels in markets])
    model = train(windows, labels)
    models.mkdir(parents=True, exist_ok=True)
    onnx.save(export(model, columns), models / "forecaster.onnx")
    record = {
        "samples": len(labels),
        "algorithm": "gradient-boosted trees (LightGBM), squared error",
        "settings": SETTINGS,
        "packages": {name: version(name) for name in PACKAGES},
    }
    (samples / "forecaster-training.json").write_text(json.dumps(record))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
