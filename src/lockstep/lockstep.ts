import { addressOf } from '../base/hash.ts'
import type { MarketPanels } from '../domain/market-panels.ts'
import type { PortfolioConfig } from '../domain/portfolio.ts'
import type { MetricProfile } from '../domain/profile.ts'
import type { Lineup } from '../lineup/lineup.ts'
import type { RoleRow } from '../lineup/role.ts'
import { marketSlot, OPTIONAL_MARKET, predictionSlot, RAW_MARKET, storedSlot } from '../lineup/slots.ts'
import type { AddressList } from '../store/address-list.ts'
import type { Address } from '../store/store.ts'
import { createBoard, type Board } from './board.ts'
import { hire, type Member } from './crew.ts'
import type { PortfolioBatch } from './portfolio-role.ts'
import type { RoleSpec } from './role-spec.ts'

/** A run of an experiment bar by bar: every role in a process of its own, all waiting for the slowest. */
export interface LockstepRun {
  readonly lineup: Lineup
  readonly market: MarketPanels
  readonly marketAddress: Address
  readonly configs: readonly PortfolioConfig[]
  /** Of each of `configs`. */
  readonly addresses: AddressList
  /** Hash of this driver's own sources: results of another version are not this one's. */
  readonly code: string
  readonly profile: MetricProfile
  readonly record: 'metrics' | 'all'
  readonly storeRoot: string
  readonly workerFile: string
  /** Processes for strategies, and as many for portfolios. */
  readonly workers: number
  readonly portfoliosPerBatch: number
  readonly timeoutMs: number
  /** Stored predictions of a model, row t into `out` (N); null when there are none. */
  readonly storedPredictions: ((model: string, t: number, out: Float64Array) => void) | null
  /** `stored`: everything downstream reads the stored predictions. `fresh`: predicted bar by bar. */
  readonly predictions: 'stored' | 'fresh'
  readonly interrupted: AbortSignal
  /** Every process is ready; their ids, for memory accounting. */
  readonly onHired?: (processIds: readonly number[]) => void
  readonly onBar?: (of: { done: number; total: number }) => void
}

export interface LockstepOutcome {
  readonly artefacts: readonly Address[]
  readonly bars: number
  /** Fresh predictions compared with stored ones, where both are there. */
  readonly predictions: number
  readonly flips: number
  readonly processIds: readonly number[]
}

/** Runs the whole history in lockstep and publishes each batch's results. */
export async function runLockstep(run: LockstepRun): Promise<LockstepOutcome> {
  const { batches, roles } = crewOf(run)
  const hired: Member[] = []
  try {
    await hireAll(run, roles, hired)
    run.onHired?.(hired.map((member) => member.processId))
    const flips = await turnBars(run, hired)
    await Promise.all(hired.map((member) => member.finish()))
    return {
      artefacts: batches.map((batch) => batch.address),
      bars: run.market.timeline.closeTimes.length,
      processIds: hired.map((member) => member.processId),
      ...flips,
    }
  } finally {
    for (const member of hired) member.dismiss()
  }
}

/** All at once; when one cannot be hired the others are waited for, so that none is left behind. */
async function hireAll(run: LockstepRun, specs: readonly NamedSpec[], hired: Member[]): Promise<void> {
  const settled = await Promise.allSettled(specs.map((of) => hireMember(run, of)))
  for (const one of settled) if (one.status === 'fulfilled') hired.push(one.value)
  for (const one of settled) if (one.status === 'rejected') throw one.reason
}

interface NamedSpec {
  readonly name: string
  readonly spec: RoleSpec
}

function hireMember(run: LockstepRun, of: NamedSpec): Promise<Member> {
  return hire({ name: of.name, workerFile: run.workerFile, spec: of.spec, timeoutMs: run.timeoutMs })
}

/** Deals items out to at most `shares` hands, in turn; no hand is empty. */
function deal<T>(items: readonly T[], shares: number): T[][] {
  const hands: T[][] = Array.from({ length: Math.min(shares, items.length) }, () => [])
  items.forEach((item, index) => hands[index % hands.length].push(item))
  return hands
}

