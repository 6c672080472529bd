/**
 * Where everything lies in the kernel's memory: byte offsets, read by the assembly and by wasm-layout.ts alike,
 * so this file is both AssemblyScript and TypeScript.
 *
 * A pair is two portfolios, one in each lane of an f64x2. Its record is a head of 16-byte slots, followed by
 * one cell per symbol and a list of the cells that have an order.
 */

// ── Slots of a pair's head: state ──
export const CASH = 0
export const EQUITY = 16
/** Equity at the last mark, frozen once the portfolio has ended, and 1 ÷ it. */
export const MEASURED = 32
export const INVERSE = 48
/** The same at the end of the last complete period. */
export const PERIOD = 64
export const PERIOD_INVERSE = 80
export const INVERSE_PEAK = 96
/** Σ|filled value| since the last mark. */
export const FILLED = 112
/** Σ|q × unit| at the last mark. */
export const HELD = 128
/** Of what is ordered: Σ|value| of the changes, and Σ|value| of where they lead. */
export const CHANGING = 144
export const WANTED = 160
export const STOP_PEAK = 176
/** Row in which the drawdown stop hit; −1 = trading. */
export const STOPPED_AT = 192
/** Row whose mark found the portfolio ended; Infinity = not yet. */
export const ENDED_AT = 208
/** i32: how many cells have an order; and what holds of the pair, as bits. */
export const LISTED = 224
export const FLAGS = 228
/** u32: address of the tile with the pair's exposures of the block; pairs with the same phase-1 rules share one. */
export const TILE = 232
/** i32, with longer cells: row from which on no position is younger than its least holding time. */
export const EARLY_UNTIL = 236
/** i32, without them: whether the journal does not have the orders yet that were placed in the row before. */
export const UNTOLD = 236

// ── Slots of a pair's head: performance sums, in the order of PERFORMANCE_FIELDS ──
export const SUMS = 240
export const START_EQUITY = 240
export const FINAL_EQUITY = 256
export const PEAK_EQUITY = 272
export const MAX_DRAWDOWN = 288
export const MAX_DRAWDOWN_PERIODS = 304
export const DRAWDOWN_PERIODS = 320
export const RETURNS = 336
export const FIRST_RETURN = 352
export const SUM_RETURNS = 368
export const SUM_SQUARES = 384
export const SUM_DOWNSIDE_SQUARES = 400
export const FIRST_DOWNSIDE_SQUARE = 416
export const BEST_RETURN = 432
export const WORST_RETURN = 448
export const TURNOVER = 464
export const FEES = 480
export const ORDERS = 496
export const FILLS = 512
export const CANCELLATIONS = 528
export const TRADES = 544
export const WINNING_TRADES = 560
export const GROSS_PROFIT = 576
export const GROSS_LOSS = 592
export const BARS = 608
export const BARS_IN_MARKET = 624
export const SUM_GROSS_EXPOSURE = 640
export const SIGNAL_COUNT = 656
export const CAPPED_COUNT = 672
export const VETOED_COUNT = 688
export const SCALED_BARS = 704
export const GROSS_LIMITED_BARS = 720
export const ENDED = 736
export const DRAWDOWN_STOPS = 752

