/** Patterns for names: `*` is any text, `?` any one character, `{a,b}` one of several. */

const WILD = /[*?]/

/**
 * What the braces of a pattern stand for, in their order: `{a,b}*` is `a*` and `b*`. They may be nested; a comma inside
 * `[…]` belongs to the name. Braces that do not close, or name no choice, mean themselves.
 */
export function expandBraces(pattern: string): string[] {
  for (let start = pattern.indexOf('{'); start >= 0; start = pattern.indexOf('{', start + 1)) {
    const group = choicesFrom(pattern, start)
    if (group === undefined) continue
    const [before, after] = [pattern.slice(0, start), pattern.slice(group.end)]
    return [...new Set(group.choices.flatMap((choice) => expandBraces(`${before}${choice}${after}`)))]
  }
  return [pattern]
}

/** The choices of the brace at `start`, and where the pattern goes on; undefined when it is no group. */
function choicesFrom(pattern: string, start: number): { readonly choices: readonly string[]; readonly end: number } | undefined {
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
    if (ends) return choices.length > 1 ? { choices, end: from } : undefined
  }
  return undefined
}

/** Whether a pattern may mean several names. */
export function isGlob(pattern: string): boolean {
  return WILD.test(pattern) || expandBraces(pattern).length > 1
}

/** Only `*`, `?` and braces are special, so `trend[fast=10,*]` means what it says. */
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
