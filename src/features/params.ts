import { closest, distance } from 'fastest-levenshtein'
import { z } from 'zod'
import type { ZodType } from 'zod'
import { MillraceError } from '../base/errors.ts'
import type { Problem } from '../base/errors.ts'

/** The candidate a person most likely meant by `name`, or undefined when none is near. */
export function nearestName(name: string, candidates: readonly string[]): string | undefined {
  if (candidates.length === 0) return undefined
  const nearest = closest(name.toLowerCase(), candidates.map((candidate) => candidate.toLowerCase()))
  if (distance(name.toLowerCase(), nearest) > Math.max(2, name.length / 2)) return undefined
  return candidates.find((candidate) => candidate.toLowerCase() === nearest)
}

/** `did you mean "sma"?`, or the list when nothing is near. */
export function nearestHint(name: string, candidates: readonly string[]): string {
  const nearest = nearestName(name, candidates)
  return nearest === undefined ? `one of: ${candidates.join(', ')}` : `did you mean "${nearest}"?`
}

/** Parameter names of a schema, in declared order. */
export function paramNames(schema: ZodType): readonly string[] {
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : []
}

/**
 * Checks parameters against their schema and fills in its defaults. Unknown keys are refused.
 * @throws MillraceError CONFIG_UNKNOWN, CONFIG_TYPE or CONFIG_VALUE with the path under `where`.
 */
export function parseParams<P>(schema: ZodType<P>, params: unknown, where: string): P {
  const problems: Problem[] = []
  if (schema instanceof z.ZodObject && typeof params === 'object' && params !== null) {
    const known = paramNames(schema)
    for (const [key, value] of Object.entries(params)) {
      if (known.includes(key)) continue
      const hint = known.length === 0 ? 'it takes no parameters' : nearestHint(key, known)
      problems.push({ code: 'CONFIG_UNKNOWN', message: `unknown parameter "${key}"`, where: `${where}.${key}`, value, hint })
    }
  }
  const parsed = schema.safeParse(params)
  for (const issue of parsed.error?.issues ?? []) problems.push(toProblem(issue, params, where))
  if (problems.length > 0) throw new MillraceError(problems)
  return parsed.data as P
}

function toProblem(issue: z.core.$ZodIssue, params: unknown, where: string): Problem {
  const value = issue.path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], params)
  return {
    code: issue.code === 'invalid_type' ? 'CONFIG_TYPE' : 'CONFIG_VALUE',
    message: issue.message,
    where: [where, ...issue.path.map(String)].join('.'),
    value,
    hint: 'give a value the message allows',
  }
}
