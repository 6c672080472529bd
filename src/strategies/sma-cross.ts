import { z } from 'zod'
import { sma } from '../features/sma.ts'
import { defineStrategy } from './strategy.ts'

/** Long while the fast average of closes is above the slow one, else flat. Stateless. */
export default defineStrategy({
  name: 'sma-cross',
  params: z.object({ fast: z.int().min(2), slow: z.int().min(3) }),
  features: ({ fast, slow }) => [sma('close', fast), sma('close', slow)],
  perSymbol: true,
  signal: ([fast, slow], out) => {
    const { length } = out
    for (let n = 0; n < length; n++) out[n] = fast[n] > slow[n] ? 1 : 0
  },
})
