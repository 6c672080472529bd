import { PERFORMANCE_FIELDS } from '../domain/performance.ts'
import type { Performance } from '../domain/performance.ts'
import * as layout from './assembly/layout.ts'
import type { BookView, Kernel, KernelBlock, KernelSetup } from './kernel.ts'
import { whyNotPlain, whyNotPlainBlock } from './plain-rules.ts'
import { PAIR_BYTES, placeBatch, placeBlock } from './wasm-layout.ts'
import type { KernelModule } from './wasm-layout.ts'

/** The fused loop and what can be read after it; verbs, traces and ledgers are the reference kernel's. */
export interface PlainKernel extends Pick<Kernel, 'run' | 'performance'> {
  /** Average entry prices are not kept: nothing in these rules reads them. */
  book(portfolio: number): Omit<BookView, 'entryPrices'>
}

/**
 * The plain rules in WebAssembly SIMD, equal to the reference kernel bit for bit: two portfolios in the lanes
 * of a vector, four symbols where exposures are made. Instantiated synchronously.
 * @param wasm bytes of the compiled kernel, or a module made of them
 * @throws Error naming what is not plain, here for the batch and in `run` for a block.
 */
export function createPlainKernel(wasm: Uint8Array<ArrayBuffer> | WebAssembly.Module, setup: KernelSetup): PlainKernel {
  expectPlain(whyNotPlain(setup))
  const compiled = wasm instanceof WebAssembly.Module ? wasm : new WebAssembly.Module(wasm)
  const module = new WebAssembly.Instance(compiled).exports as unknown as KernelModule
  const batch = placeBatch(module, setup)
  const { memory, symbols } = batch
  const marks = new Float64Array(symbols)
  let closeTime = -Infinity
  let rowsSeen = 0

  const read = (portfolio: number, offset: number): number => memory.doubles[(batch.laneOf(portfolio) + offset) / 8]
  const readCells = (portfolio: number, offset: number): Float64Array =>
    Float64Array.from({ length: symbols }, (_, n) => read(portfolio, layout.HEAD_BYTES + n * layout.CELL_BYTES + offset))

  const run = (block: KernelBlock): void => {
    const { market } = block
    expectPlain(whyNotPlainBlock(block, closeTime))
    placeBlock(module, batch, block)
    module.runPlain(batch.pairsAt, batch.pairs, batch.pairsAtOnce)
    const last = market.rows - 1
    closeTime = market.closeTimes[last]
    rowsSeen = market.firstRow + market.rows
    marks.set(market.close.subarray(last * symbols, market.rows * symbols))
  }

  /** The session under way counts as complete: it is closed on the record, read, and the record put back. */
  const performance = (portfolio: number): Performance => {
    const pairAt = batch.laneOf(portfolio & ~1)
    const head = memory.doubles.slice(pairAt / 8, (pairAt + layout.HEAD_BYTES) / 8)
    if (setup.profile.basis === 'session' && rowsSeen > setup.firstRow) module.closePeriod(pairAt)
    const sums = PERFORMANCE_FIELDS.map((field, index) => [field, read(portfolio, layout.SUMS + index * PAIR_BYTES)])
    memory.doubles.set(head, pairAt / 8)
    return { ...(Object.fromEntries(sums) as Performance), finalEquity: read(portfolio, layout.EQUITY) }
  }

  return {
    run,
    performance,
    book: (portfolio) => ({
      cash: read(portfolio, layout.CASH),
      equity: read(portfolio, layout.EQUITY),
      quantities: readCells(portfolio, layout.QUANTITY),
      marks: marks.slice(),
    }),
  }
}

function expectPlain(reason: string | null): void {
  if (reason !== null) throw new Error(`the SIMD kernel has plain rules only: ${reason}`)
}
