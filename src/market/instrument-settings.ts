import { z } from 'zod'
import { MillraceError } from '../base/errors.ts'
import type { Instrument } from '../domain/instrument.ts'

const currency = z.string().regex(/^[A-Z]{3}$/, 'expected an ISO 4217 code such as USD')

const instrument = z.strictObject({
  quoteCurrency: currency.optional(),
  lot: z.number().nonnegative().optional(),
  multiplier: z.number().positive().optional(),
  margin: z.number().positive().optional(),
})

/** Settings every source has: the account's currency and what is traded, by symbol; `'*'` speaks for all others. */
export const instrumentsSettings = {
  accountCurrency: currency.default('USD'),
  instruments: z.record(z.string(), instrument).default({}),
}

export interface InstrumentsSettings {
  readonly accountCurrency: string
  readonly instruments: Readonly<Record<string, z.output<typeof instrument>>>
}

/**
 * The instruments of `symbols`: quote currency the account's, lot 1, multiplier 1 and margin price × multiplier
 * unless the settings say otherwise, by symbol or for all (`'*'`).
 * @throws CONFIG_VALUE for a symbol the market does not have, MARKET_CURRENCY for a foreign quote currency.
 */
export function instrumentsOf(symbols: readonly string[], settings: InstrumentsSettings): Instrument[] {
  const unknown = Object.keys(settings.instruments).find((symbol) => symbol !== '*' && !symbols.includes(symbol))
  if (unknown !== undefined) {
    throw new MillraceError({ code: 'CONFIG_VALUE', message: `the market has no symbol ${unknown}`, where: `market.instruments.${unknown}`, value: unknown })
  }
  return symbols.map((symbol) => {
    const stated = { ...settings.instruments['*'], ...settings.instruments[symbol] }
    const quoteCurrency = stated.quoteCurrency ?? settings.accountCurrency
    if (quoteCurrency !== settings.accountCurrency) {
      throw new MillraceError({
        code: 'MARKET_CURRENCY', message: `${symbol} is quoted in ${quoteCurrency}, the account in ${settings.accountCurrency}`,
        where: `market.instruments.${symbol}.quoteCurrency`, value: quoteCurrency, hint: 'convert the prices, or give the account that currency',
      })
    }
    return { symbol, quoteCurrency, lot: stated.lot ?? 1, multiplier: stated.multiplier ?? 1, margin: stated.margin ?? null }
  })
}
