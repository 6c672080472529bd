import { padded, rows, symbols } from './block'
import { VETOES } from './layout'

/** Lines of so many values each, as they are handed over and as the kernel reads them: of whole vectors. */

/** Lines that lie one behind the other at the end of their place become lines of whole vectors, with zeros. */
export function padLines(at: usize, lines: i32, width: i32): void {
  const whole = (width + 3) & ~3
  let from = at + (<usize>(lines * (whole - width)) << 2)
  for (let line = 0; line < lines; line++) {
    for (let n = 0; n < whole; n += 4, at += 16) {
      const values = v128.load(from + (<usize>n << 2))
      v128.store(at, n + 4 <= width ? values : v128.and(values, i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(width - n))))
    }
    from += <usize>width << 2
  }
}

/** Whether all bytes are those of a word over and over. */
export function isFilledWith(at: usize, bytes: usize, word: i32): bool {
  const end = at + bytes
  const words = i32x4.splat(word)
  for (; at + 16 <= end; at += 16) if (v128.any_true(i32x4.ne(v128.load(at), words))) return false
  for (; at < end; at++) if (<i32>load<u8>(at) != ((word >> (<i32>(at & 3) << 3)) & 0xff)) return false
  return true
}

/** The smallest of some float32. */
export function leastOf(at: usize, count: i32): f32 {
  let least: f32 = f32.POSITIVE_INFINITY
  for (const end = at + (<usize>count << 2); at < end; at += 4) least = min(least, load<f32>(at))
  return least
}

/** A pattern's vetoes, a byte each, become lines of whole vectors, and a mark for every row that has any. */
export function placeVetoes(bytes: usize, lines: usize, marks: usize): void {
  for (let row: usize = 0; row < <usize>rows; row++) {
    let some = 0
    for (let n = 0; n < padded; n++, lines += 4) {
      const veto = n < symbols ? <i32>load<u8>(bytes++) : 0
      some |= veto
      store<f32>(lines, <f32>veto)
    }
    store<i32>(marks + (row << 2), some != 0 ? VETOES : 0)
  }
}