/** The roles: each reads only what is on the board or what roles before it wrote in the same bar. */
function crewOf(run: LockstepRun): { batches: PortfolioBatch[]; roles: NamedSpec[] } {
  const { lineup, market } = run
  const batches = cutBatches(run)
  const strategies = deal(lineup.strategies, run.workers).map((jobs, index): NamedSpec => {
    const refs = new Map(jobs.flatMap((job) => job.features.map((ref) => [ref.expression, ref])))
    const inputs = [...refs.values()].map((ref) => ({ expression: ref.expression, columns: columnsOf(run, ref.expression) }))
    const plain = jobs.map(({ id, use, file, sourceHash, params }) => ({ id, use, file, sourceHash, params }))
    return { name: `strategies ${index + 1}`, spec: { role: 'strategies', spec: { universe: lineup.universe, jobs: plain, inputs } } }
  })
  const models = lineup.models.map(({ spec, widths }): NamedSpec => ({
    name: `model ${spec.name}`,
    spec: { role: 'model', spec: { spec, widths, universe: lineup.universe, stored: run.predictions === 'stored' } },
  }))
  const refs = [
    ...lineup.strategies.flatMap((entry) => entry.features),
    ...lineup.models.flatMap((entry) => entry.spec.features),
    ...lineup.patterns.flatMap((pattern) => pattern.models.flatMap((model) => model.features)),
    { expression: 'raw.close', name: 'raw.close', params: {}, inputs: [] },
  ]
  const roles: NamedSpec[] = [
    { name: 'features', spec: { role: 'features', spec: { instruments: market.instruments, refs } } },
    ...strategies,
    ...models,
    // Nobody is asked bar by bar who has nothing to say.
    ...(lineup.ensembles.length + lineup.patterns.length > 0 ? [{ name: 'risk', spec: { role: 'risk' as const, spec: riskSpec(run) } }] : []),
    ...deal(batches, run.workers).map((hand, index) => portfolioSpec(run, hand, index)),
  ]
  return { batches, roles }
}

function columnsOf(run: LockstepRun, expression: string): number {
  const symbols = run.lineup.universe.length
  return run.lineup.features.get(expression)?.columns(symbols) ?? symbols
}

function riskSpec(run: LockstepRun) {
  const features = run.lineup.patterns.flatMap((pattern) => pattern.models.flatMap((model) => model.features))
  return {
    universe: run.lineup.universe,
    ensembles: run.lineup.ensembles,
    patterns: run.lineup.patterns.map((pattern) => ({
      name: pattern.name,
      book: { combine: pattern.book.combine, weights: pattern.book.signals.map((member) => member.weight) },
      bookSignals: pattern.book.signals.map((member) => member.signal),
      models: pattern.models.map(({ name, use, file, sourceHash, params }) => ({ name, use, file, sourceHash, params })),
    })),
    featureColumns: Object.fromEntries(features.map((ref) => [ref.expression, columnsOf(run, ref.expression)])),
  }
}

function cutBatches(run: LockstepRun): PortfolioBatch[] {
  const batches: PortfolioBatch[] = []
  for (let start = 0; start < run.configs.length; start += run.portfoliosPerBatch) {
    const end = start + run.portfoliosPerBatch
    const [configs, members] = [run.configs.slice(start, end), run.addresses.slice(start, end)]
    batches.push({ configs, members, address: addressOf({ kind: 'lockstep', code: run.code, members, predictions: run.predictions }) })
  }
  return batches
}

