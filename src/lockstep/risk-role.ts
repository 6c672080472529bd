import { decisionWidth } from '../domain/risk-decision.ts'
import type { CombineMethod } from '../domain/signal.ts'
import { createEnsembleStep } from '../ensembles/ensemble.ts'
import { createBookRows, type BookSpec } from '../lineup/book-rows.ts'
import type { StepOrigin } from '../experiment/experiment.ts'
import { riskModelDefinition } from '../lineup/definitions.ts'
import type { Role, RoleRow, Slot } from '../lineup/role.ts'
import { decisionSlot, featureSlot, signalSlot } from '../lineup/slots.ts'
import { createRiskStep } from '../risk/risk-step.ts'

export interface EnsembleSpec {
  readonly name: string
  readonly method: CombineMethod
  readonly members: readonly { readonly signal: string; readonly weight: number }[]
}

export interface PatternSpec {
  readonly name: string
  readonly book: BookSpec
  readonly bookSignals: readonly string[]
  readonly models: readonly (StepOrigin & {
    readonly name: string
    readonly params: Readonly<Record<string, unknown>>
  })[]
}

export interface RiskRoleSpec {
  readonly universe: readonly string[]
  /** In dependency order. */
  readonly ensembles: readonly EnsembleSpec[]
  readonly patterns: readonly PatternSpec[]
  readonly featureColumns: Readonly<Record<string, number>>
}

type Turn = (row: RoleRow, at: (name: string) => Float64Array) => void

/** Ensembles, reference books and risk models. */
export async function createRiskRole(spec: RiskRoleSpec): Promise<Role> {
  const symbols = spec.universe.length
  const inputs = new Map<string, Slot>()
  const outputs: Slot[] = []
  const read = (name: string, columns: number): void => {
    if (!outputs.some((slot) => slot.name === name)) inputs.set(name, { name, columns })
  }
  const turns: Turn[] = []
  for (const ensemble of spec.ensembles) {
    const step = createEnsembleStep({ method: ensemble.method, weights: ensemble.members.map((member) => member.weight), symbols })
    const members = ensemble.members.map((member) => signalSlot(member.signal))
    for (const member of members) read(member, symbols)
    const name = signalSlot(ensemble.name)
    outputs.push({ name, columns: symbols })
    turns.push((row, at) => step.step(row, members.map(at), at(name)))
  }
  for (const pattern of spec.patterns) {
    const book = createBookRows(pattern.book, symbols)
    const bookSignals = pattern.bookSignals.map(signalSlot)
    for (const signal of bookSignals) read(signal, symbols)
    turns.push((_, at) => book.fill(bookSignals.map(at)))
    for (const model of pattern.models) {
      const definition = await riskModelDefinition(model)
      const made = createRiskStep({ definition, params: model.params, universe: spec.universe })
      const features = made.features.map((feature) => featureSlot(feature.expression))
      made.features.forEach((feature) => read(featureSlot(feature.expression), spec.featureColumns[feature.expression]))
      const name = decisionSlot({ pattern: pattern.name, model: model.name })
      outputs.push({ name, columns: decisionWidth(definition.decides, symbols) })
      turns.push((row, at) => made.step.step(row, [...features.map(at), book.exposures], at(name)))
    }
  }
  const inputSlots = [...inputs.values()]
  return {
    inputs: inputSlots,
    outputs,
    turn: (row, rows, results) => {
      const named = new Map<string, Float64Array>()
      inputSlots.forEach((slot, index) => named.set(slot.name, rows[index]))
      outputs.forEach((slot, index) => named.set(slot.name, results[index]))
      for (const turn of turns) turn(row, (name) => named.get(name) as Float64Array)
    },
  }
}
