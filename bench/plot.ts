import type { Figure, Line, Plot } from './measure.ts'

const WIDTH = 920
const COLOURS = ['#4477aa', '#cc6677', '#228833', '#aa3377', '#ccbb44', '#66ccee']
const plain = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 })
const compact = new Intl.NumberFormat('en', { maximumSignificantDigits: 3, notation: 'compact' })

/** A number as the page and its plots show it. */
export function shown(value: number): string {
  return value !== 0 && Math.abs(value) < 1e-6 ? value.toExponential(1) : plain.format(value)
}

/** Ratios travel better than what they are ratios of, and come first. */
export function isRatio(unit: string): boolean {
  return unit === '×' || unit === '%'
}

/** From a value to its place: on a scale from 0, or on a logarithmic one. */
interface Scale {
  readonly at: (value: number) => number
  readonly ticks: readonly number[]
}

/** Bars whose lengths differ by more than this are shown on a logarithmic scale, which then says so. */
const LARGEST_LINEAR_RATIO = 40
const BAR = 20
/** Room for the longest bar and its figure. */
const BARS = 520
/** A character is hardly ever wider. */
const CHARACTER = 7.5
const GAP = 8

/** Horizontal bars of the medians, each unit on a scale of its own; a target is a dark line across its bar. */
export function barsOf(figures: readonly Figure[]): string {
  const parts: string[] = []
  let y = 8
  const left = GAP + CHARACTER * Math.max(0, ...figures.map(({ name }) => name.length))
  const units = [...new Set(figures.map(({ unit }) => unit))]
  for (const unit of [...units.filter((each) => isRatio(each)), ...units.filter((each) => !isRatio(each))]) {
    const some = figures.filter((figure) => figure.unit === unit && figure.median > 0)
    if (some.length === 0) continue
    const { at, logarithmic } = barScale(some)
    parts.push(text({ x: left, y: y + 14, weight: 'bold' }, `${unit === '' ? 'difference' : unit}${logarithmic ? ' (logarithmic scale)' : ''}`))
    y += BAR + 4
    some.forEach((figure) => {
      const [end, ...bounds] = [figure.median, ...boundsOf(figure)].map((value) => left + at(value))
      const said = shown(figure.median)
      // A target's line does not cross the figure.
      const [crossing = end] = bounds.filter((x) => x > end && x < end + GAP + CHARACTER * said.length)
      parts.push(
        text({ x: left - GAP, y: y + 14, anchor: 'end' }, figure.name),
        rectangle({ x: left, y: y + 1, width: at(figure.median), height: BAR - 5 }, COLOURS[0]),
        ...bounds.map((x) => line([x, y - 2], [x, y + BAR - 2], '#222')),
        text({ x: crossing + GAP, y: y + 14 }, said),
      )
      y += BAR
    })
    y += 12
  }
  return drawing({ width: left + BARS, height: y }, parts)
}

function boundsOf({ target }: Figure): number[] {
  if (target === undefined) return []
  return ['atLeast' in target ? target.atLeast : target.atMost]
}

function barScale(figures: readonly Figure[]): { at: (value: number) => number; logarithmic: boolean } {
  const values = figures.flatMap((figure) => [figure.median, ...boundsOf(figure)]).filter((value) => value > 0)
  const [least, most] = [Math.min(...values), Math.max(...values)]
  const room = BARS - 80
  if (most / least <= LARGEST_LINEAR_RATIO) return { at: (value) => (room * value) / most, logarithmic: false }
  const span = Math.log10(most / least) + 0.3
  return { at: (value) => (value > 0 ? (room * (Math.log10(value / least) + 0.3)) / span : 0), logarithmic: true }
}

const LEFT = 90
const RIGHT = WIDTH - 24
const TOP = 40
const BOTTOM = 330

