import { hasUnits, isLong, isTradable, longCell, padded, scratchAt, symbols, symbolsAt, toLots, unitsOf } from './block'
import { expired, keepTime } from './holding'
import { codes, noteAs, records, tellNow } from './journal'
import { growthOf, keepList, patternOf } from './pair'
import { LIMIT_SLACK, addTo, any, both, choose, one, opposite, signOf, where } from './lanes'
import {
  ALL_IN, BY_ENDED, BY_EXIT, BY_QUANTITY, CANCELLATIONS, CANCELLED, CASH_PER_TARGET, CELL_BYTES, CLOSES, CLOSE_UNIT, DESIRED, ENDED, EQUITY, EXIT_REST, EXPIRED, EXPOSURE_RULES, FORCED, FORCED_BY_CAP, GROSS, HEAD_BYTES, HOLDS,
  INVESTED_SHARE, KIND_CAP, KIND_DRAWDOWN_STOP, KIND_ENDED, KIND_GROSS, KIND_MAX_HOLD, KIND_TARGET, LIMITED, MOVABLE, OPPOSITE_CLOSES, OPPOSITE_IGNORED, ORDER, ORDERED_COUNT, ORDERED_UNITS, ORDER_TARGET, OWN_CAP, PATTERN_CAP, PATTERN_GROSS, PATTERN_HAS_CAPS, PATTERN_VETO, PATTERN_VETOES, PLACED, PLACED_OPEN, PRICE_BYTES, PRICE_FACTOR, QUANTITY,
  SCRATCH_BYTES, SIZE, SYMBOL_BYTES, THRESHOLD, TILE_TARGETS, VETOED_COUNT,
} from './layout'

/**
 * The decision in full, every symbol of a pair: halts and waiting orders, unknown targets, schedules, events,
 * other sizings, vetoes, limits on what is held, and everything out.
 */
export function decideCarefully(pair: usize, prices: usize, tile: usize, row: i32, kinds: i32, out: v128, acts: v128): void {
  desireQuantities(pair, prices, tile, row, kinds, out, acts)
  limitGross(pair, prices, row, out)
  placeOrders(pair, prices, tile, out)
}

/** The two portfolios' values of a pattern field for symbol n, `none` where a portfolio has no pattern. */
// @ts-expect-error: decorator
@inline
function decided(pair: usize, field: usize, at: usize, none: v128): v128 {
  const first = patternOf(pair, 0)
  const second = patternOf(pair, 1)
  let value = none
  if (first != 0) value = f64x2.replace_lane(value, 0, load<f32>(load<u32>(first + field) + <u32>at))
  if (second != 0) value = f64x2.replace_lane(value, 1, load<f32>(load<u32>(second + field) + <u32>at))
  return value
}

export function bindsCaps(pattern: usize): bool {
  return pattern != 0 && load<i32>(pattern, PATTERN_HAS_CAPS) != 0
}

function vetoesAny(pattern: usize, row: i32): bool {
  return pattern != 0 && load<i32>(load<u32>(pattern, PATTERN_VETOES) + (<usize>row << 2)) != 0
}

/** A target as an event: it acts only if its sign is not the position's. NaN keeps the quantity. */
// @ts-expect-error: decorator
@inline
function eventOf(pair: usize, target: v128, held: v128): v128 {
  const holds = v128.load(pair, HOLDS)
  if (!any(holds)) return target
  const against = opposite(target, held)
  const along = f64x2.gt(f64x2.mul(target, held), both(0))
  const keeps = v128.or(along, v128.and(against, v128.load(pair, OPPOSITE_IGNORED)))
  const closes = v128.and(against, v128.load(pair, OPPOSITE_CLOSES))
  const event = choose(keeps, both(NaN), v128.andnot(target, closes))
  return choose(holds, event, target)
}

