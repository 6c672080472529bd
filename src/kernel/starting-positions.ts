import { MillraceError } from '../base/errors.ts'
import type { Turn } from './turn.ts'

/**
 * In the first measured row a portfolio takes in the positions it starts with, entered at that row's close (a
 * symbol without a bar at its last close); starting equity is cash plus their value. Throws CONFIG_VALUE when
 * such a symbol has no price yet.
 */
export function takeStartingPositions(turn: Turn): void {
  const { rules, book, tape, own, cell, symbols } = turn
  for (let n = 0; n < symbols; n++) {
    const units = rules.positions[n]
    if (units === 0) continue
    const price = tape.mark[cell + symbols + n]
    if (price === 0) throw withoutPrice({ portfolio: rules.id, symbol: turn.names[n], units })
    const i = own + n
    book.quantity[i] = units
    book.positions[turn.portfolio] += 1
    book.entryPrice[i] = price
    book.levelPrice[i] = price
    book.bestPrice[i] = price
    book.entryRow[i] = turn.t
    book.entryBar[i] = tape.bars[cell + symbols + n]
    book.tradeCash[i] = -units * (price * turn.multipliers[n])
  }
}

/** CONFIG_VALUE: a starting position in a symbol that has had no bar. */
export function withoutPrice({ portfolio, symbol, units }: { portfolio: string; symbol: string; units: number }): MillraceError {
  return new MillraceError({
    code: 'CONFIG_VALUE',
    message: `portfolio ${portfolio} starts with ${symbol}, which has no bar up to the first row of the run`,
    where: `${portfolio}.positions.${symbol}`,
    value: units,
    hint: 'start the run later, or leave the position out',
  })
}
