import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { MillraceError, type Problem } from '../../src/base/errors.ts'
import { builtInCatalogue, type Catalogue } from '../../src/experiment/catalogue.ts'
import { parseYaml } from '../../src/experiment/document.ts'
import type { ResolvedExperiment } from '../../src/experiment/experiment.ts'
import { resolveExperiment } from '../../src/experiment/resolve.ts'

/** The built-in steps with a market whose settings these tests do not care for. */
export const catalogue: Catalogue = {
  ...builtInCatalogue,
  markets: new Map([['test', z.strictObject({ source: z.literal('test'), accountCurrency: z.string(), seed: z.int().default(1) })]]),
}

/** A hash for every built-in source, named after it. */
export const sources: Readonly<Record<string, string>> = Object.fromEntries(
  [...catalogue.strategies.values(), ...catalogue.riskModels.values()].map(({ source }) => [source, `hash of ${source}`]),
)

/** An experiment that is right; tests add to it or replace parts of it. */
export const SOUND = `
name: test
market: { source: test }
strategies:
  - { name: trend, use: sma-cross, grid: { fast: [5, 10], slow: { from: 20, to: 60, step: 20 } } }
defaults: { risk: none }
portfolios:
  - { name: singles, each: "trend*" }
`

export interface YamlOptions {
  readonly folder?: string
  readonly allowLarge?: boolean
}

export function resolveYaml(text: string, { folder = tmpdir(), allowLarge = false }: YamlOptions = {}): Promise<ResolvedExperiment> {
  const { value, locate } = parseYaml(text, 'test.yaml')
  return resolveExperiment(value, { folder, sources, catalogue, locate, allowLarge, overruledBy: '--allow-large' })
}

/** What a piece of work is refused for. */
export async function refusal(work: () => unknown): Promise<MillraceError> {
  try {
    await work()
  } catch (error) {
    if (error instanceof MillraceError) return error
    throw error
  }
  throw new Error('nothing was refused')
}

export async function problemsOf(text: string, options?: YamlOptions): Promise<readonly Problem[]> {
  return (await refusal(() => resolveYaml(text, options))).problems
}

/** A folder with these files; `remove` takes it away again. */
export function folderWith(files: Readonly<Record<string, string>>): { readonly folder: string; readonly remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-experiment-'))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

/** 1-based `line:column` of the first occurrence of `needle`. */
export function lineAndColumn(text: string, needle: string): string {
  const before = text.slice(0, text.indexOf(needle)).split('\n')
  return `${before.length}:${before[before.length - 1].length + 1}`
}
