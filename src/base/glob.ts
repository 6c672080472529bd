import { MillraceError } from './errors.ts'

/** Patterns for names: `*` is any text, `?` any one character, `{a,b}` one of several. */

const WILD = /[*?]/

/** What the braces of one pattern may stand for at most: every further pair of them doubles it. */
const MOST_CHOICES = 10_000

/**
 * What the braces of a pattern stand for, in their order: `{a,b}*` is `a*` and `b*`. They may be nested; a comma inside
 * `[…]` belongs to the name. Braces that do not close, or name no choice, mean themselves.
 * @throws MillraceError CONFIG_VALUE, placed at `where`, for more than 10,000 choices
 */
export function expandBraces(pattern: string, where?: string): string[] {
  const expanded: string[] = []
  const pending = [pattern]
  for (let text = pending.pop(); text !== undefined; text = pending.pop()) {
    const group = firstGroup(text)
    if (group === undefined) expanded.push(text)
    else for (const choice of group.choices.toReversed()) pending.push(`${text.slice(0, group.start)}${choice}${text.slice(group.end)}`)
    if (expanded.length + pending.length > MOST_CHOICES) throw tooManyChoices(pattern, where)
  }
  return [...new Set(expanded)]
}

function tooManyChoices(pattern: string, where: string | undefined): MillraceError {
  return new MillraceError({
    code: 'CONFIG_VALUE',
    message: `the braces stand for more than ${MOST_CHOICES.toLocaleString('en-US')} names`,
    where,
    value: pattern,
    hint: 'put a `*` in place of some of them, or name fewer and add another pattern',
  })
}

interface Group {
  readonly choices: readonly string[]
  readonly start: number
  /** Where the pattern goes on. */
  readonly end: number
}

function firstGroup(pattern: string): Group | undefined {
  for (let start = pattern.indexOf('{'); start >= 0; start = pattern.indexOf('{', start + 1)) {
    const group = choicesFrom(pattern, start)
    if (group !== undefined) return group
  }
  return undefined
}

/** The brace at `start`; undefined when it is no group. */
function choicesFrom(pattern: string, start: number): Group | undefined {
  const choices: string[] = []
  let [braces, brackets, from] = [0, 0, start + 1]
  for (let at = start; at < pattern.length; at++) {
    const character = pattern[at]
    if (character === '{') braces++
    else if (character === '[') brackets++
    else if (character === ']') brackets = Math.max(0, brackets - 1)
    else if (character === '}') braces--
    const ends = braces === 0
    if (!ends && !(character === ',' && braces === 1 && brackets === 0)) continue
    choices.push(pattern.slice(from, at))
    from = at + 1
    if (ends) return choices.length > 1 ? { choices, start, end: from } : undefined
  }
  return undefined
}

/** Whether a pattern may mean several names. */
export function isGlob(pattern: string): boolean {
  return WILD.test(pattern) || firstGroup(pattern) !== undefined
}

/**
 * Only `*`, `?` and braces are special, so `trend[fast=10,*]` means what it says.
 * @throws MillraceError CONFIG_VALUE when its braces have more than 10,000 choices
 */
export function globMatcher(pattern: string): (name: string) => boolean {
  if (!isGlob(pattern)) return (name) => name === pattern
  const choices = expandBraces(pattern)
  return (name) => choices.some((choice) => matches(choice, name))
}

/** In steps of at most pattern times name: a `*` takes more only while what follows it fits nowhere, and no earlier one does then. */
function matches(pattern: string, name: string): boolean {
  let [at, reached, star, taken] = [0, 0, -1, 0]
  while (reached < name.length) {
    if (pattern[at] === '*') {
      star = at++
      taken = reached
    } else if (at < pattern.length && (pattern[at] === '?' || pattern[at] === name[reached])) {
      at++
      reached++
    } else if (star >= 0) {
      at = star + 1
      reached = ++taken
    } else return false
  }
  while (pattern[at] === '*') at++
  return at === pattern.length
}
