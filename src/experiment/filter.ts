import { compileExpression } from 'filtrex'
import { nameHint } from './names.ts'
import type { ConfigPlace } from './problems.ts'

/** A compiled `where`: undefined stands for a combination it could not judge. */
export type Filter = (params: Readonly<Record<string, unknown>>) => boolean | undefined

const COMPARISON = 'write a comparison of parameters: fast < slow'

/**
 * Compiles a filter over parameters, such as `fast < slow`. What is wrong is reported once.
 * @returns undefined when the expression cannot be read
 */
export function compileFilter(expression: string, place: ConfigPlace): Filter | undefined {
  const { problems, path } = place
  const report = (message: string, hint?: string): void => {
    problems.add({ code: 'CONFIG_VALUE', path, message, value: expression, hint })
  }
  let evaluate: (params: object) => unknown
  try {
    evaluate = compileExpression(expression)
  } catch (error) {
    const hint = /\d[eE]\d/.test(expression) ? 'write numbers without an exponent: 100000 for 1e5' : COMPARISON
    report(`this filter cannot be read: ${firstLine(error)}`, hint)
    return undefined
  }
  let failed = false
  return (params) => {
    if (failed) return undefined
    const result = evaluate(params)
    if (typeof result === 'boolean') return result
    failed = true
    // filtrex hands errors back as values instead of throwing them.
    if (!(result instanceof Error)) report('a filter is true or false', COMPARISON)
    else {
      const unknown = (result as { propertyName?: unknown }).propertyName
      if (typeof unknown === 'string') report(`there is no parameter \`${unknown}\``, nameHint(unknown, Object.keys(params)))
      else report(`this filter fails: ${firstLine(result)}`)
    }
    return undefined
  }
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]
}
