"""A million orders by vectorbt: the sizes and prices of its own benchmark (tests/notebooks/portfolio.ipynb).

The first line on stdin is a job as JSON: {prices, rows, columns}; `prices` is a file of float64 [rows], the same in every column.
One unit is bought in every even row and sold in every odd one, at that row's price. Answers {version} once all is
compiled, then "simulate" and "figures" with {seconds, orders, totalReturn}: the simulation alone, or with the total return,
Sharpe and maximum drawdown of every column.
"""
import json
import sys
import time

import numpy as np
import pandas as pd
import vectorbt as vbt


def main():
    job = json.loads(sys.stdin.readline())
    price = pd.DataFrame(np.fromfile(job["prices"]), index=pd.date_range("2018-01-01", periods=job["rows"], freq="min"))
    size = pd.DataFrame(np.ones((job["rows"], 1)), index=price.index)
    size.iloc[1::2] = -1
    prices, sizes = price.vbt.tile(job["columns"]), size.vbt.tile(job["columns"])

    def run(with_figures):
        began = time.perf_counter()
        portfolio = vbt.Portfolio.from_orders(prices, sizes, freq="d")
        returns = portfolio.total_return() if with_figures else None
        if with_figures:
            portfolio.sharpe_ratio()
            portfolio.max_drawdown()
        seconds = time.perf_counter() - began
        returns = portfolio.total_return() if returns is None else returns
        return {"seconds": seconds, "orders": len(portfolio.orders.records), "totalReturn": float(np.ravel(returns)[0])}

    run(True)
    answer({"version": vbt.__version__})
    for line in sys.stdin:
        answer(run(line.strip() == "figures"))


def answer(value):
    print(json.dumps(value), flush=True)


if __name__ == "__main__":
    main()
