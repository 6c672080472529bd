import { blockRow, firstRow, hasCarry, hasUnits, isLong, kindsAt, listsAt, longCell, periods, pricesAt, rows, setBars, setBlock, setInputs, setLong, setRows, setSeries, setSignals, setUnits, setUniverse, setWork, symbols, tilesAt, unitsOffset } from './block'
import { accountPairs, goSideBySide } from './account'
import { accountRows, goesAlone, hasFilled } from './account-units'
import { accountLong, goesAloneLong, hasFilledLong } from './account-long'
import { bookActions, bookCarry, settleActions } from './actions'
import { countRows, exposePair, exposureBytes } from './exposure'
import { closeAtEnd, endingLanes, forgetDecided, keepDecided } from './end-of-run'
import { fillExits, moveLevel, moveLevelExactly } from './exits'
import { fillLong, keepEarly, settleFlows } from './long-fills'
import {
  BARS, BEST_ROW, CAPPED_COUNT, DECIDES_UNITS, EARLY_UNTIL, ENDED_AT, ENDS_AT_CLOSE, ENDS_AT_OPEN, EXPOSURE_RULES, FLAGS, GROSS_LIMITED_BARS, HAS_ACTIONS, HAS_EXITS, HAS_GAPS, IS_FIRST, IS_LAST, IS_WATCHED, LISTED, LONG_CELL_BYTES, PRICE_BYTES,
  RETURNS, SCALED_BARS, SIGNAL_COUNT, TILE, TILE_HEAD_BYTES, TRAILS, UNITS_BYTES, WATCH_BYTES,
} from './layout'
import { handOverJournal, records, recordsMarks, setJournal, tellOrders, turnJournal } from './journal'
import { closeLastPeriod, markPair } from './mark'
import { decidePair } from './decide'
import { fillPair } from './fills'
import { addTo } from './lanes'
import { isFilledWith, leastOf, padLines, placeVetoes } from './lines'
import { prepareBlock, setPanels } from './prepare'
import { allRest, haveEnded, isOver, markFlat, rest } from './rest'
import { closeSingle, stepSingle } from './single'
import { tileBytes, tileStride } from './tile'
import { followBlock, followTo, watch } from './watch'

export { closeLastPeriod, exposureBytes, isFilledWith, leastOf, padLines, placeVetoes, prepareBlock, setBars, setBlock, setInputs, setJournal, setLong, setPanels, setRows, setSeries, setSignals, setUnits, setUniverse, setWork, tileBytes, unitsOffset }

/** First byte of memory that the module does not use itself. */
export function freeMemory(): usize {
  return (__heap_base + 63) & ~63
}

/** Bytes of a pair's record, on cache lines of its own; its longer cells, if it has them, lie behind the short one. */
export function pairBytesOf(count: i32): usize {
  return shortPairBytes(count) + (isLong ? (<usize>count * LONG_CELL_BYTES + (<usize>(count + 1) >> 1) * WATCH_BYTES + 63) & ~63 : 0)
}

export function shortPairBytes(count: i32): usize {
  return (unitsOffset(count) + (hasUnits ? <usize>count * UNITS_BYTES : 0) + 63) & ~63
}

/**
 * The fused loop over the rows of the block, some pairs of portfolios at a time: phase 1 of
 * all their rows, then open, mark and decide row by row, pair by pair, so that one's latency hides another's.
 * Pairs that are over cost nothing, but for what is counted of the targets of those that are stopped.
 * Operations and their order are those of ../ORDER.md.
 */
export function run(pairs: usize, count: i32, atOnce: i32): void {
  const pairBytes = pairBytesOf(symbols)
  const first = min(rows, max(0, firstRow - blockRow))
  let some = 0
  exposed = 0
  for (let i = 0; i < count; i += some) {
    const pair = pairs + <usize>i * pairBytes
    some = 1
    if (isOver(pair)) {
      const counts = haveEnded(pair) ? 0 : tilesAt
      if (counts != 0) exposeFirst(pair, first)
      markFlat(pair, first, rows)
      countExposure(pair, counts, first)
      continue
    }
    while (some < min(atOnce, count - i) && !isOver(pair + <usize>some * pairBytes) && areAlike(pair, pair + <usize>some * pairBytes)) some++
    runSome(pair, some, first, pairBytes)
  }
  if (records) handOverJournal()
}

