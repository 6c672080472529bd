import { METRIC_PROFILES, type MetricProfile } from '../domain/profile.ts'
import { nameHint } from './names.ts'
import type { ConfigProblems } from './problems.ts'
import type { ExperimentFile } from './schema.ts'

/** A profile by name, or one that changes some fields of another and says so in its name. */
export function resolveProfile(section: ExperimentFile['metrics'], problems: ConfigProblems): MetricProfile | undefined {
  const { profile } = section
  const isName = typeof profile === 'string'
  const { extends: base, ...changes } = isName ? { extends: profile } : profile
  const found = Object.hasOwn(METRIC_PROFILES, base) ? METRIC_PROFILES[base] : undefined
  if (found === undefined) {
    const path = isName ? ['metrics', 'profile'] : ['metrics', 'profile', 'extends']
    problems.add({
      code: 'CONFIG_VALUE', path,
      message: `no metric profile is called \`${base}\``, value: base,
      hint: nameHint(base, Object.keys(METRIC_PROFILES)),
    })
    return undefined
  }
  const changed = Object.entries(changes).filter(([field, value]) => found[field as keyof MetricProfile] !== value)
  if (changed.length === 0) return found
  const name = `${base}(${changed.map(([field, value]) => `${field}=${String(value)}`).join(',')})`
  return { ...found, ...Object.fromEntries(changed), name }
}