/** Target × money / unit to lots, then the veto, then the cap: symbol by symbol. */
function desireQuantities(pair: usize, prices: usize, tile: usize, row: i32, kinds: i32, out: v128, acts: v128): void {
  const equity = v128.load(pair, EQUITY)
  const perTarget = v128.load(pair, CASH_PER_TARGET)
  let share = f64x2.mul(v128.load(pair, SIZE), equity)
  if (isLong) share = f64x2.mul(share, v128.load(pair, INVESTED_SHARE))
  const money = choose(f64x2.gt(perTarget, both(0)), perTarget, share)
  const ownCap = v128.load(pair, OWN_CAP)
  const hasCaps = bindsCaps(patternOf(pair, 0)) || bindsCaps(patternOf(pair, 1))
  const hasVetoes = vetoesAny(patternOf(pair, 0), row) || vetoesAny(patternOf(pair, 1), row)
  let at = <usize>(row * padded) << 2
  let targets = tile + TILE_TARGETS
  let cell = pair + HEAD_BYTES
  let scratch = scratchAt
  let symbol = symbolsAt
  let vetoed = both(0)
  for (let n = 0; n < symbols; n++) {
    const held = v128.load(cell, QUANTITY)
    const unit = v128.load64_splat(prices, CLOSE_UNIT)
    const waits = f64x2.ne(v128.load(cell, ORDER), both(0))
    const movable = v128.andnot(isTradable(kinds, row, n) ? i64x2.splat(-1) : i64x2.splat(0), v128.or(waits, out))
    let desired = held
    let forced = both(0)
    let limited = both(0)
    let expires = both(0)
    if (any(movable)) {
      const target = eventOf(pair, f64x2.promote_low_f32x4(v128.load64_zero(targets)), held)
      const moves = v128.and(v128.and(f64x2.eq(target, target), acts), movable)
      const price = isLong ? f64x2.mul(unit, v128.load(pair, PRICE_FACTOR)) : unit
      let quantity = f64x2.div(f64x2.mul(target, money), price)
      if (hasUnits) quantity = choose(v128.load(pair, BY_QUANTITY), f64x2.mul(target, unitsOf(pair, n)), quantity)
      desired = choose(moves, toLots(quantity, symbol), held)
      if (isLong) {
        desired = choose(movable, keepTime(pair, n, row, held, desired), desired)
        expires = v128.and(movable, expired)
      }
      let cap = ownCap
      if (hasCaps) cap = f64x2.pmin(decided(pair, PATTERN_CAP, at, both(f64.POSITIVE_INFINITY)), ownCap)
      if (hasVetoes) {
        const forbidden = f64x2.ne(decided(pair, PATTERN_VETO, at, both(0)), both(0))
        const flips = opposite(desired, held)
        const grows = v128.or(flips, f64x2.gt(f64x2.abs(desired), f64x2.abs(held)))
        const stays = v128.and(v128.and(forbidden, grows), movable)
        desired = choose(stays, v128.andnot(held, flips), desired)
        vetoed = f64x2.add(vetoed, one(stays))
      }
      const limit = f64x2.mul(cap, equity)
      const above = f64x2.gt(f64x2.mul(f64x2.abs(desired), unit), f64x2.mul(limit, both(LIMIT_SLACK)))
      const exceeds = v128.and(above, movable)
      if (any(exceeds)) {
        const allowed = f64x2.div(limit, unit)
        const kept = toLots(choose(f64x2.gt(desired, both(0)), allowed, f64x2.neg(allowed)), symbol)
        desired = choose(exceeds, f64x2.add(kept, both(0)), desired)
        forced = v128.and(exceeds, reduces(held, desired))
        limited = exceeds
      }
    }
    v128.store(scratch, desired, DESIRED)
    v128.store(scratch, forced, FORCED)
    v128.store(scratch, movable, MOVABLE)
    v128.store(scratch, limited, LIMITED)
    if (records) {
      v128.store(scratch, forced, FORCED_BY_CAP)
      v128.store(scratch, expires, EXPIRED)
    }
    at += 4
    targets += 8
    prices += PRICE_BYTES
    cell += CELL_BYTES
    scratch += SCRATCH_BYTES
    symbol += SYMBOL_BYTES
  }
  addTo(pair + VETOED_COUNT, vetoed)
}

/** Lanes in which a cut brings the position toward zero. */
// @ts-expect-error: decorator
@inline
function reduces(held: v128, desired: v128): v128 {
  const long = v128.and(f64x2.lt(desired, held), f64x2.ge(desired, both(0)))
  const short = v128.and(f64x2.gt(desired, held), f64x2.le(desired, both(0)))
  return choose(f64x2.gt(held, both(0)), long, short)
}

