import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { Field, FixedSizeList, Float32, Float64, makeData, RecordBatch, RecordBatchFileWriter, Schema, Struct, tableFromIPC } from 'apache-arrow'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { addressOf } from '../../src/base/hash.ts'
import { openStore } from '../../src/store/local-store.ts'
import type { ArtefactDraft, PanelReader } from '../../src/store/store.ts'
import { scratchFolder } from './scratch.ts'

const root = scratchFolder('panel')
const store = openStore(root, { clock: systemClock })
let count = 0

function publish(values: Float64Array | Float32Array, rows: number, columns: number): { reader: PanelReader; path: string } {
  const address = addressOf({ panel: count++ })
  const draft = store.draft({ address, kind: 'feature', madeFrom: null })
  draft.addPanel('panel.arrow', { values, rows, columns })
  draft.publish()
  return { reader: store.panel(address, 'panel.arrow'), path: store.file(address, 'panel.arrow') }
}

/** Distinct everywhere, with every NaN in a place of its own. */
const noise = (length: number): Float64Array => Float64Array.from({ length }, (_, i) => (i % 97 === 5 ? NaN : Math.sin(i) * i))

describe('a panel file', () => {
  it('holds the values in one piece where the meta says, in a file that Arrow reads', () => {
    for (const Values of [Float64Array, Float32Array]) {
      const values = Values.from(noise(35))
      const { reader, path } = publish(values, 7, 5)
      const bytes = readFileSync(path)
      const { valuesAt } = reader.shape
      expect(bytes.subarray(valuesAt, valuesAt + values.byteLength).equals(Buffer.from(values.buffer))).toBe(true)
      const table = tableFromIPC(bytes)
      expect(table.batches).toHaveLength(1)
      expect(String(table.schema.fields[0].type)).toBe(`FixedSizeList[5]<${Values === Float64Array ? 'Float64' : 'Float32'}>`)
      expect(Array.from(table.getChild('values')?.get(3) as Iterable<number>)).toEqual(Array.from(values.subarray(15, 20)))
    }
  })

  it('reads any rows, in any order, as they were written: over chunks, into any array', () => {
    const seed = 99
    const numRuns = 60
    const shapes = [[1500, 257, Float64Array], [800, 701, Float32Array], [3, 150_000, Float64Array], [300_001, 1, Float64Array]] as const
    const panels = shapes.map(([rows, columns, Values]) => {
      const values = Values.from(noise(rows * columns))
      return { rows, columns, values, ...publish(values, rows, columns) }
    })
    fc.assert(
      fc.property(fc.constantFrom(...panels), fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }), fc.boolean()), { maxLength: 8 }), (panel, reads) => {
        for (const [one, other, given] of reads) {
          const [from, to] = [one, other].map((part) => Math.round(part * panel.rows)).toSorted((a, b) => a - b)
          const expected = panel.values.subarray(from * panel.columns, to * panel.columns)
          const room = panel.values instanceof Float64Array ? new Float64Array(expected.length + 3) : new Float32Array(expected.length + 3)
          const got = given ? panel.reader.read(from, to, room).subarray(0, expected.length) : panel.reader.read(from, to)
          expect(Buffer.compare(bytesOf(got), bytesOf(expected))).toBe(0)
        }
      }),
      { seed, numRuns },
    )
    console.log(`panel reads: seed ${seed}, ${numRuns} sequences`)
    for (const { reader } of panels) reader.close()
  })

  it('is byte for byte the file that Arrow writes', () => {
    for (const [rows, columns] of [[7, 5], [1, 1], [3, 1], [64, 43], [0, 3], [5000, 2]]) {
      for (const values of [noise(rows * columns), Float32Array.from(noise(rows * columns))]) {
        const { path } = publish(values, rows, columns)
        expect(Buffer.compare(readFileSync(path), writtenByArrow(values, rows, columns))).toBe(0)
      }
    }
  })

  it('is the same when its rows come one by one, many at a time or all at once', () => {
    const rows = 70_001
    const columns = 3
    const values = noise(rows * columns)
    const whole = store.meta(draftOf((draft) => draft.addPanel('panel.arrow', { values, rows, columns })))?.files
    for (const step of [1, 7, 3_000, 50_000]) {
      const address = draftOf((draft) => {
        const panel = draft.startPanel('panel.arrow', { type: 'float64', rows, columns })
        for (let row = 0; row < rows; row += step) panel.append(values.subarray(row * columns, Math.min(rows, row + step) * columns))
        panel.end()
      })
      expect(store.meta(address)?.files).toEqual(whole)
    }
  })

  it('is refused with too many or too few rows, of another type, or unfinished; a draft that is discarded leaves nothing', () => {
    const draft = store.draft({ address: addressOf('half'), kind: 'feature', madeFrom: null })
    const panel = draft.startPanel('half.arrow', { type: 'float32', rows: 2, columns: 2 })
    expect(() => panel.append(new Float64Array(2))).toThrow('does not go with float64')
    panel.append(new Float32Array(2))
    expect(() => panel.end()).toThrow('lacks 2 values')
    expect(() => panel.append(new Float32Array(3))).toThrow("can't hold 1 values more")
    expect(() => draft.publish()).toThrow('half.arrow of the artefact is not finished')
    expect(() => draft.startPanel('half.arrow', { type: 'float32', rows: 2, columns: 2 })).toThrow('was added')
    draft.discard()
    expect(existsSync(draft.folder)).toBe(false)
  })

  it('may be empty', () => {
    for (const [rows, columns] of [[0, 3], [3, 0], [0, 0]]) expect(publish(new Float64Array(0), rows, columns).reader.read(0, rows)).toHaveLength(0)
  })

  it('is not read beyond its rows, into the wrong type or too small an array', () => {
    const { reader } = publish(noise(12), 4, 3)
    for (const [from, to] of [[-1, 2], [0, 5], [3, 2], [0.5, 2]]) expect(() => reader.read(from, to)).toThrow('not within')
    expect(() => reader.read(0, 1, new Float32Array(3))).toThrow('a float64 panel does not go with float32 values')
    expect(() => reader.read(0, 2, new Float64Array(5))).toThrow("can't be read into")
    const draft = store.draft({ address: addressOf('odd'), kind: 'feature', madeFrom: null })
    expect(() => draft.addPanel('odd.arrow', { values: noise(5), rows: 2, columns: 2 })).toThrow("can't hold 1 values more")
    draft.discard()
  })

  const python = findPython()
  it.skipIf(python === undefined)(`opens in pyarrow${python === undefined ? ' (no python3 with pyarrow here)' : ''}`, () => {
    const values = Float32Array.of(1, NaN, -0.5, 4, 5, 6)
    const { path } = publish(values, 2, 3)
    const script = `
import sys, pyarrow as pa
table = pa.ipc.open_file(pa.memory_map(sys.argv[1])).read_all()
column = table.column("values").chunk(0)
assert column.type == pa.list_(pa.field("item", pa.float32()), 3), column.type
print(column.flatten().to_numpy(zero_copy_only=True).tolist(), table.num_rows)`
    expect(execFileSync(python as string, ['-c', script, path], { encoding: 'utf8' }).trim()).toBe('[1.0, nan, -0.5, 4.0, 5.0, 6.0] 2')
  })
})

function draftOf(add: (draft: ArtefactDraft) => void): string {
  const address = addressOf({ panel: count++ })
  const draft = store.draft({ address, kind: 'feature', madeFrom: null })
  add(draft)
  draft.publish()
  return address
}

function writtenByArrow(values: Float64Array | Float32Array, rows: number, columns: number): Uint8Array {
  const itemType = values instanceof Float64Array ? new Float64() : new Float32()
  const listType = new FixedSizeList(columns, new Field('item', itemType, true))
  const items = makeData({ type: itemType, length: values.length, nullCount: 0, data: values })
  const lists = makeData({ type: listType, length: rows, nullCount: 0, child: items })
  const schema = new Schema([new Field('values', listType, false)])
  const writer = new RecordBatchFileWriter()
  writer.write(new RecordBatch(schema, makeData({ type: new Struct(schema.fields), length: rows, nullCount: 0, children: [lists] })))
  writer.finish()
  return writer.toUint8Array(true)
}

function bytesOf(values: Float64Array | Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
}

function findPython(): string | undefined {
  const python = process.env.MILLRACE_PYTHON ?? 'python3'
  try {
    execFileSync(python, ['-c', 'import pyarrow'], { stdio: 'ignore' })
    return python
  } catch {
    return undefined
  }
}
