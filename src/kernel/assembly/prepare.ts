import { barOf, restOf } from './bars'
import {
  blockRow, courseAt, facedBarsAt, firstRow, hasLots, isLong, kindsAt, leapsAt, lotValuesAt, padded, periods, pricesAt, returnsPerBar, rows, setPeriods, symbols, symbolsAt, tradableAt, watchBarsAt,
} from './block'
import {
  CLOSE, CLOSED_BEFORE, CLOSES_PERIOD, CLOSE_UNIT, COURSE_BYTES, EVENTFUL, FACED_BAR_BYTES, FACED_BAR_CLOSES, FACED_BAR_EXTREMES, FACED_BAR_TOUCHES, HALF_SPREAD, HAS_ACTIONS, HAS_GAPS, HIGH, IS_FIRST, IS_FIRST_PERIOD, IS_LAST, LEAST_BOUNDED, LOT, LOW,
  MULTIPLIER, OPEN, OPEN_UNIT, PRICE_BYTES, QUIET_UNTIL, REST_HIGH, REST_HIGHEST_CLOSE, REST_LOW, REST_LOWEST_CLOSE, STARTS_SESSION, SYMBOL_BYTES, VOLUME, WATCH_BAR_BYTES, WATCH_BAR_CLOSE,
  WATCH_BAR_HIGH, WATCH_BAR_LOW,
} from './layout'
import { seekGaps } from './signals'

/** What every portfolio of a batch reads of a block: made once, of the block's panels and its tape. */

/** Keeps a bound a bound when it is rounded. */
const ROOM: f64 = 1 + 1e-6
/** The same for what is watched for in float32. */
const WATCH_ROOM: f64 = 2.5e-7

/** [row][symbol] f64 as they were handed over: opens, half spreads, last closes × M from the row before on; high, low, close and volume, one after the other. */
let opensAt: usize = 0
let spreadsAt: usize = 0
let unitsAt: usize = 0
let rangesAt: usize = 0
/** One byte a row: what it starts, and whether it has corporate actions. */
let startsAt: usize = 0
let actsAt: usize = 0

export function setPanels(opens: usize, spreads: usize, units: usize, ranges: usize, starts: usize, acts: usize): void {
  opensAt = opens
  spreadsAt = spreads
  unitsAt = units
  rangesAt = ranges
  startsAt = starts
  actsAt = acts
}

/**
 * Of the rows of the block at hand `begins` is the first that is measured, `last` the run's last, if they are among them; the blocks
 * before have closed so many periods. Gives how many this one closes.
 */
export function prepareBlock(begins: i32, last: i32, closed: i32, hasSpreads: bool, acts: bool): i32 {
  placePrices(hasSpreads)
  setPeriods(placeKinds(begins, closed, acts))
  if (last >= 0 && last < rows) store<i32>(kindsAt + (<usize>last << 2), load<i32>(kindsAt + (<usize>last << 2)) | IS_LAST)
  placeCourse()
  if (symbols >= LEAST_BOUNDED) placeLeaps(hasSpreads)
  // A single symbol is not looked at in float32 first, unless it is held by time.
  if (hasLots && (symbols > 1 || isLong)) placeLotValues()
  if (isLong) placeBars()
  seekGaps()
  return periods
}

/** Opens and closes × M, a symbol that is not tradable at its last close; and which rows lack one. */
function placePrices(hasSpreads: bool): void {
  const first = symbolsAt
  const end = first + <usize>symbols * SYMBOL_BYTES
  let open = opensAt
  let spread = spreadsAt
  let close = unitsAt + (<usize>symbols << 3)
  let tradable = tradableAt
  let kinds = kindsAt
  let prices = pricesAt
  for (const last = kinds + (<usize>rows << 2); kinds < last; kinds += 4) {
    let kind = 0
    for (let symbol = first; symbol < end; symbol += SYMBOL_BYTES) {
      const unit = load<f64>(close)
      const price = load<f64>(open)
      let openUnit = unit
      let half: f64 = 0
      if (load<u8>(tradable) != 0) {
        openUnit = price * load<f64>(symbol, MULTIPLIER)
        if (hasSpreads) half = load<f64>(spread)
      } else kind = HAS_GAPS
      store<f64>(prices, price, OPEN)
      store<f64>(prices, openUnit, OPEN_UNIT)
      store<f64>(prices, unit, CLOSE_UNIT)
      store<f64>(prices, half, HALF_SPREAD)
      prices += PRICE_BYTES
      open += 8
      spread += 8
      close += 8
      tradable++
    }
    store<i32>(kinds, kind)
  }
}

