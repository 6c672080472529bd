"""Moving-average pairs one after the other, by backtesting.py or backtrader.

The first line on stdin is a job as JSON: {peer, bars, pairs, fee, cash, units, out}; `bars` is a file of float64, open
then close. A pair buys `units` at the open after the fast average is above the slow one, and sells them at the open after
it is not. Answers {version} once one pair has run, then each further line with {seconds}: all pairs once. At the end of
its input it writes total return and maximum drawdown of each pair to `out`, float64 [pair][2].
"""
import json
import sys
import time
import warnings

import numpy as np
import pandas as pd

warnings.simplefilter("ignore")


def with_backtesting(frame, job):
    import backtesting

    backtesting.backtesting._tqdm = lambda steps, **_: steps

    class Cross(backtesting.Strategy):
        fast = slow = 0

        def init(self):
            # Its first decision is a bar after the first with all indicators; filled back by one, that is the first itself.
            mean = lambda values, window: pd.Series(values).rolling(window).mean().bfill(limit=1)
            self.quick = self.I(mean, self.data.Close, self.fast)
            self.calm = self.I(mean, self.data.Close, self.slow)

        def next(self):
            if len(self.data) == len(frame):
                return  # backtesting.py would fill an order of the last bar at that very bar's open
            if self.quick[-1] > self.calm[-1]:
                if not self.position:
                    self.buy(size=job["units"])
            elif self.position:
                self.position.close()

    def run(fast, slow):
        test = backtesting.Backtest(frame, Cross, cash=job["cash"], commission=job["fee"], finalize_trades=False)
        told = test.run(fast=fast, slow=slow)
        return told["Return [%]"] / 100, told["Max. Drawdown [%]"] / 100

    return run, backtesting.__version__


def with_backtrader(frame, job):
    import backtrader

    class Cross(backtrader.Strategy):
        params = (("fast", 0), ("slow", 0))

        def __init__(self):
            self.quick = backtrader.ind.SMA(period=self.p.fast)
            self.calm = backtrader.ind.SMA(period=self.p.slow)

        def next(self):
            if self.quick[0] > self.calm[0]:
                if not self.position:
                    self.buy(size=job["units"])
            elif self.position:
                self.close()

    def run(fast, slow):
        cerebro = backtrader.Cerebro(stdstats=False)
        cerebro.adddata(backtrader.feeds.PandasData(dataname=frame))
        cerebro.addstrategy(Cross, fast=fast, slow=slow)
        cerebro.addanalyzer(backtrader.analyzers.DrawDown, _name="drawdown")
        cerebro.broker.setcash(job["cash"])
        cerebro.broker.setcommission(commission=job["fee"])
        told = cerebro.run()[0].analyzers.drawdown.get_analysis()
        return cerebro.broker.getvalue() / job["cash"] - 1, told.max.drawdown / 100

    return run, backtrader.__version__


def main():
    job = json.loads(sys.stdin.readline())
    prices = np.fromfile(job["bars"]).reshape(2, -1)
    frame = pd.DataFrame({"Open": prices[0], "Close": prices[1]}, index=pd.date_range("2000-01-01", periods=prices.shape[1], freq="D"))
    frame["High"] = frame.max(axis=1)
    frame["Low"] = frame[["Open", "Close"]].min(axis=1)
    frame["Volume"] = 0.0
    run, version = {"backtesting": with_backtesting, "backtrader": with_backtrader}[job["peer"]](frame, job)
    run(*job["pairs"][0])
    answer({"version": version})
    figures = []
    for _ in sys.stdin:
        began = time.perf_counter()
        figures = [run(fast, slow) for fast, slow in job["pairs"]]
        answer({"seconds": time.perf_counter() - began})
    np.array(figures).tofile(job["out"])


def answer(value):
    print(json.dumps(value), flush=True)


if __name__ == "__main__":
    main()
