import { describe, expect, it } from 'vitest'
import type { Fill } from '../../src/domain/order.ts'
import type { PortfolioConfig } from '../../src/domain/portfolio.ts'
import { makeBlock, makeSetup } from '../kernel/market-fixture.ts'
import type { Scene } from '../kernel/market-fixture.ts'
import { runFused } from '../kernel/playing.ts'
import type { Outcome } from '../kernel/playing.ts'
import { SEED, randomScene } from '../kernel/random-scene.ts'

const CASES = 200
const TOLERANCE = 1e-9

/** An account kept by hand from the ledger and the market alone, one row after another. */
class Account {
  cash: number
  readonly quantities: Float64Array
  readonly marks: Float64Array
  private readonly config: PortfolioConfig

  constructor(config: PortfolioConfig, symbols: number) {
    this.config = config
    this.cash = config.cash
    this.quantities = new Float64Array(symbols)
    this.marks = new Float64Array(symbols)
  }

  carry(days: number, multipliers: Float64Array): void {
    const { borrowRate, loanRate, cashRate } = this.config.costs
    let short = 0
    this.quantities.forEach((quantity, n) => (short += Math.max(0, -quantity * multipliers[n] * this.marks[n])))
    const rate = this.cash < 0 ? loanRate : cashRate
    this.cash += (days / 365) * (this.cash * rate - short * borrowRate)
  }

  book(fill: Fill, multiplier: number): void {
    this.cash -= fill.quantity * fill.price * multiplier + fill.fee
    this.quantities[fill.symbol] += fill.quantity
    if (Math.abs(this.quantities[fill.symbol]) < 1e-9) this.quantities[fill.symbol] = 0
  }

  equity(multipliers: Float64Array): number {
    return this.cash + this.quantities.reduce((sum, quantity, n) => sum + quantity * multipliers[n] * this.marks[n], 0)
  }
}

/** The largest |equity told − equity by hand| and |cash told − cash by hand|, relative to what is at stake. */
function largestResidual(scene: Scene, outcome: Outcome): number {
  const setup = makeSetup(scene)
  const { market } = makeBlock(scene)
  const symbols = setup.instruments.length
  const multipliers = Float64Array.from(setup.instruments, ({ multiplier }) => multiplier)
  let worst = 0
  setup.portfolios.forEach(({ config }, p) => {
    const account = new Account(config, symbols)
    const fills = outcome.ledger.fills.filter(({ portfolio }) => portfolio === p)
    const told = outcome.ledger.equity.filter(({ portfolio }) => portfolio === p)
    const waiting = setup.instruments.map(() => ({ split: 1, dividend: 0 }))
    for (let t = 0; t < market.rows; t++) {
      const today = fills.filter((fill) => fill.t === t)
      const afterMark = config.execution.profile === 'same-close' ? today.filter(isDecidedHere) : []
      if (t > setup.firstRow) account.carry((market.closeTimes[t] - market.closeTimes[t - 1]) / 86_400_000, multipliers)
      for (let n = 0; n < symbols; n++) {
        const at = t * symbols + n
        waiting[n].split *= market.split[at]
        waiting[n].dividend = waiting[n].dividend / market.split[at] + market.dividend[at]
        const delisted = market.delisting !== null && !Number.isNaN(market.delisting[at])
        if (!Number.isNaN(market.close[at])) account.marks[n] = market.close[at]
        if (Number.isNaN(market.close[at]) && !delisted) continue
        account.quantities[n] *= waiting[n].split
        for (const fill of today) if (fill.kind === 'split-cash' && fill.symbol === n) account.book(fill, multipliers[n])
        account.cash += account.quantities[n] * multipliers[n] * waiting[n].dividend
        waiting[n] = { split: 1, dividend: 0 }
      }
      for (const fill of today) {
        if (fill.kind !== 'split-cash' && !afterMark.includes(fill)) account.book(fill, multipliers[fill.symbol])
      }
      if (t === setup.firstRow) setup.instruments.forEach(({ symbol }, n) => (account.quantities[n] = config.positions[symbol] ?? 0))
      if (t >= setup.firstRow) {
        const row = told[t - setup.firstRow]
        const stake = Math.abs(row.equity) + Math.abs(row.cash) + config.cash
        worst = Math.max(worst, Math.abs(row.equity - account.equity(multipliers)) / stake, Math.abs(row.cash - account.cash) / stake)
      }
      for (const fill of afterMark) account.book(fill, multipliers[fill.symbol])
    }
  })
  return worst
}

function isDecidedHere(fill: Fill): boolean {
  return fill.decidedAt === fill.t && ['target', 'cap', 'gross', 'drawdown-stop', 'max-hold'].includes(fill.kind)
}

describe('accounting', () => {
  it('explains every change of cash and equity by fills, fees, dividends and carry', () => {
    let worst = 0
    let fills = 0
    for (let index = 0; index < CASES; index++) {
      const scene = randomScene(`${SEED}/${index}`)
      const outcome = runFused(scene)
      fills += outcome.ledger.fills.length
      const residual = largestResidual(scene, outcome)
      expect(residual, `case ${SEED}/${index}`).toBeLessThanOrEqual(TOLERANCE)
      worst = Math.max(worst, residual)
    }
    console.log(`accounting: seed ${SEED}, ${CASES} cases, ${fills} fills, largest residual ${worst}`)
    expect(fills).toBeGreaterThan(CASES * 10)
  })
})