/** What kind each row is of, beside lacking a symbol. Gives how many periods they close. */
function placeKinds(begins: i32, closed: i32, acts: bool): i32 {
  const measured = firstRow - blockRow
  const closing = returnsPerBar ? 0 : STARTS_SESSION
  const end = rows
  let kinds = kindsAt
  let periods = 0
  for (let row = 0; row < end; row++, kinds += 4) {
    const starts = <i32>load<u8>(startsAt + row)
    let kind = load<i32>(kinds) | starts
    if (row >= measured && (starts & closing) == closing && (row != begins || closing == 0)) {
      periods++
      kind |= closed + periods == 1 ? CLOSES_PERIOD | IS_FIRST_PERIOD : CLOSES_PERIOD
    }
    if (row == begins) kind |= IS_FIRST
    else if (acts && load<u8>(actsAt + row) != 0) kind |= HAS_ACTIONS
    store<i32>(kinds, kind)
  }
  return periods
}

/** How rows of these kinds follow each other. */
function placeCourse(): void {
  let course = courseAt + <usize>rows * COURSE_BYTES
  let kinds = kindsAt + (<usize>rows << 2)
  let closed = periods
  let until = rows
  store<i32>(course, closed, CLOSED_BEFORE)
  store<i32>(course, until, QUIET_UNTIL)
  for (let row = rows - 1; row >= 0; row--) {
    kinds -= 4
    course -= COURSE_BYTES
    const kind = load<i32>(kinds)
    if ((kind & EVENTFUL) != 0) until = row
    if ((kind & CLOSES_PERIOD) != 0) closed--
    store<i32>(course, closed, CLOSED_BEFORE)
    store<i32>(course, until, QUIET_UNTIL)
  }
}

/**
 * How far at most a quote at the open, half a spread away from it, lies from the symbol's last close: a fraction of it.
 * Where an order may have to wait, or something was split, what is held afterwards is not what was wanted.
 */
function placeLeaps(hasSpreads: bool): void {
  const leaps = leapsAt
  const first = symbolsAt
  const end = first + <usize>symbols * SYMBOL_BYTES
  let prices = pricesAt
  let close = unitsAt
  for (let row: usize = 0; row < <usize>rows; row++) {
    let leap: f64 = (load<i32>(kindsAt + (row << 2)) & (HAS_GAPS | HAS_ACTIONS)) != 0 ? f64.POSITIVE_INFINITY : 0
    for (let symbol = first; symbol < end; symbol += SYMBOL_BYTES, prices += PRICE_BYTES, close += 8) {
      const unit = load<f64>(close)
      const spread = hasSpreads ? load<f64>(prices, HALF_SPREAD) * load<f64>(symbol, MULTIPLIER) : 0
      const far = (abs(load<f64>(prices, OPEN_UNIT) - unit) + spread) / unit
      leap = unit == 0 ? f64.POSITIVE_INFINITY : max(leap, far)
    }
    store<f64>(leaps + (row << 3), leap * ROOM)
  }
}

/** The least value each symbol can be traded by, twice. */
function placeLotValues(): void {
  let unit = unitsAt + (<usize>symbols << 3)
  let at = lotValuesAt
  for (let row = 0; row < rows; row++) {
    for (let n = 0; n < padded; n++, at += 8) {
      let value: f32 = 0
      if (n < symbols) {
        value = <f32>(load<f64>(symbolsAt + <usize>n * SYMBOL_BYTES, LOT) * load<f64>(unit) * ROOM)
        unit += 8
      }
      v128.store64_lane(at, f32x4.splat(value), 0)
    }
  }
}