function portfolioSpec(run: LockstepRun, batches: readonly PortfolioBatch[], index: number): NamedSpec {
  const { market, lineup } = run
  return {
    name: `portfolios ${index + 1}`,
    spec: {
      role: 'portfolios',
      storeRoot: run.storeRoot,
      spec: {
        batches,
        madeFrom: { driver: 'lockstep', market: run.marketAddress, predictions: run.predictions },
        instruments: market.instruments,
        warmupRows: market.warmupRows,
        openTimes: market.timeline.openTimes,
        closeTimes: market.timeline.closeTimes,
        profile: run.profile,
        record: run.record,
        optionalMarket: OPTIONAL_MARKET.filter((panel) => market[panel] !== null),
        patterns: Object.fromEntries(
          lineup.patterns.map((pattern) => [
            pattern.name,
            pattern.models.map((model) => ({ model: model.name, fields: model.decides })),
          ]),
        ),
      },
    },
  }
}

/** What copies a bar's row of the market, and of stored predictions, on to the board. */
function showInputs(run: LockstepRun, board: Board): (t: number) => void {
  const { market, lineup, storedPredictions } = run
  const columns = lineup.universe.length
  const fills: ((t: number) => void)[] = []
  const show = (name: string): Float64Array => {
    const row = new Float64Array(columns)
    board.show([{ name, columns }], [row])
    return row
  }
  for (const panel of [...RAW_MARKET, ...OPTIONAL_MARKET]) {
    const values = market[panel]
    if (values === null) continue
    const row = show(marketSlot(panel))
    fills.push((t) => row.set(values.subarray(t * columns, (t + 1) * columns)))
  }
  for (const { spec } of storedPredictions === null ? [] : lineup.models) {
    const row = show(storedSlot(spec.name))
    fills.push((t) => storedPredictions?.(spec.name, t, row))
  }
  return (t) => fills.forEach((fill) => fill(t))
}

/**
 * Who is turned when: a member waits for those whose rows it reads, and for nobody else. In a bar all are turned
 * once, and the next one begins when the last of them has answered.
 */
function createTurn(crew: readonly Member[], board: Board): (row: RoleRow) => Promise<unknown> {
  const writers = new Map(crew.flatMap((member, index) => member.outputs.map(({ name }) => [name, index])))
  const order = crew.map((member, index) => {
    const read = [...new Set(member.inputs.flatMap(({ name }) => writers.get(name) ?? []))]
    if (read.some((other) => other >= index)) throw new Error(`${member.name} reads what is written after it`)
    return { member, read, gather: board.gatherer(member.inputs) }
  })
  return (row) => {
    const turned: Promise<void>[] = []
    for (const { member, read, gather } of order) {
      turned.push(Promise.all(read.map((other) => turned[other])).then(() => {
        gather(member.taken.values)
        return member.turn(row)
      }))
    }
    return Promise.all(turned)
  }
}

/** Every bar: the market's row on the board, then everyone's turn. */
async function turnBars(run: LockstepRun, crew: readonly Member[]) {
  const { closeTimes, openTimes, sessionDates } = run.market.timeline
  const board = createBoard()
  const fill = showInputs(run, board)
  for (const { outputs, made } of crew) board.show(outputs, made.rows)
  const turn = createTurn(crew, board)
  const compared = run.storedPredictions === null ? [] : run.lineup.models.map(({ spec }) => spec.name)
  const bars = closeTimes.length
  let predictions = 0
  let flips = 0
  for (let t = 0; t < bars; t++) {
    run.interrupted.throwIfAborted()
    fill(t)
    await turn({ t, closeTime: closeTimes[t], openTime: openTimes[t], sessionDate: sessionDates[t] })
    for (const model of compared) {
      const found = compareRows(board.row(storedSlot(model)), board.row(predictionSlot(model)))
      predictions += found.count
      flips += found.flips
    }
    run.onBar?.({ done: t + 1, total: bars })
  }
  return { predictions, flips }
}

function compareRows(stored: Float64Array, fresh: Float64Array): { count: number; flips: number } {
  let count = 0
  let flips = 0
  for (let n = 0; n < stored.length; n++) {
    if (stored[n] === stored[n] || fresh[n] === fresh[n]) count++
    if (!Object.is(stored[n] + 0, fresh[n] + 0)) flips++
  }
  return { count, flips }
}
