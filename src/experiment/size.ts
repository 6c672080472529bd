import { MillraceError, type Problem } from '../base/errors.ts'
import { PERFORMANCE_FIELDS } from '../domain/performance.ts'
import type { PlanLimits } from './experiment.ts'

/** What a plan multiplies to. Counts are bigints: mistakes are large. */
export interface PlanSize {
  readonly instances: bigint
  /** Strategy instances, models and ensembles. */
  readonly signals: bigint
  readonly portfolios: bigint
  /** Of walk-forwards, and how often they are trained: once in every window, as far as windows are known. */
  readonly candidates: bigint
  readonly trainings: bigint
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
/** What a portfolio adds in memory, measured at a million of them; and its sums and its row of the metrics on disk, measured at 20,000. */
const RESULT_MEMORY_BYTES = 224n
const RESULT_DISK_BYTES = 384n
/** What a training adds on disk: its sums. */
const TRAINING_BYTES = BigInt(PERFORMANCE_FIELDS.length) * 8n
/** A row of the equity ledger, compressed; and orders and fills at one in ten bars per symbol. */
const EQUITY_ROW_BYTES = 40n
const ORDERS_BYTES_PER_BAR = 10n

/** Bytes a plan needs: signals stored, results and trainings on disk; a block of every signal and the results in memory. */
export function estimatePlan(size: PlanSize, market: MarketSize): { readonly memoryMiB: number; readonly diskMiB: number } {
  const rows = BigInt(market.rows)
  const symbols = BigInt(market.symbols)
  const ledgers = size.record === 'all' ? rows * (EQUITY_ROW_BYTES + symbols * ORDERS_BYTES_PER_BAR) : 0n
  const disk = size.signals * rows * symbols * SIGNAL_BYTES + size.portfolios * (RESULT_DISK_BYTES + ledgers) + size.trainings * TRAINING_BYTES
  const memory = size.signals * (rows < BLOCK_ROWS ? rows : BLOCK_ROWS) * symbols * SIGNAL_BYTES + stepped(size) * RESULT_MEMORY_BYTES
  return { memoryMiB: Number((memory + MIB - 1n) / MIB), diskMiB: Number((disk + MIB - 1n) / MIB) }
}

/** Portfolios and what trains to become one. */
function stepped({ portfolios, candidates }: PlanSize): bigint {
  return portfolios + candidates
}

export interface PlanAllowance {
  readonly limits: PlanLimits
  /** Limits do not count. */
  readonly allowLarge: boolean
  readonly market?: MarketSize
  /** The option that lets limits not count, for hints. */
  readonly overruledBy?: string
}

/**
 * Refuses a plan beyond its limits. Without `market` only combinations are judged, and the figures are those
 * of {@link NOMINAL_MARKET}.
 * @throws MillraceError PLAN_TOO_LARGE with count, memory, disk and what allows it
 */
export function checkPlanSize(size: PlanSize, of: PlanAllowance): void {
  const { limits, market = NOMINAL_MARKET, overruledBy } = of
  const { memoryMiB, diskMiB } = estimatePlan(size, market)
  const bars = `${of.market === undefined ? 'a nominal market of ' : ''}${formatCount(market.rows)} bars of ${formatCount(market.symbols)} symbols`
  const figures = `about ${formatMiB(memoryMiB)} of memory and ${formatMiB(diskMiB)} of disk for ${bars}`
  const impossible = [size.instances, stepped(size), size.trainings].filter((count) => count > MOST_COMBINATIONS)
  if (impossible.length > 0) {
    const message = `${formatCount(impossible[0])} combinations are more than any plan can hold; ${figures}`
    throw new MillraceError({ code: 'PLAN_TOO_LARGE', message, where: 'limits', value: String(impossible[0]), hint: narrowing(size) })
  }
  if (of.allowLarge) return
  const needs: readonly Need[] = [
    { limit: 'maxCombinations', amount: Number(size.instances), what: `${formatCount(size.instances)} strategy instances` },
    { limit: 'maxCombinations', amount: Number(stepped(size)), what: `${formatCount(stepped(size))} portfolios` },
    ...(of.market === undefined ? [] : [
      { limit: 'maxCombinations', amount: Number(size.trainings), what: `${formatCount(size.trainings)} trainings of candidates, in all windows` } as const,
      { limit: 'maxMemoryMiB', amount: memoryMiB, what: 'this much memory' } as const,
      { limit: 'maxDiskMiB', amount: diskMiB, what: 'this much disk' } as const,
    ]),
  ]
  const problems = needs.filter(({ limit, amount }) => amount > limits[limit]).map(({ limit, amount, what }): Problem => ({
    code: 'PLAN_TOO_LARGE',
    message: `${what}: more than limits.${limit} = ${formatCount(limits[limit])} allows; ${figures}`,
    where: `limits.${limit}`,
    value: amount,
    hint: overruledBy === undefined ? `${narrowing(size)}, or raise limits.${limit}` : `${narrowing(size)}, raise limits.${limit}, or pass ${overruledBy}`,
  }))
  if (problems.length > 0) throw new MillraceError(problems)
}

function narrowing({ candidates }: PlanSize): string {
  return candidates === 0n ? 'narrow the grids' : 'narrow the grids or make windows longer'
}

interface Need {
  readonly limit: keyof PlanLimits
  readonly amount: number
  readonly what: string
}

function formatCount(count: number | bigint): string {
  return count.toLocaleString('en-US')
}

function formatMiB(mebibytes: number): string {
  return mebibytes < 1_024 ? `${formatCount(mebibytes)} MiB` : `${formatCount(Math.round(mebibytes / 102.4) / 10)} GiB`
}
