import { build, type BuildFailure, type Message, type Plugin } from 'esbuild'
import { isBuiltin } from 'node:module'
import { dirname, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { MillraceError } from '../base/errors.ts'
import { packageVersion } from './package-version.ts'
import { sha256 } from '../base/hash.ts'

/** A user's file with everything it imports by path; packages stay imports, named by a placeholder. */
export interface Bundle {
  readonly text: string
  /** Source map of `text`, as JSON. */
  readonly map: string
  /** Absolute paths of every file inside. */
  readonly inputs: readonly string[]
  /** Placeholder → URL of the package's entry. */
  readonly packages: ReadonlyMap<string, string>
  /** SHA-256 over the text without white space and comments, and the versions of the packages. */
  readonly sourceHash: string
}

/** Packages that are Millrace's own and so are not part of a user's source. */
const OWN_PACKAGES = ['millrace', 'zod']
const HERE = dirname(fileURLToPath(import.meta.url))

/** @throws MillraceError MODULE_INVALID with `file:line:column` when it cannot be parsed or resolved */
export async function bundleModule(file: string, ownApi: () => Promise<string>): Promise<Bundle> {
  const packages = new Map<string, string>()
  try {
    const folder = dirname(file)
    const result = await build({
      entryPoints: [file], absWorkingDir: folder, outfile: 'module.mjs', write: false,
      bundle: true, format: 'esm', platform: 'node', target: 'node20', charset: 'utf8',
      minifyWhitespace: true, legalComments: 'none', sourcemap: 'external', metafile: true,
      tsconfigRaw: '{}', logLevel: 'silent',
      plugins: [packagesStayImports(packages, ownApi)],
    })
    const [map, code] = result.outputFiles[0].path.endsWith('.map') ? result.outputFiles : result.outputFiles.toReversed()
    const foreign = [...packages].filter(([placeholder]) => !isOwn(placeholder))
    const versions = foreign.map(([placeholder, url]) => [placeholder, packageVersion(url)])
    return {
      text: code.text,
      map: map.text,
      inputs: Object.keys(result.metafile.inputs).map((input) => resolve(folder, input)),
      packages,
      sourceHash: sha256(JSON.stringify([code.text, versions.toSorted()])),
    }
  } catch (error) {
    throw toModuleError(error, file)
  }
}

const PLACEHOLDER = 'package:'

function isOwn(placeholder: string): boolean {
  const name = placeholder.slice(PLACEHOLDER.length)
  return OWN_PACKAGES.some((own) => name === own || name.startsWith(`${own}/`))
}

/** Keeps machine paths out of the bundle, so that its hash is the same everywhere. */
function packagesStayImports(packages: Map<string, string>, ownApi: () => Promise<string>): Plugin {
  return {
    name: 'packages stay imports',
    setup: (bundler) => {
      bundler.onResolve({ filter: /^[^./]/ }, async (request) => {
        if (request.kind === 'entry-point' || request.pluginData === PLACEHOLDER) return undefined
        if (isBuiltin(request.path)) return { path: request.path, external: true }
        const placeholder = `${PLACEHOLDER}${request.path}`
        if (request.path === 'millrace') packages.set(placeholder, await ownApi())
        else {
          const found = await bundler.resolve(request.path, {
            kind: request.kind, resolveDir: isOwn(placeholder) ? HERE : request.resolveDir, pluginData: PLACEHOLDER,
          })
          if (found.errors.length > 0) return { errors: found.errors }
          packages.set(placeholder, pathToFileURL(found.path).href)
        }
        return { path: placeholder, external: true }
      })
    },
  }
}

function toModuleError(error: unknown, file: string): unknown {
  const messages = (error as Partial<BuildFailure>).errors
  if (messages === undefined) return error
  return new MillraceError(
    messages.map(({ text, location, notes }: Message) => ({
      code: 'MODULE_INVALID',
      message: text,
      where: location === null ? file : `${resolve(dirname(file), location.file)}:${location.line}:${location.column + 1}`,
      value: location?.lineText.trim(),
      hint: notes[0]?.text,
    })),
  )
}
