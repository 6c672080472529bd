import { expect, it } from 'vitest'
import type { StageTiming } from '../../src/stages/observer.ts'
import { startStage } from '../../src/stages/stage-timing.ts'

it('tells when a stage starts and what it took, by the clock and the meter it is given', () => {
  let now = 1e12
  const told: unknown[] = []
  const finish = startStage({
    clock: { now: () => now, monotonic: () => now },
    memoryMeter: { peak: () => 7, reset: () => void told.push('reset') },
    observer: { stageStarted: (...of) => void told.push(of), stageFinished: (...of) => void told.push(of) },
  }, 'models', { total: 5, cached: 2 })
  expect(told).toEqual(['reset', ['models', { total: 5, cached: 2 }]])
  now += 250
  finish({ made: 3, cpuMs: 40 })
  const timing: StageTiming = { stage: 'models', startedAt: '2001-09-09T01:46:40.000Z', wallMs: 250, cpuMs: 40, made: 3, cached: 2, peakMemoryBytes: 7 }
  expect(told[2]).toEqual(['models', timing])
})
