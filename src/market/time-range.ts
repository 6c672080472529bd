/** 1900-01-01 and 2200-01-01: outside lies no market, only a unit mixed up. */
export const EARLIEST = Date.UTC(1900, 0, 1)
export const LATEST = Date.UTC(2200, 0, 1)
/** Seconds of 1900 to 2200, read as milliseconds, fall into the 84 days around 1970. */
export const SECONDS_AS_MS = LATEST / 1000
