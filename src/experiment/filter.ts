import { compileExpression } from 'filtrex'
import { FUNCTIONS, isMissing, missing, OPERATORS } from './missing-parameters.ts'
import { nameHint } from './names.ts'
import type { ConfigPlace } from './problems.ts'

/** A compiled `where`: undefined stands for something it could not judge. */
export type Filter = (values: Readonly<Record<string, unknown>>) => boolean | undefined

const COMPARISON = 'write a comparison of parameters: fast < slow'
const CONSTANTS = { true: true, false: false, null: null }

/** What filtrex hands back instead of throwing. */
interface FilterFault {
  readonly propertyName?: unknown
  readonly functionName?: unknown
}

/**
 * Compiles a filter over named values, such as `fast < slow / 2 and name == 'trend'`. Text may stand in single or double
 * quotes. A comparison with a name that only others have does not hold, and the rest is judged as ever; `exists(fast)`
 * asks for it. What is wrong is reported once, with the nearest name.
 * @param known every name that some of the judged have
 * @returns undefined when the expression cannot be read
 */
export function compileFilter(expression: string, known: ReadonlySet<string>, place: ConfigPlace): Filter | undefined {
  const { problems, path } = place
  const report = (message: string, hint?: string): void => {
    problems.add({ code: 'CONFIG_VALUE', path, message, value: expression, hint })
  }
  let evaluate: (values: object) => unknown
  try {
    evaluate = compileExpression(expression, {
      constants: CONSTANTS, operators: OPERATORS, extraFunctions: FUNCTIONS,
      customProp: (name: string, get: (name: string) => unknown, values: object, type: 'unescaped' | 'single-quoted') => {
        if (type === 'single-quoted') return name
        return known.has(name) && !Object.hasOwn(values, name) ? missing() : get(name)
      },
    })
  } catch (error) {
    report(`this filter cannot be read${placeIn(expression, error)}`, unreadableHint(expression))
    return undefined
  }
  let failed = false
  return (values) => {
    if (failed) return undefined
    const result = evaluate(values)
    if (typeof result === 'boolean') return result
    if (isMissing(result)) return false
    failed = true
    if (!(result instanceof Error)) report('a filter is true or false', COMPARISON)
    else {
      const { propertyName, functionName } = result as FilterFault
      if (typeof propertyName === 'string') report(`there is no parameter \`${propertyName}\``, nameHint(propertyName, [...known]))
      else if (typeof functionName === 'string') report(`there is no function \`${functionName}\``, nameHint(functionName, Object.keys(FUNCTIONS)))
      else report(`this filter fails: ${result.message.split('\n')[0]}`, negationHint(expression) ?? COMPARISON)
    }
    return undefined
  }
}

/** Where filtrex stopped reading: its message has the text around, and in the line below a `^` under the place. */
function placeIn(expression: string, error: unknown): string {
  if (expression.trim() === '') return ': it is empty'
  const [, around = '', pointer = ''] = (error instanceof Error ? error.message : '').split('\n')
  const at = pointer.indexOf('^')
  if (at < 0) return ''
  const [before, rest] = [around.slice(0, at).trim(), around.slice(at).trim()]
  if (rest === '') return `: it ends after \`${before}\``
  return before === '' ? `: at \`${rest}\`` : `: at \`${rest}\` after \`${before}\``
}

function unreadableHint(expression: string): string {
  if (/\d[eE][+-]?\d/.test(expression)) return 'write numbers without an exponent: 100000 for 1e5'
  const [, word] = /\b(and|or|not|in|if|then|else|mod)\(/.exec(expression) ?? []
  return word === undefined ? COMPARISON : `write a space between \`${word}\` and \`(\``
}

/** `not` binds more closely than a comparison, which is seldom meant. */
function negationHint(expression: string): string | undefined {
  const [, comparison] = /\bnot\s+(?!in\b)((?:(?!\b(?:and|or)\b)[^()<>=!~])+(?:[<>]=?|[=!~]=)\s*[^()\s]+)/.exec(expression) ?? []
  return comparison === undefined ? undefined : `write \`not (${comparison})\`: without brackets \`not\` takes the first operand alone`
}
