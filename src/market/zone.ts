import { IANAZone } from 'luxon'
import { MillraceError } from '../base/errors.ts'
import { MS_PER_DAY } from './interval.ts'

/** A place's clock. "Local" is milliseconds since 1970-01-01T00:00 as that clock shows it. */
export interface Zone {
  readonly name: string
  /** The instant (ms, UTC) of a local time; `gap` when the clock skipped it, `fold` when it showed it twice. */
  toInstant(local: number): number | 'gap' | 'fold'
  /** The local date of an instant, as days since 1970-01-01. */
  dateOf(instant: number): number
  /** The first instant of a local date: midnight, or the end of the gap where midnight was skipped. */
  startOfDay(date: number): number
}

const UTC: Zone = {
  name: 'UTC',
  toInstant: (local) => local,
  dateOf: (instant) => Math.floor(instant / MS_PER_DAY),
  startOfDay: (date) => date * MS_PER_DAY,
}

/** Days of one remembered span: offsets surely change at most once in it. */
const SPAN_MS = 8 * MS_PER_DAY

/** The offsets of a span of time, in ms: `before` until `changeAt`, then `after`. */
interface OffsetSpan {
  readonly before: number
  readonly after: number
  readonly changeAt: number
}

class RegionZone implements Zone {
  readonly name: string
  readonly #zone: IANAZone
  /** luxon needs microseconds per offset and a file has a stamp per bar, so offsets are remembered. */
  readonly #spans = new Map<number, OffsetSpan>()

  constructor(name: string) {
    this.name = name
    this.#zone = IANAZone.create(name)
  }

  #spanAt(instant: number): OffsetSpan {
    const index = Math.floor(instant / SPAN_MS)
    let span = this.#spans.get(index)
    if (span === undefined) {
      span = this.#findSpan(index * SPAN_MS)
      this.#spans.set(index, span)
    }
    return span
  }

  #findSpan(start: number): OffsetSpan {
    let last = start
    let changeAt = start + SPAN_MS
    const before = this.#exactOffset(last)
    const after = this.#exactOffset(changeAt)
    if (before === after) return { before, after, changeAt }
    while (changeAt - last > 1) {
      const middle = Math.floor((last + changeAt) / 2)
      if (this.#exactOffset(middle) === before) last = middle
      else changeAt = middle
    }
    return { before, after, changeAt }
  }

  #exactOffset(instant: number): number {
    return Math.round(this.#zone.offset(instant) * 60_000)
  }

  #offsetAt(instant: number): number {
    const span = this.#spanAt(instant)
    return instant < span.changeAt ? span.before : span.after
  }

  toInstant(local: number): number | 'gap' | 'fold' {
    // No zone is 24 hours from UTC, so these are the offsets before and after any change near this time.
    const earlier = this.#offsetAt(local - MS_PER_DAY)
    const later = this.#offsetAt(local + MS_PER_DAY)
    if (earlier === later) return local - earlier
    const before = this.#offsetAt(local - earlier) === earlier
    const after = this.#offsetAt(local - later) === later
    if (before && after) return 'fold'
    if (before) return local - earlier
    return after ? local - later : 'gap'
  }

  dateOf(instant: number): number {
    return Math.floor((instant + this.#offsetAt(instant)) / MS_PER_DAY)
  }

  startOfDay(date: number): number {
    const local = date * MS_PER_DAY
    const instant = this.toInstant(local)
    if (typeof instant === 'number') return instant
    const earlier = this.#offsetAt(local - MS_PER_DAY)
    // A fold shows midnight first with the earlier offset. A gap ends at the change of offset itself.
    return instant === 'fold' ? local - earlier : this.#changeNear(local - earlier)
  }

  #changeNear(instant: number): number {
    for (const near of [instant - MS_PER_DAY / 2, instant + MS_PER_DAY / 2]) {
      const { before, after, changeAt } = this.#spanAt(near)
      if (before !== after && Math.abs(changeAt - instant) < MS_PER_DAY) return changeAt
    }
    throw new Error(`${this.name} has no change of offset near ${instant}`)
  }
}

const zones = new Map<string, Zone>([['UTC', UTC]])

/** True for `UTC` and every IANA name this machine knows. */
export function isZone(name: string): boolean {
  return zones.has(name) || IANAZone.isValidZone(name)
}

/** The zone of that IANA name; none for none. @throws CONFIG_VALUE for a name no zone has. */
export function zoneNamed(name: string): Zone
export function zoneNamed(name: string | undefined): Zone | undefined
export function zoneNamed(name: string | undefined): Zone | undefined {
  if (name === undefined) return undefined
  const known = zones.get(name)
  if (known !== undefined) return known
  if (!isZone(name)) {
    throw new MillraceError({
      code: 'CONFIG_VALUE', message: `there is no time zone "${name}"`, where: 'market.zone', value: name,
      hint: 'use an IANA name such as America/New_York, or UTC',
    })
  }
  const zone = new RegionZone(name)
  zones.set(name, zone)
  return zone
}