// ── Slots of a pair's head: rules ──
export const LEVERAGE = 768
export const FEE_RATE = 784
export const FEE_PER_UNIT = 800
export const FEE_MINIMUM = 816
/** All bits of the lane set where only the increasing leg pays. */
export const FEE_ON_ENTRY_ONLY = 832
export const ENTRY_SLIPPAGE = 848
export const EXIT_SLIPPAGE = 864
export const SIZE = 880
export const THRESHOLD = 896
export const DRAWDOWN_LIMIT = 912
export const RESUME_AFTER_BARS = 928
/** Own cap and that of the pattern apply to what is held too. */
export const OWN_CAP = 944
export const EVERY_BARS = 960
/** Return per period below which a shortfall counts. */
export const RISK_FREE = 976
/** Two u32: addresses of the portfolios' exposure rules. */
export const EXPOSURE_RULES = 992
/** The larger of the two slippages: for the test that all of it fits. */
export const COSTLIEST_SLIP = 1008
/** Account currency per full target; 0 = size × equity. */
export const CASH_PER_TARGET = 1024
/** STARTS bits of a row in which the portfolio trades; 0 = every n bars. */
export const START_MASK = 1040
/** All bits of the lane set where a target is an event, and 1 where the spread is paid, else 0. */
export const HOLDS = 1056
export const PAYS_SPREAD = 1072
/** What an opposite event does: all bits set = closes only; = nothing. */
export const OPPOSITE_CLOSES = 1088
export const OPPOSITE_IGNORED = 1104
export const BORROW_RATE = 1120
export const LOAN_RATE = 1136
export const CASH_RATE = 1152
/** Of corporate actions of the row at hand: Σ value and Σ|value| of what they filled. */
export const ACTIONS_VALUE = 1168
export const ACTIONS_SIZE = 1184
/** Two u64: the portfolios' numbers in the batch, as the keys of the journal have them. */
export const NUMBERS = 1200

// ── Slots of a pair's head that only portfolios with longer cells use ──
/** Of the bar's fills so far, by leg: Σ value, Σ|value|, Σ fee; the actions' slots hold the reducing value and size. */
export const REDUCED_FEES = 1216
export const INCREASED_VALUE = 1232
export const INCREASED_SIZE = 1248
export const INCREASED_FEES = 1264
/** Share of a bar's volume; Infinity = no limit. */
export const PARTICIPATION = 1280
export const STOP_LOSS = 1296
export const TAKE_PROFIT = 1312
export const TRAILING_STOP = 1328
export const MIN_HOLD_BARS = 1344
export const MAX_HOLD_BARS = 1360
export const COOLDOWN_BARS = 1376
/** Masks, all bits of a lane set: intrabar exits, and how they work; fixed units per target. */
export const HAS_EXITS = 1392
export const TRAILS_FROM_HIGH = 1408
export const WATCHES_ENTRY_BAR = 1424
export const GAP_FILLS_AT_OPEN = 1440
export const NEEDS_CHANGE = 1456
export const BY_QUANTITY = 1472
/** Of `allIn`: the mask, the share of equity that is invested, and what a price is multiplied by to bear the fee. */
export const ALL_IN = 1488
export const INVESTED_SHARE = 1504
export const PRICE_FACTOR = 1520
/** Masks: an increase that does not fit is refused; everything is closed in the last row, at its open or its close. */
export const REJECTS = 1536
export const ENDS_AT_OPEN = 1552
export const ENDS_AT_CLOSE = 1568
/** Σ q × unit at the last mark, where interest is paid. */
export const VALUE = 1584
/** Of what is ordered, where a batch has longer cells: Σ|units|, and how many orders. */
export const ORDERED_UNITS = 1600
export const ORDERED_COUNT = 1616
/** What a level is multiplied by for the low and the high that a long position is watched for, and a short one; and its best price. */
export const LOW_OF_LONG = 1632
export const HIGH_OF_LONG = 1648
export const LOW_OF_SHORT = 1664
export const HIGH_OF_SHORT = 1680
export const TRAIL_OF_LONG = 1696
export const TRAIL_OF_SHORT = 1712
export const HEAD_BYTES = 1728

// ── A cell of a pair: one symbol. The list of cells with an order, u32 indices, lies behind the last ──
export const QUANTITY = 0
/** Cash taken and paid by the trade that is open. */
export const TRADE_CASH = 16
/** Units ordered at the latest close; 0 = no order, ±Infinity = as many as a target comes to when it fills. */
export const ORDER = 32
/** All bits of the lane set where the order is one of everything out, which nothing replaces. */
export const CLOSES = 48
export const CELL_BYTES = 64
/** Behind the list, where a batch has portfolios of fixed quantities: units per full target, symbol by symbol. */
export const UNITS_BYTES = 16