/** Whether both pairs trade fixed quantities of one symbol, or neither. */
function areAlike(pair: usize, other: usize): bool {
  return ((load<i32>(pair, FLAGS) ^ load<i32>(other, FLAGS)) & DECIDES_UNITS) == 0
}

function runSome(pairs: usize, count: i32, first: i32, pairBytes: usize): void {
  const stride = tileStride()
  const end = pairs + <usize>count * pairBytes
  const toEvents = symbols == 1 && !hasCarry && !recordsMarks() && allRest(pairs, end, pairBytes)
  const inUnits = !toEvents && goesAlone(pairs, end, pairBytes)
  if (toEvents || inUnits || goesAloneLong(pairs, end, pairBytes)) {
    // One after the other they have one tile, which stays in the first cache.
    for (let pair = pairs; pair < end; pair += pairBytes) {
      exposeFirst(pair, first)
      if (toEvents) stepToEvents(pair, first, stride)
      else if (inUnits) stepThrough(pair, first, stride)
      else stepThroughLong(pair, first, stride)
      endBlock(pair, first)
    }
    return
  }
  exposeAll(pairs, end, pairBytes, first)
  if (goSideBySide(pairs, end, pairBytes)) accountPairs(pairs, end, pairBytes, first, stride)
  else stepRows(pairs, end, pairBytes, first, stride)
  for (let pair = pairs; pair < end; pair += pairBytes) endBlock(pair, first)
}

function endBlock(pair: usize, first: i32): void {
  turnJournal(rows)
  tellOrders(pair)
  countExposure(pair, load<u32>(pair, TILE), first)
  if (isLong && (load<i32>(pair, FLAGS) & TRAILS) != 0) followBlock(pair)
}

/** Phase-1 rules of the pair whose exposures of the block the first tile has; 0 while it has nobody's. */
let exposed: u64 = 0

/** Phase 1 of a pair into the first tile, unless it has come to the same already. */
// @ts-expect-error: decorator
@inline
function exposeFirst(pair: usize, first: i32): void {
  const rules = load<u64>(pair, EXPOSURE_RULES)
  store<u32>(pair, <u32>tilesAt, TILE)
  if (rules == exposed) return
  exposePair(pair, tilesAt, first)
  exposed = rules
}

/** Phase 1 of some pairs, each into a tile of its own, unless the pair before has the same and its tile. */
// @ts-expect-error: decorator
@inline
function exposeAll(pairs: usize, end: usize, pairBytes: usize, first: i32): void {
  exposeFirst(pairs, first)
  let tile = tilesAt
  for (let pair = pairs + pairBytes; pair < end; pair += pairBytes) {
    tile += tileBytes()
    const before = pair - pairBytes
    if (load<u64>(pair, EXPOSURE_RULES) == load<u64>(before, EXPOSURE_RULES)) {
      store<u32>(pair, load<u32>(before, TILE), TILE)
      continue
    }
    exposePair(pair, tile, first)
    store<u32>(pair, <u32>tile, TILE)
  }
}

/** Row by row, pair by pair. */
// @ts-expect-error: decorator
@inline
function stepRows(pairs: usize, end: usize, pairBytes: usize, first: i32, stride: usize): void {
  for (let row = first; row < rows; row++) {
    const prices = pricesAt + <usize>(row * symbols) * PRICE_BYTES
    const kinds = load<i32>(kindsAt + (<usize>row << 2))
    const at = TILE_HEAD_BYTES + <usize>row * stride
    if (symbols == 1 && !isLong) {
      for (let pair = pairs; pair < end; pair += pairBytes) stepSingle(pair, prices, <usize>load<u32>(pair, TILE) + at, row, kinds)
    } else {
      for (let pair = pairs; pair < end; pair += pairBytes) stepPair(pair, prices, <usize>load<u32>(pair, TILE) + at, row, kinds)
    }
  }
}

