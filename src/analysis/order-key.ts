import { MillraceError } from '../base/errors.ts'
import { ORDER_KINDS, portfolioKey, type OrderKind } from '../domain/order.ts'
import type { PortfolioConfig } from '../domain/portfolio.ts'
import { portfolioAt, portfolioCount } from '../experiment/portfolios.ts'
import { stitchedIdentity } from '../stages/stitched-run.ts'
import type { OpenedRun } from './opened-run.ts'

/** The parts an order key is made of. */
export interface OrderKeyParts {
  readonly portfolioKey: string
  /** Milliseconds since the epoch. */
  readonly closeTime: number
  readonly symbol: string
  readonly kind: OrderKind
}

const SHAPE = /^([0-9a-f]{12})\.(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{3})?Z)\.(.+)\.([a-z-]+)$/

/** @throws MillraceError ORDER_NOT_FOUND when the text is no order key */
export function parseOrderKey(text: string): OrderKeyParts {
  const parts = SHAPE.exec(text)
  const closeTime = parts === null ? NaN : Date.parse(parts[2])
  const kind = ORDER_KINDS.find((candidate) => candidate === parts?.[4])
  if (parts === null || Number.isNaN(closeTime) || kind === undefined) {
    throw new MillraceError({
      code: 'ORDER_NOT_FOUND',
      message: 'this is not an order key',
      value: text,
      hint: 'a key looks like 0f3a9c2b7d11.2014-06-09T20:00:00Z.AAPL.target; `millrace replay RUN PORTFOLIO` lists them',
    })
  }
  return { portfolioKey: parts[1], closeTime, symbol: parts[3], kind }
}

/**
 * The portfolio of a run whose resolved configuration has this key.
 * @throws MillraceError ORDER_NOT_FOUND; USAGE for a walk-forward's, which has many configurations
 */
export function portfolioByKey(run: OpenedRun, key: OrderKeyParts): PortfolioConfig {
  const count = portfolioCount(run.experiment)
  for (let index = 0; index < count; index++) {
    const config = portfolioAt(run.experiment, index)
    if (portfolioKey(config) === key.portfolioKey) return config
  }
  const stitched = run.experiment.walkForwards.find((group) => portfolioKey(stitchedIdentity(group, run.experiment.patterns)) === key.portfolioKey)
  if (stitched !== undefined) {
    throw new MillraceError({
      code: 'USAGE',
      message: `the order is of the walk-forward ${stitched.name}, whose parameters change from window to window: only portfolios with one configuration are explained`,
      value: key.portfolioKey,
      hint: `\`millrace replay ${run.id} ${stitched.name}\` lists its orders; its windows stand in \`millrace sql ${run.id} "select * from windows"\``,
    })
  }
  throw new MillraceError({
    code: 'ORDER_NOT_FOUND',
    message: `no portfolio of run ${run.id} has the key ${key.portfolioKey}`,
    value: key.portfolioKey,
    hint: 'a key belongs to one resolved configuration, so to the run it came from; `millrace replay RUN PORTFOLIO` lists orders',
  })
}