/** Lines over a common pair of axes; the values begin at 0, so that what is flat looks flat. */
export function linesOf({ x, y, logarithmicX = false, lines }: Plot): string {
  const xs = lines.flatMap(({ points }) => points.map(([at]) => at))
  const across = logarithmicX ? logarithmicScale(xs) : linearScale({ least: Math.min(...xs), most: Math.max(...xs), from: LEFT, to: RIGHT })
  const up = linearScale({ least: 0, most: 1.05 * Math.max(...lines.flatMap(({ points }) => points.map(([, value]) => value))), from: BOTTOM, to: TOP })
  const parts = [
    ...up.ticks.flatMap((tick) => [line([LEFT, up.at(tick)], [RIGHT, up.at(tick)], '#ddd'), text({ x: LEFT - 8, y: up.at(tick) + 4, anchor: 'end' }, compact.format(tick))]),
    ...across.ticks.flatMap((tick) => [line([across.at(tick), BOTTOM], [across.at(tick), BOTTOM + 5], '#222'), text({ x: across.at(tick), y: BOTTOM + 19, anchor: 'middle' }, compact.format(tick))]),
    line([LEFT, BOTTOM], [RIGHT, BOTTOM], '#222'),
    text({ x: LEFT, y: 16, weight: 'bold' }, y),
    text({ x: RIGHT, y: BOTTOM + 40, anchor: 'end', weight: 'bold' }, x),
    ...lines.flatMap((each, i) => drawn(each, { across, up, colour: COLOURS[i % COLOURS.length] })),
    ...legend(lines),
  ]
  return drawing({ width: WIDTH, height: BOTTOM + 50 }, parts)
}

function drawn({ points }: Line, { across, up, colour }: { across: Scale; up: Scale; colour: string }): string[] {
  const places = points.map(([x, y]) => `${across.at(x).toFixed(1)},${up.at(y).toFixed(1)}`)
  const few = points.length <= 30
  return [
    `<polyline points="${places.join(' ')}" fill="none" stroke="${colour}" stroke-width="2"/>`,
    ...(few ? points.map(([x, y]) => `<circle cx="${across.at(x).toFixed(1)}" cy="${up.at(y).toFixed(1)}" r="3.5" fill="${colour}"/>`) : []),
  ]
}

function legend(lines: readonly Line[]): string[] {
  if (lines.length < 2) return []
  let x = LEFT
  return lines.flatMap(({ name }, i) => {
    const at = x
    x += 30 + 7 * name.length
    return [rectangle({ x: at, y: 24, width: 12, height: 4 }, COLOURS[i % COLOURS.length]), text({ x: at + 18, y: 31 }, name)]
  })
}

function logarithmicScale(values: readonly number[]): Scale {
  const [least, most] = [Math.log10(Math.min(...values)), Math.log10(Math.max(...values))]
  const span = Math.max(most - least, 1e-9)
  const ticks: number[] = []
  for (let power = Math.ceil(least - 1e-9); power <= most + 1e-9; power++) ticks.push(10 ** power)
  return { at: (value) => LEFT + 20 + ((RIGHT - LEFT - 40) * (Math.log10(value) - least)) / span, ticks }
}

/** Ticks at 1, 2 or 5 times a power of ten, four to ten of them. */
function linearScale({ least, most, from, to }: { least: number; most: number; from: number; to: number }): Scale {
  const span = most > least ? most - least : 1
  const power = 10 ** Math.floor(Math.log10(span / 4))
  const step = power * (span / power >= 40 ? 10 : span / power >= 20 ? 5 : span / power >= 10 ? 2 : 1)
  const ticks: number[] = []
  for (let n = Math.ceil(least / step); n * step <= least + span; n++) ticks.push(n * step)
  return { at: (value) => from + ((to - from) * (value - least)) / span, ticks }
}

function drawing({ width, height }: { readonly width: number; readonly height: number }, parts: readonly string[]): string {
  const head = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="sans-serif" font-size="13">`
  return [head, `<rect width="${width}" height="${height}" fill="white"/>`, ...parts, '</svg>', ''].join('\n')
}

function rectangle({ x, y, width, height }: { x: number; y: number; width: number; height: number }, colour: string): string {
  return `<rect x="${x.toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="${height}" fill="${colour}"/>`
}

function line([x1, y1]: readonly [number, number], [x2, y2]: readonly [number, number], colour: string): string {
  return `<line x1="${x1.toFixed(1)}" y1="${y1.toFixed(1)}" x2="${x2.toFixed(1)}" y2="${y2.toFixed(1)}" stroke="${colour}"/>`
}

function text({ x, y, anchor = 'start', weight = 'normal' }: { x: number; y: number; anchor?: string; weight?: string }, content: string): string {
  const safe = content.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}" font-weight="${weight}">${safe}</text>`
}
