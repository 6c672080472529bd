// A program of one sweep, from its first line to its figures: what a fresh process costs. The job on stdin is
// {experiment, workers, bars?, out}: `bars` is a file of float64, open then close, that becomes the market; `out` gets
// total return, Sharpe and maximum drawdown of each portfolio, float64 [portfolio][3]. Says how much CPU time it took with its workers.
import { readFileSync, writeFileSync } from 'node:fs'
import { openBacktester } from 'millrace'

const DAY_MS = 86_400_000
const { experiment, workers, bars, out } = JSON.parse(readFileSync(0, 'utf8'))
if (bars !== undefined) {
  const prices = new Float64Array(new Uint8Array(readFileSync(bars)).buffer)
  const [open, close] = [prices.subarray(0, prices.length / 2), prices.subarray(prices.length / 2)]
  experiment.market.bars = { X: { closeTimes: Float64Array.from(close, (_, t) => (t + 1) * DAY_MS), open, close } }
}
const backtester = await openBacktester({ workers })
const { count, metrics } = await backtester.run(experiment)
await backtester.close()
const figures = new Float64Array(3 * count)
for (let p = 0; p < count; p++) figures.set([metrics.totalReturn[p], metrics.sharpe[p], metrics.maxDrawdown[p]], 3 * p)
writeFileSync(out, figures)
process.stdout.write(JSON.stringify({ cpuSeconds: cpuSeconds() }))

/** Of this process and of its children that have ended. */
function cpuSeconds() {
  const { user, system } = process.cpuUsage()
  try {
    const [, , , , , , , , , , , , , childUser, childSystem] = readFileSync('/proc/self/stat', 'utf8').replace(/^.*\) /, '').split(' ')
    return (user + system) / 1e6 + (Number(childUser) + Number(childSystem)) / 100
  } catch {
    return (user + system) / 1e6
  }
}
