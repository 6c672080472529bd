import type { Explanation, ExplainedBar, FillLineage } from '../analysis/explain.ts'
import type { ExposureStep } from '../analysis/exposure-chain.ts'
import type { PortfolioConfig } from '../domain/portfolio.ts'
import { exact, exactFloat32 } from './figures.ts'
import { bookLine, changeOf, indent } from './explanation-parts.ts'
import { riskLines, signalLines } from './lineage-text.ts'

/** Why orders of a kind exist. */
const KINDS: Readonly<Record<Explanation['kind'], string>> = {
  target: 'the target decided at the close differs from what is held',
  cap: 'what was held was more than a cap allows',
  gross: 'the positions together were more than the gross limit allows',
  'drawdown-stop': 'the drawdown stop closed everything',
  ended: 'equity was gone: everything is closed',
  'max-hold': 'the position was held for as long as it may be',
  'stop-loss': 'the bar crossed the stop-loss',
  'take-profit': 'the bar crossed the take-profit',
  'trailing-stop': 'the bar crossed the trailing stop',
  'exit-rest': 'the rest of an exit that ran out of volume',
  delisting: 'the symbol was delisted',
  'split-cash': 'a split left a part that the lot cannot hold, which is paid in cash',
  'end-of-run': 'the run ends flat',
}

/** What a rule did to the quantity, for those that act after the target. */
const RULES: Readonly<Record<string, string>> = {
  'long-only': 'a negative target is flat in a long-only portfolio',
  cap: 'a cap cut the target', gross: 'the gross limit cut all targets',
  barrier: 'an earlier order of the symbol was still open, so none was added',
  schedule: 'not a bar of the schedule: the quantity stays',
  hold: 'hold: the event does not differ from the position, so it stays',
  lot: 'rounded toward zero to whole lots',
  'max-hold': 'held for the longest time allowed: out',
  reentry: 'after an exit the signal has to change before it may enter again',
  cooldown: 'too few closes since the last exit to enter',
  'min-hold': 'too few closes since the entry to reduce',
  veto: 'a veto allows no increase',
  'held-cap': 'the cap also binds what is held', 'held-gross': 'the gross limit also binds what is held',
  threshold: 'the change is worth less than the threshold', 'drawdown-stop': 'the drawdown stop is on: flat',
  ended: 'the portfolio has ended: flat', 'end-of-run': 'the last bar: no new orders',
}

/** The whole story of an order, top to bottom as it happened. */
export function formatExplanation(of: Explanation): string[] {
  return [
    `order ${of.orderKey}`,
    `  ${of.symbol}, ${of.kind}: ${KINDS[of.kind]}`,
    `  portfolio ${of.portfolio.id}, container ${of.portfolio.containerId}, run ${of.run}`,
    '  exposures are float32 shares of equity, money and quantities float64; every number has the digits that identify it',
    '',
    ...decisionLines(of),
    '',
    ...orderLines(of),
    ...of.fills.flatMap((fill) => ['', ...fillLines(fill, of)]),
    ...of.cancellations.flatMap(({ time, quantity, outcome }) => ['', `not filled at ${time}: ${quantity === null ? 'an order sized at the fill' : `${exact(quantity)} units`}, ${outcome}`]),
    ...(of.fills.length + of.cancellations.length === 0 ? ['', 'still waiting at the end of the data: the symbol had no bar after the decision'] : []),
  ]
}

function decisionLines(of: Explanation): string[] {
  const { decision, bar, portfolio } = of
  if (decision === null) {
    return [
      `in the bar of ${of.decidedTime}`,
      ...(bar === null ? [] : [`  bar: ${barText(bar)}`]),
      ...exitLines(of),
      `  book before the bar: ${bookLine(of.book)}`,
      ...(of.openedBy === null ? [] : [`  the position came from order ${of.openedBy}`]),
    ]
  }
  return [
    `decided at the close of ${of.decidedTime}, at ${of.symbol} ${exact(of.book.mark)}`,
    `  book: ${bookLine(of.book)}`,
    '',
    `1. ${portfolio.signals.length === 1 ? 'the signal' : `${portfolio.signals.length} signals, combined by ${portfolio.combine}`}`,
    ...decision.signals.flatMap(({ weight, lineage }) => indent(signalLines(lineage, portfolio.signals.length > 1 ? weight : undefined))),
    `  combined: ${exactFloat32(decision.trace.combined)}`,
    '',
    `2. risk${portfolio.riskPattern === null ? ': none' : `, pattern ${portfolio.riskPattern}`}`,
    ...decision.risk.flatMap((risk) => indent(riskLines(risk))),
    '',
    '3. from the combined signal to the target',
    ...decision.steps.map((step) => `  ${stepLine(step, portfolio)}`),
    `  target: ${exactFloat32(decision.trace.target)}`,
    '',
    '4. from the target to a quantity',
    ...sizingLines(of),
  ]
}

