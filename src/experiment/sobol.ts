import { createRandom } from '../base/random.ts'

const BITS = 32

/**
 * Degree s, coefficients a and initial numbers m of the primitive polynomials of dimensions 2 to 21: S. Joe and
 * F. Y. Kuo, "Constructing Sobol sequences with better two-dimensional projections", SIAM J. Sci. Comput. 30
 * (2008), file new-joe-kuo-6.21201. Dimension 1 is van der Corput's sequence.
 */
const POLYNOMIALS: readonly (readonly [s: number, a: number, m: readonly number[]])[] = [
  [1, 0, [1]], [2, 1, [1, 3]], [3, 1, [1, 3, 1]], [3, 2, [1, 1, 1]], [4, 1, [1, 1, 3, 3]], [4, 4, [1, 3, 5, 13]],
  [5, 2, [1, 1, 5, 5, 17]], [5, 4, [1, 1, 5, 5, 5]], [5, 7, [1, 1, 7, 11, 19]], [5, 11, [1, 1, 5, 1, 1]],
  [5, 13, [1, 1, 1, 3, 11]], [5, 14, [1, 3, 5, 5, 31]], [6, 1, [1, 3, 3, 9, 7, 49]], [6, 13, [1, 1, 1, 15, 21, 21]],
  [6, 16, [1, 3, 1, 13, 27, 49]], [6, 19, [1, 1, 1, 15, 7, 5]], [6, 22, [1, 3, 1, 15, 13, 25]],
  [6, 25, [1, 1, 5, 5, 19, 61]], [7, 1, [1, 3, 7, 11, 23, 15, 103]], [7, 4, [1, 3, 7, 13, 13, 15, 69]],
]

export const SOBOL_DIMENSIONS = POLYNOMIALS.length + 1

/** Direction numbers v₁ … v₃₂ of a dimension (0-based), by the recurrence of P. Bratley and B. L. Fox, TOMS 659 (1988). */
function directions(dimension: number): Uint32Array {
  const v = new Uint32Array(BITS)
  if (dimension === 0) return v.map((_, k) => 2 ** (BITS - 1 - k))
  const [s, a, m] = POLYNOMIALS[dimension - 1]
  for (let k = 0; k < BITS; k++) {
    if (k < s) {
      v[k] = m[k] * 2 ** (BITS - 1 - k)
      continue
    }
    let next = v[k - s] ^ (v[k - s] >>> s)
    for (let i = 1; i < s; i++) if (((a >>> (s - 1 - i)) & 1) === 1) next ^= v[k - i]
    v[k] = next
  }
  return v
}

/**
 * Point `index` (uint32) of Sobol's sequence in one dimension, in [0, 1): the exclusive or of the direction numbers
 * that the Gray code of the index names, and of a random word for every dimension (a digital shift: R. Cranley and
 * T. N. L. Patterson 1976 in base 2). The shift keeps the balance: 2ᵏ points in a row from a multiple of 2ᵏ on fall
 * one into each dyadic interval of length 2⁻ᵏ.
 * @param dimensions at most {@link SOBOL_DIMENSIONS}
 */
export function createSobol(dimensions: number, seed: number | string): (index: number, dimension: number) => number {
  const random = createRandom(`${seed}/sobol`)
  const tables = Array.from({ length: dimensions }, (_, dimension) => directions(dimension))
  const shifts = Uint32Array.from(tables, () => random.integer(2 ** BITS))
  return (index, dimension) => {
    const v = tables[dimension]
    let word = shifts[dimension]
    for (let gray = (index ^ (index >>> 1)) >>> 0, k = 0; gray !== 0; gray >>>= 1, k++) if ((gray & 1) === 1) word ^= v[k]
    return (word >>> 0) / 2 ** BITS
  }
}
