import type { Address } from '../store/store.ts'
import type { SignalPlace } from './kernel-blocks.ts'

/** Where signals are, as plain data that is small to send: each artefact once, and two numbers a signal. */
export interface SignalPlaces {
  readonly names: readonly string[]
  readonly artefacts: readonly Address[]
  /** Of its artefact, and its position there. */
  readonly numbers: Int32Array
}

export function gatherPlaces(names: readonly string[], placeOf: (name: string) => SignalPlace): SignalPlaces {
  const known = new Map<Address, number>()
  const numbers = new Int32Array(2 * names.length)
  names.forEach((name, s) => {
    const { artefact, position } = placeOf(name)
    let number = known.get(artefact)
    if (number === undefined) known.set(artefact, (number = known.size))
    numbers[2 * s] = number
    numbers[2 * s + 1] = position
  })
  return { names, artefacts: [...known.keys()], numbers }
}

/** The gathered places by name. */
export function placesByName({ names, artefacts, numbers }: SignalPlaces): Map<string, SignalPlace> {
  return new Map(names.map((name, s) => [name, { artefact: artefacts[numbers[2 * s]], position: numbers[2 * s + 1] }]))
}
