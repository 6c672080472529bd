import type { ZodType } from 'zod'
import type { $ZodIssue, $ZodRawIssue } from 'zod/v4/core'
import { nameHint } from './names.ts'
import type { ConfigPath, ConfigPlace, ConfigProblem } from './problems.ts'

const SEPARATOR = '\u0000'

/** Puts the names an object knows into the message of an unknown-key issue, where `explain` finds them. */
function knownKeys(issue: $ZodRawIssue): string | undefined {
  if (issue.code !== 'unrecognized_keys') return undefined
  const schema = issue.inst as { shape?: object } | undefined
  return Object.entries(schema?.shape ?? {}).flatMap(([key, inner]) => [key, ...innerKeys(inner).map((part) => `${key}.${part}`)]).join(SEPARATOR)
}

/** Keys of a section that may stand where `schema` is asked for. */
function innerKeys(schema: unknown): string[] {
  const { shape, def } = schema as { readonly shape?: object; readonly def?: { readonly innerType?: unknown; readonly options?: readonly unknown[] } }
  if (shape !== undefined) return Object.keys(shape)
  if (def?.innerType !== undefined) return innerKeys(def.innerType)
  return (def?.options ?? []).flatMap(innerKeys)
}

/** A key that belongs into a section beside it, or the nearest one here. */
function keyHint(key: string, known: readonly string[]): string {
  const nested = known.find((name) => name.endsWith(`.${key}`))
  return nested === undefined ? nameHint(key, known.filter((name) => !name.includes('.'))) : `did you mean \`${nested}\`?`
}

/** What a schema, ours or a step author's, makes of a value: the parsed value, or every problem with its path. */
export function parseWith<T>(schema: ZodType<T>, value: unknown): { readonly value: T } | { readonly problems: readonly ConfigProblem[] } {
  const parsed = schema.safeParse(value, { error: knownKeys })
  return parsed.success ? { value: parsed.data } : { problems: parsed.error.issues.flatMap((issue) => explain(issue, value)) }
}

/** Parses a part of the file; adds its problems with their paths below `path`. Undefined when there were any. */
export function validate<T>(schema: ZodType<T>, value: unknown, place: ConfigPlace): T | undefined {
  const parsed = parseWith(schema, value)
  if ('value' in parsed) return parsed.value
  for (const problem of parsed.problems) place.problems.add({ ...problem, path: [...place.path, ...problem.path] })
  return undefined
}

function valueAt(root: unknown, path: ConfigPath): unknown {
  let value = root
  for (const key of path) {
    if (value === null || typeof value !== 'object') return undefined
    value = (value as Record<string | number, unknown>)[key]
  }
  return value
}

function nameOfType(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a section'
  if (typeof value === 'number' && !Number.isInteger(value)) return Number.isFinite(value) ? 'a fraction' : String(value)
  return typeof value === 'string' ? 'text' : `a ${typeof value}`
}

const EXPECTED: Readonly<Record<string, string>> = {
  int: 'a whole number', number: 'a number', string: 'text', boolean: 'true or false', array: 'a list',
  object: 'a section', record: 'a section', null: 'null', nan: 'NaN',
}

function wrongType(path: ConfigPath, expected: string, value: unknown): ConfigProblem {
  const missing = `\`${path.at(-1) ?? 'the file'}\` is missing: expected ${expected}`
  const message = value === undefined ? missing : `expected ${expected}, found ${nameOfType(value)}`
  const percent = typeof value === 'string' && /^\s*[\d.]+\s*%\s*$/.test(value)
  return { code: 'CONFIG_TYPE', path, message, value, hint: percent ? 'percentages are written as fractions: 0.05 for 5 %' : undefined }
}

/** Whether a problem is a fraction, or something else, where a whole number belongs. */
export function wantsWholeNumber({ code, message }: ConfigProblem): boolean {
  return code === 'CONFIG_TYPE' && message.startsWith(`expected ${EXPECTED.int},`)
}

function wrongChoice(path: ConfigPath, choices: readonly unknown[], value: unknown): ConfigProblem {
  const names = choices.map(String)
  if (typeof value !== 'string') return wrongType(path, names.join(' | '), value)
  return { code: 'CONFIG_VALUE', path, message: `\`${value}\` is not one of ${names.join(', ')}`, value, hint: nameHint(value, names) }
}

function explain(issue: $ZodIssue, root: unknown, base: ConfigPath = []): ConfigProblem[] {
  const path = [...base, ...(issue.path as ConfigPath)]
  const value = valueAt(root, path)
  switch (issue.code) {
    case 'unrecognized_keys': {
      const known = issue.message === '' ? [] : issue.message.split(SEPARATOR)
      return issue.keys.map((key) => ({
        code: 'CONFIG_UNKNOWN', path: [...path, key], at: 'key', message: `unknown key \`${key}\``, value: key, hint: keyHint(key, known),
      }))
    }
    case 'invalid_type':
      return [wrongType(path, EXPECTED[issue.expected] ?? issue.expected, value)]
    case 'invalid_value':
      return [wrongChoice(path, issue.values, value)]
    case 'invalid_union':
      return explainUnion(issue, root, path)
    case 'too_small':
    case 'too_big':
      return [{ code: 'CONFIG_VALUE', path, value, ...outOfRange(issue) }]
    case 'custom': {
      const hint: unknown = issue.params?.hint
      return [{ code: 'CONFIG_VALUE', path, message: issue.message, value, hint: typeof hint === 'string' ? hint : undefined }]
    }
    default:
      return [{ code: 'CONFIG_VALUE', path, message: issue.message, value }]
  }
}

type RangeIssue = Extract<$ZodIssue, { code: 'too_small' | 'too_big' }>

function outOfRange(issue: RangeIssue): { message: string; hint?: string } {
  const small = issue.code === 'too_small'
  const bound = small ? issue.minimum : issue.maximum
  const words = issue.inclusive === false ? (small ? 'more than' : 'less than') : small ? 'at least' : 'at most'
  const [one, many] = issue.origin === 'array' ? [' entry', ' entries'] : issue.origin === 'string' ? [' character', ' characters'] : ['', '']
  const unit = Number(bound) === 1 ? one : many
  const hint = !small && bound === 1 && unit === '' ? 'this is a fraction: 0.05 is 5 %' : undefined
  return { message: `must be ${words} ${bound}${unit}`, hint }
}

function isOfOtherType(issue: $ZodIssue): boolean {
  return issue.path.length === 0 && (issue.code === 'invalid_type' || issue.code === 'invalid_value')
}

/** Of several ways to write a value, explains the one that was meant: the one that fits its type best. */
function explainUnion(issue: Extract<$ZodIssue, { code: 'invalid_union' }>, root: unknown, path: ConfigPath): ConfigProblem[] {
  const value = valueAt(root, path)
  const meant = issue.errors.filter((errors) => !errors.some(isOfOtherType)).toSorted((a, b) => a.length - b.length)
  if (meant.length > 0) return meant[0].flatMap((found) => explain(found, root, path))
  const flat = issue.errors.flat()
  const choices = flat.flatMap((found) => (found.code === 'invalid_value' ? [...found.values] : []))
  const types = flat.flatMap((found) => (found.code === 'invalid_type' ? [EXPECTED[found.expected] ?? found.expected] : []))
  if (choices.length > 0 && typeof value === 'string') return [wrongChoice(path, choices, value)]
  if (choices.length + types.length === 0) return [{ code: 'CONFIG_VALUE', path, message: issue.message, value }]
  return [wrongType(path, [...choices, ...types].map(String).join(' | '), value)]
}
