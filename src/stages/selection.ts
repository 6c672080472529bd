import { MillraceError } from '../base/errors.ts'
import type { Metrics } from '../domain/metrics.ts'
import { selectByMetric, type SelectPortfolio } from '../domain/walk-forward.ts'
import type { WalkForwardGroup } from '../experiment/experiment.ts'
import { loadModule } from '../experiment/modules.ts'
import { portfolioLabelAt } from '../experiment/portfolios.ts'

/** What a window's training led to. */
export interface Selected {
  readonly ordinal: number | null
  /** The figure that was selected by; NaN where a function selected, or nothing was. */
  readonly figure: number
  /** Why nothing was selected; else empty. */
  readonly note: string
}

export type Selection = (window: number, trained: readonly Metrics[]) => Selected

/**
 * A group's way to choose from the candidates' training metrics, in their order.
 * @throws MillraceError MODULE_INVALID when the experiment's module is no longer the one the run was planned with
 */
export async function createSelection(group: WalkForwardGroup): Promise<Selection> {
  const rule = group.select
  if ('by' in rule) {
    return (_, trained) => {
      const ordinal = selectByMetric(trained, rule)
      return ordinal === null ? { ordinal, figure: NaN, note: `no candidate has a ${rule.by}` } : { ordinal, figure: trained[ordinal][rule.by], note: '' }
    }
  }
  const select = await findFunction(rule)
  return (window, trained) => {
    const portfolios = trained.map((metrics, ordinal) => {
      const { id, parameters } = portfolioLabelAt({ portfolios: [group] }, ordinal)
      return { ordinal, metrics, id, parameters }
    })
    const ordinal: unknown = select({ window, portfolios })
    if (ordinal === null) return { ordinal, figure: NaN, note: 'select chose none' }
    if (typeof ordinal === 'number' && Number.isInteger(ordinal) && ordinal >= 0 && ordinal < trained.length) return { ordinal, figure: NaN, note: '' }
    throw new MillraceError({
      code: 'STEP_FAILED', message: `the selection of ${group.name} returned no candidate's ordinal in window ${window}`,
      where: rule.file, value: ordinal, hint: 'return the `ordinal` of one of table.portfolios, or null to stay out of the market',
    })
  }
}

async function findFunction({ file, sourceHash, path }: { readonly file: string; readonly sourceHash: string; readonly path: readonly (string | number)[] }): Promise<SelectPortfolio> {
  const module = await loadModule(file)
  if (module.sourceHash !== sourceHash) {
    throw new MillraceError({
      code: 'MODULE_INVALID', message: 'the file, or one it imports, was changed while the run was under way',
      where: file, hint: 'run the experiment again; what the change does not touch is not made again',
    })
  }
  return path.reduce<unknown>((at, key) => (at as Record<string | number, unknown>)[key], module.exports.default) as SelectPortfolio
}
