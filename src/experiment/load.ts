import { existsSync, readFileSync } from 'node:fs'
import { dirname, extname, resolve } from 'node:path'
import { MillraceError } from '../base/errors.ts'
import { locateByPath, parseYaml, type ConfigDocument } from './document.ts'
import type { ResolvedExperiment } from './experiment.ts'
import { loadModule, placeOfDefaultExport } from './modules.ts'
import type { Locate } from './problems.ts'
import { resolveExperiment, type ResolveOptions } from './resolve.ts'

export type LoadOptions = Omit<ResolveOptions, 'folder' | 'locate' | 'module'>

const YAML_ENDINGS = ['.yaml', '.yml', '.json']
const MODULE_ENDINGS = ['.ts', '.mts', '.js', '.mjs']

/**
 * An experiment file, YAML or a TypeScript module that exports the same by default, fully resolved. Errors
 * name the file as it is named here.
 * @throws MillraceError FILE_NOT_FOUND, CONFIG_SYNTAX, MODULE_INVALID and those of `resolveExperiment`
 */
export async function loadExperiment(path: string, options: LoadOptions): Promise<ResolvedExperiment> {
  return (await loadLocated(path, options)).experiment
}

/** The same, and where parts of the file stand, for what only the market shows to be wrong. */
export async function loadLocated(path: string, options: LoadOptions): Promise<{ readonly experiment: ResolvedExperiment; readonly locate: Locate }> {
  const { value, locate, module } = await readExperiment(path)
  return { experiment: await resolveExperiment(value, { overruledBy: '--allow-large', ...options, folder: dirname(resolve(path)), locate, module }), locate }
}

/** An experiment file as plain data, unchecked. */
export async function readExperiment(path: string): Promise<ConfigDocument> {
  const file = resolve(path)
  if (!existsSync(file)) {
    throw new MillraceError({
      code: 'FILE_NOT_FOUND',
      message: 'there is no such experiment file', where: path, value: path,
      hint: 'examples/quickstart.yaml is one to start from',
    })
  }
  const ending = extname(file)
  if (YAML_ENDINGS.includes(ending)) return parseYaml(readFileSync(file, 'utf8'), path)
  if (!MODULE_ENDINGS.includes(ending)) {
    throw new MillraceError({
      code: 'USAGE',
      message: `an experiment file ends in ${[...YAML_ENDINGS, ...MODULE_ENDINGS].join(', ')}`, where: path,
      value: ending,
    })
  }
  const { exports, sourceHash } = await loadModule(file)
  if (exports.default === undefined) {
    throw new MillraceError({
      code: 'MODULE_INVALID',
      message: 'it has no default export', where: placeOfDefaultExport(file),
      hint: 'write `export default defineExperiment({ … })`',
    })
  }
  return { value: exports.default, locate: locateByPath(path), module: { file, sourceHash } }
}