// ── The longer part of a cell, where a batch has more than the plain rules ──
/** Average price of the position; prices that stop and target, and the trailing stop, are measured from. */
export const ENTRY_PRICE = 0
/** Units filled at the open of a row, and that row. */
export const BAR_UNITS = 16
export const BAR_ROW = 32
/** All bits of the lane set where the order is the rest of an exit. */
export const EXIT_REST = 48
export const LEVEL_PRICE = 64
/** Bars the symbol had closed before the entry from flat, and before the latest exit to flat. */
export const ENTRY_BAR = 80
export const EXIT_BAR = 96
/** Side an exit closed, ±1, while the combined target's sign has not differed since; else 0. */
export const LOCKED_SIDE = 112
export const BEST_PRICE = 128
/** First row of the block whose bar the best price has not followed yet. */
export const BEST_ROW = 144
/** Row of the entry from flat. */
export const ENTRY_ROW = 160
/** Target of an order that is sized as it fills. */
export const ORDER_TARGET = 176
/** Whole cache lines: what a fill, a decision and an exit need lies in one each. */
export const LONG_CELL_BYTES = 192

// ── What two symbols of a pair are watched for, float32, interleaved like the tile: behind the longer cells ──
/** At or below this low, at or above this high, an exit may fill. */
export const WATCHED_LOW = 0
export const WATCHED_HIGH = 16
/** Side an exit closed, while that forbids an entry; NaN = none. */
export const WATCHED_LOCK = 32
/** Row of whose close on the position may have been held for long enough. */
export const WATCHED_DUE = 48
/** What a bar's price is multiplied by to raise the low, or to lower the high, behind the best price; infinite = it moves neither. */
export const TRAIL_LOW = 64
export const TRAIL_HIGH = 80
export const WATCH_BYTES = 96

// ── Lows, highs and closes of two symbols in a row, float32, each twice ──
export const WATCH_BAR_LOW = 0
export const WATCH_BAR_HIGH = 16
export const WATCH_BAR_CLOSE = 32
export const WATCH_BAR_BYTES = 48

// ── Where there is one symbol, behind all of those: prices of its bar in float32, each twice, some with the sign turned ──
/** Low and −high; high and −low; close and −close. */
export const FACED_BAR_TOUCHES = 0
export const FACED_BAR_EXTREMES = 16
export const FACED_BAR_CLOSES = 32
export const FACED_BAR_BYTES = 48

// ── What else of a symbol's bar the longer cells need ──
export const HIGH = 0
export const LOW = 8
export const CLOSE = 16
export const VOLUME = 24
export const BAR_BYTES = 32

// ── From a symbol's bar to the end of the block: the highest high and the lowest low, the highest and the lowest close ──
export const REST_HIGH = 0
export const REST_LOW = 8
export const REST_HIGHEST_CLOSE = 16
export const REST_LOWEST_CLOSE = 24

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
/** Σ weights, one addition each. */
export const WEIGHTS = 28
/** 0 = mean, 1 = vote, 2 = strongest; whether the pattern's weights are the shares. */
export const COMBINE = 32
export const BY_WEIGHTS = 36
export const RULES_BYTES = 40
export const SUBSCRIPTION_BYTES = 8

// ── What is known of a symbol for good, and in one row ──
export const LOT = 0
/** (1 + 1e-12) ÷ lot. */
export const LOTS_PER_UNIT = 8
export const MULTIPLIER = 16
/** Margin per unit; NaN = price × M. */
export const MARGIN = 24
export const SYMBOL_BYTES = 32

export const OPEN = 0
/** open × M and close × M. */
export const OPEN_UNIT = 8
export const CLOSE_UNIT = 16
/** Half the quoted spread; 0 without. */
export const HALF_SPREAD = 24
export const PRICE_BYTES = 32

