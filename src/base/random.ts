/** The only source of randomness: always seeded, always passed in. */
export interface Random {
  /** Uniform in [0, 1) with 53 random bits. */
  uniform(): number
  /** Uniform integer in [0, bound). */
  integer(bound: number): number
  /** Standard normal (Marsaglia & Bray, polar method, 1964). */
  normal(): number
  /** An independent stream named `label`: the same label always gives the same stream. */
  fork(label: string): Random
}

const UINT32 = 0x1_0000_0000

/** FNV-1a, 32 bit, with a seedable start: spreads a label over a state word. */
function spread(text: string, start: number): number {
  let hash = start >>> 0
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  hash ^= hash >>> 16
  hash = Math.imul(hash, 0x85ebca6b)
  return (hash ^ (hash >>> 13)) >>> 0
}

/** A generator seeded by a number or text: sfc32 (C. Doty-Humphrey, PractRand). */
export function createRandom(seed: number | string): Random {
  const label = String(seed)
  let a = spread(label, 0x811c9dc5)
  let b = spread(label, 0x9e3779b9)
  let c = spread(label, 0x243f6a88)
  let counter = 1
  let spare = NaN

  const next = (): number => {
    const sum = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum
    c |= 0
    return sum >>> 0
  }
  for (let i = 0; i < 15; i++) next()

  const uniform = (): number => ((next() >>> 5) * 0x4000000 + (next() >>> 6)) / 0x20000000000000
  return {
    uniform,
    integer: (bound) => Math.floor((next() / UINT32) * bound),
    normal: () => {
      if (!Number.isNaN(spare)) {
        const kept = spare
        spare = NaN
        return kept
      }
      for (;;) {
        const u = 2 * uniform() - 1
        const v = 2 * uniform() - 1
        const s = u * u + v * v
        if (s >= 1 || s === 0) continue
        const factor = Math.sqrt((-2 * Math.log(s)) / s)
        spare = v * factor
        return u * factor
      }
    },
    fork: (name) => createRandom(`${label}/${name}`),
  }
}
