import { isAbsolute, resolve } from 'node:path'
import { MillraceError } from '../base/errors.ts'
import { DECISION_FIELDS } from '../domain/risk-decision.ts'
import type { CatalogueEntry, KnownRiskModel, KnownStrategy } from './catalogue.ts'
import type { StepOrigin } from './experiment.ts'
import { loadModule, placeOfDefaultExport } from './modules.ts'
import { nameHint } from './names.ts'

/** A definition an experiment names, and where its code is. */
export interface NamedDefinition<D> {
  readonly definition: D
  readonly origin: StepOrigin
}

/** What names are looked up in: built-ins, hashes of their sources by file, the folder of the user's files. */
export interface DefinitionScope<D> {
  readonly builtIn: ReadonlyMap<string, CatalogueEntry<D>>
  readonly sources: Readonly<Record<string, string>>
  readonly folder: string
}

/** `./my-strategy.ts` is a file of the user's; anything without a slash or script ending is a built-in. */
export function isModulePath(use: string): boolean {
  return use.startsWith('.') || isAbsolute(use) || /\.[cm]?[jt]s$/.test(use)
}

/**
 * Finds what `use` names; `check` judges the default export of a user's file.
 * @throws MillraceError CONFIG_VALUE for an unknown name; FILE_NOT_FOUND or MODULE_INVALID for a bad file
 */
export async function findDefinition<D extends { readonly name: string }>(
  use: string, scope: DefinitionScope<D>, check: (value: unknown, file: string) => D,
): Promise<NamedDefinition<D>> {
  if (isModulePath(use)) {
    const file = resolve(scope.folder, use)
    const { exports, sourceHash } = await loadModule(file)
    const definition = check(exports.default, file)
    return { definition, origin: { use: definition.name, file, sourceHash } }
  }
  const entry = scope.builtIn.get(use)
  if (entry === undefined) {
    const hint = `${nameHint(use, [...scope.builtIn.keys()])}; a file of your own is written ./${use}.ts`
    throw new MillraceError({ code: 'CONFIG_VALUE', message: `nothing built in is called \`${use}\``, value: use, hint })
  }
  const { definition, source } = entry
  const sourceHash = scope.sources[source]
  if (sourceHash === undefined) throw new Error(`no source hash for ${source}: the build did not hash it`)
  return { definition, origin: { use, sourceHash } }
}

/** The default export of a user's file as a strategy. */
export function checkStrategy(value: unknown, file: string): KnownStrategy {
  return checkShape<KnownStrategy>(value, file, { maker: 'defineStrategy', functions: ['features', 'signal'] })
}

/** The default export of a user's file as a risk model. */
export function checkRiskModel(value: unknown, file: string): KnownRiskModel {
  const definition = checkShape<KnownRiskModel>(value, file, { maker: 'defineRiskModel', functions: ['features', 'decide'] })
  const { decides } = definition
  if (!Array.isArray(decides) || decides.length === 0 || decides.some((field) => !DECISION_FIELDS.includes(field))) {
    throw invalid(file, `\`decides\` must list some of ${DECISION_FIELDS.join(', ')}`, decides)
  }
  return definition
}

function checkShape<D>(value: unknown, file: string, shape: { maker: string; functions: readonly string[] }): D {
  if (value === undefined) throw invalid(file, 'it has no default export', undefined, `write \`export default ${shape.maker}({ … })\``)
  const hint = `its default export must be what ${shape.maker}({ … }) returns`
  if (value === null || typeof value !== 'object') {
    throw invalid(file, `its default export is ${value === null ? 'null' : `a ${typeof value}`}`, undefined, hint)
  }
  const definition = value as Record<string, unknown>
  if (typeof definition.name !== 'string' || definition.name === '') throw invalid(file, '`name` must be text', definition.name, hint)
  if (typeof (definition.params as { safeParse?: unknown } | undefined)?.safeParse !== 'function') {
    throw invalid(file, '`params` must be a zod schema', undefined, 'for a strategy without parameters write `params: z.object({})`')
  }
  for (const name of shape.functions) {
    if (typeof definition[name] !== 'function') throw invalid(file, `\`${name}\` must be a function`, undefined, hint)
  }
  return value as D
}

function invalid(file: string, message: string, value?: unknown, hint?: string): MillraceError {
  return new MillraceError({ code: 'MODULE_INVALID', message, where: placeOfDefaultExport(file), value, hint })
}
