import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createRandom } from '../../src/base/random.ts'
import type { Random } from '../../src/base/random.ts'
import type { Step } from '../../src/domain/step.ts'
import type { Row } from '../../src/domain/timeline.ts'

/** One row as a driver hands it over: the values of every input. */
export type InputRow = readonly (readonly number[])[]

export interface StepContract {
  readonly name: string
  /** A fresh step; every call the same. */
  create(): Step
  /** Rows of inputs: `inputs[row][input][column]`, NaN where there is no value. */
  inputs(random: Random, rows: number): readonly InputRow[]
  /** Length of the step's output. */
  readonly width: number
  /** Rows of a property run; has to be well beyond the warm-up. */
  readonly rows: number
}

const SEED = 20_261
const RUNS = 40
const MS_PER_DAY = 86_400_000

function rowAt(t: number): Row {
  const sessionDate = 18_000 + Math.floor(t / 2) + 3 * Math.floor(t / 11)
  return { t, closeTime: sessionDate * MS_PER_DAY + (t % 2) * 3_600_000, sessionDate }
}

/**
 * Turns a step as a driver does, with one scratch array per input that holds rubbish between rows, and an
 * output that holds rubbish before every row; returns the rows of output from row `first` on.
 */
export function turn(step: Step, rows: readonly InputRow[], of: { width: number; first?: number }): Float64Array[] {
  const scratch = (rows[0] ?? []).map((input) => new Float64Array(input.length))
  const out = new Float64Array(of.width)
  return rows.map((input, k) => {
    input.forEach((values, i) => scratch[i].set(values))
    out.fill(-12_345.678 * (k + 1))
    step.step(rowAt((of.first ?? 0) + k), scratch, out)
    if (input.some((values, i) => values.some((value, n) => !Object.is(scratch[i][n], value)))) {
      throw new Error(`the step wrote to its inputs in row ${k}`)
    }
    scratch.forEach((values) => values.fill(9.87e9))
    return out.slice()
  })
}

function bits(values: Float64Array | Uint8Array): string {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('hex')
}

function allBits(rows: readonly Float64Array[]): string[] {
  return rows.map(bits)
}

/** What every step owes its drivers, on random inputs; prints how many were tried. */
export function describeStepContract(contract: StepContract): void {
  const { width, rows } = contract
  const seeds = fc.integer({ min: 0, max: 1_000_000 })
  const check = (name: string, property: (seed: number, cut: number) => void): void => {
    test(name, () => {
      fc.assert(fc.property(seeds, fc.integer({ min: 0, max: rows }), property), { seed: SEED, numRuns: RUNS })
    })
  }
  const make = (seed: number): readonly InputRow[] => contract.inputs(createRandom(seed), rows)

  describe(`step contract: ${contract.name}`, () => {
    check('gives the same rows for the same inputs, whatever its scratch arrays hold between rows', (seed) => {
      const inputs = make(seed)
      expect(allBits(turn(contract.create(), inputs, { width }))).toEqual(allBits(turn(contract.create(), inputs, { width })))
    })

    check('restored from a snapshot at any bar it is as if it had never stopped', (seed, cut) => {
      const inputs = make(seed)
      const step = contract.create()
      const whole = turn(step, inputs, { width })
      const stopped = contract.create()
      turn(stopped, inputs.slice(0, cut), { width })
      const taken = stopped.snapshot()
      const kept = bits(taken)
      const restored = contract.create()
      turn(restored, make(seed + 1).slice(0, 7), { width })
      restored.restore(taken)
      const rest = turn(restored, inputs.slice(cut), { width, first: cut })
      expect(allBits(rest)).toEqual(allBits(whole.slice(cut)))
      expect(bits(restored.snapshot())).toBe(bits(step.snapshot()))
      turn(stopped, inputs.slice(cut), { width, first: cut })
      expect(bits(taken)).toBe(kept)
    })

    check('does not know what comes after a bar', (seed, cut) => {
      const inputs = make(seed)
      const changed = [...inputs.slice(0, cut), ...make(seed + 1).slice(cut)]
      const before = turn(contract.create(), inputs, { width }).slice(0, cut)
      expect(allBits(turn(contract.create(), changed, { width }).slice(0, cut))).toEqual(allBits(before))
    })

    check('gives for rows at once what it gives for them one by one', (seed) => {
      const step = contract.create()
      if (step.stepRows === undefined) return
      const inputs = make(seed)
      const out = new Float32Array(rows * width).fill(-12_345.678)
      const whole = (inputs[0] ?? []).map((_, i) => Float64Array.from(inputs.flatMap((input) => input[i])))
      const blocks = whole.map((values) => ({ values, isComplete: !values.some(Number.isNaN) }))
      step.stepRows(inputs.map((_, t) => rowAt(t)), blocks, out)
      expect(bits(Float64Array.from(out))).toBe(allBits(turn(contract.create(), inputs, { width })).join(''))
    })

    check('writes finite values or the one canonical NaN, and nothing but NaN while it warms up', (seed) => {
      const step = contract.create()
      const outs = turn(step, make(seed), { width })
      const isWrong = (value: number, t: number): boolean => Math.abs(value) === Infinity || (t < step.warmup && !Number.isNaN(value))
      const wrong = outs.flatMap((out, t) => [...out].filter((value) => isWrong(value, t)))
      expect(wrong).toEqual([])
      expect(allBits(outs)).toEqual(allBits(outs.map((out) => out.map((value) => (Number.isNaN(value) ? NaN : value)))))
    })

    test('says something in the end, and refuses a snapshot of another layout', () => {
      const step = contract.create()
      const outs = turn(step, make(SEED), { width })
      expect(outs.some((out) => out.some((value) => !Number.isNaN(value)))).toBe(true)
      expect(() => step.restore(new Uint8Array(step.snapshot().byteLength + 8))).toThrow(/snapshot/)
      console.log(`step contract of ${contract.name}: 5 properties × ${RUNS} runs of ${rows} rows, seed ${SEED}`)
    })
  })
}

/** Rows of positive random walks for inputs of the given lengths; a value is missing with probability `gaps`. */
export function randomWalks(of: { columns: readonly number[]; gaps: number }) {
  return (random: Random, rows: number): readonly InputRow[] => {
    const level = of.columns.map((length) => Array.from({ length }, () => 50 + 100 * random.uniform()))
    return Array.from({ length: rows }, () =>
      level.map((values) =>
        values.map((value, n) => {
          values[n] = value * (1 + 0.02 * random.normal())
          return random.uniform() < of.gaps ? NaN : values[n]
        }),
      ),
    )
  }
}
