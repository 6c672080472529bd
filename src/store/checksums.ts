import { closeSync, openSync, readSync, writeSync } from 'node:fs'
import { crc32 } from 'node:zlib'

/** Bytes under one checksum: a block read verifies no more than the chunks it touches. */
export const CHUNK_BYTES = 1 << 20

/** CRC-32 (ISO 3309, as in zlib) of every {@link CHUNK_BYTES} of `bytes`; the last chunk may be shorter. */
export function checksumsOf(bytes: Uint8Array): number[] {
  const checksums: number[] = []
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) checksums.push(crc32(bytes.subarray(at, at + CHUNK_BYTES)))
  return checksums
}

/** The same over a file, one chunk in memory at a time, with the file's length. */
export function checksumsOfFile(path: string): { bytes: number; checksums: number[] } {
  const file = openSync(path, 'r')
  try {
    const scratch = new Uint8Array(CHUNK_BYTES)
    const checksums: number[] = []
    for (let bytes = 0; ; ) {
      const got = readFully(file, scratch, bytes)
      if (got === 0) return { bytes, checksums }
      checksums.push(crc32(scratch.subarray(0, got)))
      bytes += got
      if (got < CHUNK_BYTES) return { bytes, checksums }
    }
  } finally {
    closeSync(file)
  }
}

/** A new file that is written piece by piece, and its checksums with it: one chunk is in memory. */
export interface ChunkedFile {
  write(bytes: Uint8Array): void
  end(): { bytes: number; checksums: number[] }
  /** Leaves it as it is. */
  abandon(): void
}

export function createChunkedFile(path: string): ChunkedFile {
  const chunk = Buffer.alloc(CHUNK_BYTES)
  const checksums: number[] = []
  let [filled, bytes] = [0, 0]
  const file = openSync(path, 'w')
  const writeChunk = (): void => {
    const full = chunk.subarray(0, filled)
    checksums.push(crc32(full))
    for (let at = 0; at < filled; ) at += writeSync(file, full, at, filled - at)
    bytes += filled
    filled = 0
  }
  return {
    write(more) {
      for (let at = 0; at < more.length; ) {
        const length = Math.min(more.length - at, CHUNK_BYTES - filled)
        chunk.set(more.subarray(at, at + length), filled)
        filled += length
        at += length
        if (filled === CHUNK_BYTES) writeChunk()
      }
    },
    end() {
      if (filled > 0) writeChunk()
      closeSync(file)
      return { bytes, checksums }
    },
    abandon: () => closeSync(file),
  }
}

/** Fills `into` from the file at `position` as far as the file reaches; returns how many bytes it got. */
export function readFully(file: number, into: Uint8Array, position: number): number {
  let got = 0
  while (got < into.length) {
    const read = readSync(file, into, got, into.length - got, position + got)
    if (read === 0) break
    got += read
  }
  return got
}
