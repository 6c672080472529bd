import { expect, it } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'

it('reads the system time in UTC milliseconds', () => {
  const before = Date.now()
  const read = systemClock.now()
  expect(read).toBeGreaterThanOrEqual(before)
  expect(read).toBeLessThanOrEqual(Date.now())
})

it('measures durations in milliseconds, never backwards', async () => {
  const start = systemClock.monotonic()
  await new Promise((resolve) => setTimeout(resolve, 20))
  const elapsed = systemClock.monotonic() - start
  expect(elapsed).toBeGreaterThan(15)
  expect(elapsed).toBeLessThan(5_000)
})
