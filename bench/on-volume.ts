import { defineStrategy, z } from 'millrace'

/** Long in bars that have a volume, else flat: signals that are given rather than found, for the bench of orders. `copy` tells instances apart. */
export default defineStrategy({
  name: 'on-volume',
  params: z.object({ copy: z.int() }),
  features: () => ['volume'],
  perSymbol: true,
  signal: ([volume], out) => {
    for (let n = 0; n < out.length; n++) out[n] = volume[n] > 0 ? 1 : 0
  },
})