/** Symbols from which on buying power is first held against a bound: only then rows need their leaps. */
export const LEAST_BOUNDED = 4

// ── Corporate actions of one symbol in one row: split and dividend, the delisting's price (NaN = none), the price of a split's rest ──
export const SPLIT = 0
export const DIVIDEND = 8
export const DELISTING = 16
export const SPLIT_PRICE = 24
export const ACTION_BYTES = 32

// ── Bits of a pair: both decide in every bar by simple rules; one has a drawdown stop; one has ended; both rest between events ──
export const DECIDES_SIMPLY = 1
export const HAS_STOP = 2
export const HAS_ENDED = 4
/** Both act at events only, and no limit or time can act on what they hold. */
export const RESTS_BETWEEN_EVENTS = 8
/** Of a pair that decides simply, one holds by time, or waits after exits. */
export const IS_TIMED = 32
/** Both trade one symbol in every bar to so many units per target, and no limit binds them. */
export const DECIDES_UNITS = 64
/** And neither stops nor exits can either: between its events a pair is only marked. */
export const RESTS_ALONE = 16
/** One has exits, or holds for a time, that are watched for; one has a trailing stop. */
export const IS_WATCHED = 128
export const TRAILS = 256

// ── Bits of a row ──
export const STARTS_SESSION = 1
export const STARTS_WEEK = 2
export const STARTS_MONTH = 4
export const IS_FIRST = 8
/** Some symbol is not tradable; some symbol has a corporate action. */
export const HAS_GAPS = 16
export const HAS_ACTIONS = 32
/** The last of the run. */
export const IS_LAST = 256
/** A period closes with its mark, or did before it; and it is the first. */
export const CLOSES_PERIOD = 64
export const IS_FIRST_PERIOD = 128
/** Of such rows there is more to do than marking what is held. */
export const EVENTFUL = HAS_ACTIONS | IS_FIRST | IS_LAST | IS_FIRST_PERIOD

// ── How rows follow each other, i32: the next row from here on that is eventful; periods closed by the block's rows before ──
export const QUIET_UNTIL = 0
export const CLOSED_BEFORE = 4
export const COURSE_BYTES = 8

// ── A pattern's decisions of a block: addresses, then whether any row of it has a cap ──
export const PATTERN_SCALE = 0
export const PATTERN_GROSS = 4
export const PATTERN_CAP = 8
/** As float32: 0 or 1, padded like a row of signals. */
export const PATTERN_VETO = 12
/** Address of one i32 per row: whether anything is vetoed in it. */
export const PATTERN_VETOES = 16
export const PATTERN_HAS_CAPS = 20
/** Where there is one symbol: its caps, row after row. */
export const PATTERN_CAPS = 24
/** Allocation weights, padded like a row of signals; 0 = none. */
export const PATTERN_WEIGHTS = 28
/** The smallest gross limit of the block, and whether any row of it has a veto. */
export const PATTERN_LEAST_GROSS = 32
export const PATTERN_HAS_VETOES = 36
export const PATTERN_BYTES = 40

// ── The exposure tile: of each portfolio an i32x4 of counts (signals, capped, scaled, cut), then its rows ──
/** Rows begin 8 bytes before a vector, so that their targets are aligned. */
export const TILE_HEAD_BYTES = 40
/** i32: bit 0 = near a gross limit, bit 1 = some target is not known and limits bind what is kept, bit 2 = VETOES. */
export const TILE_CAREFUL = 0
export const VETOES = 4
/** The targets of both, interleaved float32. */
export const TILE_TARGETS = 8

