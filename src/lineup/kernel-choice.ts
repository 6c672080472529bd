import { portfolioAt, portfolioCount } from '../experiment/portfolios.ts'
import type { PortfolioGroup, ResolvedExperiment } from '../experiment/experiment.ts'
import { needsLongCells, whyNotVector } from '../kernel/vector-rules.ts'

/** Portfolios, or candidates of walk-forwards, that the reference kernel steps for one reason. */
export interface OnReference {
  readonly what: 'portfolio' | 'candidate'
  readonly reason: string
  readonly count: number
  /** Id of the first of them. */
  readonly first: string
}

/** Which kernel steps how many portfolios; `simd` counts candidates of walk-forwards, too. */
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
 * Which portfolios the SIMD kernel steps, and why the reference kernel steps the others: candidates of walk-forwards are
 * portfolios while they train; what trades their tests changes its rules on the way. Rules never depend on
 * which signal of `each` a portfolio follows, so one signal of a group stands for all.
 */
export function chooseKernels(
  { portfolios, walkForwards, patterns }: Pick<ResolvedExperiment, 'portfolios' | 'walkForwards' | 'patterns'>, market: { readonly barsOverlap: boolean },
): KernelChoice {
  const forAll = market.barsOverlap ? 'bars open before the one before has closed' : null
  const reference = new Map<string, OnReference>()
  let simd = 0
  const put = (some: Omit<OnReference, 'reason'>, reason: string | null): void => {
    if (reason === null) {
      simd += some.count
      return
    }
    const key = `${some.what} ${reason}`
    const { count, first } = reference.get(key) ?? { count: 0, first: some.first }
    reference.set(key, { what: some.what, reason, count: count + some.count, first })
  }
  const putGroup = (group: PortfolioGroup, what: OnReference['what']): void => {
    const signals = group.each?.length ?? 1
    const perSignal = signals === 0 ? 0 : group.count / signals
    for (let position = 0; position < perSignal; position++) {
      const config = portfolioAt({ portfolios: [group], patterns }, position)
      put({ what, count: signals, first: config.id }, forAll ?? whyNotVector(config))
    }
  }
  for (const group of portfolios) putGroup(group, 'portfolio')
  for (const group of walkForwards) putGroup(group, 'candidate')
  for (const { name } of walkForwards) put({ what: 'portfolio', count: 1, first: name }, 'parameters that change from window to window')
  return { simd, reference: [...reference.values()] }
}
