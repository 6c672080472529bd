import { METRIC_UNITS, type MetricField } from '../domain/metrics.ts'

/** What is shown where there is no number. */
export const NONE = '–'

export function formatCount(count: number): string {
  return count.toLocaleString('en-US')
}

/** `1 portfolio`, `2,208 portfolios` */
export function plural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`
}

export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`
  const units = ['KiB', 'MiB', 'GiB', 'TiB']
  let value = bytes / 1024
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  return `${value < 10 ? value.toFixed(1) : formatCount(Math.round(value))} ${units[unit]}`
}

export function formatDuration(ms: number): string {
  const seconds = ms / 1000
  if (seconds < 10) return `${seconds.toFixed(1)} s`
  if (seconds < 60) return `${Math.round(seconds)} s`
  const minutes = Math.floor(Math.round(seconds) / 60)
  if (minutes < 60) return `${minutes} min ${String(Math.round(seconds) % 60).padStart(2, '0')} s`
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`
}

/** A metric as a person reads it: fractions in per cent, money with cents, counts whole. */
export function formatMetric(field: MetricField, value: unknown): string {
  if (typeof value !== 'number' || !Number.isFinite(value)) return NONE
  const unit = METRIC_UNITS[field]
  if (unit === 'money') return value.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })
  if (unit === 'count' || unit === 'periods') return formatCount(value)
  if (unit === 'fraction') return `${(value * 100).toFixed(2)} %`
  if (field === 'turnover') return `${value.toFixed(2)} ×`
  if (unit === 'perYear') return `${(value * 100).toFixed(2)} %`
  return value.toFixed(3)
}

/** The digits that identify a float64, and no more. */
export function exact(value: number): string {
  return Number.isNaN(value) ? 'none' : String(value)
}

/** The fewest digits that identify a float32 among float32 numbers. */
export function exactFloat32(value: number): string {
  if (!Number.isFinite(value) || Math.fround(value) !== value) return exact(value)
  for (let digits = 1; digits < 9; digits++) {
    const text = String(Number(value.toPrecision(digits)))
    if (Math.fround(Number(text)) === value) return text
  }
  return String(Number(value.toPrecision(9)))
}
