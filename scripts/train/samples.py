"""Reads the samples `forecaster.mjs export` wrote."""

import numpy as np

LABEL_LIMIT = 3.0
HEAD = 3


def read_market(path, columns):
    """Rows, windows and labels of one market, from samples of [t, return, volatility, ...window].

    The label is the return of the next bar, open to close, in units of the volatility known before it, less the
    mean of that day's symbols.
    """
    samples = np.fromfile(path, np.float32).reshape(-1, HEAD + columns)
    t = samples[:, 0].astype(np.int64)
    moved = samples[:, 1].astype(np.float64) / samples[:, 2]
    mean = np.bincount(t, moved) / np.maximum(np.bincount(t), 1)
    return t, samples[:, HEAD:], np.clip(moved - mean[t], -LABEL_LIMIT, LABEL_LIMIT)
