import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import { systemClock } from '../../src/base/clock.ts'
import { formatSessionDate } from '../../src/domain/timeline.ts'
import { syntheticSource } from '../../src/market/synthetic.ts'
import { syntheticSettings } from '../../src/market/synthetic-settings.ts'
import { repository } from './markdown.ts'

/** A folder in which the commands of the pages can be typed as they stand there. */
export interface Workspace {
  readonly folder: string
  /** Runs a line in a shell, `millrace` being this repository's. */
  type(line: string): { readonly status: number | null; readonly stdout: string; readonly stderr: string }
  remove(): void
}

/** examples/ as it ships, but with a small quickstart, and with bars in examples/data/. */
export async function makeWorkspace(): Promise<Workspace> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-docs-'))
  const examples = join(folder, 'examples')
  for (const name of ['bin', 'examples/data', 'examples/models']) mkdirSync(join(folder, name), { recursive: true })
  for (const name of ['own-csv.yaml', 'my-strategy.ts', 'walk-forward.yaml', 'models/forecaster.onnx']) {
    copyFileSync(join(repository, 'examples', name), join(examples, name))
  }
  writeFileSync(join(examples, 'quickstart.yaml'), smallQuickstart())
  await writeBars(join(examples, 'data'))
  const command = join(folder, 'bin/millrace')
  writeFileSync(command, `#!/bin/sh\nexec "${process.execPath}" "${join(repository, 'bin/millrace.mjs')}" "$@"\n`)
  chmodSync(command, 0o755)
  return {
    folder,
    type: (line) => spawnSync(line, {
      shell: true, cwd: folder, encoding: 'utf8', env: { ...process.env, PATH: `${join(folder, 'bin')}:${process.env.PATH}` },
    }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

interface Gridded {
  grid?: Record<string, unknown[] | object>
}

/** The quickstart with every name in it, but a smaller market and one value on each axis that lists some. */
function smallQuickstart(): string {
  const quickstart = parse(readFileSync(join(repository, 'examples/quickstart.yaml'), 'utf8')) as {
    market: object
    strategies: Gridded[]
    portfolios: Gridded[]
  }
  quickstart.market = { ...quickstart.market, symbols: 6, bars: 340 }
  for (const { grid = {} } of [...quickstart.strategies, ...quickstart.portfolios]) {
    for (const [axis, values] of Object.entries(grid)) if (Array.isArray(values)) grid[axis] = values.slice(0, 1)
  }
  return stringify(quickstart)
}

/** Daily bars of four symbols with splits and dividends, as a vendor would ship them. */
async function writeBars(folder: string): Promise<void> {
  const settings = syntheticSettings.parse({ symbols: 4, bars: 400, start: '2014-06-02' })
  const market = await syntheticSource.load(settings, { folder, clock: systemClock })
  const columns = ['open', 'high', 'low', 'close', 'volume', 'split', 'dividend'] as const
  market.instruments.forEach(({ symbol }, n) => {
    const lines = [...market.timeline.sessionDates].map((date, t) => {
      const values = columns.map((column) => market[column][t * market.instruments.length + n])
      return [formatSessionDate(date), ...values].join(',')
    })
    writeFileSync(join(folder, `${symbol}.csv`), `${['date', ...columns].join(',')}\n${lines.join('\n')}\n`)
  })
}
