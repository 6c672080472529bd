import { deserialize, serialize } from 'node:v8'
import { expect } from 'vitest'
import type { Fill, Order } from '../../src/domain/order.ts'
import type { Executions, Kernel, KernelBlock } from '../../src/kernel/kernel.ts'
import { createReferenceKernel } from '../../src/kernel/reference.ts'
import { createLedger, makeBlock, makeSetup } from './market-fixture.ts'
import type { ConfigChange, Ledger, Scene } from './market-fixture.ts'

/** What a run comes to: everything told, the sums, and the whole state. Compare with `toEqual`: bit for bit. */
export interface Outcome {
  readonly ledger: Ledger
  readonly performance: readonly unknown[]
  readonly snapshot: Uint8Array
}

/** Rows `from` to `to` of a block, as views. */
export function cutBlock(block: KernelBlock, from: number, to: number): KernelBlock {
  const { market, signalCount } = block
  const symbols = market.close.length / market.rows
  const cells = <T extends Float64Array | Uint8Array>(array: T): T => array.subarray(from * symbols, to * symbols) as T
  return {
    market: {
      firstRow: market.firstRow + from, rows: to - from,
      closeTimes: market.closeTimes.subarray(from, to), openTimes: market.openTimes.subarray(from, to),
      sessionDates: market.sessionDates.subarray(from, to),
      open: cells(market.open), high: cells(market.high), low: cells(market.low), close: cells(market.close),
      volume: cells(market.volume), split: cells(market.split), dividend: cells(market.dividend),
      halfSpread: market.halfSpread === null ? null : cells(market.halfSpread),
      delisting: market.delisting === null ? null : cells(market.delisting),
    },
    signals: cutSignals(block, from, to),
    signalCount,
    patterns: block.patterns.map((pattern) => ({
      scale: pattern.scale.subarray(from, to), gross: pattern.gross.subarray(from, to),
      weights: pattern.weights === null ? null : pattern.weights.subarray(from * symbols, to * symbols),
      cap: pattern.cap.subarray(from * symbols, to * symbols), veto: cells(pattern.veto),
    })),
  }
}

/** Rows `from` to `to` of every signal of a block. */
export function cutSignals({ market, signals, signalCount }: KernelBlock, from: number, to: number): Float32Array {
  const symbols = market.close.length / market.rows
  const cut = new Float32Array(signalCount * (to - from) * symbols)
  for (let s = 0; s < signalCount; s++) {
    const start = s * market.rows
    cut.set(signals.subarray((start + from) * symbols, (start + to) * symbols), s * (to - from) * symbols)
  }
  return cut
}

/** Rows sorted by key, whatever order the driver went through portfolios and rows. */
export function sortLedger(ledger: Ledger): Ledger {
  const byPortfolio = <T extends { portfolio: number }>(rows: readonly T[]): T[] =>
    rows.toSorted((a, b) => a.portfolio - b.portfolio)
  const byKey = (a: Order, b: Order): number =>
    a.portfolio - b.portfolio || a.decidedAt - b.decidedAt || a.symbol - b.symbol || a.kind.localeCompare(b.kind)
  return {
    orders: ledger.orders.toSorted(byKey), fills: byPortfolio(ledger.fills),
    cancellations: byPortfolio(ledger.cancellations), equity: byPortfolio(ledger.equity),
  }
}

function outcomeOf(kernel: Kernel, ledger: Ledger, scene: Scene): Outcome {
  const portfolios = scene.portfolios?.length ?? 1
  return {
    ledger: sortLedger(ledger),
    performance: Array.from({ length: portfolios }, (_, p) => kernel.performance(p)),
    snapshot: kernel.snapshot(),
  }
}

/** Fails unless two outcomes are the same: bytes first, because `toEqual` takes long over thousands of rows. */
export function expectSame(actual: unknown, expected: unknown, name: string): void {
  if (!serialize(actual).equals(serialize(expected))) expect(actual, name).toEqual(expected)
}

/** The fused loop, in blocks of `blockRows`; a kernel may be replaced by a restored one at given rows. */
export function runFused(scene: Scene, how: { blockRows?: number; restoreAt?: readonly number[] } = {}): Outcome {
  const { ledger, recorder } = createLedger()
  const setup = makeSetup(scene)
  const whole = makeBlock(scene)
  const { rows } = whole.market
  let kernel = createReferenceKernel(setup, recorder)
  const cuts = new Set([rows, ...(how.restoreAt ?? [])])
  for (let row = how.blockRows ?? rows; row < rows; row += how.blockRows ?? rows) cuts.add(row)
  let from = 0
  for (const to of [...cuts].toSorted((a, b) => a - b)) {
    if (to <= from) continue
    kernel.run(cutBlock(whole, from, to))
    from = to
    if (how.restoreAt?.includes(to)) {
      const bytes = kernel.snapshot()
      kernel = createReferenceKernel(setup, recorder)
      kernel.restore(bytes)
    }
  }
  return outcomeOf(kernel, ledger, scene)
}

/** Rows [from, to) by one portfolio's rules after the other, as a walk-forward's windows go on; gives what filled. */
export function playInTurns(market: Scene['market'], turns: readonly { readonly from: number; readonly to: number; readonly portfolio: ConfigChange }[]): Fill[] {
  const { ledger, recorder } = createLedger()
  let bytes: Uint8Array | undefined
  for (const { from, to, portfolio } of turns) {
    const kernel = createReferenceKernel(makeSetup({ market, portfolio }), recorder)
    if (bytes !== undefined) kernel.restore(bytes)
    kernel.run(cutBlock(makeBlock({ market, portfolio }), from, to))
    bytes = kernel.snapshot()
  }
  return ledger.fills
}

/** The four verbs, every proposal through a queue of bytes, as a process boundary would have it. */
export function runSplit(scene: Scene, how: { blockRows?: number } = {}): Outcome {
  const { ledger, recorder } = createLedger()
  const kernel = createReferenceKernel(makeSetup(scene), recorder)
  const whole = makeBlock(scene)
  const queue: Buffer[] = []
  const blockRows = how.blockRows ?? whole.market.rows
  for (let row = 0; row < whole.market.rows; row++) {
    const from = row - (row % blockRows)
    const block = cutBlock(whole, from, Math.min(from + blockRows, whole.market.rows))
    queue.push(serialize(kernel.open(block, row)))
    for (const message of queue.splice(0)) kernel.settle(deserialize(message) as Executions)
    kernel.mark(block, row)
    kernel.decide(block, row)
  }
  return outcomeOf(kernel, ledger, scene)
}
