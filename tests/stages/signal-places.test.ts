import { describe, expect, it } from 'vitest'
import { gatherPlaces, sourcesOf } from '../../src/stages/signal-places.ts'

describe('places of signals', () => {
  const places = new Map([['a', { artefact: 'x', position: 3 }], ['b', { artefact: 'y', position: 0 }], ['c', { artefact: 'x', position: 255 }]])
  const sent = structuredClone(gatherPlaces([...places.keys()], (name) => places.get(name) ?? { artefact: '', position: -1 }))

  it('are sent with each artefact once, and are as they were', () => {
    expect(sent.artefacts).toEqual(['x', 'y'])
    expect(sourcesOf(['c', 'a', 'b'], { stored: sent, made: [] })).toEqual(['c', 'a', 'b'].map((name) => places.get(name)))
    expect(sourcesOf([], { stored: gatherPlaces([], () => ({ artefact: '', position: 0 })), made: [] })).toEqual([])
  })

  it('stand beside signals that are made where they are read', () => {
    expect(sourcesOf(['e', 'b', 'd'], { stored: sent, made: ['d', 'e'] })).toEqual([{ made: 1 }, places.get('b'), { made: 0 }])
  })

  it('are asked for a signal that has none, and say which', () => {
    expect(() => sourcesOf(['a', 'lost'], { stored: sent, made: ['d'] })).toThrow('subscribes to lost')
  })
})
