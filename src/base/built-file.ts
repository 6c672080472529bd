import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Beside the bundles in dist/, also for who runs from the sources. */
const PLACES = ['./', '../../dist/'] as const

/** Path of a file that the build makes. Throws when it has not been built. */
export function builtFile(name: string): string {
  const file = PLACES.map((place) => fileURLToPath(new URL(place + name, import.meta.url))).find((candidate) => existsSync(candidate))
  if (file === undefined) throw new Error(`${name} is not there; build again`)
  return file
}