function barText(bar: ExplainedBar): string {
  const actions = [...(bar.split === 1 ? [] : [`, split ${exact(bar.split)}`]), ...(bar.dividend === 0 ? [] : [`, dividend ${exact(bar.dividend)}`])]
  return `open ${exact(bar.open)}, high ${exact(bar.high)}, low ${exact(bar.low)}, close ${exact(bar.close)}, volume ${exact(bar.volume)}${actions.join('')}`
}

function exitLines({ portfolio: { exits }, kind }: Explanation): string[] {
  if (kind === 'stop-loss') return [`  stop-loss: out when the price has lost ${exact(exits.stopLoss ?? NaN)} of the entry price`]
  if (kind === 'take-profit') return [`  take-profit: out when the price has gained ${exact(exits.takeProfit ?? NaN)} of the entry price`]
  if (kind === 'trailing-stop') return [`  trailing stop: out when the price has lost ${exact(exits.trailingStop ?? NaN)} of the best ${exits.trailFrom} since the entry`]
  return []
}

function stepLine(step: ExposureStep, portfolio: PortfolioConfig): string {
  const moved = `${exactFloat32(step.before)} → ${exactFloat32(step.after)}`
  const value = step.value === null ? '' : exactFloat32(step.value)
  const unchanged = Object.is(step.before, step.after) ? ' (changes nothing)' : ''
  switch (step.rule) {
    case 'allocation': {
      const why = { equal: `equal: 1 of ${step.of} symbols`, active: `active: 1 of ${step.of} targets`, signal: 'signal: as it is', weights: `weight by ${step.by}` }[portfolio.allocation]
      return `allocation   ${moved}   × ${value}, ${why}`
    }
    case 'scale': {
      const from = portfolio.riskTolerance === 0 ? '' : `, softened from ${value} by risk tolerance ${exact(portfolio.riskTolerance)}`
      return `scale        ${moved}   × ${exactFloat32(step.factor ?? NaN)} by ${step.by}${from}${unchanged}`
    }
    case 'long-only': return `long only    ${moved}   a negative target is read as flat`
    case 'cap': return `cap          ${moved}   at most ${value} by ${step.by}${unchanged}`
    case 'gross': {
      const factor = step.factor === 1 ? '' : `, so all × ${exactFloat32(step.factor ?? NaN)}`
      return `gross        ${moved}   at most ${value} by ${step.by}; together ${exactFloat32(step.of ?? NaN)}${factor}${unchanged}`
    }
    case 'veto': return `veto         ${moved}   by ${step.by}${Number.isNaN(step.value) ? ', which could not decide,' : ''}: no increase`
  }
}

function sizingLines({ decision, portfolio, book }: Explanation): string[] {
  if (decision === null) return []
  const { trace, sizing } = decision
  const lot = sizing.lot === 0 ? 'fractional' : `lots of ${exact(sizing.lot)}, toward zero`
  const money = sizing.money === null ? undefined : exact(sizing.money)
  const rule = {
    exposure: `target × ${exact('size' in portfolio.sizing ? portfolio.sizing.size : 1)} × equity ${exact(book.equity)} = target × ${money}, by ${exact(sizing.unit)} a unit, ${lot}`,
    fixedCash: `target × ${money}, by ${exact(sizing.unit)} a unit, ${lot}`,
    fixedQuantity: `target × the units of a full target, ${lot}`,
    allIn: `an estimate of target × ${money}, by ${exact(sizing.unit)} a unit with fees, ${lot}; sized at the fill`,
  }[portfolio.sizing.kind]
  return [
    `  ${portfolio.sizing.kind}: ${rule}`,
    `  wanted: ${exact(trace.desiredQuantity)}, held: ${exact(trace.heldQuantity)}`,
    ...trace.rules.filter((name) => Object.hasOwn(RULES, name)).map((name) => `  ${name}: ${RULES[name]}`),
  ]
}

