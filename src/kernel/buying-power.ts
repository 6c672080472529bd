import type { OrderOutcome } from '../domain/order.ts'
import { orderFee, reductionFee } from './fees.ts'
import type { Stage } from './fill-plan.ts'
import { cashNow } from './flows.ts'
import { toLots } from './lots.ts'
import { volumeLeft } from './turn.ts'
import type { Turn } from './turn.ts'

/** Relative slack of every limit, because signals are float32. */
export const LIMIT_SLACK = 1 + 1e-6

/**
 * Settles the planned increasing legs: `allIn` ones are sized, volume limits them, then buying power does:
 * Σ margin × |quantity| ≤ leverage × equity, at fill prices and after fees.
 */
export function sizeIncreases(turn: Turn, stage: Stage): void {
  valueAfterReductions(turn, stage)
  if (turn.rules.sizing === 'allIn') sizeAllIn(turn)
  if (turn.rules.participation !== Infinity) limitIncreases(turn)
  if (turn.rules.rejects) rejectWhatDoesNotFit(turn)
  else scaleToFit(turn)
}

/** Equity and used margin once every reducing leg is booked; symbols without a bar at their last close. */
function valueAfterReductions(turn: Turn, stage: Stage): void {
  const { plan, book, tape, own, cell, symbols, multipliers, margins } = turn
  const { open } = turn.block.market
  const values = [0, 0]
  const useds = [0, 0]
  let spent = 0
  let fees = 0
  let j = 0
  for (let n = 0; n < symbols; n++) {
    let quantity = book.quantity[own + n]
    if (j < plan.count && plan.symbol[j] === n) {
      if (plan.reduce[j] !== 0) {
        spent += plan.reduce[j] * (plan.reducePrice[j] * multipliers[n])
        if (plan.increase[j] === 0) fees += orderFee(turn, j)
        quantity += plan.reduce[j]
      }
      j++
    }
    const atOpen = stage === 'open' && tape.tradable[cell + n] === 1
    const unit = atOpen ? open[cell + n] * multipliers[n] : tape.unit[cell + symbols + n]
    const margin = margins[n]
    values[n & 1] += quantity * unit
    useds[n & 1] += Math.abs(quantity) * (margin === margin ? margin : unit)
  }
  plan.equity = cashNow(book, turn.portfolio) - spent - fees + (values[0] + values[1])
  plan.used = useds[0] + useds[1]
}

/** target × size × equity × (1 − buffer) / (price × M × (1 + fee)), less what is still held on that side. */
function sizeAllIn(turn: Turn): void {
  const { plan, rules, book, own } = turn
  let equity = plan.equity
  for (let j = 0; j < plan.count; j++) {
    if (plan.increase[j] !== 0 && plan.reduce[j] !== 0) equity -= reductionFee(turn, j)
  }
  const money = rules.size * equity * rules.investedShare
  for (let j = 0; j < plan.count; j++) {
    if (plan.increase[j] === plan.increase[j]) continue
    const n = plan.symbol[j]
    const target = book.orderTarget[own + n]
    const unit = plan.increasePrice[j] * turn.multipliers[n] * (1 + rules.feeRate)
    const held = book.quantity[own + n] + plan.reduce[j]
    const wanted = (target * money) / unit
    const missing = toLots(wanted, turn.lots[n]) - held
    const grows = target > 0 ? missing > 0 : missing < 0
    plan.increase[j] = grows ? missing : 0
    if (grows) continue
    plan.increases--
    if (plan.reduce[j] !== 0) {
      plan.equity -= orderFee(turn, j)
      continue
    }
    plan.rest[j] = target > 0 === wanted > held ? wanted - held : 0
    plan.outcome[j] = 'below one lot'
  }
}

/** Cuts the increasing leg of planned order j to `kept` units and says why. */
function cutIncrease(turn: Turn, j: number, cut: { kept: number; outcome: OrderOutcome }): void {
  const { plan } = turn
  plan.rest[j] += plan.increase[j] - cut.kept
  plan.increase[j] = cut.kept
  plan.outcome[j] = cut.outcome
  if (cut.kept === 0) plan.increases--
}

/** An order left with its reducing leg alone pays that leg's fee, which equity did not bear yet. */
function limitIncreases(turn: Turn): void {
  const { plan } = turn
  let fees = 0
  for (let j = 0; j < plan.count; j++) {
    const wanted = plan.increase[j]
    if (wanted === 0) continue
    const allowed = Math.max(0, volumeLeft(turn, plan.symbol[j]) - Math.abs(plan.reduce[j]))
    if (Math.abs(wanted) <= allowed) continue
    cutIncrease(turn, j, { kept: wanted > 0 ? allowed : 0 - allowed, outcome: 'limited: participation' })
    if (allowed === 0) fees += orderFee(turn, j)
  }
  plan.equity -= fees
}

/** Margin of the increasing leg of planned order j, at its fill price. */
function marginNeeded(turn: Turn, j: number): number {
  const { plan } = turn
  const n = plan.symbol[j]
  const margin = turn.margins[n]
  return Math.abs(plan.increase[j]) * (margin === margin ? margin : plan.increasePrice[j] * turn.multipliers[n])
}

/**
 * All increasing legs × one k = (leverage × equity − used − Σ fees) / Σ margin, in 0…1, then to lots. What is left within the
 * slack of the limit is nothing: k would be the rounding noise of sums, and a leg × k a fill of 1e-16 units.
 */
function scaleToFit(turn: Turn): void {
  const { plan, rules } = turn
  let needed = 0
  let fees = 0
  for (let j = 0; j < plan.count; j++) {
    if (plan.increase[j] === 0) continue
    needed += marginNeeded(turn, j)
    fees += orderFee(turn, j)
  }
  const allowed = rules.leverage * plan.equity
  const taken = plan.used + fees
  if (taken + needed <= allowed * LIMIT_SLACK) return
  const factor = taken * LIMIT_SLACK < allowed ? Math.min(1, (allowed - plan.used - fees) / needed) : 0
  for (let j = 0; j < plan.count; j++) {
    const wanted = plan.increase[j]
    if (wanted === 0) continue
    const kept = toLots(wanted * factor, turn.lots[plan.symbol[j]]) + 0
    if (kept !== wanted) cutIncrease(turn, j, { kept, outcome: 'scaled: buying power' })
  }
}

/** In symbol order, an increasing leg that no longer fits is refused whole; its reducing leg still pays its fee. */
function rejectWhatDoesNotFit(turn: Turn): void {
  const { plan, rules } = turn
  let taken = plan.used
  for (let j = 0; j < plan.count; j++) {
    if (plan.increase[j] === 0) continue
    const needed = marginNeeded(turn, j) + orderFee(turn, j)
    if (taken + needed <= rules.leverage * plan.equity * LIMIT_SLACK) {
      taken += needed
      continue
    }
    cutIncrease(turn, j, { kept: 0, outcome: 'refused: buying power' })
    plan.equity -= orderFee(turn, j)
  }
}
