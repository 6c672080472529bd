import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, writeFileSync, writeSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'

/** What a power cut leaves of a write: all of it, or what it likes where nobody will ask. */
export interface Durability {
  /** Writes a new file. */
  write(path: string, data: Uint8Array | string): void
  /** Flushes what is already written of a file, or the entries of a folder, to the disk. */
  flush(path: string): void
  /** The same, while this process goes on with something else. */
  flushed(path: string): Promise<void>
}

export const DURABLE: Durability = { write: writeDurably, flush, flushed }

/** For files that no other process than this one and its children ever reads. */
export const PASSING: Durability = { write: writeFileSync, flush: () => undefined, flushed: () => Promise.resolve() }

/** Writes a new file and flushes it to the disk before returning. */
export function writeDurably(path: string, data: Uint8Array | string): void {
  const bytes = typeof data === 'string' ? Buffer.from(data) : data
  const file = openSync(path, 'w')
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at, bytes.length - at)
    fsyncSync(file)
  } catch (error) {
    throw withPath(path, error)
  } finally {
    closeSync(file)
  }
}

export function flush(path: string): void {
  const file = openSync(path, 'r')
  try {
    fsyncSync(file)
  } catch (error) {
    throw withPath(path, error)
  } finally {
    closeSync(file)
  }
}

async function flushed(path: string): Promise<void> {
  const file = await open(path, 'r')
  try {
    await file.sync()
  } catch (error) {
    throw withPath(path, error)
  } finally {
    await file.close()
  }
}

/** The system does not say where it refused what was asked of an open file. */
function withPath(path: string, error: unknown): unknown {
  return error instanceof Error ? Object.assign(error, { path }) : error
}

/** Makes a folder and its parents so that they survive a power cut. */
export function makeFolder(path: string, { flush: toDisk }: Durability = DURABLE): void {
  const folder = resolve(path)
  const first = mkdirSync(folder, { recursive: true })
  if (first === undefined) return
  for (let made = folder; made.length >= first.length; made = dirname(made)) toDisk(dirname(made))
}

/** Puts `data` in the place of `path` in one step: a reader sees the old file or the new one, never a part. */
export function replaceFile(path: string, temporary: string, data: Uint8Array | string): void {
  writeDurably(temporary, data)
  renameSync(temporary, path)
  flush(dirname(path))
}

/** Whether an I/O error has one of the given system codes (`ENOENT` …). */
export function hasSystemCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code))
}
