import { Block } from 'apache-arrow/fb/block'
import { Buffer as BufferRegion } from 'apache-arrow/fb/buffer'
import { Field } from 'apache-arrow/fb/field'
import { FieldNode } from 'apache-arrow/fb/field-node'
import { FixedSizeList } from 'apache-arrow/fb/fixed-size-list'
import { FloatingPoint } from 'apache-arrow/fb/floating-point'
import { Footer } from 'apache-arrow/fb/footer'
import { Message } from 'apache-arrow/fb/message'
import { MessageHeader } from 'apache-arrow/fb/message-header'
import { MetadataVersion } from 'apache-arrow/fb/metadata-version'
import { Precision } from 'apache-arrow/fb/precision'
import { RecordBatch } from 'apache-arrow/fb/record-batch'
import { Schema } from 'apache-arrow/fb/schema'
import { Type } from 'apache-arrow/fb/type'
import { Builder } from 'flatbuffers'
import type { PanelType } from './store.ts'

/** What is around the values of an Arrow IPC file: `before` them, and `after` them. */
export interface ArrowFrame {
  readonly before: Uint8Array
  readonly after: Uint8Array
}

const MAGIC = Buffer.from('ARROW1')
/** Everything in the file begins at a multiple of these bytes. */
const ALIGNMENT = 8
const PREFIX_BYTES = 8
const CONTINUATION = -1

/**
 * The frame of an uncompressed file with one record batch, whose one column `values` is a fixed-size list of `columns`
 * numbers per row, so that the numbers of all rows are contiguous. It depends on nothing but their type and count: the
 * numbers can be written as they come. https://arrow.apache.org/docs/format/Columnar.html#ipc-file-format; written with Arrow's own
 * generated tables, since all of Arrow takes a fifth of a second to load, in every process.
 */
export function arrowFrame(of: { readonly type: PanelType; readonly rows: number; readonly columns: number }): ArrowFrame {
  const valueBytes = of.rows * of.columns * (of.type === 'float64' ? 8 : 4)
  const body = align(valueBytes)
  const message = batchMessage(of, body)
  const metadata = align(PREFIX_BYTES + message.length)
  const start = align(MAGIC.length)
  const before = Buffer.alloc(start + metadata)
  before.set(MAGIC)
  before.writeInt32LE(CONTINUATION, start)
  before.writeInt32LE(metadata - PREFIX_BYTES, start + 4)
  before.set(message, start + PREFIX_BYTES)
  const footer = footerOf(of, { offset: start, metadata, body })
  const padding = body - valueBytes
  const after = Buffer.alloc(padding + PREFIX_BYTES + footer.length + 4 + MAGIC.length)
  after.writeInt32LE(CONTINUATION, padding)
  after.set(footer, padding + PREFIX_BYTES)
  after.writeInt32LE(footer.length, padding + PREFIX_BYTES + footer.length)
  after.set(MAGIC, after.length - MAGIC.length)
  return { before, after }
}

function align(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT
}

/** No nulls, so that neither the lists nor their items have a validity bitmap. */
function batchMessage({ rows, columns }: { rows: number; columns: number }, body: number): Uint8Array {
  const b = new Builder()
  RecordBatch.startNodesVector(b, 2)
  FieldNode.createFieldNode(b, BigInt(rows * columns), 0n)
  FieldNode.createFieldNode(b, BigInt(rows), 0n)
  const nodes = b.endVector()
  RecordBatch.startBuffersVector(b, 3)
  BufferRegion.createBuffer(b, 0n, BigInt(body))
  BufferRegion.createBuffer(b, 0n, 0n)
  BufferRegion.createBuffer(b, 0n, 0n)
  const buffers = b.endVector()
  RecordBatch.startRecordBatch(b)
  RecordBatch.addLength(b, BigInt(rows))
  RecordBatch.addNodes(b, nodes)
  RecordBatch.addBuffers(b, buffers)
  const batch = RecordBatch.endRecordBatch(b)
  Message.startMessage(b)
  Message.addVersion(b, MetadataVersion.V5)
  Message.addHeader(b, batch)
  Message.addHeaderType(b, MessageHeader.RecordBatch)
  Message.addBodyLength(b, BigInt(body))
  Message.finishMessageBuffer(b, Message.endMessage(b))
  return b.asUint8Array()
}

function footerOf(of: { type: PanelType; columns: number }, block: { offset: number; metadata: number; body: number }): Uint8Array {
  const b = new Builder()
  const schema = schemaOf(b, of)
  Footer.startRecordBatchesVector(b, 1)
  Block.createBlock(b, BigInt(block.offset), block.metadata, BigInt(block.body))
  const batches = b.endVector()
  Footer.startDictionariesVector(b, 0)
  const dictionaries = b.endVector()
  Footer.startFooter(b)
  Footer.addSchema(b, schema)
  Footer.addVersion(b, MetadataVersion.V5)
  Footer.addRecordBatches(b, batches)
  Footer.addDictionaries(b, dictionaries)
  Footer.finishFooterBuffer(b, Footer.endFooter(b))
  return b.asUint8Array()
}

function schemaOf(b: Builder, { type, columns }: { type: PanelType; columns: number }): number {
  FixedSizeList.startFixedSizeList(b)
  FixedSizeList.addListSize(b, columns)
  const list = FixedSizeList.endFixedSizeList(b)
  FloatingPoint.startFloatingPoint(b)
  FloatingPoint.addPrecision(b, type === 'float64' ? Precision.DOUBLE : Precision.SINGLE)
  const number = FloatingPoint.endFloatingPoint(b)
  const item = fieldOf(b, { name: 'item', type: number, typeType: Type.FloatingPoint, children: [], nullable: true })
  const values = fieldOf(b, { name: 'values', type: list, typeType: Type.FixedSizeList, children: [item], nullable: false })
  const fields = Schema.createFieldsVector(b, [values])
  Schema.startSchema(b)
  Schema.addFields(b, fields)
  return Schema.endSchema(b)
}

function fieldOf(b: Builder, of: { name: string; type: number; typeType: Type; children: number[]; nullable: boolean }): number {
  const children = Field.createChildrenVector(b, of.children)
  const name = b.createString(of.name)
  Field.startField(b)
  Field.addType(b, of.type)
  Field.addTypeType(b, of.typeType)
  Field.addChildren(b, children)
  Field.addNullable(b, of.nullable)
  Field.addName(b, name)
  return Field.endField(b)
}
