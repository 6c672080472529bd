import { createPerformance } from '../domain/performance.ts'
import type { Performance } from '../domain/performance.ts'
import * as layout from './assembly/layout.ts'
import type { Journal } from './journal.ts'
import type { BookView, Kernel, KernelBlock, KernelSetup } from './kernel.ts'
import { hasStarted } from './tape.ts'
import { expectApart, needsLongCells, whyNotVector } from './vector-rules.ts'
import type { KernelModules } from './variants.ts'
import { placeBlock } from './wasm-block.ts'
import { DOUBLE, journalBytes, journalRowBytes, PAIR_BYTES, placeBatch } from './wasm-layout.ts'
import type { KernelModule } from './wasm-layout.ts'
import { roomFor } from './wasm-room.ts'
import type { BlockRoom } from './wasm-room.ts'

/** The fused loop and what can be read after it; verbs, traces and entry prices are the reference kernel's. */
export interface VectorKernel extends Pick<Kernel, 'run' | 'performance'> {
  book(portfolio: number): Omit<BookView, 'entryPrices'>
  /** Gives the memory to the next batch: this one must not be asked for anything any more. */
  release(): void
}

/**
 * The kernel in WebAssembly SIMD, equal to the reference bit for bit: two portfolios in the lanes of a vector,
 * four symbols or bars where exposures are made. Its memory was another batch's before, and is the next one's once it is released.
 * @param journal is handed what the portfolios do, when they are recorded
 * @throws Error naming the rule it has not, here for the batch and in `run` for a block.
 */
export function createVectorKernel(modules: KernelModules, setup: KernelSetup, journal?: Journal): VectorKernel {
  for (const { config } of setup.portfolios) {
    const reason = whyNotVector(config)
    if (reason !== null) throw new Error(`the SIMD kernel has no rule for ${reason}, which portfolio ${config.id} uses`)
  }
  const variant = { isLong: setup.portfolios.some(({ config }) => needsLongCells(config)), records: journal !== undefined }
  const instance = modules.take(variant)
  const module = instance.exports as unknown as KernelModule
  instance.takeJournal = (end) => journal?.take(memory.bytes.subarray(batch.journalAt, end))
  const batch = placeBatch(module, setup, variant)
  const hasSessions = setup.profile.basis === 'session'
  let isReleased = false
  const expectHeld = (): void => {
    if (isReleased) throw new Error('the kernel has been released')
  }
  if (journal !== undefined) module.setJournal(batch.journalAt, journalBytes(batch.symbols), journalRowBytes(batch.symbols), journal.marks)
  const { memory, symbols, tape } = batch
  let closeTime = -Infinity
  /** Pair whose head is at hand for readers, its last period closed. */
  let readPair = -1
  let room: BlockRoom | undefined

  const read = (portfolio: number, offset: number): number => memory.doubles[(batch.laneOf(portfolio) + offset) / DOUBLE]

  const run = (block: KernelBlock): void => {
    const { market } = block
    expectHeld()
    expectApart(block, closeTime)
    readPair = -1
    room = roomFor(module, batch, block, room)
    placeBlock(module, batch, block, room)
    journal?.begin(block)
    module.run(batch.pairsAt, batch.pairs, batch.pairsAtOnce)
    closeTime = market.closeTimes[market.rows - 1]
  }

  /** The session under way counts as complete: it is closed in a copy of the pair's head, which is read for both of its portfolios. */
  const performance = (portfolio: number): Performance => {
    expectHeld()
    const { doubles } = memory
    const [pair, spare] = [batch.pairOf(portfolio), batch.spareHeadAt]
    if (pair !== readPair) {
      doubles.copyWithin(spare / DOUBLE, pair / DOUBLE, (pair + layout.HEAD_BYTES) / DOUBLE)
      if (hasSessions && hasStarted(tape.memory)) module.closeLastPeriod(spare)
      readPair = pair
    }
    const lane = spare + batch.laneOf(portfolio) - pair
    const told = createPerformance(doubles, (lane + layout.SUMS) / DOUBLE, PAIR_BYTES / DOUBLE)
    told.finalEquity = doubles[(lane + layout.EQUITY) / DOUBLE]
    return told
  }

  const quantityOf = (portfolio: number, n: number): number => read(portfolio, layout.HEAD_BYTES + n * layout.CELL_BYTES + layout.QUANTITY)
  return {
    run,
    performance,
    release: () => {
      expectHeld()
      isReleased = true
      modules.release(variant, instance)
    },
    book: (portfolio) => ({
      cash: read(portfolio, layout.CASH),
      equity: read(portfolio, layout.EQUITY),
      quantities: Float64Array.from({ length: symbols }, (_, n) => quantityOf(portfolio, n)),
      marks: tape.memory.lastClose.slice(),
    }),
  }
}
