import { expect, it } from 'vitest'
import { createState } from '../../src/domain/step.ts'

it('lays out the declared arrays, zeroed, by name', () => {
  const { arrays } = createState({ held: 'N', spread: 'pairs', count: 2 }, 4)
  expect({ held: arrays.held.length, spread: arrays.spread.length, count: arrays.count.length }).toEqual({ held: 4, spread: 6, count: 2 })
  expect([...arrays.held, ...arrays.spread, ...arrays.count].every((value) => value === 0)).toBe(true)
})

it('puts a snapshot back into the very arrays that were handed out', () => {
  const state = createState({ held: 'N', count: 1 }, 2)
  state.arrays.held.set([1, NaN])
  state.arrays.count[0] = 7
  const snapshot = state.snapshot()
  state.arrays.held.fill(9)
  state.arrays.count[0] = 9
  state.restore(snapshot)
  expect([...state.arrays.held, ...state.arrays.count]).toEqual([1, NaN, 7])
  state.arrays.held[0] = 5
  expect(new Float64Array(snapshot.buffer)[0]).toBe(1)
})

it('refuses a snapshot of another layout', () => {
  const state = createState({ held: 'N' }, 2)
  expect(() => state.restore(createState({ held: 'N' }, 3).snapshot())).toThrow('24 bytes does not fit a state of 16')
})
