import { NO_ORDER } from './book.ts'
import { TRACE } from './decision-trace.ts'
import { toLots } from './lots.ts'
import type { PortfolioRules } from './rules.ts'
import type { Turn } from './turn.ts'

/**
 * The quantity each symbol should have, into `turn.desired`, before limits bind what is held. A symbol
 * without a bar, or with an order still open (the barrier), keeps what it has.
 */
export function desireQuantities(turn: Turn): void {
  const { book, rules, tape, own, cell, symbols, desired, acted, kinds } = turn
  const acts = rules.hold || isScheduled(turn)
  const money = moneyPerTarget(turn)
  for (let n = 0; n < symbols; n++) {
    const held = book.quantity[own + n]
    kinds[n] = 'target'
    acted[n] = 0
    desired[n] = held
    if (tape.tradable[cell + n] === 0) continue
    if (book.orderKind[own + n] !== NO_ORDER) {
      acted[n] = TRACE.barrier
      continue
    }
    if (acts) desireTarget(turn, n, money)
    else acted[n] = TRACE.schedule
    if (rules.hasTiming || book.lockedSide[own + n] !== 0) keepTime(turn, n)
    if (desired[n] !== held) obeyVeto(turn, n)
  }
}

/** Whether a `rebalance` portfolio trades in this row: every n rows of the run, or the first bar of a period. */
function isScheduled(turn: Turn): boolean {
  const { rules } = turn
  if (rules.everyBars === 0) return (turn.tape.starts[turn.row] & rules.startMask) !== 0
  return (turn.t - turn.firstRow) % rules.everyBars === 0
}

/** Account currency a full target stands for; NaN for `fixedQuantity`, which counts units. */
function moneyPerTarget(turn: Turn): number {
  const { rules } = turn
  const equity = turn.book.equity[turn.portfolio]
  if (rules.sizing === 'exposure') return rules.size * equity
  if (rules.sizing === 'fixedCash') return rules.cashPerTarget
  return rules.sizing === 'allIn' ? rules.size * equity * rules.investedShare : NaN
}

/** `allIn` is only estimated here, at the close; it is sized at the fill. */
function desireTarget(turn: Turn, n: number, money: number): void {
  const { rules, tape, desired, acted } = turn
  const held = desired[n]
  const wanted = turn.exposure.target[n]
  const target = rules.hold ? heldEvent(rules, { target: wanted, held }) : wanted
  if (target !== target) {
    if (wanted === wanted) acted[n] |= TRACE.hold
    return
  }
  const unit = tape.unit[turn.cell + turn.symbols + n]
  const price = rules.sizing === 'allIn' ? unit * (1 + rules.feeRate) : unit
  const quantity = money === money ? (target * money) / price : target * rules.unitsPerTarget[n]
  desired[n] = toLots(quantity, turn.lots[n])
  if (desired[n] !== quantity) acted[n] |= TRACE.lot
}

/**
 * A target as an event: it acts only if its sign is not the position's. Gives the target to trade to, or NaN
 * to keep the quantity.
 */
function heldEvent(rules: PortfolioRules, { target, held }: { target: number; held: number }): number {
  if (target !== target || held === 0 || target === 0) return target
  if (target > 0 === held > 0 || rules.opposite === 'ignore') return NaN
  return rules.opposite === 'reverse' ? target : 0
}

/** Re-entry, cooldown, and the least and the most closes a position is held. */
function keepTime(turn: Turn, n: number): void {
  const { book, rules, desired, acted, own } = turn
  const i = own + n
  const held = book.quantity[i]
  const bars = turn.tape.bars[turn.cell + turn.symbols + n]
  const keepsSide = desired[n] === 0 ? held === 0 : held > 0 === desired[n] > 0
  if (held !== 0 && bars - book.entryBar[i] >= rules.maxHoldBars && keepsSide) {
    desired[n] = 0
    turn.kinds[n] = 'max-hold'
    acted[n] |= TRACE['max-hold']
    return
  }
  if (held === 0 && desired[n] !== 0 && rules.reentryNeedsChange && book.lockedSide[i] !== 0) {
    desired[n] = 0
    acted[n] |= TRACE.reentry
  }
  const enters = desired[n] !== 0 && (held === 0 || !keepsSide)
  const closesSinceExit = held === 0 ? bars - book.exitBar[i] : 0
  if (enters && closesSinceExit < rules.cooldownBars) {
    desired[n] = 0
    acted[n] |= TRACE.cooldown
  }
  const reduces = held > 0 ? desired[n] < held : desired[n] > held
  if (held !== 0 && reduces && bars - book.entryBar[i] < rules.minHoldBars) {
    desired[n] = held
    acted[n] |= TRACE['min-hold']
  }
}

/** A veto allows no increase: a flip goes to zero only. */
function obeyVeto(turn: Turn, n: number): void {
  const { rules, desired, acted } = turn
  if (rules.pattern < 0 || turn.block.patterns[rules.pattern].veto[turn.cell + n] === 0) return
  const held = turn.book.quantity[turn.own + n]
  const flips = desired[n] > 0 ? held < 0 : desired[n] < 0 && held > 0
  if (!flips && Math.abs(desired[n]) <= Math.abs(held)) return
  desired[n] = flips ? 0 : held
  acted[n] |= TRACE.veto
  turn.book.sums.vetoedCount[turn.portfolio] += 1
}
