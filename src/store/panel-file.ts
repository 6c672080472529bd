import { closeSync, fstatSync, openSync } from 'node:fs'
import { createRequire } from 'node:module'
import { crc32 } from 'node:zlib'
import type * as Arrow from 'apache-arrow'
import { corruptArtefact } from './artefact-faults.ts'
import { CHUNK_BYTES, readFully } from './checksums.ts'
import type { Address, FileMeta, PanelReader, PanelShape } from './store.ts'

type Values = Float64Array | Float32Array

let loadedArrow: typeof Arrow | undefined

/** Only writing needs Arrow, and it takes a quarter of a second to load: commands that only read go without it. */
function arrow(): typeof Arrow {
  loadedArrow ??= createRequire(import.meta.url)('apache-arrow') as typeof Arrow
  return loadedArrow
}

/** A panel to be written: `values` is row-major, rows × columns. */
export interface Panel {
  readonly values: Values
  readonly rows: number
  readonly columns: number
}

/**
 * The bytes of an Arrow IPC file (uncompressed, one record batch) and where the values are in it. The one
 * column `values` is a fixed-size list of `columns` numbers per row, so the numbers of all rows are contiguous.
 */
export function encodePanel(panel: Panel): { bytes: Uint8Array; shape: PanelShape } {
  const { values, rows, columns } = panel
  if (values.length !== rows * columns) throw new Error(`a panel of ${rows} × ${columns} can't hold ${values.length} values`)
  const { Field, FixedSizeList, Float32, Float64, makeData, RecordBatch, RecordBatchFileWriter, Schema, Struct } = arrow()
  const type = values instanceof Float64Array ? 'float64' : 'float32'
  const itemType = type === 'float64' ? new Float64() : new Float32()
  const listType = new FixedSizeList(columns, new Field('item', itemType, true))
  const items = makeData({ type: itemType, length: values.length, nullCount: 0, data: values })
  const lists = makeData({ type: listType, length: rows, nullCount: 0, child: items })
  const schema = new Schema([new Field('values', listType, false)])
  const writer = new RecordBatchFileWriter()
  writer.write(new RecordBatch(schema, makeData({ type: new Struct(schema.fields), length: rows, nullCount: 0, children: [lists] })))
  writer.finish()
  const bytes = writer.toUint8Array(true)
  return { bytes, shape: { type, rows, columns, valuesAt: findValues(bytes, values) } }
}

/** Reads the file back without copying, to learn where the values lie, and makes sure they are all there. */
function findValues(bytes: Uint8Array, values: Values): number {
  if (values.length === 0) return 0
  const found: unknown = arrow().tableFromIPC(bytes).batches[0].data.children[0].children[0].values
  const right = (found instanceof Float64Array || found instanceof Float32Array) && found.buffer === bytes.buffer
  // Arrow pads to 8 bytes: an odd number of float32 values is followed by 4 zero bytes.
  if (!right || found.byteLength < values.byteLength) throw new Error('the Arrow file does not hold its values in one piece')
  const valuesAt = found.byteOffset - bytes.byteOffset
  const written = Buffer.from(bytes.buffer, found.byteOffset, values.byteLength)
  if (!written.equals(asBytes(values))) throw new Error('the Arrow file does not hold the values it was given')
  return valuesAt
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

function makeValues(shape: PanelShape, length: number): Values {
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
  const type = values instanceof Float64Array ? 'float64' : 'float32'
  if (type !== shape.type) throw new Error(`a ${shape.type} panel can't be read into ${type} values`)
  if (room < needed) throw new Error(`${needed} bytes of a panel can't be read into ${room}`)
}
