import { JournalReader } from './journal-reader.ts'
import type { Kernel, KernelSetup, Recorder } from './kernel.ts'
import { createReferenceKernel } from './reference.ts'
import type { KernelModules } from './variants.ts'
import { needsLongCells, whyNotVector } from './vector-rules.ts'
import { createVectorKernel } from './wasm.ts'

/** What a sweep needs of a kernel: to be run, and to tell how every portfolio did. */
export interface SweepKernel extends Pick<Kernel, 'run' | 'performance'> {
  /** Gives its memory to the next batch, once every portfolio has told. A kernel that threw is left to the garbage. */
  release(): void
}

/** Portfolios of a batch that one kernel steps, and where each is in it. */
interface Part {
  readonly kernel: SweepKernel
  readonly members: readonly number[]
}

/**
 * A batch: the SIMD kernel steps the portfolios whose rules it has, those that remember little
 * of a symbol apart from those that remember more, and the reference kernel the others. Which kernel steps a portfolio never shows in its figures, nor in what a recorder is told of it.
 */
export function createSweepKernel(modules: KernelModules, setup: KernelSetup, recorder?: Recorder): SweepKernel {
  return joinParts(createParts(modules, setup, recorder), setup.portfolios.length)
}

function createParts(modules: KernelModules, setup: KernelSetup, recorder?: Recorder): Part[] {
  const indices = setup.portfolios.map((_, index) => index)
  const configs = setup.portfolios.map(({ config }) => config)
  const isVector = (index: number): boolean => whyNotVector(configs[index]) === null
  const parts: Part[] = []
  const place = (members: readonly number[], create: (part: KernelSetup) => SweepKernel): void => {
    if (members.length === 0) return
    parts.push({ members, kernel: create({ ...setup, portfolios: members.map((index) => setup.portfolios[index]) }) })
  }
  const placeVector = (members: readonly number[]): void =>
    place(members, (part) => createVectorKernel(modules, part, recorder && new JournalReader(part, recorder, members)))
  const vector = indices.filter(isVector)
  placeVector(vector.filter((index) => !needsLongCells(configs[index])))
  placeVector(vector.filter((index) => needsLongCells(configs[index])))
  const others = indices.filter((index) => !isVector(index))
  place(others, (part) => unpooled(createReferenceKernel(part, recorder && toldOf(others, recorder))))
  return parts
}

/** What runs on knows nothing of the setup: a batch's configurations are garbage as soon as they are placed. */
function joinParts(parts: readonly Part[], portfolios: number): SweepKernel {
  const partOf: Part[] = []
  const placeIn = new Int32Array(portfolios)
  for (const part of parts) {
    part.members.forEach((index, at) => {
      partOf[index] = part
      placeIn[index] = at
    })
  }
  return {
    run: (block) => {
      for (const { kernel } of parts) kernel.run(block)
    },
    release: () => {
      for (const { kernel } of parts) kernel.release()
    },
    performance: (portfolio) => {
      const part: Part | undefined = partOf[portfolio]
      if (part === undefined) throw new Error(`the batch has no portfolio ${portfolio}`)
      return part.kernel.performance(placeIn[portfolio])
    },
  }
}

/** A kernel whose memory goes with it. */
export function unpooled(kernel: Pick<Kernel, 'run' | 'performance'>): SweepKernel {
  return { run: (block) => kernel.run(block), performance: (portfolio) => kernel.performance(portfolio), release: () => undefined }
}

/** A recorder for a part of a batch: portfolios have the numbers they have in the whole. */
function toldOf(members: readonly number[], recorder: Recorder): Recorder {
  const of = <T extends { readonly portfolio: number }>(tell: ((record: T) => void) | undefined) =>
    tell && ((record: T): void => tell({ ...record, portfolio: members[record.portfolio] }))
  return {
    order: of(recorder.order?.bind(recorder)), fill: of(recorder.fill?.bind(recorder)),
    cancellation: of(recorder.cancellation?.bind(recorder)), equity: of(recorder.equity?.bind(recorder)),
  }
}
