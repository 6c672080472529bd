import type { PortfolioLayer, ResolvedExperiment } from './experiment.ts'
import { locateByPath } from './document.ts'
import { nameHint } from './names.ts'
import { ConfigProblems, type ConfigPath, type Locate } from './problems.ts'

/**
 * What only the market can tell: that portfolios name its symbols, and size every one of them.
 * @param locate finds portfolios by their names
 * @throws MillraceError CONFIG_VALUE with the nearest symbol, or with the symbols that have no size
 */
export function checkAgainstUniverse(resolved: Pick<ResolvedExperiment, 'name' | 'portfolios' | 'walkForwards'>, symbols: readonly string[], locate: Locate = locateByPath(resolved.name)): void {
  const problems = new ConfigProblems(locate)
  const checkNames = (named: Readonly<Record<string, number>>, path: ConfigPath): void => {
    for (const symbol of Object.keys(named)) {
      if (!symbols.includes(symbol)) {
        problems.add({
          code: 'CONFIG_VALUE', path: [...path, symbol],
          message: `the market has no symbol ${symbol}`, value: symbol,
          hint: nameHint(symbol, symbols),
        })
      }
    }
  }
  for (const group of [...resolved.portfolios, ...resolved.walkForwards]) {
    const layers: { layer: PortfolioLayer; path: ConfigPath }[] = [
      { layer: group.body, path: ['portfolios', group.name] },
      ...group.axes.flatMap(({ name, values }) => values.map(({ layer }) => ({ layer, path: ['portfolios', group.name, 'grid', name] }))),
    ]
    for (const { layer, path } of layers) {
      checkNames((layer.positions ?? {}) as Readonly<Record<string, number>>, [...path, 'positions'])
      const quantity = layer.sizing !== undefined && layer.sizing !== null && 'quantity' in layer.sizing ? layer.sizing.quantity : undefined
      if (quantity === undefined || typeof quantity === 'number') continue
      const place = [...path, 'sizing', 'quantity']
      checkNames(quantity, place)
      const unsized = symbols.filter((symbol) => !Object.hasOwn(quantity, symbol))
      if (unsized.length > 0) {
        problems.add({
          code: 'CONFIG_VALUE', path: place,
          message: `no quantity for ${unsized.slice(0, 5).join(', ')}${unsized.length > 5 ? ` and ${unsized.length - 5} more` : ''}`,
          value: unsized, hint: 'give every symbol of the market a quantity; 0 = do not trade it',
        })
      }
    }
  }
  problems.throwIfAny()
}
