import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { FeatureRef } from '../features/feature.ts'
import type { ModelSpec } from '../models/model.ts'
import type { Catalogue } from './catalogue.ts'
import type { ConfigPlace } from './problems.ts'
import type { ExperimentFile } from './schema.ts'

/** One entry of `models`; undefined when its file or a feature is not found. */
export function resolveModel(
  section: ExperimentFile['models'][number],
  scope: { readonly catalogue: Catalogue; readonly folder: string },
  place: ConfigPlace,
): ModelSpec | undefined {
  const { problems, path } = place
  const before = problems.total
  const file = resolve(scope.folder, section.file)
  if (!existsSync(file)) {
    problems.add({
      code: 'FILE_NOT_FOUND', path: [...path, 'file'],
      message: `there is no file ${file}`, value: section.file,
      hint: 'paths are relative to the experiment file',
    })
  }
  const features = section.features.map((expression, i): FeatureRef | undefined => {
    const at = [...path, 'features', i]
    try {
      return scope.catalogue.parseFeature(expression, problems.placeOf(at))
    } catch (error) {
      problems.adopt(error, at)
      return undefined
    }
  })
  if (problems.total > before) return undefined
  const { name, window, signal } = section
  return { name, file, features: features.filter((feature) => feature !== undefined), window, signal }
}
