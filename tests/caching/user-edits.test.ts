import { cpSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { scratchFolder } from '../store/scratch.ts'
import { baseExperiment, dependantsOf, MADE_FROM, Workbench, type Experiment } from './workbench.ts'

const root = scratchFolder('caching')
let checked = 0
let bench: Workbench

/** A store in which the base experiment has been run, copied for each test. */
const base = new Workbench(join(root, 'base'))
beforeAll(async () => {
  const { made } = await base.run()
  expect(made).toEqual(Object.keys(MADE_FROM).toSorted())
})
beforeEach(() => {
  bench = new Workbench(join(root, 'bench'))
  cpSync(base.folder, bench.folder, { recursive: true })
  return () => rmSync(bench.folder, { recursive: true })
})
afterAll(() => console.log(`caching: ${checked} edits of a user's files and settings, ${Object.keys(MADE_FROM).length} things made by each full run`))

const portfolios = Object.keys(MADE_FROM).filter((name) => /^(singles|strict\[|free)/.test(name))

function changed(change: (experiment: Experiment) => void): Experiment {
  const experiment = baseExperiment()
  change(experiment)
  return experiment
}

/** A run makes exactly these; the same run again makes nothing. */
async function expectMade(names: readonly string[], experiment: unknown = baseExperiment()): Promise<void> {
  checked++
  const first = await bench.run(experiment)
  expect(first.made).toEqual(names.toSorted())
  expect(first.newMetrics).toBe(names.some((name) => /^(singles|strict\[|free)/.test(name)))
  const again = await bench.run(experiment)
  expect([again.made, again.newMetrics]).toEqual([[], false])
}

describe('what has not changed is not made again', () => {
  it('nothing at all when nothing changed', () => expectMade([]))

  it('nothing for comments, white space and types', async () => {
    bench.edit('lib/levels.ts', 'export const HIGH = 65', '// seventy was too high\nexport const HIGH: number = 65')
    bench.edit('own-risk.ts', `name: 'own-risk',`, `/** halves */   name: 'own-risk',`)
    await expectMade([])
  })

  it('nothing for another name of the experiment, other limits, tags and batches', async () => {
    const experiment = changed((of) => Object.assign(of, { name: 'renamed', limits: { maxCombinations: 5000 } }))
    await expectMade([], { ...experiment, strategies: experiment.strategies.map((strategy) => ({ ...strategy, tags: ['mine'] })) })
    expect((await bench.run(experiment, { portfoliosPerBatch: 2 })).made).toEqual([])
  })
})

describe('what nobody reads is not made', () => {
  it('another strategy, ensemble and pattern that no portfolio leads to', () => expectMade([], changed((of) => {
    of.strategies.push({ name: 'unread', use: 'sma-cross', params: { slow: 40 }, grid: { fast: [30, 35] } })
    of.ensembles.push({ name: 'unheard', method: 'mean', members: ['unread*'] })
    Object.assign(of.risk.patterns, { spare: { book: { signals: ['unheard'] }, models: ['halved'] } })
  })))

  it('a model whose portfolio is gone, and what only that one read', async () => {
    const { made } = await new Workbench(join(bench.folder, 'fresh')).run(changed((of) => of.portfolios.pop()))
    const unread = ['committee', 'free', 'net', 'volatility(close,10)']
    expect(made).toEqual(Object.keys(MADE_FROM).filter((name) => !unread.includes(name)).toSorted())
  })
})

describe('an edited file', () => {
  it('of a strategy: its signal and what reads it', async () => {
    bench.edit('own.ts', '? -1 :', '? 0 :')
    await expectMade(dependantsOf('own'))
  })

  it('that a strategy imports, be it by another', async () => {
    bench.edit('lib/high.ts', 'strength >', 'strength >=')
    await expectMade(dependantsOf('own'))
    bench.edit('lib/levels.ts', '65', '70')
    await expectMade(dependantsOf('own'))
  })

  it('of a strategy, put back as it was: nothing', async () => {
    bench.edit('other.ts', 'close[n] > open[n]', 'close[n] < open[n]')
    await expectMade(dependantsOf('other'))
    bench.edit('other.ts', 'close[n] < open[n]', 'close[n] > open[n]')
    await expectMade([])
  })

  it('of a strategy that now reads another feature: that feature too, and no other', async () => {
    bench.edit('own.ts', `momentum('close', 5)`, `momentum('close', 6)`)
    await expectMade(['momentum(close,6)', ...dependantsOf('own')])
  })

  it('of a risk model, or one it imports: its decisions and the portfolios of its pattern', async () => {
    bench.edit('own-risk.ts', 'half(params.whole)', 'half(half(params.whole))')
    await expectMade(dependantsOf('strict/halved'))
    bench.edit('lib/half.ts', '/ 2', '* 0.25')
    await expectMade(dependantsOf('strict/halved'))
  })

  it('of a model: its predictions and what reads them', async () => {
    const bytes = readFileSync(join(bench.folder, 'net.onnx'))
    bytes.writeFloatLE(7, bytes.indexOf(Buffer.from(Float32Array.of(6).buffer)))
    bench.write('net.onnx', bytes)
    await expectMade(dependantsOf('net'))
  })

  it('of market data: everything', async () => {
    const lines = readFileSync(join(bench.folder, 'data/BBB.csv'), 'utf8').split('\n')
    bench.write('data/BBB.csv', lines.slice(0, -2).join('\n'))
    await expectMade(Object.keys(MADE_FROM))
  })
})

describe('a changed setting', () => {
  it('of the market: everything', () => expectMade(Object.keys(MADE_FROM), changed((of) => {
    of.market.from = '2020-03-02'
  })))

  it('a wider strategy grid: the new instance, its feature, and what reads the new signal', async () => {
    const experiment = changed((of) => {
      of.strategies[0].grid = { fast: [3, 4, 5] }
      // by name, so that the instance is new to nothing else
      of.ensembles[0].members = ['trend[fast=3]', 'trend[fast=5]', 'own']
      of.risk.patterns.default.book.signals = ['trend[fast=3]', 'trend[fast=5]']
    })
    await expectMade(['sma(close,4)', 'trend[fast=4]', 'singles[trend[fast=4]][threshold=0]', 'singles[trend[fast=4]][threshold=0.02]'], experiment)
  })

  it('a wider grid whose ensemble and book take the new instance in: those and theirs as well', async () => {
    const fresh = ['sma(close,4)', 'trend[fast=4]', 'singles[trend[fast=4]][threshold=0]', 'singles[trend[fast=4]][threshold=0.02]']
    const experiment = changed((of) => {
      of.strategies[0].grid = { fast: [3, 4, 5] }
    })
    await expectMade([...fresh, ...dependantsOf('committee', 'default/var')], experiment)
  })

  it('a narrower grid: nothing but what combined all of it', () => expectMade(
    ['committee', 'default/var', 'free', 'singles[trend[fast=3]][threshold=0]', 'singles[trend[fast=3]][threshold=0.02]'],
    changed((of) => {
      of.strategies[0].grid = { fast: [3] }
    }),
  ))

  it('a fixed parameter of a strategy: its instances', () => expectMade(
    ['sma(close,13)', ...dependantsOf('trend[fast=3]', 'trend[fast=5]')],
    changed((of) => {
      of.strategies[0].params = { slow: 13 }
    }),
  ))

  it('a parameter of a strategy that none of its features has: its signal and what reads it', () => expectMade(
    dependantsOf('own'),
    changed((of) => {
      of.strategies[1].params = { period: 7, least: 0.01 }
    }),
  ))

  it('a parameter that is stated as the default it had: nothing', () => expectMade([], changed((of) => {
    of.strategies[1].params = { period: 7, least: 0 }
  })))

  it('of a model, its features or its mapping to a signal: its predictions and what reads them', async () => {
    await expectMade(dependantsOf('net'), changed((of) => {
      of.models[0].signal.scale = 3
    }))
    await expectMade(['volatility(close,11)', ...dependantsOf('net')], changed((of) => {
      of.models[0].features[1] = 'volatility(close,11)'
    }))
  })

  it('the limit of the VaR model: that risk model and the portfolios of its pattern', () => expectMade(
    dependantsOf('default/var'),
    changed((of) => {
      of.risk.models[0].params = { limit: 0.02, window: 15 }
    }),
  ))

  it('another risk model for a pattern: its decisions and the pattern’s portfolios', () => expectMade(
    ['default/halved', ...dependantsOf('default/var').filter((name) => name !== 'default/var')],
    changed((of) => {
      of.risk.patterns.default.models = ['halved']
    }),
  ))

  it('a parameter of some portfolios: stage 4 alone, and only those', async () => {
    await expectMade(
      ['singles[trend[fast=3]][threshold=0.05]', 'singles[trend[fast=5]][threshold=0.05]'],
      changed((of) => {
        of.portfolios[0].grid = { threshold: [0, 0.05] }
      }),
    )
    await expectMade(['strict[other]', 'strict[own]'], changed((of) => {
      Object.assign(of.portfolios[1], { longOnly: true })
    }))
  })

  it('the costs: every portfolio and nothing before', () => expectMade(portfolios, changed((of) => {
    of.costs.feeBps = 6
  })))

  it('what is recorded: every portfolio and nothing before', () => expectMade(portfolios, changed((of) => {
    of.record = 'all'
  })))
})

describe('a changed metric profile', () => {
  const withProfile = (profile: unknown) => changed((of) => {
    of.metrics.profile = profile
  })

  it.each([
    { ddof: 0 }, { periodsPerYear: 260 }, { firstReturn: 'excluded' }, { annualisation: 'geometric' }, { extends: 'backtesting.py' },
  ])('%j: no portfolio, only the table of metrics', async (profile) => {
    checked++
    const { made, newMetrics } = await bench.run(withProfile(profile))
    expect([made, newMetrics]).toEqual([[], true])
  })

  it.each([{ basis: 'bar' }, { riskFreeRate: 0.02 }])('%j, which the stored sums depend on: every portfolio', (profile) =>
    expectMade(portfolios, withProfile(profile)))

  it('geometric with a risk-free rate measures shortfalls from 0 and so reads the sums of no rate; arithmetic ones depend on it', async () => {
    checked++
    await bench.run(withProfile({ riskFreeRate: 0.02 }))
    const { made } = await bench.run(withProfile({ riskFreeRate: 0.02, annualisation: 'geometric' }))
    // those of the base experiment, whose required return is 0 as well
    expect(made).toEqual([])
    const other = await bench.run(withProfile({ riskFreeRate: 0.02, periodsPerYear: 260 }))
    expect(other.made).toEqual(portfolios.toSorted())
  })
})
