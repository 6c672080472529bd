import { describe, expect, it } from 'vitest'
import { sha256 } from '../../src/base/hash.ts'
import type { StrategyEntry } from '../../src/lineup/lineup.ts'
import { strategyWork, type WorkContext } from '../../src/stages/work.ts'

/** A strategy's instances, one for every window and entry, as a grid has them; the feature is the same in every strategy. */
function instances(strategy: string): Pick<StrategyEntry, 'id' | 'use' | 'params' | 'features'>[] {
  return [10, 20].flatMap((window) => [1, 2].map((entry) => ({
    id: `${strategy}[window=${window},entry=${entry}]`, use: strategy, params: { window, entry },
    features: [{ name: 'close', params: {}, expression: 'raw.close', inputs: [] } as never],
  })))
}

describe('work of stage 1', () => {
  it('cuts artefacts in the experiment’s order: a batch of neighbours reads few of them, and most of each', () => {
    const strategies = [...instances('trend'), ...instances('bands')]
    const context = {
      rows: 10, fused: new Set(), lineup: { strategies, universe: ['A'] }, addresses: { signal: (id: string) => sha256(id) },
    } as unknown as WorkContext
    const { members } = strategyWork(context)
    expect(strategies.map((_, i) => members.at(i).label)).toEqual(strategies.map(({ id }) => id))
  })
})
