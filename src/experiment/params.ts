import { z, type ZodType } from 'zod'
import { canonicalJson } from '../base/hash.ts'
import { nameHint } from './names.ts'
import type { ConfigProblem } from './problems.ts'
import { parseWith } from './validation.ts'

/** What a step's schema adds to `params`: its defaults. Nothing when they do not fit it. */
export function paramDefaults(schema: ZodType, params: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const parsed = schema.safeParse(params)
  if (!parsed.success || parsed.data === null || typeof parsed.data !== 'object') return {}
  return Object.fromEntries(Object.entries(parsed.data).filter(([name]) => !Object.hasOwn(params, name)))
}

/**
 * What is wrong with a step's parameters, by its own schema. Unknown parameters are refused even where the
 * schema would drop them, and a schema may check and default but not change: parameters are identity.
 */
export function checkParams(schema: ZodType, params: Readonly<Record<string, unknown>>): readonly ConfigProblem[] {
  const parsed = parseWith(schema, params)
  const dropped = droppedNames(schema, params)
  if ('problems' in parsed) return [...dropped, ...parsed.problems]
  const result = parsed.value as Readonly<Record<string, unknown>>
  const isChanged = (name: string) => canonicalJson(result[name] ?? null) !== canonicalJson(params[name] ?? null)
  const changed = Object.keys(params).filter((name) => Object.hasOwn(result, name) && isChanged(name))
  return [
    ...dropped,
    ...changed.map((name): ConfigProblem => ({
      code: 'MODULE_INVALID', path: [name], value: params[name],
      message: `the schema turns \`${name}\` into something else, which would hide what was run`,
      hint: 'let the schema check and default; convert where the parameter is used',
    })),
  ]
}

/** Whether what a schema says to one parameter never depends on another. */
export function judgesEachAlone(schema: ZodType): boolean {
  return schema instanceof z.ZodObject && (schema.def.checks ?? []).length === 0
}

/** Parameters that a schema of neither strict nor loose kind would silently drop. */
function droppedNames(schema: ZodType, params: Readonly<Record<string, unknown>>): ConfigProblem[] {
  if (!(schema instanceof z.ZodObject) || schema.def.catchall !== undefined) return []
  const known = Object.keys(schema.shape)
  return Object.keys(params)
    .filter((name) => !known.includes(name))
    .map((name) => ({
      code: 'CONFIG_UNKNOWN', path: [name], at: 'key', value: name,
      message: `unknown parameter \`${name}\``, hint: nameHint(name, known),
    }))
}
