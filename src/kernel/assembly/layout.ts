/**
 * Where everything lies in the kernel's memory: byte offsets, read by the assembly and by wasm.ts alike, so
 * this file is both AssemblyScript and TypeScript.
 *
 * A pair is two portfolios, one in each lane of an f64x2. Its record is a head of 16-byte slots, followed by
 * one cell per symbol.
 */

// ── Slots of a pair's head: state ──
export const CASH = 0
export const EQUITY = 16
/** Equity at the last mark, frozen once the portfolio has ended. */
export const MEASURED = 32
export const FILLED_VALUE = 48
export const STOP_PEAK = 64
/** Row in which the drawdown stop hit; −1 = trading. */
export const STOPPED_AT = 80
/** Bit 0 of the first byte: some cell has an order. */
export const HAS_ORDERS = 96

// ── Slots of a pair's head: performance sums, in the order of PERFORMANCE_FIELDS ──
export const SUMS = 112
export const START_EQUITY = 112
export const FINAL_EQUITY = 128
export const PEAK_EQUITY = 144
export const MAX_DRAWDOWN = 160
export const MAX_DRAWDOWN_PERIODS = 176
export const DRAWDOWN_PERIODS = 192
export const RETURNS = 208
export const FIRST_RETURN = 224
export const SUM_RETURNS = 240
export const SUM_SQUARES = 256
export const SUM_DOWNSIDE_SQUARES = 272
export const FIRST_DOWNSIDE_SQUARE = 288
export const BEST_RETURN = 304
export const WORST_RETURN = 320
export const TURNOVER = 336
export const FEES = 352
export const ORDERS = 368
export const FILLS = 384
export const CANCELLATIONS = 400
export const TRADES = 416
export const WINNING_TRADES = 432
export const GROSS_PROFIT = 448
export const GROSS_LOSS = 464
export const BARS = 480
export const BARS_IN_MARKET = 496
export const SUM_GROSS_EXPOSURE = 512
export const SIGNAL_COUNT = 528
export const CAPPED_COUNT = 544
export const VETOED_COUNT = 560
export const SCALED_BARS = 576
export const GROSS_LIMITED_BARS = 592
export const ENDED = 608
export const DRAWDOWN_STOPS = 624

// ── Slots of a pair's head: rules ──
export const LEVERAGE = 640
export const FEE_RATE = 656
export const FEE_PER_UNIT = 672
export const FEE_MINIMUM = 688
/** All bits of the lane set where only the increasing leg pays. */
export const FEE_ON_ENTRY_ONLY = 704
/** 1 ± slippage. */
export const ENTRY_UP = 720
export const ENTRY_DOWN = 736
export const EXIT_UP = 752
export const EXIT_DOWN = 768
export const SIZE = 784
export const THRESHOLD = 800
export const DRAWDOWN_LIMIT = 816
export const RESUME_AFTER_BARS = 832
/** Own cap and that of the pattern apply to what is held too. */
export const OWN_CAP = 848
export const EVERY_BARS = 864
export const RISK_FREE = 880
/** Two u32: addresses of the portfolios' exposure rules. */
export const EXPOSURE_RULES = 896
export const HEAD_BYTES = 912

// ── A cell of a pair: one symbol ──
export const QUANTITY = 0
export const ENTRY_PRICE = 16
export const TRADE_CASH = 32
/** Units ordered at the latest close; 0 = no order. */
export const ORDER = 48
export const CELL_BYTES = 64

// ── Phase-1 rules of one portfolio; the subscription follows as {index u32, weight f32} ──
export const SUBSCRIPTIONS = 0
/** Address of the pattern's decisions; 0 = none. */
export const PATTERN = 4
export const OBEDIENCE = 8
/** What allocation multiplies by; 0 = 1 / number of targets. */
export const SHARE = 12
export const LONG_ONLY = 16
export const CAP = 20
export const GROSS = 24
export const RULES_BYTES = 32
export const SUBSCRIPTION_BYTES = 8

// ── What is known of a symbol for good, and in one row ──
export const LOT = 0
export const MULTIPLIER = 8
/** Margin per unit; NaN = price × M. */
export const MARGIN = 16
export const SYMBOL_BYTES = 24

export const OPEN = 0
/** open × M and close × M. */
export const OPEN_UNIT = 8
export const CLOSE_UNIT = 16
export const PRICE_BYTES = 24

// ── A pattern's decisions of a block: four addresses ──
export const PATTERN_SCALE = 0
export const PATTERN_GROSS = 4
export const PATTERN_CAP = 8
/** As float32: 0 or 1, padded like a row of signals. */
export const PATTERN_VETO = 12
export const PATTERN_BYTES = 16

// ── One row of the exposure tile: counts of both portfolios, then their targets, interleaved float32 ──
export const TILE_SIGNALS = 0
export const TILE_CAPPED = 16
export const TILE_SCALED = 32
export const TILE_CUT = 48
export const TILE_GROSS = 64
export const TILE_TARGETS = 80

// ── Scratch of a pair's turn in one row: one cell per symbol ──
export const REDUCE = 0
export const INCREASE = 16
/** The same bytes after the fills: the quantity wanted, and whether a limit forces the trade. */
export const DESIRED = 0
export const FORCED = 16
export const SCRATCH_BYTES = 32
