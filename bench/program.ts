import { spawn } from 'node:child_process'

/** A program under way: a process, and what it will have written to stdout when all its processes have ended. */
export interface Program {
  readonly processId: number
  readonly ended: Promise<string>
}

/** Starts a program with a text on stdin. Its end is an error where its exit code says so. */
export function startProgram(of: { file: string; words: readonly string[]; input?: string }): Program {
  const child = spawn(of.file, of.words, { stdio: ['pipe', 'pipe', 'inherit'] })
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  child.stdin.end(of.input ?? '')
  const ended = new Promise<string>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      if (code === 0) resolve(said)
      else reject(new Error(`${[of.file, ...of.words].join(' ')} ended with ${String(code)}: ${said.slice(0, 2000)}`))
    })
  })
  return { processId: child.pid ?? 0, ended }
}
