import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { METRIC_PROFILES } from '../../src/domain/profile.ts'
import { loadExperiment } from '../../src/experiment/load.ts'
import { loadModule } from '../../src/experiment/modules.ts'
import { portfolioCount } from '../../src/experiment/portfolios.ts'
import { signalNames } from '../../src/experiment/signals.ts'
import { features } from '../../src/features/registry.ts'
import { memorySettings } from '../../src/market/memory.ts'
import { marketSources } from '../../src/market/registry.ts'
import { riskModels } from '../../src/risk/registry.ts'
import { strategies } from '../../src/strategies/registry.ts'
import { createStrategyStep } from '../../src/strategies/strategy-step.ts'
import type { StrategyDefinition } from '../../src/strategies/strategy.ts'
import { sources } from '../experiment/fixture.ts'
import { codeOf, fencesOf, readPage, repository, tableOf } from './markdown.ts'

const readme = readPage('README.md')
const WORDS = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven', 'twelve', 'thirteen', 'fourteen', 'fifteen', 'sixteen']

describe('figures of README.md', () => {
  it('are those of the quickstart', async () => {
    const quickstart = await loadExperiment(join(repository, 'examples/quickstart.yaml'), { sources })
    const [, signals, portfolios] = /(\d+) signals, ([\d,]+) portfolios/.exec(readme) ?? []
    expect(Number(signals)).toBe(signalNames(quickstart).length)
    expect(Number(portfolios.replace(',', ''))).toBe(portfolioCount(quickstart))
  })

  it('are those of the code', () => {
    const { engines } = JSON.parse(readPage('package.json')) as { engines: { node: string } }
    expect(engines.node).toBe(`>=${/Node (\d+\.\d+) or newer/.exec(readme)?.[1]}`)
    const here = readme.slice(readme.indexOf('## What is here'))
    const counted = (what: string) => WORDS.indexOf((new RegExp(`(\\w+)\\s+${what}`).exec(here)?.[1] ?? '').toLowerCase())
    expect(counted('features')).toBe(Object.keys(features).length)
    expect(counted('strategies')).toBe(Object.keys(strategies).length)
    expect(codeOf(here).filter((code) => code in METRIC_PROFILES)).toEqual(Object.keys(METRIC_PROFILES))
    expect(Object.keys(marketSources).toSorted()).toEqual(['csv', 'synthetic'])
    expect(Object.keys(riskModels).toSorted()).toEqual(['limits', 'minimum-variance', 'var-limit'])
  })
})

describe("README.md's strategy", () => {
  const [example] = fencesOf(readme).filter(({ language }) => language === 'ts')
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'millrace-readme-'))
    writeFileSync(join(folder, 'my-cross.ts'), example.text)
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('compiles under strict TypeScript', () => {
    const base = JSON.parse(readFileSync(join(repository, 'tsconfig.json'), 'utf8')) as { compilerOptions: object }
    const compilerOptions = {
      ...base.compilerOptions, types: ['node'], typeRoots: [join(repository, 'node_modules/@types')],
      paths: { millrace: [join(repository, 'src/api.ts')] },
    }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['my-cross.ts', 'wrong.ts'] }))
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
    // A mistake that has to be found shows that the compiler looked.
    writeFileSync(join(folder, 'wrong.ts'), example.text.replace('fast[n] >', 'fast >'))
    const compiler = join(repository, 'node_modules/typescript/bin/tsc')
    const done = spawnSync(process.execPath, [compiler, '-p', folder], { encoding: 'utf8' })
    const refused = done.stdout.split('\n').flatMap((line) => /(my-cross|wrong)\.ts\(/.exec(line)?.[1] ?? [])
    expect(refused).toEqual(['wrong'])
  })

  it('runs: long while the fast mean is above the slow one', async () => {
    const { exports } = await loadModule(join(folder, 'my-cross.ts'))
    const definition = exports.default as StrategyDefinition
    const { step, features: read } = createStrategyStep({ definition, params: { fast: 2, slow: 3 }, universe: ['ABC', 'XYZ'] })
    expect(read.map(({ expression }) => expression)).toEqual(['sma(close,2)', 'sma(close,3)'])
    const out = new Float64Array(2)
    step.step({ t: 0, closeTime: 0, sessionDate: 0 }, [Float64Array.of(11, 9), Float64Array.of(10, 10)], out)
    expect([...out]).toEqual([1, 0])
  })
})

describe('a sweep from a program', () => {
  const run = (example: string) => {
    const bars = `const days = Array.from({ length: 400 }, (_, i) => i + 1)
const closeTimes = days.map((day) => day * 86_400_000)
const close = days.map((day) => 100 + 20 * Math.sin(day / 30))
const [open, high, low, volume] = [close, close, close, days]
`
    const api = pathToFileURL(join(repository, 'dist/api.mjs')).href
    const program = bars + example.replace("'millrace'", JSON.stringify(api))
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' })
    expect(stderr).toBe('')
    return stdout
  }

  it('runs as README.md has it, and tells the best pair', () => {
    const [, example] = fencesOf(readme).filter(({ language }) => language === 'ts')
    expect(run(example.text)).toMatch(/^each\[cross\[fast=\d+,slow=\d+\]\] [\d.]+\n$/)
  })

  it('runs as docs/program.md has it, whose table has every column of bars', () => {
    const page = readPage('docs/program.md')
    const [example] = fencesOf(page).filter(({ language }) => language === 'ts')
    const lines = run(example.text).trim().split('\n')
    expect(lines).toHaveLength(6)
    for (const line of lines) expect(line).toMatch(/^each\[(cross\[fast=\d+,slow=\d+\])\] \1 -?[\d.]+ \d+$/)
    const columns = tableOf(page, { section: 'Bars', first: 'column' }).rows.flatMap(([names]) => codeOf(names))
    expect(columns.toSorted()).toEqual(Object.keys(memorySettings.shape.bars.valueType.shape).toSorted())
  })
})
