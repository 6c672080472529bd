import { portfolioAt, portfolioCount } from '../experiment/portfolios.ts'
import type { ResolvedExperiment } from '../experiment/experiment.ts'
import { barsOverlap, whyNotVector } from '../kernel/vector-rules.ts'

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

/** Portfolios that {@link referenceShare} looks at. */
const LOOKED_AT = 64

/** About what share of the portfolios the reference kernel steps, 0..1, from some of them. */
export function referenceShare(experiment: Pick<ResolvedExperiment, 'portfolios' | 'patterns' | 'record'>): number {
  if (experiment.record === 'all') return 1
  const count = portfolioCount(experiment)
  const some = Math.min(count, LOOKED_AT)
  const found = Array.from({ length: some }, (_, i) => whyNotVector(portfolioAt(experiment, Math.floor((i * count) / some)))).filter((reason) => reason !== null)
  return some === 0 ? 0 : found.length / some
}

/**
 * Which portfolios the SIMD kernel steps, and why the reference kernel steps the others. Rules never depend on
 * which signal of `each` a portfolio follows, so one signal of a group stands for all.
 */
export function chooseKernels(
  experiment: ResolvedExperiment, times: { readonly openTimes: Float64Array; readonly closeTimes: Float64Array },
): KernelChoice {
  const forAll = experiment.record === 'all' ? 'everything is recorded' : barsOverlap(times) ? 'bars open before the one before has closed' : null
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
