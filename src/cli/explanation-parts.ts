import type { BookMoment } from '../analysis/order-watch.ts'
import { exact } from './figures.ts'

export function indent(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`)
}

export function bookLine(book: BookMoment): string {
  const entry = book.quantity === 0 ? '' : ` entered at ${exact(book.entryPrice)}`
  return `cash ${exact(book.cash)}, equity ${exact(book.equity)}, position ${exact(book.quantity)}${entry}`
}

/** The book around a fill: equity is only known at closes. */
export function changeOf(book: BookMoment): string {
  const entry = book.quantity === 0 ? '' : ` at ${exact(book.entryPrice)}`
  return `cash ${exact(book.cash)}, position ${exact(book.quantity)}${entry}`
}

/** `fast=5, slow=20` */
export function paramsText(params: Readonly<Record<string, unknown>>): string {
  return Object.entries(params).map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`).join(', ')
}
