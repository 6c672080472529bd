import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Pace } from './kernel-batch.ts'

/** The plain rules in C, compiled on the spot: what this machine could do. */
export interface Yardstick {
  readonly name: string
  /** Nanoseconds of CPU time per portfolio-symbol-bar, and fills per step, of one run. */
  run(of: { symbols: number; portfolios: number; rows: number; pace: Pace }): { nanoseconds: number; fillsPerStep: number }
}

const WIDTHS = [
  { name: 'C, 128 bit', needs: 'sse4_1', flags: ['-msse4.2'] },
  { name: 'C, AVX-512', needs: 'avx512dq', flags: ['-mavx512f', '-mavx512dq', '-mavx512bw', '-mavx512vl', '-mprefer-vector-width=512', '-DLANES=8'] },
]

function hasInstructions(name: string): boolean {
  try {
    return new RegExp(`\\b${name}\\b`).test(readFileSync('/proc/cpuinfo', 'utf8'))
  } catch {
    return false
  }
}

/** Compiles what compiler and processor allow; says what is left out and why. No fused multiply-add, as in the kernel. */
export function compileYardsticks(): { yardsticks: readonly Yardstick[]; leftOut: readonly string[]; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-yardstick-'))
  const yardsticks: Yardstick[] = []
  const leftOut: string[] = []
  for (const { name, needs, flags } of WIDTHS) {
    const program = join(folder, needs)
    if (!hasInstructions(needs)) {
      leftOut.push(`${name}: this processor has no ${needs}`)
      continue
    }
    try {
      execFileSync('gcc', ['-O3', '-ffp-contract=off', ...flags, '-o', program, 'bench/yardstick/plain.c', '-lm'], { stdio: 'pipe' })
    } catch {
      leftOut.push(`${name}: gcc is missing or could not compile it`)
      continue
    }
    yardsticks.push({
      name,
      run: ({ symbols, portfolios, rows, pace }) => {
        const numbers = [symbols, portfolios, rows, pace.signalChange, pace.riskBars, pace.threshold]
        const [nanoseconds, fillsPerStep] = execFileSync(program, numbers.map(String), { encoding: 'utf8' }).trim().split(' ').map(Number)
        return { nanoseconds, fillsPerStep }
      },
    })
  }
  return { yardsticks, leftOut, remove: () => rmSync(folder, { recursive: true }) }
}
