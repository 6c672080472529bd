import type { Address } from '../store/store.ts'
import type { SignalPlace, SignalSource } from './kernel-blocks.ts'

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

/** Where a batch reads each of its signals: `stored` ones at their places, those that are `made` on the way by their numbers. */
export function sourcesOf(signals: readonly string[], from: { readonly stored: SignalPlaces; readonly made: readonly string[] }): SignalSource[] {
  const { names, artefacts, numbers } = from.stored
  const sources = new Map<string, SignalSource>(names.map((name, s) => [name, { artefact: artefacts[numbers[2 * s]], position: numbers[2 * s + 1] }]))
  from.made.forEach((name, made) => sources.set(name, { made }))
  return signals.map((signal) => {
    const source = sources.get(signal)
    if (source === undefined) throw new Error(`the batch subscribes to ${signal}, but was not told where that is`)
    return source
  })
}