/** What exits, holding times and participation look at. A bar of what cannot be traded moves no best price. */
function placeBars(): void {
  const bytes = <usize>(rows * symbols) << 3
  for (let n: usize = 0; n < <usize>symbols; n++) {
    let highest = f64.NEGATIVE_INFINITY
    let lowest = f64.POSITIVE_INFINITY
    let highestClose = f64.NEGATIVE_INFINITY
    let lowestClose = f64.POSITIVE_INFINITY
    for (let row = rows - 1; row >= 0; row--) {
      const cell = <usize>row * symbols + n
      const from = rangesAt + (cell << 3)
      const bar = barOf(row, n)
      const rest = restOf(row, n)
      const isTradable = load<u8>(tradableAt + cell) != 0
      const high = isTradable ? load<f64>(from) : f64.NaN
      const low = isTradable ? load<f64>(from + bytes) : f64.NaN
      const close = isTradable ? load<f64>(from + 2 * bytes) : f64.NaN
      store<f64>(bar, high, HIGH)
      store<f64>(bar, low, LOW)
      store<f64>(bar, close, CLOSE)
      store<f64>(bar, load<f64>(from + 3 * bytes), VOLUME)
      if (high > highest) highest = high
      if (low < lowest) lowest = low
      if (close > highestClose) highestClose = close
      if (close < lowestClose) lowestClose = close
      store<f64>(rest, highest, REST_HIGH)
      store<f64>(rest, lowest, REST_LOW)
      store<f64>(rest, highestClose, REST_HIGHEST_CLOSE)
      store<f64>(rest, lowestClose, REST_LOWEST_CLOSE)
    }
  }
  placeWatchBars(bytes)
  if (symbols == 1) placeFacedBars()
}

/** Lows and highs in float32, a little further out than they are, and closes: two symbols of two portfolios to a vector. */
function placeWatchBars(bytes: usize): void {
  const vectors = (symbols + 1) >> 1
  let from = rangesAt
  for (let row = 0; row < rows; row++) {
    for (let n = 0; n < symbols; n++, from += 8) {
      const at = watchBarsAt + <usize>(row * vectors + (n >> 1)) * WATCH_BAR_BYTES + (<usize>(n & 1) << 3)
      v128.store64_lane(at, f32x4.splat(<f32>(load<f64>(from + bytes) * (1 - WATCH_ROOM))), 0, WATCH_BAR_LOW)
      v128.store64_lane(at, f32x4.splat(<f32>(load<f64>(from) * (1 + WATCH_ROOM))), 0, WATCH_BAR_HIGH)
      v128.store64_lane(at, f32x4.splat(<f32>load<f64>(from + 2 * bytes)), 0, WATCH_BAR_CLOSE)
    }
    // Of the last vector of an odd universe nothing is watched in the other half.
    if ((symbols & 1) == 0) continue
    const at = watchBarsAt + <usize>((row + 1) * vectors - 1) * WATCH_BAR_BYTES + 8
    v128.store64_lane(at, f32x4.splat(f32.NaN), 0, WATCH_BAR_LOW)
    v128.store64_lane(at, f32x4.splat(f32.NaN), 0, WATCH_BAR_HIGH)
    v128.store64_lane(at, f32x4.splat(f32.NaN), 0, WATCH_BAR_CLOSE)
  }
}

/** A single symbol's bars as both sides of a position look at them: one comparison tells whether a low or a high is touched. */
function placeFacedBars(): void {
  let watched = watchBarsAt
  let faced = facedBarsAt
  for (let row = 0; row < rows; row++) {
    const low = v128.load(watched, WATCH_BAR_LOW)
    const high = v128.load(watched, WATCH_BAR_HIGH)
    const close = v128.load(watched, WATCH_BAR_CLOSE)
    v128.store(faced, v128.shuffle<i64>(low, f32x4.neg(high), 0, 2), FACED_BAR_TOUCHES)
    v128.store(faced, v128.shuffle<i64>(high, f32x4.neg(low), 0, 2), FACED_BAR_EXTREMES)
    v128.store(faced, v128.shuffle<i64>(close, f32x4.neg(close), 0, 2), FACED_BAR_CLOSES)
    watched += WATCH_BAR_BYTES
    faced += FACED_BAR_BYTES
  }
}
