import { hash } from 'node:crypto'

/** Lower-case hexadecimal SHA-256 of bytes or UTF-8 text. */
export function sha256(data: string | Uint8Array): string {
  return hash('sha256', data)
}

/**
 * One text for one value: object keys sorted, no white space, `undefined` members left out.
 * NaN and infinities are spelled (`"NaN"` would collide with the text, so they become `{"$number":…}`).
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return String(value === 0 ? 0 : value)
    return `{"$number":"${value}"}`
  }
  if (typeof value === 'object') {
    const known = constantTexts.get(value)
    if (known !== undefined) return known
    if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`
    const record = value as Record<string, unknown>
    let members = ''
    for (const key of sortedKeys(record)) {
      if (record[key] === undefined) continue
      members += `${members === '' ? '' : ','}${keyText(key)}:${canonicalJson(record[key])}`
    }
    return `{${members}}`
  }
  throw new Error(`a ${typeof value} has no canonical form`)
}

/** Canonical forms of values that never change: a sweep's portfolios share most of theirs. */
const constantTexts = new WeakMap<object, string>()

/** Declares that a value, and all in it, never changes: its canonical form is worked out once. */
export function asConstant<T extends object>(value: T): T {
  if (!constantTexts.has(value)) constantTexts.set(value, canonicalJson(value))
  return value
}

const LONGEST_SHAPE = 100
const MOST_SHAPES = 10_000

/** Orders of keys, by the keys as they stand; a key may hold any character, so they are compared one by one. */
const keyOrders = new Map<string, { readonly keys: readonly string[]; readonly sorted: readonly string[] }>()

function sortedKeys(record: object): readonly string[] {
  const keys = Object.keys(record)
  if (keys.length > LONGEST_SHAPE) return keys.toSorted()
  const written = keys.join('\0')
  const known = keyOrders.get(written)
  if (known !== undefined && known.keys.length === keys.length && keys.every((key, at) => key === known.keys[at])) return known.sorted
  const sorted = keys.toSorted()
  if (known === undefined && keyOrders.size < MOST_SHAPES) keyOrders.set(written, { keys, sorted })
  return sorted
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
