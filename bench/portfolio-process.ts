import { readFileSync } from 'node:fs'
import { systemClock } from '../src/base/clock.ts'
import { METRIC_FIELDS } from '../src/domain/metrics.ts'
import { findInstallation } from '../src/experiment/installation.ts'
import { resolveExperiment } from '../src/experiment/resolve.ts'
import { strategyInstances } from '../src/experiment/signals.ts'
import { marketSources } from '../src/market/registry.ts'
import { sweepBatch } from '../src/sweep/sweep-batch.ts'

/** What a process with one portfolio is asked, and what it answers when it is done; then it waits to be ended. */
export interface PortfolioJob {
  /** An experiment as JSON. */
  readonly file: string
  /** Which of its portfolios. */
  readonly index: number
}

export interface PortfolioAnswer {
  /** By METRIC_FIELDS. */
  readonly figures: readonly number[]
  /** Of the whole process. */
  readonly cpuSeconds: number
}

// A listener that stays keeps the process: it must not end before its answer is read and its memory counted.
process.on('message', (job: PortfolioJob) => void serve(job))

/** Its own market, features, signals and kernel. */
async function serve({ file, index }: PortfolioJob): Promise<void> {
  const folder = process.cwd()
  const experiment = await resolveExperiment(JSON.parse(readFileSync(file, 'utf8')), { folder, sources: findInstallation().sources })
  const market = await marketSources[experiment.market.source].source.load(experiment.market.settings, { folder, clock: systemClock })
  const instances = new Map(Array.from(strategyInstances(experiment), (instance) => [instance.id, instance]))
  const instance = (id: string) => instances.get(id) ?? fail(id)
  const figures = await sweepBatch({ market, experiment, from: index, to: index + 1, instance }, () => undefined)
  const { user, system } = process.cpuUsage()
  const answer: PortfolioAnswer = { figures: Array.from(figures.subarray(0, METRIC_FIELDS.length)), cpuSeconds: (user + system) / 1e6 }
  process.send?.(answer)
}

function fail(id: string): never {
  throw new Error(`${id} is no strategy instance`)
}
