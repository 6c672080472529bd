import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/** Writes a new file and flushes it to the disk before returning. */
export function writeDurably(path: string, data: Uint8Array | string): void {
  const bytes = typeof data === 'string' ? Buffer.from(data) : data
  const file = openSync(path, 'w')
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at, bytes.length - at)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

/** Flushes what is already written of a file, or the entries of a folder, to the disk. */
export function flush(path: string): void {
  const file = openSync(path, 'r')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

/** Makes a folder and its parents so that they survive a power cut. */
export function makeFolder(path: string): void {
  const folder = resolve(path)
  const first = mkdirSync(folder, { recursive: true })
  if (first === undefined) return
  for (let made = folder; made.length >= first.length; made = dirname(made)) flush(dirname(made))
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