/** The smaller of a portfolio's gross limit and its pattern's in a row. */
export function grossOf(pair: usize, lane: usize, row: i32): f64 {
  const own = load<f32>(load<u32>(pair + (lane << 2), EXPOSURE_RULES), GROSS)
  const pattern = patternOf(pair, lane)
  if (pattern == 0) return own
  const decided = load<f32>(load<u32>(pattern, PATTERN_GROSS) + (<u32>row << 2))
  return decided < own ? decided : own
}

/** Σ|desired value| above gross × equity: what can be moved × one factor, to lots; the rest counts and stays. */
function limitGross(pair: usize, prices: usize, row: i32, out: v128): void {
  const gross = f64x2.replace_lane(both(grossOf(pair, 0, row)), 1, grossOf(pair, 1, row))
  const limited = v128.andnot(f64x2.lt(gross, both(f64.POSITIVE_INFINITY)), out)
  if (!any(limited)) return
  const allowed = f64x2.mul(gross, v128.load(pair, EQUITY))
  let total = both(0)
  let movable = both(0)
  let scratch = scratchAt
  for (let n = 0; n < symbols; n++) {
    const value = f64x2.mul(f64x2.abs(v128.load(scratch, DESIRED)), v128.load64_splat(prices, CLOSE_UNIT))
    total = f64x2.add(total, value)
    movable = f64x2.add(movable, where(v128.load(scratch, MOVABLE), value))
    scratch += SCRATCH_BYTES
    prices += PRICE_BYTES
  }
  const exceeds = v128.and(limited, f64x2.gt(total, f64x2.mul(allowed, both(LIMIT_SLACK))))
  if (!any(exceeds)) return
  const left = f64x2.sub(allowed, f64x2.sub(total, movable))
  cutAll(pair, exceeds, f64x2.max(both(0), f64x2.div(left, movable)))
}

function cutAll(pair: usize, lanes: v128, factor: v128): void {
  let cell = pair + HEAD_BYTES
  let scratch = scratchAt
  let symbol = symbolsAt
  for (let n = 0; n < symbols; n++) {
    const desired = v128.load(scratch, DESIRED)
    const cut = v128.and(v128.and(lanes, f64x2.ne(desired, both(0))), v128.load(scratch, MOVABLE))
    const kept = f64x2.add(toLots(f64x2.mul(desired, factor), symbol), both(0))
    const after = choose(cut, kept, desired)
    const forced = v128.and(cut, reduces(v128.load(cell, QUANTITY), after))
    v128.store(scratch, after, DESIRED)
    v128.store(scratch, v128.or(v128.load(scratch, FORCED), forced), FORCED)
    v128.store(scratch, v128.or(v128.load(scratch, LIMITED), cut), LIMITED)
    cell += CELL_BYTES
    scratch += SCRATCH_BYTES
    symbol += SYMBOL_BYTES
  }
}

/** An increase of `allIn` takes at the fill what its target comes to, unless a limit has already said how much. */
function openOrder(pair: usize, tile: usize, n: usize, scratch: usize, held: v128, desired: v128, isNew: v128, wanted: v128): v128 {
  const flips = opposite(desired, held)
  const grows = v128.or(flips, f64x2.gt(f64x2.abs(desired), f64x2.abs(held)))
  const isOpen = v128.andnot(v128.and(v128.and(v128.load(pair, ALL_IN), isNew), grows), v128.load(scratch, LIMITED))
  if (!any(isOpen)) return wanted
  const long = longCell(pair, n)
  const target = f64x2.promote_low_f32x4(v128.load64_zero(tile + TILE_TARGETS + (n << 3)))
  v128.store(long, choose(isOpen, target, v128.load(long, ORDER_TARGET)), ORDER_TARGET)
  return choose(isOpen, v128.or(both(Infinity), signOf(desired)), wanted)
}

