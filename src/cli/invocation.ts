import { basename, relative } from 'node:path'

/** Options that every command has. */
export interface GlobalOptions {
  readonly store?: string
  readonly json?: boolean
}

/** A command as the user can type it here: with the program as it was called and the same store. */
export function commandText(words: readonly string[], options: Pick<GlobalOptions, 'store'>): string {
  const store = options.store === undefined ? [] : ['--store', options.store]
  return [programText(process.argv[1] ?? ''), ...[...words, ...store].map(quoted)].join(' ')
}

function programText(script: string): string {
  if (process.env.npm_command !== undefined) return 'npx millrace'
  if (!script.endsWith('.mjs')) return basename(script) || 'millrace'
  const fromHere = relative(process.cwd(), script)
  return `node ${quoted(fromHere.startsWith('..') ? script : fromHere)}`
}

/** Quoted for a POSIX shell where it has to be. */
export function quoted(word: string): string {
  return /^[\w.,:=/@%+~-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