// ── The journal: 16 bytes an event of one portfolio, a key and a quantity. The key's first u32 is row of the block × symbols + symbol ──
/** u32: the code, and the number of the portfolio shifted behind it. */
export const EVENT_CODE = 4
export const EVENT_QUANTITY = 8
export const EVENT_BYTES = 16
/** Of what no reader can work out again, two more float64 behind it: a fill's price and fee, a mark's cash and Σ|q × unit|. */
export const EVENT_PRICE = 16
export const EVENT_FEE = 24
export const LONG_EVENT_BYTES = 32
export const NUMBER_SHIFT = 8
/** The number of nobody: the twin of an odd batch's last portfolio. */
export const NOBODY = 0xff_ffff
/** Most events of one symbol of one portfolio in one row. */
export const EVENTS_PER_CELL = 16

/** What an event is. To some codes the place of an order kind or of an outcome is added, × 16. */
export const PLACED = 1
/** The legs of the order that waited, one behind the other. */
export const REDUCED = 2
export const INCREASED = 3
/** Part of an order that will not fill, and why; a whole one cancelled, and why; one whose quantity a split changed. */
export const CUT_OFF = 4
export const CANCELLED = 5
export const CHANGED = 6
/** What volume left of an execution of the kernel's own: it waits for the next open. */
export const LEFT_OVER = 7
/** An order that is sized as it fills: in place of a quantity, its target. */
export const PLACED_OPEN = 8
/**
 * An order placed in the row before, of which nobody was told, that has filled whole: in place of PLACED and legs. To the
 * code is added which leg it has; where both, an event before tells how much of it closes what was held.
 */
export const FILLED_WHOLE = 9
export const CLOSING_PART = 10
export const INCREASES = 0
export const REDUCES = 16
export const TURNS = 32
/** What has a longer event: an execution of the kernel's own; a mark, with its equity. */
export const EXECUTED = 11
export const MARKED = 12
/** What is added to a code: a place in ORDER_KINDS or ORDER_OUTCOMES. */
export const KIND_TARGET = 0
export const KIND_CAP = 16
export const KIND_GROSS = 32
export const KIND_DRAWDOWN_STOP = 48
export const KIND_ENDED = 64
export const KIND_MAX_HOLD = 80
export const KIND_STOP_LOSS = 96
export const KIND_TAKE_PROFIT = 112
export const KIND_TRAILING_STOP = 128
export const KIND_DELISTING = 160
export const KIND_SPLIT_CASH = 176
export const KIND_END_OF_RUN = 192
export const SCALED = 32
export const REFUSED = 48
export const LIMITED_BY_VOLUME = 64
export const BELOW_LOT = 80
export const BY_EXIT = 96
export const BY_DELISTING = 112
export const BY_END = 128
export const BY_ENDED = 144

// ── What a row of a pair came to, where its measures are taken later ──
export const ROOM_EQUITY = 0
export const ROOM_GROSS = 16
export const ROOM_FILLED = 32
export const ROOM_BYTES = 48

// ── A pair that goes through the rows of a block beside others: u32 its record, its tile's rows, its room; i32 its first row that is not measured ──
export const SEAT_PAIR = 0
export const SEAT_TILE = 4
export const SEAT_ROOM = 8
export const SEAT_FROM = 12
export const SEAT_BYTES = 16

// ── Scratch of a pair's turn in one row: one cell per symbol, then a list of those that fill ──
/** Increasing leg of an order, where buying power has cut it. Of longer cells: also the reducing leg, and what was cut. */
export const INCREASE = 0
export const REDUCE = 16
export const CUT = 32
/** Prices × M of the legs. */
export const REDUCE_UNIT = 48
export const INCREASE_UNIT = 64
/** The same bytes after the fills: the quantity wanted, and whether a limit forces the trade. */
export const DESIRED = 0
export const FORCED = 16
/** Lanes that may trade in the symbol: it has a bar, and no order waits. */
export const MOVABLE = 32
/** Lanes in which a limit on what is held has said how much. */
export const LIMITED = 48
/** Of what is recorded: lanes forced by the cap, and those held for long enough. */
export const FORCED_BY_CAP = 64
export const EXPIRED = 80
export const SCRATCH_BYTES = 96
