import { transformSync } from 'esbuild'
import { describe, expect, it } from 'vitest'
import { rememberSource, sourcePlace } from '../../src/base/source-place.ts'

const WRITTEN = `interface Depth { readonly depth: number }

export function depthOf(book: Depth | undefined): number {
  return book!.depth
}
`

/** Loads TypeScript the way a user's module is loaded: as JavaScript, from a URL that is its text. */
async function load(): Promise<{ url: string; map: string; depthOf: (book?: unknown) => number }> {
  const { code, map } = transformSync(WRITTEN, { loader: 'ts', sourcemap: 'external', sourcefile: 'own.ts', minifyWhitespace: true })
  const url = `data:text/javascript;base64,${Buffer.from(code).toString('base64')}`
  return { url, map, ...((await import(/* @vite-ignore */ url)) as { depthOf: (book?: unknown) => number }) }
}

function thrownBy(act: () => unknown): unknown {
  try {
    act()
  } catch (error) {
    return error
  }
  throw new Error('it threw nothing')
}

describe('the place of an error', () => {
  it('is where the module was written, once its source is remembered', async () => {
    const { url, map, depthOf } = await load()
    const error = thrownBy(() => depthOf())
    expect(sourcePlace(error)).toBeUndefined()
    rememberSource(url, { map, folder: '/desk' })
    expect(sourcePlace(error)).toMatch(/^\/desk\/own\.ts:4:\d+$/)
  })

  it('is unknown for errors from elsewhere, and for what is no error', () => {
    expect(sourcePlace(new Error('from this test'))).toBeUndefined()
    expect(sourcePlace('thrown text')).toBeUndefined()
  })
})
