import { createHash } from 'node:crypto'

/** Lower-case hexadecimal SHA-256 of bytes or UTF-8 text. */
export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex')
}

/**
 * One text for one value: object keys sorted, no white space, `undefined` members left out.
 * NaN and infinities are spelled (`"NaN"` would collide with the text, so they become `{"$number":…}`).
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return JSON.stringify(value === 0 ? 0 : value)
    return `{"$number":"${value}"}`
  }
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`
  if (typeof value === 'object') {
    const record = value as Record<string, unknown>
    let members = ''
    for (const key of Object.keys(record).toSorted()) {
      if (record[key] === undefined) continue
      members += `${members === '' ? '' : ','}${keyText(key)}:${canonicalJson(record[key])}`
    }
    return `{${members}}`
  }
  throw new Error(`a ${typeof value} has no canonical form`)
}

/** Keys are few and come again and again: a sweep spells those of its portfolios thousands of times. */
const keyTexts = new Map<string, string>()

function keyText(key: string): string {
  let text = keyTexts.get(key)
  if (text === undefined) {
    text = JSON.stringify(key)
    if (keyTexts.size < 10_000) keyTexts.set(key, text)
  }
  return text
}

/** The address of whatever `value` determines: SHA-256 of its canonical form. */
export function addressOf(value: unknown): string {
  return sha256(canonicalJson(value))
}
