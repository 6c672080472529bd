import * as layout from './assembly/layout.ts'
import type { KernelBlock } from './kernel.ts'
import { DOUBLE, FLOAT, PAIR_BYTES } from './wasm-layout.ts'
import type { KernelModule, PlacedBatch } from './wasm-layout.ts'
import type { WasmMemory } from './wasm-memory.ts'

/** Room behind a tile of one symbol, whose bars are worked out four at a time. */
const TILE_ROWS_BYTES = 256
/** High, low, close and volume. */
const RANGES = 4

/** Where the inputs of blocks are placed, one block over the other: byte addresses. */
export interface BlockRoom {
  /** What it is for: at most so many rows, and so many signals. */
  readonly rows: number
  readonly signalCount: number
  readonly signals: number
  /** A single symbol's signals for bars in lanes. */
  readonly series: number
  readonly opens: number
  readonly spreads: number
  /** Last closes × M, from the row before on. */
  readonly units: number
  readonly tradable: number
  readonly starts: number
  readonly acts: number
  readonly years: number
  readonly actions: number
  /** Of batches with longer cells: high, low, close and volume; bars closed; last closes. */
  readonly ranges: number
  readonly counts: number
  readonly marks: number
  readonly patterns: readonly PatternRoom[]
}

export interface PatternRoom {
  readonly scale: number
  readonly gross: number
  readonly cap: number
  readonly veto: number
  /** Bytes as they are handed over. */
  readonly vetoBytes: number
  readonly vetoes: number
  readonly caps: number
  readonly weights: number
  /** Of the block that is there; at first neither is known. */
  hasCaps: boolean
  hasVetoes: boolean
}

/** Room for a block: that of the block before, unless this one is longer. */
export function roomFor(module: KernelModule, batch: PlacedBatch, { market, signalCount }: KernelBlock, before: BlockRoom | undefined): BlockRoom {
  const { firstRow, rows } = market
  module.setBlock(firstRow, rows)
  if (before !== undefined && rows <= before.rows && signalCount <= before.signalCount) return before
  return layOut(module, batch, { rows, signalCount })
}

function layOut(module: KernelModule, batch: PlacedBatch, { rows, signalCount }: { rows: number; signalCount: number }): BlockRoom {
  const { memory, symbols, padded, isLong } = batch
  const cells = rows * symbols
  memory.release(batch.blockAt)
  const series = symbols === 1 ? memory.take(signalCount * Math.ceil(rows / 4) * 4 * FLOAT) : 0
  const signals = batch.readsRows ? memory.take(signalCount * rows * padded * FLOAT) : 0
  const [opens, spreads, units] = [memory.take(cells * DOUBLE), memory.take(cells * DOUBLE), memory.take((cells + symbols) * DOUBLE)]
  const [tradable, starts, acts, years] = [memory.take(cells), memory.take(rows), memory.take(rows), memory.take(rows * DOUBLE)]
  const actions = memory.take(cells * layout.ACTION_BYTES)
  const ranges = isLong ? memory.take(RANGES * cells * DOUBLE) : 0
  module.setSeries(series)
  module.setPanels(opens, spreads, units, ranges, starts, acts)
  module.setInputs(signals, memory.take(signalCount * FLOAT), memory.take(cells * layout.PRICE_BYTES), memory.take(rows * padded * 2 * FLOAT))
  module.setRows(memory.take(rows * DOUBLE), years, memory.take(rows * FLOAT), memory.take((rows + 1) * layout.COURSE_BYTES), tradable, actions)
  const [counts, marks] = isLong ? [memory.take((cells + symbols) * DOUBLE), memory.take(cells * DOUBLE)] : [0, 0]
  // An odd number of bars to a symbol, as bars.ts has it.
  const bars = symbols * (rows | 1) * layout.BAR_BYTES
  if (isLong) module.setBars(memory.take(bars), memory.take(bars), counts, marks, memory.take(rows * Math.ceil(symbols / 2) * layout.WATCH_BAR_BYTES), symbols === 1 ? memory.take(rows * layout.FACED_BAR_BYTES) : 0)
  const patterns = Array.from({ length: batch.patterns }, (_, index) => layOutPattern(memory, { rows, symbols, padded, header: batch.patternsAt + index * layout.PATTERN_BYTES }))
  module.setWork(
    memory.take(batch.pairsAtOnce * module.tileBytes() + TILE_ROWS_BYTES),
    memory.take(symbols * layout.SCRATCH_BYTES + 2 * (symbols + 2) * FLOAT),
    memory.take((padded + 4) * 2 * FLOAT),
    memory.take(module.exposureBytes()),
    memory.take(batch.pairsAtOnce * ((rows + 1) * layout.ROOM_BYTES + layout.SEAT_BYTES)),
  )
  return { rows, signalCount, signals, series, opens, spreads, units, tradable, starts, acts, years, actions, ranges, counts, marks, patterns }
}

interface PatternSize {
  readonly rows: number
  readonly symbols: number
  readonly padded: number
  /** Address of the header that tells portfolios where its decisions are. */
  readonly header: number
}

function layOutPattern(memory: WasmMemory, { rows, symbols, padded, header }: PatternSize): PatternRoom {
  const line = rows * FLOAT + PAIR_BYTES
  const lines = rows * padded * FLOAT
  const room = {
    scale: memory.take(line), gross: memory.take(line), cap: memory.take(lines), veto: memory.take(lines), vetoBytes: memory.take(rows * symbols), vetoes: memory.take(line),
    caps: memory.take(line), weights: memory.take(lines), hasCaps: true, hasVetoes: true,
  }
  const { words } = memory
  words[(header + layout.PATTERN_SCALE) / FLOAT] = room.scale
  words[(header + layout.PATTERN_GROSS) / FLOAT] = room.gross
  words[(header + layout.PATTERN_CAP) / FLOAT] = room.cap
  words[(header + layout.PATTERN_VETO) / FLOAT] = room.veto
  words[(header + layout.PATTERN_VETOES) / FLOAT] = room.vetoes
  words[(header + layout.PATTERN_CAPS) / FLOAT] = room.caps
  return room
}
