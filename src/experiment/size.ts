import { MillraceError, type Problem } from '../base/errors.ts'
import type { PlanLimits } from './experiment.ts'

/** What a plan multiplies to. Counts are bigints: mistakes are large. */
export interface PlanSize {
  readonly instances: bigint
  /** Strategy instances, models and ensembles. */
  readonly signals: bigint
  readonly portfolios: bigint
  readonly record: 'metrics' | 'all'
}

export interface MarketSize {
  readonly rows: number
  readonly symbols: number
}

/** Ten years of daily bars of 50 symbols: what figures are for while the market has not been read. */
export const NOMINAL_MARKET: MarketSize = { rows: 2_520, symbols: 50 }

/** Positions in a plan are Int32 in places; no flag allows more. */
export const MOST_COMBINATIONS = 2n ** 31n - 1n

const MIB = 1_048_576n
const SIGNAL_BYTES = 4n
/** Rows of a block of signals in a kernel's memory. */
const BLOCK_ROWS = 256n
/** A result with its name: in the coordinator, and in the metrics ledger. */
const RESULT_BYTES = 1_024n
/** A row of the equity ledger, compressed; and orders and fills at one in ten bars per symbol. */
const EQUITY_ROW_BYTES = 40n
const ORDERS_BYTES_PER_BAR = 10n

/** Bytes a plan needs: signals stored and results on disk; a block of every signal and the results in memory. */
export function estimatePlan(size: PlanSize, market: MarketSize): { readonly memoryMiB: number; readonly diskMiB: number } {
  const rows = BigInt(market.rows)
  const symbols = BigInt(market.symbols)
  const ledgers = size.record === 'all' ? rows * (EQUITY_ROW_BYTES + symbols * ORDERS_BYTES_PER_BAR) : 0n
  const disk = size.signals * rows * symbols * SIGNAL_BYTES + size.portfolios * (RESULT_BYTES + ledgers)
  const memory = size.signals * (rows < BLOCK_ROWS ? rows : BLOCK_ROWS) * symbols * SIGNAL_BYTES + size.portfolios * RESULT_BYTES
  return { memoryMiB: Number((memory + MIB - 1n) / MIB), diskMiB: Number((disk + MIB - 1n) / MIB) }
}

/**
 * Refuses a plan beyond its limits. Without `market` only combinations are judged, and the figures are those
 * of {@link NOMINAL_MARKET}.
 * @throws MillraceError PLAN_TOO_LARGE with count, memory, disk and what allows it
 */
export function checkPlanSize(size: PlanSize, of: { readonly limits: PlanLimits; readonly allowLarge: boolean; readonly market?: MarketSize }): void {
  const { limits, market = NOMINAL_MARKET } = of
  const { memoryMiB, diskMiB } = estimatePlan(size, market)
  const figures = `about ${formatMiB(memoryMiB)} of memory and ${formatMiB(diskMiB)} of disk for ${formatCount(market.rows)} bars of ${formatCount(market.symbols)} symbols`
  const problems: Problem[] = []
  const refuse = (message: string, where: string, value: number | string): void => {
    problems.push({ code: 'PLAN_TOO_LARGE', message: `${message}; ${figures}`, where, value, hint: `narrow the grids, raise ${where}, or pass --allow-large` })
  }
  for (const [what, where, count] of [['strategy instances', 'strategies', size.instances], ['portfolios', 'portfolios', size.portfolios]] as const) {
    if (count > MOST_COMBINATIONS) {
      problems.push({ code: 'PLAN_TOO_LARGE', message: `${formatCount(count)} ${what} are more than any plan can hold; ${figures}`, where, value: String(count), hint: 'narrow the grids' })
    } else if (!of.allowLarge && count > BigInt(limits.maxCombinations)) {
      refuse(`${formatCount(count)} ${what} are more than the ${formatCount(limits.maxCombinations)} allowed`, 'limits.maxCombinations', Number(count))
    }
  }
  if (of.market !== undefined && !of.allowLarge) {
    if (memoryMiB > limits.maxMemoryMiB) refuse(`the plan needs more memory than the ${formatMiB(limits.maxMemoryMiB)} allowed`, 'limits.maxMemoryMiB', memoryMiB)
    if (diskMiB > limits.maxDiskMiB) refuse(`the plan needs more disk than the ${formatMiB(limits.maxDiskMiB)} allowed`, 'limits.maxDiskMiB', diskMiB)
  }
  if (problems.length > 0) throw new MillraceError(problems)
}

function formatCount(count: number | bigint): string {
  return count.toLocaleString('en-US')
}

function formatMiB(mebibytes: number): string {
  return mebibytes < 1_024 ? `${formatCount(mebibytes)} MiB` : `${formatCount(Math.round(mebibytes / 102.4) / 10)} GiB`
}
