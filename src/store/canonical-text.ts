import { canonicalJson } from '../base/hash.ts'

/** The canonical JSON text of a value, ending in a newline; NaN and infinities survive the round trip. */
export function toText(value: unknown): string {
  return `${canonicalJson(value)}\n`
}

/** Reads back what {@link toText} wrote. Throws SyntaxError where it is not JSON. */
export function fromText(text: string): unknown {
  return text.includes('"$number"') ? JSON.parse(text, reviveNumber) : JSON.parse(text)
}

function reviveNumber(_key: string, value: unknown): unknown {
  return typeof value === 'object' && value !== null && '$number' in value ? Number(value.$number) : value
}
