import type { Fault } from './problem-list.ts'

/** One bar as read, in the units of the file. A reused scratch object: never kept. */
export interface Bar {
  open: number
  high: number
  low: number
  close: number
  volume: number
  split: number
  dividend: number
}

/** Which of a bar's values is wrong, and why. */
export interface BarFault extends Fault {
  readonly column: keyof Bar
}

/** How far, relative to the price, open and close may lie outside [low, high]: the noise of vendors' float arithmetic. */
export const PRICE_TOLERANCE = 1e-9

const ZERO_SPLIT_HINT = 'vendors that write 0 for no split usually publish adjusted prices: then say prices: adjusted'

function fault(column: keyof Bar, message: string, hint?: string): BarFault {
  return { code: 'CSV_BAR_INVALID', column, message, hint }
}

/**
 * What no bar can be: a price ≤ 0, high < low, open or close outside [low, high] by more than
 * {@link PRICE_TOLERANCE}, a negative volume, split or dividend, anything infinite. undefined when the bar is sound.
 */
export function barFault(bar: Bar): BarFault | undefined {
  const { open, high, low, close } = bar
  const slack = high * PRICE_TOLERANCE
  if (
    low > 0 && open > 0 && high > 0 && close > 0 && high < Infinity && high >= low - slack &&
    open <= high + slack && open >= low - slack && close <= high + slack && close >= low - slack &&
    bar.volume >= 0 && bar.volume < Infinity && bar.split > 0 && bar.split < Infinity && bar.dividend >= 0 && bar.dividend < Infinity
  ) return undefined
  return describe(bar, slack)
}

function describe(bar: Bar, slack: number): BarFault {
  // Last, what is worked out of the others where it is not given.
  for (const column of ['open', 'close', 'high', 'low'] as const) {
    if (!(bar[column] > 0)) return fault(column, `${column} is ${bar[column]}: a price must be above 0`)
  }
  for (const column of ['open', 'close', 'high', 'low', 'volume', 'split', 'dividend'] as const) {
    if (bar[column] === Infinity) return fault(column, `${column} is Infinity: it must be finite`, 'is it the quotient of a number and 0?')
  }
  if (bar.high < bar.low - slack) return fault('high', `high ${bar.high} is below low ${bar.low}`, 'are the columns in another order?')
  for (const column of ['open', 'close'] as const) {
    if (bar[column] > bar.high + slack) return fault(column, `${column} ${bar[column]} is above high ${bar.high}`)
    if (bar[column] < bar.low - slack) return fault(column, `${column} ${bar[column]} is below low ${bar.low}`)
  }
  if (!(bar.volume >= 0)) return fault('volume', `volume is ${bar.volume}: it cannot be negative`)
  if (!(bar.split > 0)) return fault('split', `split is ${bar.split}: it must be above 0 (1 = none)`, ZERO_SPLIT_HINT)
  return fault('dividend', `dividend is ${bar.dividend}: it cannot be negative`)
}
