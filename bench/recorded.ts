import { JournalReader } from '../src/kernel/journal-reader.ts'
import type { Journal } from '../src/kernel/journal.ts'
import type { KernelModules } from '../src/kernel/variants.ts'
import { createVectorKernel } from '../src/kernel/wasm.ts'
import { recordLedgers } from '../src/lineup/ledger-recorder.ts'
import type { KernelBatch } from './kernel-batch.ts'

/** What messages are copied to, over and over: as large as a pipe is. */
const mailbox = new Uint8Array(1 << 20)

/** Takes the messages of orders, fills and cancellations as whoever stores or sends them would: each is copied. */
export function receiver(): Journal {
  let end = 0
  return {
    marks: false,
    begin: () => undefined,
    take: (message) => {
      if (end + message.length > mailbox.length) end = 0
      mailbox.set(message, end)
      end += message.length
    },
  }
}

/** Messages of a batch's orders, fills and cancellations, by block. */
export function messagesOf(modules: KernelModules, { setup, blocks }: KernelBatch): readonly Uint8Array<ArrayBuffer>[][] {
  const messages: Uint8Array<ArrayBuffer>[][] = []
  const kernel = createVectorKernel(modules, setup, {
    marks: false, begin: () => void messages.push([]), take: (message) => messages[messages.length - 1].push(message.slice()),
  })
  for (const block of blocks) kernel.run(block)
  kernel.release()
  return messages
}

/** Nanoseconds of this process's CPU time that it takes to make rows of ledgers of them, prices and fees worked out, per row. */
export function takeRows({ setup, blocks }: KernelBatch, messages: readonly Uint8Array<ArrayBuffer>[][]): number {
  let rows = 0
  const { recorder: { equity: _, ...recorder }, collected } = recordLedgers(
    { configs: setup.portfolios.map(({ config }) => config), closeTime: (t) => t }, (_ledger, { count }) => void (rows += count),
  )
  const reader = new JournalReader(setup, recorder)
  const start = process.cpuUsage()
  blocks.forEach((block, b) => {
    reader.begin(block)
    for (const message of messages[b]) reader.take(message)
  })
  const { user, system } = process.cpuUsage(start)
  for (const { count } of Object.values(collected)) rows += count
  return ((user + system) * 1000) / rows
}
