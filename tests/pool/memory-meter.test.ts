import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { proportionalSetSize, startMemoryMeter } from '../../src/pool/memory-meter.ts'

const MIB = 1_048_576
/** Beyond every process id that Linux gives. */
const NOBODY = 2 ** 30

describe.skipIf(process.platform !== 'linux')('memory that processes occupy', () => {
  it('is what they share and what is their own, and nothing for one that is gone', () => {
    const before = proportionalSetSize(process.pid)
    const held = Buffer.alloc(64 * MIB, 1)
    expect(proportionalSetSize(process.pid) - before).toBeGreaterThan(48 * MIB)
    expect(held[held.length - 1]).toBe(1)
    expect(proportionalSetSize(NOBODY)).toBe(0)
  })

  it('is summed over whoever runs at the moment, and the largest sum is kept until it is reset', () => {
    let running = [process.pid, process.pid]
    const meter = startMemoryMeter(() => running, systemClock)
    const twice = meter.peak()
    running = [NOBODY]
    expect(meter.peak()).toBe(twice)
    expect(twice).toBeGreaterThan(1.5 * proportionalSetSize(process.pid))
    meter.reset()
    expect(meter.peak()).toBe(0)
    meter.stop()
  })

  it('is looked at rarely where looking takes long', async () => {
    const slow = { now: () => 0, monotonic: () => (looks += 1e6) }
    let looks = 0
    let asked = 0
    const meter = startMemoryMeter(() => [asked++], slow)
    await new Promise((resolve) => setTimeout(resolve, 1_300))
    expect(asked).toBe(1)
    meter.stop()
  })
})
