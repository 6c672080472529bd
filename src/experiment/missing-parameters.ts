import { compileExpression, type Operators } from 'filtrex'

/**
 * What stands in a filter for a parameter that an instance has not got. filtrex takes it for false where a truth value is
 * asked for. Each is an object of its own, so that it is equal to nothing, and in no list.
 */
class Missing extends Boolean {}

export function missing(): unknown {
  return new Missing(false)
}

export function isMissing(value: unknown): boolean {
  return value instanceof Missing
}

type Operation = (...operands: unknown[]) => unknown

/** What arithmetic makes of something missing is missing. */
function arithmetic(operation: Operation): Operation {
  return (...operands) => (operands.some(isMissing) ? missing() : operation(...operands))
}

/** A comparison with something missing does not hold, `!=` neither. */
function comparison(operator: string): (left: unknown, right: unknown) => boolean {
  const compare = filtrexOperation(`left ${operator} right`)
  return (left, right) => !isMissing(left) && !isMissing(right) && compare(left, right) === true
}

/** An operation as filtrex has it, with its checks of types. */
function filtrexOperation(expression: string): Operation {
  const evaluate = compileExpression(expression)
  return (left, right) => {
    const result: unknown = evaluate({ left, right })
    if (result instanceof Error) throw result
    return result
  }
}

const [minus, negated] = [filtrexOperation('left - right'), filtrexOperation('- left')]

/** The operators of filters: filtrex's, but for what is missing. */
export const OPERATORS: Operators = {
  ...Object.fromEntries(['+', '*', '/', '^', 'mod'].map((operator) => [operator, arithmetic(filtrexOperation(`left ${operator} right`))])),
  '-': arithmetic((...operands) => (operands.length === 1 ? negated(...operands) : minus(...operands))),
  ...Object.fromEntries(['<', '<=', '>', '>=', '~='].map((operator) => [operator, comparison(operator)])),
  '==': comparison('=='),
  '!=': comparison('!='),
}

const { abs, ceil, floor, log, log2, log10, max, min, round, sqrt } = Math
const isAbsent = (value: unknown): boolean => isMissing(value) || value === undefined || value === null

/** The functions of filters: filtrex's, but for what is missing. */
export const FUNCTIONS: Readonly<Record<string, Operation>> = {
  ...Object.fromEntries(Object.entries({ abs, ceil, floor, log, log2, log10, max, min, round, sqrt })
    .map(([name, operation]) => [name, arithmetic(operation as Operation)])),
  exists: (value) => !isAbsent(value),
  empty: (value) => isAbsent(value) || value === '' || (Array.isArray(value) && value.length === 0),
}
