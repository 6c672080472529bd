import { describe, expect, it } from 'vitest'
import { gatherPlaces, placesByName } from '../../src/stages/signal-places.ts'

describe('places of signals', () => {
  it('are sent with each artefact once, and are as they were', () => {
    const places = new Map([['a', { artefact: 'x', position: 3 }], ['b', { artefact: 'y', position: 0 }], ['c', { artefact: 'x', position: 255 }]])
    const sent = structuredClone(gatherPlaces([...places.keys()], (name) => places.get(name) ?? { artefact: '', position: -1 }))
    expect(sent.artefacts).toEqual(['x', 'y'])
    expect(placesByName(sent)).toEqual(places)
    expect(placesByName(gatherPlaces([], () => ({ artefact: '', position: 0 })))).toEqual(new Map())
  })
})