/** Records what was cancelled of symbol n, and the new order with its kind. */
function noteDecision(pair: usize, scratch: usize, n: usize, gone: v128, goes: v128, isNew: v128, order: v128, target: usize): void {
  const ended = f64x2.gt(v128.load(pair, ENDED), both(0))
  noteAs(pair, gone, choose(ended, codes(CANCELLED + BY_ENDED), codes(CANCELLED + BY_EXIT)), n, both(0))
  if (!any(isNew)) return
  const isOpen = f64x2.eq(f64x2.abs(order), both(Infinity))
  const out = choose(ended, codes(KIND_ENDED), codes(KIND_DRAWDOWN_STOP))
  const byLimit = choose(v128.load(scratch, FORCED_BY_CAP), codes(KIND_CAP), codes(KIND_GROSS))
  const byTarget = choose(v128.load(scratch, FORCED), byLimit, codes(KIND_TARGET))
  const kind = choose(goes, out, choose(v128.load(scratch, EXPIRED), codes(KIND_MAX_HOLD), byTarget))
  const what = choose(isOpen, codes(PLACED_OPEN), codes(PLACED))
  noteAs(pair, isNew, v128.or(what, kind), n, choose(isOpen, f64x2.promote_low_f32x4(v128.load64_zero(target)), order))
}

/**
 * One order per symbol whose desired quantity differs: more than the threshold, to or through zero, or forced.
 * Where everything goes out, an order that does anything else is cancelled, and one that closes already stays.
 */
function placeOrders(pair: usize, prices: usize, tile: usize, out: v128): void {
  const least = f64x2.mul(v128.load(pair, THRESHOLD), v128.load(pair, EQUITY))
  const start = pair + HEAD_BYTES + <usize>symbols * CELL_BYTES
  let list = start
  let cell = pair + HEAD_BYTES
  let scratch = scratchAt
  let count = both(0)
  let cancelled = both(0)
  let changing = both(0)
  let growing = both(0)
  let units = both(0)
  let waiting = both(0)
  for (let n: usize = 0; n < <usize>symbols; n++) {
    const held = v128.load(cell, QUANTITY)
    const order = v128.load(cell, ORDER)
    const closing = v128.load(cell, CLOSES)
    const desired = v128.load(scratch, DESIRED)
    const unit = v128.load64_splat(prices, CLOSE_UNIT)
    const change = f64x2.sub(desired, held)
    const leaves = v128.or(f64x2.eq(desired, both(0)), opposite(desired, held))
    const far = f64x2.gt(f64x2.mul(f64x2.abs(change), unit), least)
    const passes = v128.and(v128.or(v128.or(leaves, v128.load(scratch, FORCED)), far), v128.load(scratch, MOVABLE))
    const waits = f64x2.ne(order, both(0))
    const gone = v128.andnot(v128.and(waits, out), closing)
    const goes = v128.andnot(out, v128.and(waits, closing))
    let wanted = choose(goes, f64x2.sub(both(0), held), where(passes, change))
    const isNew = v128.and(v128.or(goes, passes), f64x2.ne(wanted, both(0)))
    if (isLong) wanted = openOrder(pair, tile, n, scratch, held, desired, isNew, wanted)
    const stays = v128.andnot(waits, gone)
    const after = choose(stays, order, where(isNew, wanted))
    v128.store(cell, after, ORDER)
    v128.store(cell, v128.or(v128.and(closing, stays), v128.and(goes, isNew)), CLOSES)
    if (isLong) v128.store(longCell(pair, n), v128.and(v128.load(longCell(pair, n), EXIT_REST), stays), EXIT_REST)
    if (records) noteDecision(pair, scratch, n, gone, goes, isNew, after, tile + TILE_TARGETS + (n << 3))
    count = f64x2.add(count, one(isNew))
    cancelled = f64x2.add(cancelled, one(gone))
    changing = f64x2.add(changing, f64x2.mul(f64x2.abs(after), unit))
    growing = f64x2.add(growing, growthOf(pair, f64x2.mul(f64x2.sub(f64x2.abs(f64x2.add(held, after)), f64x2.abs(held)), unit)))
    if (isLong) {
      units = f64x2.add(units, f64x2.abs(after))
      waiting = f64x2.add(waiting, one(f64x2.ne(after, both(0))))
    }
    store<u32>(list, <u32>n)
    list += <usize>i32(any(f64x2.ne(after, both(0)))) << 2
    cell += CELL_BYTES
    scratch += SCRATCH_BYTES
    prices += PRICE_BYTES
  }
  addTo(pair + CANCELLATIONS, cancelled)
  if (isLong) {
    v128.store(pair, units, ORDERED_UNITS)
    v128.store(pair, waiting, ORDERED_COUNT)
  }
  tellNow(pair)
  keepList(pair, list, start, count, changing, growing)
}
