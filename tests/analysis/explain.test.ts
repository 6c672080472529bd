import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { explainOrder, type Explanation } from '../../src/analysis/explain.ts'
import type { ExposureStep } from '../../src/analysis/exposure-chain.ts'
import { replayPortfolio } from '../../src/analysis/replay.ts'
import { createRandom } from '../../src/base/random.ts'
import { MillraceError } from '../../src/base/errors.ts'
import { formatExplanation } from '../../src/cli/explanation-text.ts'
import { portfolioCount, portfolioLabelAt } from '../../src/experiment/portfolios.ts'
import { runInline, SMALL, type InlineRun } from './inline-run.ts'

const fround = Math.fround
const SEED = 20
const PER_PORTFOLIO = 9

let run: InlineRun
let explained: Explanation[]

/** Orders of every portfolio: some at random, and the first of each kind. */
function chooseOrders({ opened }: InlineRun): string[] {
  const random = createRandom(SEED)
  return Array.from({ length: portfolioCount(opened.experiment) }, (_, index) => portfolioLabelAt(opened.experiment, index).id).flatMap((id) => {
    const { orderKey, kind } = replayPortfolio(opened, id).rows.ledgers.orders
    const firsts = [...new Set(kind)].map((wanted) => String(orderKey[kind.indexOf(wanted)]))
    const some = Array.from({ length: PER_PORTFOLIO }, () => String(orderKey[random.integer(orderKey.length)]))
    return [...new Set([...firsts, ...some])]
  })
}

beforeAll(async () => {
  run = await runInline(SMALL)
  explained = chooseOrders(run).map((key) => explainOrder(run.opened, key))
  const kinds = new Map<string, number>()
  for (const { kind } of explained) kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
  console.log(`explain: seed ${SEED}, ${explained.length} orders: ${[...kinds].map(([kind, count]) => `${count} ${kind}`).join(', ')}`)
})
afterAll(() => run.remove())

/** What a person with a float32 calculator gets from one line of the chain. */
function recompute(step: ExposureStep, chain: { readonly allocated: number }): number {
  const value = step.value ?? NaN
  switch (step.rule) {
    case 'allocation': return fround(step.before * value)
    case 'scale': return fround(chain.allocated * (step.factor ?? NaN))
    case 'long-only': return Math.max(0, step.before)
    case 'cap': return Math.max(-value, Math.min(value, step.before))
    case 'gross': return fround(step.before * (step.factor ?? NaN))
    case 'veto': return step.before
  }
}

