import { z } from 'zod'
import { builtInCatalogue, type Catalogue } from './catalogue.ts'
import { experimentSchema } from './schema.ts'

type JsonSchema = Record<string, unknown>

/** JSON Schema (2020-12) of the experiment file, for editors; `market` is one of the sources' settings. */
export function experimentJsonSchema(catalogue: Catalogue = builtInCatalogue): JsonSchema {
  const schema = z.toJSONSchema(experimentSchema, { io: 'input', unrepresentable: 'any' }) as JsonSchema & { properties: JsonSchema }
  const sources = [...catalogue.markets].map(([source, settings]) => {
    const { $schema: _, ...market } = z.toJSONSchema(settings, { io: 'input', unrepresentable: 'any' }) as JsonSchema
    const { accountCurrency: _account, ...properties } = (market.properties ?? {}) as JsonSchema
    const required = new Set(['source', ...((market.required ?? []) as string[])])
    return { ...market, properties: { ...properties, source: { const: source } }, required: [...required] }
  })
  return { ...schema, title: 'Millrace experiment', properties: { ...schema.properties, market: { anyOf: sources } } }
}
