import { portfolioAt, portfolioCount } from '../experiment/portfolios.ts'
import type { ResolvedExperiment } from '../experiment/experiment.ts'
import { needsLongCells, whyNotVector } from '../kernel/vector-rules.ts'

/** Portfolios that the reference kernel steps, for one reason. */
export interface OnReference {
  readonly reason: string
  readonly portfolios: number
  /** Id of the first of them. */
  readonly first: string
}

/** Which kernel steps how many portfolios. */
export interface KernelChoice {
  readonly simd: number
  readonly reference: readonly OnReference[]
}

/** What share of portfolios, 0..1, the reference kernel steps, and the SIMD kernel with the rules that remember more of a symbol. */
export interface KernelShares {
  readonly reference: number
  readonly long: number
}

/** Portfolios that {@link kernelShares} looks at: a prime, so that they do not keep step with a grid. */
const LOOKED_AT = 61

/** About what each kernel steps, from some of the portfolios. */
export function kernelShares(experiment: Pick<ResolvedExperiment, 'portfolios' | 'patterns'>): KernelShares {
  const count = portfolioCount(experiment)
  const length = Math.min(count, LOOKED_AT)
  const some = Array.from({ length }, (_, i) => portfolioAt(experiment, Math.floor((i * count) / length)))
  const vector = some.filter((config) => whyNotVector(config) === null)
  const share = (of: number): number => (some.length === 0 ? 0 : of / some.length)
  return { reference: share(some.length - vector.length), long: share(vector.filter(needsLongCells).length) }
}

/**
 * Which portfolios the SIMD kernel steps, and why the reference kernel steps the others. Rules never depend on
 * which signal of `each` a portfolio follows, so one signal of a group stands for all.
 */
export function chooseKernels(experiment: ResolvedExperiment, market: { readonly barsOverlap: boolean }): KernelChoice {
  const forAll = market.barsOverlap ? 'bars open before the one before has closed' : null
  const reference = new Map<string, OnReference>()
  let simd = 0
  let index = 0
  for (const group of experiment.portfolios) {
    const signals = group.each?.length ?? 1
    const perSignal = signals === 0 ? 0 : group.count / signals
    for (let position = 0; position < perSignal; position++) {
      const config = portfolioAt(experiment, index + position)
      const reason = forAll ?? whyNotVector(config)
      if (reason === null) {
        simd += signals
        continue
      }
      const { portfolios, first } = reference.get(reason) ?? { portfolios: 0, first: config.id }
      reference.set(reason, { reason, portfolios: portfolios + signals, first })
    }
    index += group.count
  }
  return { simd, reference: [...reference.values()] }
}
