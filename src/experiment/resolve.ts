import { builtInCatalogue, type Catalogue } from './catalogue.ts'
import { locateByPath } from './document.ts'
import { resolveEnsembles } from './ensembles.ts'
import type { ResolvedExperiment, StrategyGroup } from './experiment.ts'
import { nameHint } from './names.ts'
import { baseBody, countPortfolios, resolvePortfolios, type CountedPortfolios } from './portfolio-groups.ts'
import { resolveWalkForward, type ExperimentModule } from './walk-forward.ts'
import { resolveModel } from './models.ts'
import { ConfigProblems, type ConfigPath, type Locate } from './problems.ts'
import { resolveProfile } from './profile.ts'
import { resolvePatterns, resolveRiskModel, type FoundRiskModel } from './risk.ts'
import { experimentSchema, type ExperimentFile } from './schema.ts'
import { SignalIndex, type NamedSignal } from './signal-index.ts'
import { instanceIds, instanceOf } from './signals.ts'
import { checkPlanSize, type PlanSize } from './size.ts'
import { countStrategies, resolveStrategy } from './strategies.ts'
import { validate } from './validation.ts'

export interface ResolveOptions {
  /** Absolute folder that relative paths in the file are relative to. */
  readonly folder: string
  /** Hashes of the built-in steps' sources, by file under src/: dist/sources.json. */
  readonly sources: Readonly<Record<string, string>>
  /** Lets a plan be larger than `limits.maxCombinations`. */
  readonly allowLarge?: boolean
  /** The option that does, for hints. */
  readonly overruledBy?: string
  readonly catalogue?: Catalogue
  /** Where parts of the file stand, for errors. */
  readonly locate?: Locate
  /** The experiment's own module, if it is one. */
  readonly module?: ExperimentModule
}

interface Scope extends Required<Omit<ResolveOptions, 'module' | 'overruledBy'>>, Pick<ResolveOptions, 'overruledBy'> {
  readonly problems: ConfigProblems
}

/**
 * Binds every name of an experiment file, fills in every default and counts every grid.
 * @throws MillraceError with everything that is wrong in one go: CONFIG_UNKNOWN, CONFIG_TYPE, CONFIG_VALUE,
 *   CONFIG_DUPLICATE, CONFIG_CYCLE, MODULE_INVALID, FILE_NOT_FOUND; PLAN_TOO_LARGE before a grid is expanded
 */
export async function resolveExperiment(raw: unknown, options: ResolveOptions): Promise<ResolvedExperiment> {
  const { locate = locateByPath(), catalogue = builtInCatalogue, allowLarge = false } = options
  const problems = new ConfigProblems(locate)
  const scope: Scope = { ...options, locate, catalogue, allowLarge, problems }
  const file = validate(experimentSchema, raw, { problems, path: [] })
  problems.throwIfAny()
  if (file === undefined) throw new Error('a file without problems has a value')
  checkNames(file, problems)
  const market = resolveMarket(file, scope)
  const profile = resolveProfile(file.metrics, problems)
  const { strategies, models } = await resolveSources(file, scope)
  const base = namedSignals(strategies, file)
  const ensembles = resolveEnsembles(file.ensembles, base, problems)
  const signals = new SignalIndex([...base, ...file.ensembles.map(({ name }) => ({ id: name, group: name }))])
  const { riskModels, patterns } = await resolveRisk(file, signals, scope)
  const counted = file.portfolios.map((section, i) => countPortfolios(section, signals, { problems, path: ['portfolios', i] }))
  const instances = BigInt(strategies.reduce((sum, { count }) => sum + count, 0))
  const signalCount = BigInt(base.length + ensembles.length)
  checkPlanSize({ instances, signals: signalCount, ...sizeOf(counted), record: file.record }, { limits: file.limits, allowLarge, overruledBy: options.overruledBy })
  const groups = counted.map((group) => resolvePortfolios(group, { base: baseBody(file), patterns }, problems))
  const walkForwards = file.portfolios.flatMap(({ walkForward }, i) => {
    if (walkForward === undefined) return []
    return resolveWalkForward(walkForward, { group: groups[i], module: options.module }, { problems, path: ['portfolios', i, 'walkForward'] }) ?? []
  })
  const portfolios = groups.filter((_, i) => file.portfolios[i].walkForward === undefined)
  problems.throwIfAny()
  if (market === undefined || profile === undefined) throw new Error('a file without problems has a market and a profile')
  const { name, account, record, limits } = file
  return {
    name, folder: options.folder, currency: account.currency, market, strategies, models, ensembles,
    riskModels, patterns, portfolios, walkForwards, profile, record, limits,
  }
}