/** All the rows that are plain for a pair at once, and the others one by one. */
function stepThrough(pair: usize, first: i32, stride: usize): void {
  const tiles = <usize>load<u32>(pair, TILE) + TILE_HEAD_BYTES
  for (let row = first; row < rows; row++) {
    row = accountRows(pair, tiles + <usize>row * stride, stride, row)
    if (row == rows) return
    const prices = pricesAt + <usize>row * PRICE_BYTES
    const kinds = load<i32>(kindsAt + (<usize>row << 2))
    if (hasFilled) closeSingle(pair, prices, tiles + <usize>row * stride, row, kinds)
    else stepSingle(pair, prices, tiles + <usize>row * stride, row, kinds)
  }
}

/** The same of longer cells. */
function stepThroughLong(pair: usize, first: i32, stride: usize): void {
  const tiles = <usize>load<u32>(pair, TILE) + TILE_HEAD_BYTES
  for (let row = first; row < rows; row++) {
    row = accountLong(pair, tiles + <usize>row * stride, stride, row)
    if (row == rows) return
    const prices = pricesAt + <usize>row * PRICE_BYTES
    const tile = tiles + <usize>row * stride
    const kinds = load<i32>(kindsAt + (<usize>row << 2))
    if (hasFilledLong) {
      markPair(pair, prices, blockRow + row, kinds)
      decidePair(pair, prices, tile, row, blockRow + row, kinds)
    } else stepPair(pair, prices, tile, row, kinds)
  }
}

/** Event by event, and all the rows between two of them at once. */
function stepToEvents(pair: usize, first: i32, stride: usize): void {
  const tiles = <usize>load<u32>(pair, TILE) + TILE_HEAD_BYTES
  for (let row = first; row < rows; row++) {
    row = rest(pair, tiles + <usize>row * stride, stride, row)
    if (row == rows) return
    const prices = pricesAt + <usize>row * PRICE_BYTES
    const kinds = load<i32>(kindsAt + (<usize>row << 2))
    const tile = tiles + <usize>row * stride
    if (isLong) stepPair(pair, prices, tile, row, kinds)
    else stepSingle(pair, prices, tile, row, kinds)
  }
}

function stepPair(pair: usize, prices: usize, tile: usize, row: i32, kinds: i32): void {
  turnJournal(row)
  if (isLong) stepLong(pair, prices, tile, row, kinds)
  else stepShort(pair, prices, tile, row, kinds)
}

// @ts-expect-error: decorator
@inline
function stepShort(pair: usize, prices: usize, tile: usize, row: i32, kinds: i32): void {
  const t = blockRow + row
  const acts = (kinds & HAS_ACTIONS) != 0
  if (hasCarry) bookCarry(pair, row)
  if ((kinds & (HAS_GAPS | HAS_ACTIONS)) != 0) tellOrders(pair)
  if (acts) bookActions(pair, row)
  fillPair(pair, prices, row, kinds)
  if (acts) settleActions(pair)
  markPair(pair, prices, t, kinds)
  decidePair(pair, prices, tile, row, t, kinds)
}

