import type { KnownRiskModel } from './catalogue.ts'
import { checkRiskModel, findDefinition, type DefinitionScope } from './definitions.ts'
import type { ResolvedPattern, ResolvedRiskModel } from './experiment.ts'
import { nameHint } from './names.ts'
import { checkParams, paramDefaults } from './params.ts'
import type { ConfigPlace, ConfigProblems } from './problems.ts'
import type { ExperimentFile } from './schema.ts'
import type { SignalIndex } from './signal-index.ts'

type RiskSection = ExperimentFile['risk']

/** A risk model of the experiment and whether it decides allocation weights. */
export interface FoundRiskModel {
  readonly model: ResolvedRiskModel
  readonly decidesWeights: boolean
}

/** One entry of `risk.models`; undefined when its code is not found. */
export async function resolveRiskModel(
  section: RiskSection['models'][number],
  scope: DefinitionScope<KnownRiskModel>,
  place: ConfigPlace,
): Promise<FoundRiskModel | undefined> {
  try {
    const { definition, origin } = await findDefinition(section.use, scope, checkRiskModel)
    const params = { ...paramDefaults(definition.params, section.params), ...section.params }
    for (const problem of checkParams(definition.params, params)) {
      place.problems.add({ ...problem, path: [...place.path, 'params', ...problem.path] })
    }
    return { model: { name: section.name, ...origin, params }, decidesWeights: definition.decides.includes('weights') }
  } catch (error) {
    place.problems.adopt(error, [...place.path, 'use'])
    return undefined
  }
}

/** `risk.patterns`: reference books and the models that decide on them. */
export function resolvePatterns(
  section: RiskSection,
  known: { readonly models: ReadonlyMap<string, FoundRiskModel>; readonly signals: SignalIndex },
  problems: ConfigProblems,
): ResolvedPattern[] {
  const modelNames = section.models.map((model) => model.name)
  return Object.entries(section.patterns).map(([name, { book, models }]) => {
    const path = ['risk', 'patterns', name]
    if (name === 'none') {
      problems.add({
        code: 'CONFIG_VALUE', path, at: 'key',
        message: 'a risk pattern cannot be called `none`', value: name,
        hint: '`risk: none` on a portfolio stands for no pattern',
      })
    }
    if (models.length === 0) {
      problems.add({
        code: 'CONFIG_VALUE', path: [...path, 'models'],
        message: `nobody decides the risk pattern \`${name}\``, value: models,
        hint: 'name at least one of risk.models, or leave the pattern out and write `risk: none` on the portfolios',
      })
    }
    const deciders = models.filter((model, i) => {
      const at = [...path, 'models', i]
      if (models.indexOf(model) < i) {
        problems.add({
          code: 'CONFIG_DUPLICATE', path: at,
          message: `\`${model}\` already decides this pattern`, value: model,
          hint: 'name each risk model once',
        })
      }
      if (!modelNames.includes(model)) {
        problems.add({
          code: 'CONFIG_VALUE', path: at,
          message: `no risk model is called \`${model}\``, value: model,
          hint: nameHint(model, modelNames),
        })
      }
      return known.models.get(model)?.decidesWeights === true
    })
    if (deciders.length > 1) {
      problems.add({
        code: 'CONFIG_VALUE', path: [...path, 'models'],
        message: `${deciders.join(' and ')} both decide weights for the pattern \`${name}\``,
        value: deciders, hint: 'keep one of them, or make a second pattern',
      })
    }
    const signals = known.signals.subscribe(book.signals, { problems, path: [...path, 'book', 'signals'] })
    return { name, book: { signals, combine: book.combine }, models, decidesWeights: deciders.length > 0 }
  })
}
