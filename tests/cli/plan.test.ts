import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describePlan, formatPlan } from '../../src/cli/plan-text.ts'
import { REFERENCE_SLOWDOWN } from '../../src/stages/member-load.ts'
import { runInline, type InlineRun } from '../analysis/inline-run.ts'
import { openDesk, type Desk } from './command-line.ts'

const EXPERIMENT = {
  name: 'kernels',
  market: { source: 'synthetic', seed: 3, symbols: 3, bars: 120 },
  strategies: [{ name: 'trend', use: 'sma-cross', grid: { fast: [5, 10], slow: [20, 30] } }],
  defaults: { risk: 'none' },
  portfolios: [
    { name: 'plain', each: 'trend*' },
    { name: 'late', each: 'trend*', execution: 'next-close' },
  ],
}
const ROLLING = { name: 'rolling', each: 'trend*', execution: 'next-close', walkForward: { train: 60, test: 20 } }
const SLOWER = `on the reference kernel, where each takes some ${REFERENCE_SLOWDOWN} times as long`

let desk: Desk
let run: InlineRun

beforeAll(async () => {
  desk = openDesk()
  run = await runInline(EXPERIMENT)
})
afterAll(() => {
  desk.remove()
  run.remove()
})

describe('the plan’s kernel line', () => {
  it.each(['staged', 'lockstep'] as const)('names who is on the reference kernel, %s', (driver) => {
    const plan = describePlan(run.store, { experiment: run.setup.experiment, prepared: run.prepared, driver })
    expect(plan.kernels.simd).toBe(4)
    const line = `  kernel      4 portfolios ${SLOWER}: fills other than next-open (late[trend[fast=5,slow=20]], …)`
    expect(formatPlan(plan, { reasons: false })).toContain(line)
  })

  it('names what trades a walk-forward’s tests, and its candidates', async () => {
    desk.write('rolling.yaml', JSON.stringify({ ...EXPERIMENT, portfolios: [ROLLING] }))
    const { stdout } = await desk.type('plan', join(desk.folder, 'rolling.yaml'))
    expect(stdout).toContain(`
  kernel      4 candidates ${SLOWER}: fills other than next-open (rolling[trend[fast=5,slow=20]], …)
              1 portfolio ${SLOWER}: parameters that change from window to window (rolling)
`)
  })

  it('is left out where the SIMD kernel steps all', async () => {
    desk.write('plain.yaml', JSON.stringify({ ...EXPERIMENT, portfolios: EXPERIMENT.portfolios.slice(0, 1) }))
    expect((await desk.type('plan', join(desk.folder, 'plain.yaml'))).stdout).not.toMatch(/^ +kernel /m)
  })
})