/** A row of portfolios with longer cells. What grows or touches a bound in it is listed, and seen to after the mark. */
// @ts-expect-error: decorator
@inline
function stepLong(pair: usize, prices: usize, tile: usize, row: i32, kinds: i32): void {
  const t = blockRow + row
  const isFirst = (kinds & IS_FIRST) != 0
  const acts = (kinds & HAS_ACTIONS) != 0
  const endsHere = (kinds & IS_LAST) != 0
  if (hasCarry) bookCarry(pair, row)
  if (acts) {
    bookActions(pair, row)
    for (let n: usize = 0; n < <usize>symbols; n++) {
      followTo(pair, n, row)
      watch(pair, n)
    }
  }
  let grown = listsAt
  let seen = listsAt
  // What a portfolio starts with is taken in at the first mark: nothing fills before.
  if (!isFirst && (acts || endsHere || mayFill(pair))) {
    if (endsHere) closeAtEnd(pair, prices, row, kinds, v128.load(pair, ENDS_AT_OPEN), true)
    grown = fillLong(pair, prices, listsAt, row, t, kinds)
    seen = fillExits(pair, prices, row, t, kinds, grown)
    if (endsHere) closeAtEnd(pair, prices, row, kinds, v128.load(pair, ENDS_AT_CLOSE), false)
    settleFlows(pair)
  }
  markPair(pair, prices, t, kinds)
  if (isFirst) {
    for (let n = 0; n < symbols; n++) {
      v128.store(longCell(pair, n), f64x2.splat(<f64>row), BEST_ROW)
      moveLevelExactly(pair, n, row)
    }
    keepEarly(pair, t)
  }
  if ((kinds & HAS_GAPS) != 0) store<i32>(pair, load<i32>(pair, EARLY_UNTIL) + 1, EARLY_UNTIL)
  if ((load<i32>(pair, FLAGS) & IS_WATCHED) != 0) {
    for (let at = listsAt; at < grown; at += 4) moveLevel(pair, load<u32>(at))
    for (let at = grown; at < seen; at += 4) moveLevelExactly(pair, load<u32>(at), row)
  }
  if (endsHere) keepDecided(pair)
  decidePair(pair, prices, tile, row, t, kinds)
  if (endsHere) forgetDecided(pair)
}

/** Whether an order waits, or an exit watches. Without, the bar has no flows to settle. */
// @ts-expect-error: decorator
@inline
function mayFill(pair: usize): bool {
  return load<i32>(pair, LISTED) != 0 || v128.any_true(v128.load(pair, HAS_EXITS))
}

/** Adds the rows and periods of the block, and what phase 1 counted until the row in which a portfolio was found to have ended. */
function countExposure(pair: usize, tile: usize, first: i32): void {
  addTo(pair + BARS, f64x2.splat(<f64>(rows - first)))
  addTo(pair + RETURNS, f64x2.splat(<f64>periods))
  for (let lane: usize = 0; lane < 2; lane++) {
    const decidedTo = min(load<f64>(pair + (lane << 3), ENDED_AT), <f64>(blockRow + decidedRows(pair, lane)))
    let counts = v128.load(tile + (lane << 4))
    if (decidedTo < <f64>(blockRow + rows)) counts = countRows(load<u32>(pair + (lane << 2), EXPOSURE_RULES), first, <i32>decidedTo - blockRow)
    addCount(pair + (lane << 3), SIGNAL_COUNT, i32x4.extract_lane(counts, 0))
    addCount(pair + (lane << 3), CAPPED_COUNT, i32x4.extract_lane(counts, 1))
    addCount(pair + (lane << 3), SCALED_BARS, i32x4.extract_lane(counts, 2))
    addCount(pair + (lane << 3), GROSS_LIMITED_BARS, i32x4.extract_lane(counts, 3))
  }
}

/** Rows of the block that are decided: not the run's last, where everything is closed in it. */
function decidedRows(pair: usize, lane: usize): i32 {
  if (!isLong || (load<i32>(kindsAt + (<usize>(rows - 1) << 2)) & IS_LAST) == 0) return rows
  const ends = endingLanes(pair)
  return (lane == 0 ? i64x2.extract_lane(ends, 0) : i64x2.extract_lane(ends, 1)) != 0 ? rows - 1 : rows
}

// @ts-expect-error: decorator
@inline
function addCount(lane: usize, slot: usize, count: i32): void {
  store<f64>(lane + slot, load<f64>(lane + slot) + <f64>count)
}