describe('an explanation can be checked by hand', () => {
  it('is of orders of many kinds', () => {
    const kinds = new Set(explained.map(({ kind }) => kind))
    for (const kind of ['target', 'stop-loss', 'take-profit', 'trailing-stop', 'max-hold', 'drawdown-stop', 'end-of-run'] as const) expect(kinds).toContain(kind)
    const rules = new Set(explained.flatMap(({ decision }) => decision?.steps.map(({ rule }) => rule) ?? []))
    for (const rule of ['allocation', 'scale', 'long-only', 'cap', 'gross'] as const) expect(rules).toContain(rule)
    expect(explained.some(({ decision }) => decision?.steps.some((step) => step.rule === 'gross' && step.factor !== 1) === true)).toBe(true)
    expect(explained.some(({ decision }) => decision?.steps.some((step) => step.rule === 'cap' && step.before !== step.after) === true)).toBe(true)
    expect(explained.some(({ cancellations }) => cancellations.length > 0)).toBe(true)
  })

  it('goes from the combined signal to the target, each step from the numbers of its own line', () => {
    for (const { decision } of explained) {
      if (decision === null) continue
      let at = decision.trace.combined
      const allocated = decision.steps[0].after
      for (const step of decision.steps) {
        expect(step.before).toBe(at)
        expect(step.after + 0).toBe(recompute(step, { allocated }) + 0)
        at = step.after
      }
      expect(at).toBe(decision.trace.target)
    }
  })

  it('combines the signals it shows', () => {
    for (const { decision, portfolio } of explained) {
      if (decision === null || portfolio.combine !== 'mean') continue
      const opinions = decision.signals.filter(({ lineage }) => !Number.isNaN(lineage.value))
      let sum = 0
      let weights = 0
      for (const { weight, lineage } of opinions) {
        sum = fround(sum + fround(fround(weight) * lineage.value))
        weights = fround(weights + fround(weight))
      }
      expect(decision.trace.combined).toBe(opinions.length === 0 ? NaN : fround(sum / weights) + 0)
    }
  })

  it('shows features that the signal follows from', () => {
    let crosses = 0
    for (const { decision } of explained) {
      for (const { lineage } of decision?.signals ?? []) {
        if (lineage.use !== 'sma-cross') continue
        const [fast, slow] = lineage.features.map(({ value }) => value ?? NaN)
        expect(lineage.value).toBe(fast > slow ? 1 : 0)
        crosses++
      }
    }
    expect(crosses).toBeGreaterThan(40)
  })

  it('sizes the quantity wanted from the target, where no further rule acted', () => {
    let checked = 0
    for (const { decision, portfolio } of explained) {
      if (decision === null || decision.sizing.money === null || portfolio.sizing.kind === 'allIn') continue
      if (decision.trace.rules.some((rule) => !['cap', 'gross', 'long-only', 'lot'].includes(rule))) continue
      const { money, unit, lot } = decision.sizing
      const units = (decision.trace.target * money) / unit
      const wanted = lot === 0 ? units : Math.trunc((units / lot) * (1 + 1e-12)) * lot
      expect(decision.trace.desiredQuantity).toBe(wanted + 0)
      checked++
    }
    expect(checked).toBeGreaterThan(60)
  })

  it('orders what is wanted less what is held', () => {
    for (const { decision, order } of explained) {
      if (decision === null || order?.quantity === null || order === null) continue
      expect(order.quantity).toBe(decision.trace.desiredQuantity - decision.trace.heldQuantity)
    }
  })
})

describe('a fill is explained to the cent', () => {
  it('has a price that follows from the bar and the slippage', () => {
    let checked = 0
    for (const { decision, fills, portfolio } of explained) {
      if (decision === null) continue
      for (const fill of fills) {
        const base = portfolio.execution.profile === 'next-open' ? fill.bar.open : fill.bar.close
        const bps = fill.leg === 'increase' ? portfolio.costs.entrySlippageBps : portfolio.costs.exitSlippageBps
        expect(fill.price).toBe(base * (1 + Math.sign(fill.quantity) * (bps / 10_000)))
        checked++
      }
    }
    expect(checked).toBeGreaterThan(80)
  })

  it('starts from the open, the close or an exit’s level, and is that with its costs', () => {
    const from = new Set<string>()
    for (const { kind, fills, book, portfolio: { exits }, openedBy } of explained) {
      for (const { origin, price, quantity, before, bar } of fills) {
        const where = `${kind} opened by ${openedBy}`
        const side = Math.sign(quantity)
        expect(origin.base * (1 + side * (origin.slippageBps / 10_000)) + side * origin.halfSpread, where).toBe(price)
        from.add(`${kind} from ${origin.from}`)
        if (origin.from === 'open' || origin.from === 'close') expect(origin.base).toBe(bar[origin.from])
        if (origin.from !== 'level') continue
        const fraction = { 'stop-loss': exits.stopLoss, 'take-profit': exits.takeProfit, 'trailing-stop': exits.trailingStop }[kind as string] ?? NaN
        expect(origin.reference, where).not.toBeNull()
        // A level is that of before the bar, even where the position was increased at its open.
        if (kind !== 'trailing-stop') expect([book.entryPrice, before.entryPrice]).toContain(origin.reference)
        expect(origin.base).toBe((origin.reference ?? NaN) * (1 + (kind === 'take-profit' ? -side : side) * fraction))
      }
    }
    for (const place of ['target from open', 'target from close', 'stop-loss from level', 'take-profit from level', 'trailing-stop from level', 'end-of-run from close']) {
      expect([...from]).toContain(place)
    }
  })

  it('is told with those numbers', () => {
    for (const explanation of explained) {
      const prices = formatExplanation(explanation).filter((line) => line.startsWith('  price: '))
      explanation.fills.forEach(({ origin }, index) => {
        const numbers = (prices[index].match(/[\d.]+(?:e-?\d+)?/g) ?? []).map(Number)
        expect(numbers).toContain(origin.base)
        if (origin.reference !== null) expect(numbers).toEqual(expect.arrayContaining([origin.reference, origin.fraction]))
        if (origin.slippageBps !== 0) expect(numbers).toContain(origin.slippageBps)
      })
    }
  })

  it('changes the book by its cash and quantity', () => {
    let checked = 0
    for (const { fills, multiplier } of explained) {
      for (const fill of fills) {
        if (!fill.alone) continue
        // The kernel adds up all flows of a bar before it takes them out of cash, so the last bit may differ.
        expect(Math.abs(fill.after.cash - (fill.before.cash + fill.cash))).toBeLessThan(1e-9)
        expect(fill.after.quantity).toBe(fill.before.quantity + fill.quantity)
        expect(fill.cash).toBe(-(fill.quantity * (fill.price * multiplier)) - fill.fee)
        checked++
      }
    }
    expect(checked).toBeGreaterThan(80)
  })

  it('agrees with the ledger of the replay, fill by fill', () => {
    for (const { portfolio, orderKey, fills, cancellations } of explained) {
      const { fills: ledger, cancellations: unfilled } = replayed(portfolio.id)
      const rows = ledger.orderKey.flatMap((key, row) => (key === orderKey ? [row] : []))
      expect(fills.map(({ price }) => price)).toEqual(rows.map((row) => ledger.price[row]))
      expect(fills.map(({ quantity }) => quantity)).toEqual(rows.map((row) => ledger.quantity[row]))
      expect(fills.map(({ fee }) => fee)).toEqual(rows.map((row) => ledger.fee[row]))
      const rests = unfilled.orderKey.flatMap((key, row) => (key === orderKey ? [unfilled.outcome[row]] : []))
      expect(cancellations.map(({ outcome }) => outcome)).toEqual(rests)
    }
  })
})

