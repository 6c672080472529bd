import { describe, expect, it } from 'vitest'
import { portfolioAt, portfolioCount } from '../../src/experiment/portfolios.ts'
import { whyNotVector } from '../../src/kernel/vector-rules.ts'
import { chooseKernels, kernelShares } from '../../src/lineup/kernel-choice.ts'
import { resolveYaml, SOUND } from '../experiment/fixture.ts'

const APART = { barsOverlap: false }

describe('the choice of kernels', () => {
  it('names who stays on the reference kernel, how many, and why', async () => {
    const experiment = await resolveYaml(`${SOUND}  - name: sizes
    each: "trend*"
    grid: { sizing.kind: [exposure, allIn], execution.profile: [next-open, next-close, same-close], threshold: [0, 0.01] }
`)
    const { simd, reference } = chooseKernels(experiment, APART)
    expect(simd).toBe(6 + 6 * 4)
    expect(reference).toEqual([
      { what: 'portfolio', reason: 'fills other than next-open', count: 6 * 8, first: expect.stringContaining('next-close') },
    ])
    const reasons = Array.from({ length: portfolioCount(experiment) }, (_, i) => whyNotVector(portfolioAt(experiment, i)))
    for (const { reason, count } of reference) expect(reasons.filter((other) => other === reason)).toHaveLength(count)
    expect(reasons.filter((reason) => reason === null)).toHaveLength(simd)
  })

  it('is the same where everything is recorded', async () => {
    const recorded = await resolveYaml(`${SOUND}\nrecord: all\n`)
    expect(chooseKernels(recorded, APART)).toEqual({ simd: 6, reference: [] })
  })

  it('is told of a walk-forward’s candidates, and is the reference for what trades its tests', async () => {
    const walking = (name: string, execution: string) => `  - { name: ${name}, each: "trend*", execution: ${execution}, walkForward: { train: 60, test: 20 } }\n`
    const { simd, reference } = chooseKernels(await resolveYaml(`${SOUND}${walking('calm', 'next-open')}${walking('late', 'next-close')}`), APART)
    expect(simd).toBe(6 + 6)
    expect(reference).toEqual([
      { what: 'candidate', reason: 'fills other than next-open', count: 6, first: 'late[trend[fast=5,slow=20]]' },
      { what: 'portfolio', reason: 'parameters that change from window to window', count: 2, first: 'calm' },
    ])
  })

  it('is the reference for all where bars overlap', async () => {
    expect(chooseKernels(await resolveYaml(SOUND), { barsOverlap: true }).simd).toBe(0)
  })

  it('is told in shares from some of the portfolios', async () => {
    const experiment = await resolveYaml(`${SOUND}  - name: sizes
    each: "trend*"
    grid: { execution.profile: [next-open, next-close], exits.stopLoss: [null, 0.1], threshold: { from: 0, to: 0.99, step: 0.01 } }
`)
    const { reference, long } = kernelShares(experiment)
    expect(reference).toBeCloseTo(0.5, 1)
    expect(long).toBeCloseTo(0.25, 1)
    expect(kernelShares({ ...experiment, portfolios: [] })).toEqual({ reference: 0, long: 0 })
  })
})
