export interface TableColumn {
  readonly name: string
  readonly align?: 'left' | 'right'
}

/** Text columns under their names, two spaces apart; the last column is never padded. */
export function formatTable(columns: readonly TableColumn[], rows: readonly (readonly string[])[]): string[] {
  const widths = columns.map((column, index) => rows.reduce((widest, row) => Math.max(widest, row[index].length), column.name.length))
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, index) => (columns[index].align === 'right' ? cell.padStart(widths[index]) : index === cells.length - 1 ? cell : cell.padEnd(widths[index])))
      .join('  ')
      .trimEnd()
  return [line(columns.map((column) => column.name)), ...rows.map(line)]
}
