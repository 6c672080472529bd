import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import bollingerEvents from '../../src/strategies/bollinger-events.ts'
import bollingerReversion from '../../src/strategies/bollinger-reversion.ts'
import momentumRank from '../../src/strategies/momentum-rank.ts'
import smaCross from '../../src/strategies/sma-cross.ts'
import spreadZscore from '../../src/strategies/spread-zscore.ts'
import { createStrategyStep } from '../../src/strategies/strategy-step.ts'
import { turnStrategy } from './turn-strategy.ts'

const names = (instance: Parameters<typeof createStrategyStep>[0]): string[] =>
  createStrategyStep(instance).features.map((feature) => feature.expression)

describe('sma-cross', () => {
  test('long above, flat at or below, no opinion without both averages', () => {
    const params = { fast: 5, slow: 20 }
    const rows = [[[3, NaN, 1], [2, 2, NaN]], [[2, 2.1, 1], [2, 2, 2]]]
    expect(turnStrategy({ definition: smaCross, params, universe: ['A', 'B', 'C'] }, rows)).toEqual([[1, NaN, NaN], [0, 1, 0]])
    expect(names({ definition: smaCross, params, universe: ['A'] })).toEqual(['sma(close,5)', 'sma(close,20)'])
  })
})

describe('bollinger-reversion', () => {
  const scores = [NaN, -1, -2.5, -1.5, -0.1, 0.2, 2.1, NaN, 0.5, -0.1, 3, -3, -0.6, -0.5, -0.4]

  test('enters beyond a band, remembers, leaves at the mean, reverses beyond the other band', () => {
    const instance = { definition: bollingerReversion, params: { window: 20, entry: 2 }, universe: ['A'] }
    const signals = turnStrategy(instance, scores.map((score) => [[score]])).map((row) => row[0])
    expect(signals).toEqual([NaN, 0, 1, 1, 1, 0, -1, NaN, -1, 0, -1, 1, 1, 1, 1])
    expect(names(instance)).toEqual(['zscore(close,20)'])
  })

  test('leaves already within `exit` of the mean, on either side', () => {
    const instance = { definition: bollingerReversion, params: { window: 20, entry: 2, exit: 0.5 }, universe: ['A'] }
    const signals = turnStrategy(instance, scores.map((score) => [[score]])).map((row) => row[0])
    expect(signals).toEqual([NaN, 0, 1, 1, 0, 0, -1, NaN, -1, 0, -1, 1, 1, 1, 0])
  })

  test('each symbol has its own memory', () => {
    const rows = [[[-3, 3]], [[-1, 1]], [[1, 1]], [[1, -1]]]
    const instance = { definition: bollingerReversion, params: { window: 20, entry: 2 }, universe: ['A', 'B'] }
    expect(turnStrategy(instance, rows)).toEqual([[1, -1], [1, -1], [0, -1], [0, 0]])
  })
})

describe('bollinger-events', () => {
  /** Scores with the one before, as `lag(…, 1)` gives it: of the symbol's own bars. */
  const withLag = (scores: readonly number[]): number[][][] => {
    let before = NaN
    return scores.map((score) => {
      if (Number.isNaN(score)) return [[NaN], [NaN]]
      const row = [[score], [before]]
      before = score
      return row
    })
  }

  test('an opinion beyond a band and on the way back, none in between', () => {
    const instance = { definition: bollingerEvents, params: { window: 20, entry: 2, exit: 0.5 }, universe: ['A'] }
    const scores = [-2.5, -2.1, -1.5, -0.4, 0.2, 2.1, NaN, 1, 0.4, -1, 3, -3]
    const signals = turnStrategy(instance, withLag(scores)).map((row) => row[0])
    expect(signals).toEqual([1, 1, NaN, 0, NaN, -1, NaN, NaN, 0, NaN, -1, 1])
    expect(names(instance)).toEqual(['zscore(close,20)', 'lag(zscore(close,20),1)'])
  })

  test('held as a position, its events are the signals of bollinger-reversion', () => {
    const [seed, numRuns] = [2, 300]
    const score = fc.oneof({ weight: 9, arbitrary: fc.double({ min: -3.5, max: 3.5, noNaN: true }) }, { weight: 1, arbitrary: fc.constant(NaN) })
    fc.assert(
      fc.property(fc.array(score, { minLength: 5, maxLength: 80 }), fc.constantFrom(0, 0.3, 1), (scores, exit) => {
        const params = { window: 20, entry: 1.5, exit }
        const events = turnStrategy({ definition: bollingerEvents, params, universe: ['A'] }, withLag(scores))
        const held = turnStrategy({ definition: bollingerReversion, params, universe: ['A'] }, scores.map((value) => [[value]]))
        let position = 0
        const positions = events.map(([event], t) => {
          if (!Number.isNaN(event)) position = event
          return Number.isNaN(scores[t]) ? NaN : position
        })
        expect(positions).toEqual(held.map((row) => row[0]))
      }),
      { seed, numRuns },
    )
    console.log(`events against memory: ${numRuns} random score histories, seed ${seed}`)
  })
})