function orderLines({ order, decision, kind }: Explanation): string[] {
  if (order === null) return ['order: none was recorded']
  if (order.quantity === null) return [`order: ${kind}, exposure ${exactFloat32(order.target ?? NaN)}, sized at the fill`]
  const difference = decision === null ? '' : ` (${exact(decision.trace.desiredQuantity)} − ${exact(decision.trace.heldQuantity)})`
  return [`order: ${order.quantity > 0 ? 'buy' : 'sell'} ${exact(Math.abs(order.quantity))}${difference}`]
}

function fillLines(fill: FillLineage, of: Explanation): string[] {
  const multiplier = of.multiplier === 1 ? '' : ` × multiplier ${exact(of.multiplier)}`
  return [
    `filled in the bar of ${fill.bar.time}: ${fill.quantity > 0 ? 'bought' : 'sold'} ${exact(Math.abs(fill.quantity))} at ${exact(fill.price)}, which ${fill.leg}s the position`,
    `  price: ${priceText(fill, of)}`,
    `  fee: ${exact(fill.fee)}${fill.fee === 0 ? '' : ` (${feeText(of.portfolio)})`}`,
    `  cash: −(${exact(fill.quantity)} × ${exact(fill.price)}${multiplier}) − ${exact(fill.fee)} = ${exact(fill.cash)}`,
    `  book before: ${changeOf(fill.before)}`,
    `  book after:  ${changeOf(fill.after)}${fill.alone ? '' : '   (with everything else booked at that moment)'}`,
  ]
}

/** The price from where it starts, with every number it is made of. */
function priceText(fill: FillLineage, of: Explanation): string {
  const { origin, quantity } = fill
  const sign = quantity > 0 ? '+' : '−'
  const spread = origin.halfSpread === 0 ? '' : ` ${sign} half spread ${exact(origin.halfSpread)}`
  const slipped = ` × (1 ${sign} ${exact(origin.slippageBps)} bps)${spread}`
  switch (origin.from) {
    case 'stated': return 'as stated, without costs'
    case 'level': return `${levelText(fill, of)}${of.kind === 'take-profit' ? '; targets do not slip' : slipped}`
    case 'open':
      if (of.kind === 'split-cash') return 'the open, without costs'
      if (of.kind === 'take-profit') return `open ${exact(origin.base)}, beyond the level; targets do not slip`
      return `open ${exact(origin.base)}${origin.fraction === null ? '' : ', beyond the level,'}${slipped}`
    default: return `${origin.from.replace('-', ' ')} ${exact(origin.base)}${slipped}`
  }
}

function levelText({ origin: { base, reference, fraction }, before, quantity }: FillLineage, { kind, portfolio }: Explanation): string {
  const level = `level ${exact(base)}`
  if (reference === null || fraction === null) return level
  const isSold = quantity < 0
  const best = portfolio.exits.trailFrom === 'close' ? 'close' : isSold ? 'high' : 'low'
  const from = kind !== 'trailing-stop' || reference === before.entryPrice ? 'entry' : `best ${best}`
  const sign = (kind === 'take-profit') === isSold ? '+' : '−'
  return `${from} ${exact(reference)} × (1 ${sign} ${exact(fraction)}) = ${level}`
}

function feeText({ costs }: PortfolioConfig): string {
  const parts = [
    ...(costs.feeBps > 0 ? [`${exact(costs.feeBps)} bps of the value`] : []),
    ...(costs.feePerUnit > 0 ? [`${exact(costs.feePerUnit)} a unit`] : []),
    ...(costs.feeMinimum > 0 ? [`at least ${exact(costs.feeMinimum)}`] : []),
  ]
  return [...parts, 'once per order'].join(', ')
}

