import { closeSync, fstatSync, openSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import { arrowFrame } from './arrow-frame.ts'
import { corruptArtefact } from './artefact-faults.ts'
import { CHUNK_BYTES, createChunkedFile, readFully } from './checksums.ts'
import type { Address, FileMeta, PanelReader, PanelShape, PanelType, PanelWriter } from './store.ts'

type Values = Float64Array | Float32Array

export type WrittenPanel = Omit<FileMeta, 'name'>

/** Values that wait for more of them, so that rows handed over one by one are written many at a time. */
const WAITING_VALUES = 8_192

/**
 * Writes a panel as an uncompressed Arrow IPC file with one record batch, as its rows come: memory does not grow with
 * them. `seal` is told the file when its last row is there.
 */
export function createPanelWriter(path: string, of: Omit<PanelShape, 'valuesAt'>, seal: (written: WrittenPanel) => void): PanelWriter & { abandon(): void } {
  const { type, rows, columns } = of
  const { before, after } = arrowFrame(of)
  const file = createChunkedFile(path)
  const waiting = makeValues(of, Math.min(WAITING_VALUES, rows * columns))
  let [waits, left] = [0, rows * columns]
  const flush = (): void => {
    file.write(asBytes(waiting.subarray(0, waits)))
    waits = 0
  }
  file.write(before)
  return {
    append(values) {
      checkType(type, values)
      left -= values.length
      if (left < 0) throw new Error(`a panel of ${rows} × ${columns} can't hold ${-left} values more`)
      if (waits + values.length > waiting.length) flush()
      if (values.length > waiting.length) return file.write(asBytes(values))
      waiting.set(values, waits)
      waits += values.length
    },
    end() {
      if (left > 0) throw new Error(`a panel of ${rows} × ${columns} lacks ${left} values`)
      flush()
      file.write(after)
      seal({ ...file.end(), panel: { type, rows, columns, valuesAt: rows * columns === 0 ? 0 : before.length } })
    },
    abandon: () => file.abandon(),
  }
}

/** Chunks that lie across the ends of a read pass through here; reads are synchronous, so one is enough. */
const scratch = new Uint8Array(CHUNK_BYTES)

/** Where a panel lies, and whom to tell when it proves to be damaged. */
export interface PanelPlace {
  readonly path: string
  readonly address: Address
  readonly file: FileMeta
  readonly onDamage: (reason: string) => void
}

/** Opens a panel for block reads. Throws ARTEFACT_CORRUPT when the file has not the length it was sealed with. */
export function openPanel({ path, address, file, onDamage }: PanelPlace): PanelReader {
  const shape = file.panel
  if (shape === undefined) throw new Error(`${path} is not a panel`)
  const corrupt = (reason: string): Error => {
    onDamage(reason)
    return corruptArtefact({ address, path, reason })
  }
  const handle = openSync(path, 'r')
  const bytesFound = fstatSync(handle).size
  if (bytesFound !== file.bytes) {
    closeSync(handle)
    throw corrupt(`${file.name} has ${bytesFound} bytes instead of ${file.bytes}`)
  }
  const verified = new Uint8Array(file.checksums.length)

  const verify = (chunk: number, bytes: Uint8Array): void => {
    if (crc32(bytes) !== file.checksums[chunk]) throw corrupt(`the checksum of ${file.name} is wrong in MiB ${chunk}`)
    verified[chunk] = 1
  }
  const fill = (into: Uint8Array, position: number): void => {
    if (readFully(handle, into, position) < into.length) throw corrupt(`${file.name} ends too early`)
  }
  /** Bytes [start, end) of one chunk: read in place where the whole chunk is wanted or was verified before. */
  const readPiece = (chunk: number, start: number, end: number, into: Uint8Array): void => {
    const chunkStart = chunk * CHUNK_BYTES
    const chunkEnd = Math.min(chunkStart + CHUNK_BYTES, file.bytes)
    if (verified[chunk] === 1) return fill(into, start)
    if (start === chunkStart && end === chunkEnd) {
      fill(into, start)
      return verify(chunk, into)
    }
    const whole = scratch.subarray(0, chunkEnd - chunkStart)
    fill(whole, chunkStart)
    verify(chunk, whole)
    into.set(whole.subarray(start - chunkStart, end - chunkStart))
  }

  return {
    shape,
    read(from, to, out) {
      checkRange(shape, from, to)
      const values = out ?? makeValues(shape, (to - from) * shape.columns)
      const target = asBytes(values).subarray(0, (to - from) * rowBytes(shape))
      checkTarget(shape, values, target.length, (to - from) * rowBytes(shape))
      const start = shape.valuesAt + from * rowBytes(shape)
      for (let at = 0; at < target.length; ) {
        const chunk = Math.floor((start + at) / CHUNK_BYTES)
        const length = Math.min(target.length - at, (chunk + 1) * CHUNK_BYTES - start - at)
        readPiece(chunk, start + at, start + at + length, target.subarray(at, at + length))
        at += length
      }
      return values
    },
    close: () => closeSync(handle),
  }
}

function rowBytes(shape: PanelShape): number {
  return shape.columns * (shape.type === 'float64' ? 8 : 4)
}

function makeValues(shape: Pick<PanelShape, 'type'>, length: number): Values {
  return shape.type === 'float64' ? new Float64Array(length) : new Float32Array(length)
}

function asBytes(values: Values): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
}

function checkRange(shape: PanelShape, from: number, to: number): void {
  const whole = Number.isInteger(from) && Number.isInteger(to)
  if (!whole || from < 0 || to < from || to > shape.rows) throw new Error(`rows [${from}, ${to}) are not within the panel's ${shape.rows}`)
}

function checkTarget(shape: PanelShape, values: Values, room: number, needed: number): void {
  checkType(shape.type, values)
  if (room < needed) throw new Error(`${needed} bytes of a panel can't be read into ${room}`)
}

function checkType(expected: PanelType, values: Values): void {
  const type = values instanceof Float64Array ? 'float64' : 'float32'
  if (type !== expected) throw new Error(`a ${expected} panel does not go with ${type} values`)
}
