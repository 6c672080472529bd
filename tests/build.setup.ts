import { buildAll, isStale } from '../scripts/build.mjs'

/** Tests that start worker processes or the command line need fresh bundles. */
export default async function setUp(): Promise<void> {
  if (isStale()) await buildAll()
}
