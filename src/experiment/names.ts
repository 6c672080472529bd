import { nearestName } from '../features/params.ts'

/** What the user may call things: safe in identifiers such as `trend[fast=10,slow=50]` and in globs. */
export const NAME_PATTERN = /^[A-Za-z_][A-Za-z0-9_.-]*$/

const LISTED = 12

/** A value of a grid, as YAML can say it. */
export type Scalar = number | string | boolean | null

/** What to say about an unknown name: the nearest one, or else the first that are known. */
export function nameHint(name: string, candidates: readonly string[]): string {
  const nearest = nearestName(name, candidates)
  if (nearest !== undefined) return `did you mean \`${nearest}\`?`
  if (candidates.length === 0) return 'there is none to choose from'
  const more = candidates.length > LISTED ? ` and ${candidates.length - LISTED} more` : ''
  return `known: ${candidates.slice(0, LISTED).join(', ')}${more}`
}

/** A grid value inside a name: text that could be mistaken for something else is quoted. */
export function scalarLabel(value: Scalar): string {
  if (typeof value !== 'string') return String(value)
  return /^[A-Za-z_][A-Za-z0-9_./-]*$/.test(value) && !['null', 'true', 'false'].includes(value) ? value : JSON.stringify(value)
}

/** `[fast=10,slow=50]`, or nothing when there are no parameters. */
export function parameterLabel(parameters: Readonly<Record<string, Scalar>>): string {
  let members = ''
  for (const name of Object.keys(parameters)) members += `${members === '' ? '' : ','}${name}=${scalarLabel(parameters[name])}`
  return members === '' ? '' : `[${members}]`
}
