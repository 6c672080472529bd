import { expect } from 'vitest'
import { resolvedParts, withoutValue, withValue, type Raw } from './base-experiment.ts'

/** Fields that mean something only beside others: what stands there without and with them. */
const CONTEXT: Readonly<Record<string, { without: Raw; beside: Raw }>> = {
  'sizing.cashBuffer': { without: { sizing: { kind: 'allIn' } }, beside: { sizing: { kind: 'allIn' } } },
  'drawdownStop.resumeAfterBars': { without: { drawdownStop: 0.2 }, beside: { drawdownStop: { limit: 0.2 } } },
}

/** A field as a page names it. */
export interface StatedField {
  readonly field: string
  readonly stated: string
  readonly path: readonly string[]
  readonly base: Raw
}

/** Saying the default changes nothing. */
export async function expectDefault({ field, path, base }: StatedField, value: unknown): Promise<void> {
  const { without = {}, beside = {} } = CONTEXT[field] ?? {}
  const put = (raw: Raw, fields: Raw) => Object.entries(fields).reduce((under, [key, part]) => withValue(under, [...path, key], part), raw)
  const of = { whole: path[0] !== 'portfolios' }
  const bare = await resolvedParts(put(withoutValue(base, [...path, field]), without), of)
  expect(await resolvedParts(withValue(put(base, beside), [...path, ...field.split('.')], value), of)).toEqual(bare)
}
