/** What is traded. Quantities are in units of the instrument; money is in the account's currency. */
export interface Instrument {
  readonly symbol: string
  /** ISO 4217 code; one other than the account's is refused (MARKET_CURRENCY) until an FX panel converts it. */
  readonly quoteCurrency: string
  /** Smallest tradable quantity; 0 = fractional. */
  readonly lot: number
  /** Contract multiplier M: value = quantity × M × price. */
  readonly multiplier: number
  /** Margin m per unit in account currency; null = price × M. */
  readonly margin: number | null
}
