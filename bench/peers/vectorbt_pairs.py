"""10,000 moving-average pairs by vectorbt in its fastest form: chunks of columns, processes, Numba warm.

The first line on stdin is a job as JSON: {bars, pairs, fee, cash, periodsPerYear, chunk, processes, out}; `bars` is a
file of float64, open then close. The averages of every window are computed once; orders fill at the open after the
signal, with all the cash (size = inf), long or flat. Answers {version} once every process is warm, then each further
line with {seconds, peakMiB}: one run, and the peak resident memory of each process. At the end of its input it writes
total return, Sharpe and maximum drawdown of each pair to `out`, float64 [pair][3].
"""
import json
import multiprocessing
import resource
import sys
import time

import numpy as np
import pandas as pd
import vectorbt as vbt


def work(job, part, pipe):
    prices = np.fromfile(job["bars"]).reshape(2, -1)
    index = pd.date_range("2000-01-01", periods=prices.shape[1], freq="D")
    opens, closes = (pd.Series(row, index=index) for row in prices)
    vbt.settings.returns["year_freq"] = f"{job['periodsPerYear']} days"
    pairs = np.array(job["pairs"])[part[0]:part[1]]

    def run():
        figures = np.empty((len(pairs), 3))
        averages = {w: vbt.MA.run(closes, w).ma.to_numpy() for w in np.unique(pairs)}
        for at in range(0, len(pairs), job["chunk"]):
            some = pairs[at:at + job["chunk"]]
            fast = np.column_stack([averages[w] for w in some[:, 0]])
            slow = np.column_stack([averages[w] for w in some[:, 1]])
            long = np.zeros(fast.shape, dtype=bool)
            flat = np.zeros(fast.shape, dtype=bool)
            long[1:] = (fast > slow)[:-1]
            flat[1:] = (fast <= slow)[:-1]
            portfolio = vbt.Portfolio.from_signals(
                closes, long, flat, price=opens.to_numpy()[:, None], fees=job["fee"], init_cash=job["cash"], freq="D")
            figures[at:at + len(some), 0] = portfolio.total_return().to_numpy()
            figures[at:at + len(some), 1] = portfolio.sharpe_ratio().to_numpy()
            figures[at:at + len(some), 2] = portfolio.max_drawdown().to_numpy()
        return figures

    figures = run()
    pipe.send("warm")
    while pipe.recv() == "run":
        figures = run()
        pipe.send(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    pipe.send(figures)


def main():
    job = json.loads(sys.stdin.readline())
    count = len(job["pairs"])
    edges = [count * p // job["processes"] for p in range(job["processes"] + 1)]
    pipes = []
    for part in zip(edges, edges[1:]):
        here, there = multiprocessing.Pipe()
        multiprocessing.Process(target=work, args=(job, part, there)).start()
        pipes.append(here)
    for pipe in pipes:
        pipe.recv()
    answer({"version": vbt.__version__})
    for _ in sys.stdin:
        began = time.perf_counter()
        for pipe in pipes:
            pipe.send("run")
        peaks = [pipe.recv() for pipe in pipes]
        answer({"seconds": time.perf_counter() - began, "peakMiB": peaks})
    for pipe in pipes:
        pipe.send("end")
    np.concatenate([pipe.recv() for pipe in pipes]).tofile(job["out"])


def answer(value):
    print(json.dumps(value), flush=True)


if __name__ == "__main__":
    main()
