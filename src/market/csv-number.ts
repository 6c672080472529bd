/** A decimal number and nothing else: no empty text, no `NaN`, no `1,234.5`, no hexadecimal. */
const DECIMAL = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$/

const POWERS_OF_TEN = Array.from({ length: 16 }, (_, exponent) => 10 ** exponent)
/** Integers of so many digits, and so many powers of ten, are exact in float64. */
const EXACT_DIGITS = 15

/**
 * The float64 nearest to a decimal text, or NaN when the text is no finite decimal number. `Number` alone
 * would read '' as 0, `0x10` as 16 and `1e400` as Infinity.
 *
 * Short plain decimals, nearly all there are in a bar file, are one exact integer divided by one exact power of
 * ten, which rounds correctly (W. Clinger, "How to Read Floating Point Numbers Accurately", 1990).
 */
export function parseDecimal(text: string): number {
  const length = text.length
  let mantissa = 0
  let digits = 0
  let pointAt = -1
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i)
    if (code >= 48 && code <= 57) {
      mantissa = mantissa * 10 + (code - 48)
      digits++
    } else if (code === 46 && pointAt < 0) {
      pointAt = digits
    } else {
      return parseAnyDecimal(text)
    }
  }
  if (digits === 0 || digits > EXACT_DIGITS) return parseAnyDecimal(text)
  return pointAt < 0 ? mantissa : mantissa / POWERS_OF_TEN[digits - pointAt]
}

function parseAnyDecimal(text: string): number {
  const value = DECIMAL.test(text) ? Number(text) : NaN
  return Number.isFinite(value) ? value : NaN
}

/** What to do about a text that is no number, judged by its looks. */
export function numberHint(text: string): string {
  const bare = text.trim()
  if (bare === '') return 'the cell is empty: fill it or remove the row'
  if (/^[+-]?\d{1,3}([, ' ]\d{3})+(\.\d+)?$/.test(bare)) return 'write numbers without thousands separators'
  if (/^[+-]?\d+,\d+$/.test(bare)) return 'write a decimal point, not a comma'
  if (/^[$€£¥]|%$/.test(bare)) return 'write numbers without currency or percent signs'
  if (DECIMAL.test(bare)) return 'the number is too large for a float64'
  return 'expected a decimal number such as 1234.5: correct the cell or remove the row'
}