describe('momentum-rank', () => {
  const universe = ['A', 'B', 'C', 'D', 'E']
  const rank = (params: object, scores: readonly number[]): number[] =>
    turnStrategy({ definition: momentumRank, params: { window: 60, ...params }, universe: universe.slice(0, scores.length) }, [[scores]])[0]

  test('long the best, short the worst if asked, the rest flat; a missing symbol is not ranked', () => {
    expect(rank({ fraction: 0.25 }, [0.1, 0.2, 0.3, -0.2, NaN])).toEqual([0, 0, 1, 0, NaN])
    expect(rank({ fraction: 0.5 }, [0.1, 0.2, 0.3, -0.2, NaN])).toEqual([0, 1, 1, 0, NaN])
    expect(rank({ fraction: 0.25, short: true }, [0.1, 0.2, 0.3, -0.2, NaN])).toEqual([0, 0, 1, -1, NaN])
  })

  test('of equals the earlier one ranks higher', () => {
    expect(rank({ fraction: 0.25, short: true }, [1, 1, 1, 1])).toEqual([1, 0, 0, -1])
    expect(rank({ fraction: 0.4 }, [1, 3, 3, 3, 2])).toEqual([0, 1, 1, 0, 0])
  })

  test('at least one of two is chosen, none of one, and 0.29 of 100 is 29', () => {
    expect(rank({ fraction: 0.1, short: true }, [1, 2])).toEqual([-1, 1])
    expect(rank({ fraction: 0.5, short: true }, [1, NaN])).toEqual([0, NaN])
    const many = Array.from({ length: 100 }, (_, n) => n)
    const instance = { definition: momentumRank, params: { window: 5, fraction: 0.29 }, universe: many.map((n) => `S${n}`) }
    expect(turnStrategy(instance, [[many]])[0].reduce((sum, signal) => sum + signal, 0)).toBe(29)
  })
})

describe('momentum-rank over random scores', () => {
  test('says what sorting the symbols says, whatever is equal or missing', () => {
    const [seed, numRuns] = [3, 1_000]
    const score = fc.oneof(fc.constantFrom(NaN, 0, -0, 0.1, 0.2, -0.1), fc.double({ min: -1, max: 1, noNaN: true }))
    fc.assert(
      fc.property(fc.array(score, { minLength: 1, maxLength: 40, size: 'max' }), fc.double({ min: 0.01, max: 0.5, noNaN: true }), fc.boolean(), (scores, fraction, short) => {
        const present = [...scores.keys()].filter((n) => !Number.isNaN(scores[n]))
        const ranked = present.toSorted((a, b) => scores[b] - scores[a] || a - b)
        const chosen = ranked.length < 2 ? 0 : Math.max(1, Math.floor(ranked.length * fraction + 1e-9))
        const expected = scores.map((value) => (Number.isNaN(value) ? NaN : 0))
        for (const n of ranked.slice(0, chosen)) expected[n] = 1
        if (short) for (const n of ranked.slice(ranked.length - chosen)) expected[n] = -1
        const instance = { definition: momentumRank, params: { window: 60, fraction, short }, universe: scores.map((_, n) => `S${n}`) }
        expect(turnStrategy(instance, [[scores]])[0]).toEqual(expected)
      }),
      { seed, numRuns },
    )
    console.log(`ranks against a sort: ${numRuns} random rows, seed ${seed}`)
  })
})

describe('spread-zscore', () => {
  const universe = ['A', 'B', 'C']
  const params = { first: 'A', second: 'C', window: 30, entry: 2 }
  // pairs in panel order: (A,B), (A,C), (B,C)
  const scores = [NaN, 2.5, 1, -0.1, -2.2, NaN, -0.3, 0.3]
  const rows = scores.map((score) => [[9, score, 9]])

  test('short the dear one and long the cheap one until the mean, nothing said of others', () => {
    const held = [NaN, -1, -1, 0, 1, NaN, 1, 0]
    const expected = held.map((side) => [side, NaN, side === 0 ? 0 : -side])
    expect(turnStrategy({ definition: spreadZscore, params, universe }, rows)).toEqual(expected)
    expect(names({ definition: spreadZscore, params, universe })).toEqual(['zscore(spread(close),30)'])
  })

  test('naming the symbols the other way round is the same trade', () => {
    const turned = { ...params, first: 'C', second: 'A' }
    expect(turnStrategy({ definition: spreadZscore, params: turned, universe }, rows)).toEqual(
      turnStrategy({ definition: spreadZscore, params, universe }, rows),
    )
  })

  test('a symbol outside the universe, or a pair of one, is refused before any bar', () => {
    const refuse = (change: object) => () => createStrategyStep({ definition: spreadZscore, params: { ...params, ...change }, universe: ['AAPL', 'KO', 'PEP'] })
    expect(refuse({ first: 'KO', second: 'PEPP' })).toThrow(
      expect.objectContaining({ code: 'CONFIG_VALUE', value: 'PEPP', where: 'spread-zscore', hint: 'did you mean "PEP"?' }),
    )
    expect(refuse({ first: 'KO', second: 'KO' })).toThrow(expect.objectContaining({ code: 'CONFIG_VALUE', value: 'KO' }))
  })
})
