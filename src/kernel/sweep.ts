import type { Kernel, KernelSetup } from './kernel.ts'
import { createReferenceKernel } from './reference.ts'
import { needsLongCells, whyNotVector } from './vector-rules.ts'
import { createVectorKernel } from './wasm.ts'

/** What a sweep needs of a kernel: to be run, and to tell how every portfolio did. */
export type SweepKernel = Pick<Kernel, 'run' | 'performance'>

/** Portfolios of a batch that one kernel steps, and where each is in it. */
interface Part {
  readonly kernel: SweepKernel
  readonly members: readonly number[]
}

/**
 * A batch without a recorder: the SIMD kernel steps the portfolios whose rules it has, those that remember little
 * of a symbol apart from those that remember more, and the reference kernel the others. Which kernel steps a portfolio never shows in its figures.
 */
export function createSweepKernel(wasm: WebAssembly.Module, setup: KernelSetup): SweepKernel {
  const indices = setup.portfolios.map((_, index) => index)
  const configs = setup.portfolios.map(({ config }) => config)
  const isVector = (index: number): boolean => whyNotVector(configs[index]) === null
  const parts: Part[] = []
  const place = (members: readonly number[], create: (setup: KernelSetup) => SweepKernel): void => {
    if (members.length === 0) return
    const portfolios = members.map((index) => setup.portfolios[index])
    parts.push({ members, kernel: create({ ...setup, portfolios }) })
  }
  const vector = indices.filter(isVector)
  place(vector.filter((index) => !needsLongCells(configs[index])), (part) => createVectorKernel(wasm, part))
  place(vector.filter((index) => needsLongCells(configs[index])), (part) => createVectorKernel(wasm, part))
  place(indices.filter((index) => !isVector(index)), createReferenceKernel)
  const placeOf = new Map(parts.flatMap(({ kernel, members }) => members.map((index, at) => [index, { kernel, at }])))
  return {
    run: (block) => {
      for (const { kernel } of parts) kernel.run(block)
    },
    performance: (portfolio) => {
      const found = placeOf.get(portfolio)
      if (found === undefined) throw new Error(`the batch has no portfolio ${portfolio}`)
      return found.kernel.performance(found.at)
    },
  }
}