/** What portfolios multiply to while the market is not known: every walk-forward has a window at least. */
function sizeOf(counted: readonly CountedPortfolios[]): Pick<PlanSize, 'portfolios' | 'candidates' | 'trainings'> {
  const walkForwards = counted.filter(({ section }) => section.walkForward !== undefined)
  const candidates = walkForwards.reduce((sum, { count }) => sum + count, 0n)
  const all = counted.reduce((sum, { count }) => sum + count, 0n)
  return { portfolios: all - candidates + BigInt(walkForwards.length), candidates, trainings: candidates }
}

/** Strategies, models and ensembles share one name space, since portfolios subscribe to all of them. */
function checkNames(file: ExperimentFile, problems: ConfigProblems): void {
  checkUnique([...named(file.strategies, 'strategies'), ...named(file.models, 'models'), ...named(file.ensembles, 'ensembles')], problems)
  checkUnique(named(file.risk.models, 'risk', 'models'), problems)
  checkUnique(named(file.portfolios, 'portfolios'), problems)
}

interface NamedEntry {
  readonly name: string
  readonly path: ConfigPath
}

function named(entries: readonly { readonly name: string }[], ...section: string[]): NamedEntry[] {
  return entries.map(({ name }, i) => ({ name, path: [...section, i, 'name'] }))
}

function checkUnique(entries: readonly NamedEntry[], problems: ConfigProblems): void {
  const taken = new Map<string, string>()
  for (const { name, path } of entries) {
    const other = taken.get(name)
    if (other === undefined) {
      taken.set(name, problems.placeOf(path))
      continue
    }
    problems.add({
      code: 'CONFIG_DUPLICATE', path,
      message: `the name \`${name}\` is taken by ${other}`, value: name,
      hint: 'give each a name of its own',
    })
  }
}

function resolveMarket(file: ExperimentFile, { catalogue, problems }: Scope): ResolvedExperiment['market'] | undefined {
  const { source } = file.market
  const schema = catalogue.markets.get(source)
  if (schema === undefined) {
    problems.add({
      code: 'CONFIG_VALUE', path: ['market', 'source'],
      message: `no market source is called \`${source}\``, value: source,
      hint: nameHint(source, [...catalogue.markets.keys()]),
    })
    return undefined
  }
  if ('accountCurrency' in file.market) {
    problems.add({
      code: 'CONFIG_UNKNOWN', path: ['market', 'accountCurrency'], at: 'key',
      message: 'the account has one currency', value: 'accountCurrency',
      hint: 'write account: { currency: … } instead',
    })
    return undefined
  }
  const settings = validate(schema, { ...file.market, accountCurrency: file.account.currency }, { problems, path: ['market'] })
  return { source, settings }
}

async function resolveSources(file: ExperimentFile, scope: Scope): Promise<Pick<ResolvedExperiment, 'strategies' | 'models'>> {
  const { catalogue, problems, folder, sources, allowLarge, overruledBy } = scope
  const instances = countStrategies(file.strategies)
  const signals = instances + BigInt(file.models.length + file.ensembles.length)
  checkPlanSize({ instances, signals, portfolios: 0n, candidates: 0n, trainings: 0n, record: file.record }, { limits: file.limits, allowLarge, overruledBy })
  const strategies: StrategyGroup[] = []
  for (const [i, section] of file.strategies.entries()) {
    const group = await resolveStrategy(section, { builtIn: catalogue.strategies, sources, folder }, { problems, path: ['strategies', i] })
    if (group !== undefined) strategies.push(group)
  }
  const models = file.models.map((section, i) => resolveModel(section, { catalogue, folder }, { problems, path: ['models', i] }))
  // A reference to what could not be made would be reported a second time as unknown.
  if (strategies.length < file.strategies.length || models.includes(undefined)) problems.throwIfAny()
  return { strategies, models: models.filter((model) => model !== undefined) }
}

async function resolveRisk(
  file: ExperimentFile, signals: SignalIndex, scope: Scope,
): Promise<Pick<ResolvedExperiment, 'riskModels' | 'patterns'>> {
  const { catalogue, problems, folder, sources } = scope
  const found = new Map<string, FoundRiskModel>()
  for (const [i, section] of file.risk.models.entries()) {
    const path = ['risk', 'models', i]
    const model = await resolveRiskModel(section, { builtIn: catalogue.riskModels, sources, folder }, { problems, path })
    if (model !== undefined) found.set(section.name, model)
  }
  const patterns = resolvePatterns(file.risk, { models: found, signals }, problems)
  return { riskModels: [...found.values()].map(({ model }) => model), patterns }
}

function namedSignals(strategies: readonly StrategyGroup[], file: ExperimentFile): NamedSignal[] {
  const signals: NamedSignal[] = []
  for (const group of strategies) {
    instanceIds(group).forEach((id, position) => {
      signals.push({ id, group: group.name, tags: group.tags, params: () => instanceOf(group, position).params })
    })
  }
  return [...signals, ...file.models.map(({ name }) => ({ id: name, group: name }))]
}
