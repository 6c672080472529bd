import { isUtf8 } from 'node:buffer'
import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { MillraceError } from '../base/errors.ts'
import { expandBraces, globMatcher } from '../base/glob.ts'
import type { Fault } from './problem-list.ts'

const unzip = promisify(gunzip)

/** What a folder is searched for. */
const TABLE_NAME = /\.(csv|tsv|txt)(\.gz)?$/i

/** A file as messages name it, and where it is. */
export interface CsvFile {
  readonly label: string
  readonly path: string
}

/**
 * The files that `patterns` name, in the order of the patterns and by name within one. A pattern is a file, a
 * folder (its .csv, .tsv and .txt files, also .gz) or a path with `*`, `?` and `{a,b}`; relative ones start at `folder`.
 * @throws FILE_NOT_FOUND for a pattern, or a choice of its braces, that names nothing; CONFIG_VALUE for too many choices.
 */
export async function findCsvFiles(patterns: readonly string[], folder: string): Promise<CsvFile[]> {
  const found = new Map<string, CsvFile>()
  const choices = await Promise.all(patterns.map((pattern) => choicesOf(pattern, folder)))
  for (const pattern of choices.flat()) {
    const paths = await expand(resolve(folder, pattern))
    if (paths.length === 0) {
      throw new MillraceError({
        code: 'FILE_NOT_FOUND', message: `no file matches ${pattern}`, where: 'market.files', value: pattern,
        hint: `relative paths start at ${folder}`,
      })
    }
    for (const path of paths) if (!found.has(path)) found.set(path, { path, label: labelOf(path, folder) })
  }
  return [...found.values()]
}

/** What braces stand for, each to be found; a path that is there as it is written is no pattern. */
async function choicesOf(pattern: string, folder: string): Promise<string[]> {
  return (await exists(resolve(folder, pattern))) ? [pattern] : expandBraces(pattern, 'market.files')
}

function labelOf(path: string, folder: string): string {
  const label = relative(folder, path)
  return label.startsWith('..') || isAbsolute(label) ? path : label.split(sep).join('/')
}

async function expand(pattern: string): Promise<string[]> {
  const segments = pattern.split(sep)
  const firstWild = segments.findIndex((segment) => /[*?]/.test(segment))
  if (firstWild < 0) return filesAt(pattern)
  let folders = [segments.slice(0, firstWild).join(sep) || sep]
  for (const segment of segments.slice(firstWild)) {
    const next: string[] = []
    for (const folder of folders) next.push(...(await namesIn(folder)).filter(matcher(segment)).map((name) => join(folder, name)))
    folders = next
  }
  const lists = await Promise.all(folders.map(async (path) => ((await isFolder(path)) ? [] : [path])))
  return lists.flat()
}

function matcher(segment: string): (name: string) => boolean {
  const matches = globMatcher(segment)
  return (name) => matches(name) && (name === segment || segment.startsWith('.') || !name.startsWith('.'))
}

async function filesAt(path: string): Promise<string[]> {
  if (!(await exists(path))) return []
  if (!(await isFolder(path))) return [path]
  return (await namesIn(path)).filter((name) => TABLE_NAME.test(name) && !name.startsWith('.')).map((name) => join(path, name))
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false
}

/** Names in code-unit order: the same universe on every machine, whatever its locale. */
async function namesIn(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(() => [])).toSorted()
}

/**
 * The symbol a file's name stands for: its name without folder, `.gz` and extension, or what the one group
 * of `pattern` matches in that. undefined when the pattern does not match.
 */
export function symbolOfFile(path: string, pattern: string | undefined): string | undefined {
  const stem = basename(path).replace(/\.gz$/i, '').replace(/(?<=.)\.[^.]*$/, '')
  return pattern === undefined ? stem : new RegExp(pattern, 'u').exec(stem)?.[1]
}

/** The bytes of a file as stored. @throws FILE_UNREADABLE */
export async function readBytes(file: CsvFile): Promise<Buffer> {
  try {
    return await readFile(file.path)
  } catch (error) {
    throw new MillraceError({ code: 'FILE_UNREADABLE', message: `cannot read ${file.label}: ${(error as Error).message}`, where: file.label })
  }
}

/**
 * The text of a CSV file: unpacked if gzip, without byte order mark, line ends as `\n`.
 * @throws CSV_DIALECT when it is no UTF-8 text or no CSV at all; FILE_UNREADABLE when the gzip is damaged.
 */
export async function decodeCsv(bytes: Buffer, label: string): Promise<string> {
  const plain = bytes[0] === 0x1f && bytes[1] === 0x8b ? await unpack(bytes, label) : bytes
  const problem = encodingFault(plain)
  if (problem !== undefined) throw new MillraceError({ ...problem, where: label })
  const raw = plain.toString('utf8', plain[0] === 0xef && plain[1] === 0xbb && plain[2] === 0xbf ? 3 : 0)
  const windows = raw.includes('\r')
  const text = windows ? raw.replaceAll('\r\n', '\n') : raw
  const other = contentFault(text, { mayHaveReturns: windows })
  if (other !== undefined) throw new MillraceError({ ...other, where: label })
  return text
}

async function unpack(bytes: Buffer, label: string): Promise<Buffer> {
  try {
    return await unzip(bytes)
  } catch (error) {
    throw new MillraceError({ code: 'FILE_UNREADABLE', message: `the gzip file is damaged: ${(error as Error).message}`, where: label })
  }
}

function dialect(message: string, hint: string): Fault {
  return { code: 'CSV_DIALECT', message, hint }
}

function encodingFault(bytes: Buffer): Fault | undefined {
  const hint = 'save it as UTF-8 text'
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) return dialect('the file is UTF-16', hint)
  if (bytes[0] === 0x50 && bytes[1] === 0x4b) return dialect('the file is a zip archive', 'unpack it first; only .gz is read packed')
  const nul = bytes.indexOf(0)
  if (nul >= 0) {
    const utf16 = nul < 2 && bytes.length > 3 && bytes[nul + 2] === 0
    return utf16 ? dialect('the file is UTF-16', hint) : dialect(`the file has a NUL byte at offset ${nul}`, 'it is damaged or no text: export it again')
  }
  return isUtf8(bytes) ? undefined : dialect('the file is not UTF-8', hint)
}

function contentFault(text: string, { mayHaveReturns }: { mayHaveReturns: boolean }): Fault | undefined {
  const start = text.slice(0, 200).trimStart()
  const format = /^[{[]/.test(start) ? 'JSON' : /^<(!doctype|html|\?xml|head|body)/i.test(start) ? 'HTML or XML' : undefined
  if (format !== undefined) {
    return dialect(
      `the file is ${format}, not CSV: it begins with ${JSON.stringify(start.slice(0, 40))}`,
      'often this is the answer of a server that refused the download: fetch the file again',
    )
  }
  return mayHaveReturns && text.includes('\r') ? dialect('the file has line ends of a lone carriage return', 'save it with \\n or \\r\\n line ends') : undefined
}