const ledgersOf = new Map<string, ReturnType<typeof replayPortfolio>['rows']['ledgers']>()

function replayed(id: string) {
  const known = ledgersOf.get(id) ?? replayPortfolio(run.opened, id).rows.ledgers
  ledgersOf.set(id, known)
  return known
}

describe('orders that come up inside a bar', () => {
  it('name the order that brought the position in, and the bar that ended it', () => {
    const exits = explained.filter(({ kind }) => kind === 'stop-loss' || kind === 'take-profit' || kind === 'trailing-stop')
    expect(exits.length).toBeGreaterThan(3)
    for (const { openedBy, decision, bar, symbol, portfolio, book } of exits) {
      expect(decision).toBeNull()
      expect(bar).not.toBeNull()
      if (book.quantity === 0) continue
      const { orderKey, symbol: symbols, leg } = replayed(portfolio.id).fills
      const row = orderKey.indexOf(openedBy ?? '')
      expect([symbols[row], leg[row]]).toEqual([symbol, 'increase'])
    }
  })
})

describe('what is no order of the run', () => {
  const codeOf = (key: string): string => {
    try {
      explainOrder(run.opened, key)
    } catch (error) {
      if (error instanceof MillraceError) return error.code
      throw error
    }
    return 'explained'
  }

  it('is refused: no key at all, a stranger’s portfolio, a bar without that order, an unknown symbol', () => {
    const [{ orderKey }] = explained
    const [key, time, symbol, kind] = /^(.{12})\.(.+Z)\.(.+)\.([a-z-]+)$/.exec(orderKey)?.slice(1) ?? []
    expect(codeOf(orderKey)).toBe('explained')
    expect(codeOf('hello')).toBe('ORDER_NOT_FOUND')
    expect(codeOf(`000000000000.${time}.${symbol}.${kind}`)).toBe('ORDER_NOT_FOUND')
    expect(codeOf(`${key}.2015-04-04T20:00:00Z.${symbol}.${kind}`)).toBe('ORDER_NOT_FOUND')
    expect(codeOf(`${key}.${time}.SYN99.${kind}`)).toBe('ORDER_NOT_FOUND')
    expect(codeOf(`${key}.${time}.${symbol}.delisting`)).toBe('ORDER_NOT_FOUND')
    expect(codeOf(`${key}.${time}.${symbol}.nonsense`)).toBe('ORDER_NOT_FOUND')
  })
})
