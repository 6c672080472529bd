/*
 * What a C compiler makes of the SIMD kernel's plain rules: the same layout, the same order of work, LANES
 * portfolios to a vector (2 = 128 bit, 8 = AVX-512). Four of fifty signals, softened scale, cap, gross limit,
 * next-open fills in whole lots with slippage, spread and fee, buying power, trades, drawdown stop, metrics. Where
 * there is one symbol, four bars lie in lanes in phase 1, no list is kept, and groups go through blocks in three ways
 * in turns: side by side, row by row; one after the other, all rows at once; side by side, all orders of a row before
 * all closes, as the kernel does it. The fastest way counts.
 * Arguments: symbols, portfolios, rows, chance that a signal changes, bars a risk scale stands, largest threshold.
 * Prints nanoseconds of CPU per portfolio-symbol-bar, and fills per step.
 */
#include <immintrin.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#ifndef LANES
#define LANES 2
#endif
#define SIGNALS 50
#define SUBSCRIBED 4
#ifndef BLOCK
#define BLOCK 64
#endif

typedef double vd __attribute__((vector_size(8 * LANES)));
typedef int64_t vl __attribute__((vector_size(8 * LANES)));
typedef float vf __attribute__((vector_size(8 * LANES)));    /* two symbols of LANES portfolios */
typedef int32_t vi __attribute__((vector_size(8 * LANES)));
typedef float vh __attribute__((vector_size(4 * LANES), aligned(4)));
typedef float v4 __attribute__((vector_size(16)));
typedef int32_t w4 __attribute__((vector_size(16)));
#define HALF (2 * LANES)

static inline vd both(double x) { return x - (vd){0}; }
static inline vd where(vl m, vd x) { return (vd)((vl)x & m); }
static inline vd one(vl m) { return where(m, both(1)); }
static inline vd choose(vl m, vd a, vd b) { return (vd)(((vl)a & m) | ((vl)b & ~m)); }
static inline vd vabs(vd x) { return (vd)((vl)x & INT64_MAX); }
static inline vd vmin(vd a, vd b) { return choose(a < b, a, b); }
static inline vd vmax(vd a, vd b) { return choose(a > b, a, b); }
#if LANES == 8
static inline int any(vl m) { return _mm512_test_epi64_mask((__m512i)m, (__m512i)m) != 0; }
static inline vd vtrunc(vd x) { return (vd)_mm512_roundscale_pd((__m512d)x, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC); }
/* Which of two symbols some portfolio names: bit 0 and bit 1. */
static inline int named(vi m) { int bits = _mm512_movepi32_mask((__m512i)m); return ((bits & 0xff) != 0) | ((bits > 0xff) << 1); }
#else
static inline int any(vl m) { return !_mm_testz_si128((__m128i)m, (__m128i)m); }
static inline vd vtrunc(vd x) { return (vd)_mm_round_pd((__m128d)x, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC); }
static inline int named(vi m) { int bits = _mm_movemask_ps((__m128)m); return ((bits & 3) != 0) | ((bits > 3) << 1); }
#endif
static inline vd toLots(vd x) { return vtrunc(x * (1 + 1e-12)) * 1.0 + 0.0; }
static inline v4 min4(v4 a, v4 b) { w4 m = a < b; return (v4)(((w4)a & m) | ((w4)b & ~m)); }
static inline v4 max4(v4 a, v4 b) { w4 m = a > b; return (v4)(((w4)a & m) | ((w4)b & ~m)); }

typedef struct { vd quantity, tradeCash, order; } Cell;
typedef struct {
  vd cash, equity, measured, inverse, period, periodInverse, inversePeak, filled, held, changing, wanted, stopPeak, stoppedAt;
  vd peak, maxDrawdown, maxPeriods, periods, sum, squares, downside, best, worst, turnover, fees, orders, fills;
  vd trades, wins, profit, loss, inMarket, exposure, ended, stops;
  vd leverage, feeRate, feePerUnit, feeMinimum, spread, entrySlip, exitSlip, threshold, limit, size;
  int listed;
  int rules[LANES][SUBSCRIBED];
  float weights[LANES][SUBSCRIBED], total[LANES];
  int capped[LANES], scaled[LANES];
} Head;

static int N, P, ROWS, NP;
static float *signals, *scales;
static double *opens, *closes, *leaps;
static Head *heads;
static Cell *cells;
static int *lists;
static vf *tiles, *heldValues;
static float *rowExposure;
static vf *lotValues;

static uint64_t seed = 88172645463325252ull;
static double uniform(void) { seed ^= seed << 13; seed ^= seed >> 7; seed ^= seed << 17; return (double)(seed >> 11) / 9007199254740992.0; }
static double normal(void) { return sqrt(-2 * log(uniform() + 1e-300)) * cos(6.283185307179586 * uniform()); }

/* Some rows, one step after the other. */
static void expose(Head *head, int lane, int from, int to, float *out) {
  const int *own = head->rules[lane];
  const size_t series = (size_t)BLOCK * NP;
  const float *line = signals + (size_t)from * NP;
  const float *s0 = line + own[0] * series, *s1 = line + own[1] * series, *s2 = line + own[2] * series, *s3 = line + own[3] * series;
  const float *w = head->weights[lane], share = 1.0f / N, cap = 0.2f, gross = 0.9f;
  v4 own4[BLOCK / 4], sums[BLOCK];
  const v4 one4 = {1, 1, 1, 1}, total = head->total[lane] - (v4){0};
  w4 scaled = {0}, cuts = {0};
  const int rows = to - from;
  for (int row = 0; row < rows; row += 4) {
    own4[row / 4] = 1 - 0.75f * (1 - *(v4 *)(scales + from + row));
    scaled -= own4[row / 4] != one4;
  }
  float *at = out;
  for (int row = 0; row < rows; row++) {
    const v4 scale = ((float *)own4)[row] - (v4){0};
    v4 sum = {0};
    for (int n = 0; n < NP; n += 4, s0 += 4, s1 += 4, s2 += 4, s3 += 4, at += 4) {
      v4 mean = w[0] * *(v4 *)s0 + w[1] * *(v4 *)s1 + w[2] * *(v4 *)s2 + w[3] * *(v4 *)s3;
      v4 exposure = min4(one4, max4(-one4, mean / total)) * share * scale;
      v4 size = (v4)((w4)exposure & INT32_MAX);
      if (share > cap) {
        cuts -= size > cap - (v4){0};
        size = min4(size, cap - (v4){0});
        exposure = (v4)((w4)size | ((w4)exposure & INT32_MIN));
      }
      sum += size;
      *(v4 *)at = exposure;
    }
    sums[row] = sum;
  }
  for (int row = 0; row < rows; row++) {
    float held = (sums[row][0] + sums[row][1]) + (sums[row][2] + sums[row][3]);
    if (held > gross) for (int n = 0; n < N; n++) out[row * NP + n] *= gross / held;
  }
  head->capped[lane] += cuts[0] + cuts[1] + cuts[2] + cuts[3];
  head->scaled[lane] += scaled[0] + scaled[1] + scaled[2] + scaled[3];
}

/* One symbol: four bars in lanes. The series of a signal lies row after row. */
static void exposeBars(Head *head, int lane, float *out) {
  const float *s[SUBSCRIBED], *w = head->weights[lane];
  for (int i = 0; i < SUBSCRIBED; i++) s[i] = signals + (size_t)head->rules[lane][i] * BLOCK;
  w4 cuts = {0}, scaled = {0};
  const v4 one4 = {1, 1, 1, 1}, cap = 0.2f - (v4){0};
  for (int row = 0; row < BLOCK; row += 4) {
    v4 sum = w[0] * *(v4 *)(s[0] + row) + w[1] * *(v4 *)(s[1] + row) + w[2] * *(v4 *)(s[2] + row) + w[3] * *(v4 *)(s[3] + row);
    v4 scale = 1 - 0.75f * (1 - *(v4 *)(scales + row));
    v4 exposure = min4(one4, max4(-one4, sum / head->total[lane])) * scale;
    v4 size = (v4)((w4)exposure & INT32_MAX);
    v4 kept = min4(size, cap);
    cuts -= size > cap;
    scaled -= scale != one4;
    *(v4 *)(out + row) = (v4)((w4)kept | ((w4)exposure & INT32_MIN));
  }
  head->capped[lane] += cuts[0] + cuts[1] + cuts[2] + cuts[3];
  head->scaled[lane] += scaled[0] + scaled[1] + scaled[2] + scaled[3];
}

static void exposeGroup(Head *head, vf *tile) {
  if (N == 1) {
    for (int lane = 0; lane < LANES; lane++) exposeBars(head, lane, rowExposure + lane * BLOCK);
    for (int row = 0; row < BLOCK; row++) {
      float *targets = (float *)(tile + (size_t)row * NP / 2);
      for (int lane = 0; lane < LANES; lane++) targets[lane] = rowExposure[lane * BLOCK + row];
    }
    return;
  }
  /* As many rows at once, a multiple of four, as stay in the first cache. */
  int some = 2048 / NP & ~3;
  if (some < 4) some = 4;
  float *targets = (float *)tile;
  for (int from = 0; from < BLOCK; from += some) {
    const int to = from + some < BLOCK ? from + some : BLOCK, values = (to - from) * NP;
    for (int lane = 0; lane < LANES; lane++) expose(head, lane, from, to, rowExposure + lane * BLOCK * NP);
    for (int at = 0; at < values; at++) for (int lane = 0; lane < LANES; lane++) *targets++ = rowExposure[lane * BLOCK * NP + at];
  }
}

static inline vd orderFee(const Head *head, vd notional, vd units) {
  return where(units > 0, vmax(head->feeRate * notional + head->feePerUnit * units, head->feeMinimum));
}

/* Counts the trades that some lanes close, whose cash is the profit; gives the cash of those that go on. */
static inline vd closeTrades(Head *head, vd tradeCash, vl shut) {
  vl wins = shut & (tradeCash > 0);
  head->trades += one(shut); head->wins += one(wins);
  head->profit += where(wins, tradeCash); head->loss -= where(shut & ~wins, tradeCash);
  return where(~shut, tradeCash);
}

static void fill(Head *head, Cell *cell, int *list, const double *open, double leap) {
  vd slipped = (1 + leap) * (1 + vmax(head->entrySlip, head->exitSlip));
  vd changing = slipped * head->changing, fees = changing * head->feeRate;
  vd equity = head->equity - leap * (head->held + head->changing) - changing * head->exitSlip - fees;
  if (any(slipped * head->wanted + fees > head->leverage * equity)) head->stops += 1;
  vd reducedValue = {0}, increasedValue = {0}, reducedSize = {0}, increasedSize = {0}, reducedFees = {0}, increasedFees = {0}, fills = {0};
  for (int at = 0; at < head->listed; at++) {
    Cell *c = cell + list[at];
    vl sign = (vl)c->order & INT64_MIN;
    vd size = vabs(c->order), price = both(open[list[at]]), spread = (vd)((vl)head->spread ^ sign);
    vl against = c->quantity * c->order < 0;
    vd reduced = where(against, vmin(size, vabs(c->quantity))), increased = size - reduced;
    vd reducedBy = reduced * (price * (1 + (vd)((vl)head->exitSlip ^ sign)) + spread);
    vd increasedBy = increased * (price * (1 + (vd)((vl)head->entrySlip ^ sign)) + spread);
    vd fee = orderFee(head, reducedBy + increasedBy, size);
    vl grows = increased > 0;
    vd increaseFee = where(grows, fee), reduceFee = where(~grows, fee);
    vd reduceValue = (vd)((vl)reducedBy ^ sign), increaseValue = (vd)((vl)increasedBy ^ sign);
    reducedSize += reducedBy; increasedSize += increasedBy; reducedFees += reduceFee; increasedFees += increaseFee;
    reducedValue += reduceValue; increasedValue += increaseValue;
    fills += one(reduced > 0) + one(grows);
    vd left = c->quantity + (vd)((vl)reduced | sign);
    vd tradeCash = c->tradeCash - reduceValue - reduceFee;
    vl shut = against & (left == 0);
    if (any(shut)) tradeCash = closeTrades(head, tradeCash, shut);
    c->quantity = left + (vd)((vl)increased | sign);
    c->tradeCash = tradeCash - increaseValue - increaseFee;
    c->order = both(0);
  }
  head->cash = head->cash - (reducedValue + increasedValue) - (reducedFees + increasedFees);
  head->filled = reducedSize + increasedSize;
  head->fees += reducedFees + increasedFees;
  head->fills += fills;
}

static void mark(Head *head, Cell *cell, const double *close, int first) {
  vd even = {0}, odd = {0}, evenGross = {0}, oddGross = {0};
  for (int n = 0; n < N; n++) {
    vd value = cell[n].quantity * close[n];
    if (n & 1) { odd += value; oddGross += vabs(value); } else { even += value; evenGross += vabs(value); }
    *(vh *)((float *)heldValues + n * LANES) = __builtin_convertvector(value, vh);
  }
  vd equity = head->cash + (even + odd), gross = evenGross + oddGross, inverse = 1 / equity;
  head->equity = equity; head->held = gross;
  if (first) { head->peak = head->measured = head->period = head->stopPeak = equity; head->inverse = head->periodInverse = head->inversePeak = inverse; head->best = both(-1); head->worst = both(1); }
  head->turnover += where(head->measured > 0, head->filled * head->inverse);
  head->filled = both(0);
  head->inMarket += one(gross > 0);
  head->exposure += where(equity > 0, gross * inverse);
  head->measured = equity; head->inverse = inverse;
  head->ended = choose(equity > 0, head->ended, both(1));
  vd change = where(equity != head->period, equity * head->periodInverse - 1);
  head->period = equity; head->periodInverse = inverse;
  vd shortfall = vmin(change, both(0));
  head->sum += change; head->squares += change * change; head->downside += shortfall * shortfall;
  head->best = vmax(head->best, change); head->worst = vmin(head->worst, change);
  vl below = equity < head->peak;
  head->periods = where(below, head->periods + 1);
  head->maxDrawdown = vmax(head->maxDrawdown, where(below, (head->peak - equity) * head->inversePeak));
  head->maxPeriods = vmax(head->maxPeriods, head->periods);
  head->peak = choose(below, head->peak, equity); head->inversePeak = choose(below, head->inversePeak, inverse);
}

static void decide(Head *head, Cell *cell, int *list, const double *close, const vf *tile, const vf *lotValues) {
  vd money = head->equity, exact = head->threshold * head->equity;
  if (any((head->stopPeak - money >= head->limit * head->stopPeak) | (head->ended > 0))) head->stops += 1;
  head->stopPeak = vmax(head->stopPeak, money);
  vd rough = 1e-6 * (head->equity + head->held);
  float moneys[HALF], least[HALF];
  for (int i = 0; i < HALF; i++) { moneys[i] = money[i % LANES]; least[i] = exact[i % LANES] - rough[i % LANES]; }
  vf m, l;
  memcpy(&m, moneys, sizeof m);
  memcpy(&l, least, sizeof l);
  int count = 0;
  for (int n = 0; n < N; n += 2) {
    vf wanted = tile[n / 2] * m, has = heldValues[n / 2];
    vf lot = (vf)lotValues[n / 2];
    vf change = (vf)((vi)(wanted - has) & INT32_MAX) + lot;
    vi leaves = ((vf)((vi)wanted ^ ((vi)has & INT32_MIN)) <= lot) & (has != 0);
    vi goes = (change > l) | leaves;
    int names = named(goes);
    list[count] = n; count += names & 1;
    list[count] = n + 1; count += names >> 1;
  }
  vd orders = {0}, changing = {0}, growing = {0};
  int kept = 0;
  for (int at = 0; at < count; at++) {
    int n = list[at];
    Cell *c = cell + n;
    vd unit = both(close[n]), target = __builtin_convertvector(*(vh *)((float *)tile + n * LANES), vd);
    vd desired = toLots(target * (head->size * money) / unit), change = desired - c->quantity, value = vabs(change) * unit;
    vl go = ((desired == 0) | (desired * c->quantity < 0) | (value > exact)) & (change != 0);
    c->order = where(go, change);
    orders += one(go); changing += where(go, value); growing += where(go, (vabs(desired) - vabs(c->quantity)) * unit);
    list[kept] = n; kept += any(go);
  }
  head->listed = kept; head->orders += orders; head->changing = changing; head->wanted = head->held + growing;
}

/* One symbol: what of a group goes from step to step in registers, without lists and loops. */
typedef struct { vd cash, held, tradeCash, order, peak, fees, fills, orders; int listed; } Book;

static inline Book bookOf(const Head *head, const Cell *c) {
  return (Book){head->cash, c->quantity, c->tradeCash, c->order, head->stopPeak, head->fees, head->fills, head->orders, head->listed};
}
static inline void keep(Head *head, Cell *c, const Book *b) {
  head->cash = b->cash; c->quantity = b->held; c->tradeCash = b->tradeCash; c->order = b->order; head->stopPeak = b->peak;
  head->fees = b->fees; head->fills = b->fills; head->orders = b->orders; head->listed = b->listed;
}

/* Fills the order that waits; gives the value of its legs. */
static inline vd fillBook(Head *head, Book *b, double open) {
  vl sign = (vl)b->order & INT64_MIN;
  vd size = vabs(b->order), held = b->held, spread = (vd)((vl)head->spread ^ sign);
  vl against = held * b->order < 0;
  vd reduced = where(against, vmin(size, vabs(held))), increased = size - reduced;
  vd reducedBy = reduced * (open * (1 + (vd)((vl)head->exitSlip ^ sign)) + spread);
  vd increasedBy = increased * (open * (1 + (vd)((vl)head->entrySlip ^ sign)) + spread);
  vd fee = orderFee(head, reducedBy + increasedBy, size);
  vl grows = increased > 0;
  vd increaseFee = where(grows, fee), reduceFee = where(~grows, fee);
  vd reduceValue = (vd)((vl)reducedBy ^ sign), increaseValue = (vd)((vl)increasedBy ^ sign);
  vd left = held + (vd)((vl)reduced | sign);
  vd equity = b->cash - reduceValue - reduceFee + left * open;
  vd needed = vabs(left) * open + increaseFee + increasedBy;
  if (any(grows & ~(needed <= head->leverage * equity * (1 + 1e-6)))) head->stops += 1;
  vd tradeCash = b->tradeCash - reduceValue - reduceFee;
  vl shut = against & (left == 0);
  if (any(shut)) tradeCash = closeTrades(head, tradeCash, shut);
  b->held = left + (vd)((vl)increased | sign);
  b->tradeCash = tradeCash - increaseValue - increaseFee;
  b->cash = b->cash - (reduceValue + increaseValue) - fee;
  b->fees += fee;
  b->fills += one(reduced > 0) + one(grows);
  return reducedBy + increasedBy;
}

/* Notes equity and gross value, and decides. */
static inline void closeBook(Head *head, Book *b, double close, const vf *tile, vd *noted) {
  vd held = b->held, value = held * close, equity = b->cash + value;
  noted[0] = equity; noted[1] = vabs(value);
  if (any((b->peak - equity >= head->limit * b->peak) | ~(equity > 0))) head->stops += 1;
  b->peak = vmax(b->peak, equity);
  vd target = __builtin_convertvector(*(const vh *)tile, vd);
  vd desired = toLots(target * (head->size * equity) / close), change = desired - held;
  vl go = ((desired == 0) | (desired * held < 0) | (vabs(change) * close > head->threshold * equity)) & (change != 0);
  b->order = where(go, change);
  b->orders += one(go);
  b->listed = any(go);
}

static vd noted[BLOCK][3], rooms[16][BLOCK + 1][3];

/* A row of one group, its measures with it. */
static void stepSingle(Head *head, Cell *c, double open, double close, const vf *tile, int first) {
  Book b = bookOf(head, c);
  if (b.listed) head->filled = fillBook(head, &b, open);
  keep(head, c, &b);
  mark(head, c, &close, first);
  b.peak = head->stopPeak;
  closeBook(head, &b, close, tile, noted[0]);
  keep(head, c, &b);
}

/* What rows of one group come to, from their equity, gross value and fills; its sums stay in registers. */
static void measureBlock(Head *head, vd (*noted)[3], int first) {
  Head h = *head;
  for (int row = first; row < BLOCK; row++) {
    vd equity = noted[row][0], gross = noted[row][1], inverse = 1 / equity;
    h.inMarket += one(gross > 0);
    h.exposure += gross * inverse;
    h.turnover += noted[row][2] * h.inverse;
    vd change = where(equity != h.period, equity * h.periodInverse - 1), shortfall = vmin(change, both(0));
    h.sum += change; h.squares += change * change; h.downside += shortfall * shortfall;
    h.best = vmax(h.best, change); h.worst = vmin(h.worst, change);
    h.maxDrawdown = vmax(h.maxDrawdown, (h.peak - equity) * h.inversePeak);
    vl above = equity >= h.peak;
    h.periods = where(~above, h.periods + 1);
    h.maxPeriods = vmax(h.maxPeriods, h.periods);
    h.inversePeak = choose(above, inverse, h.inversePeak);
    h.peak = vmax(h.peak, equity);
    h.period = h.measured = equity; h.periodInverse = h.inverse = inverse;
    h.held = gross;
  }
  h.equity = h.measured;
  *head = h;
}

/* The rows of a block of one group: its book goes through all of them first, then its measures are taken, both in registers. */
static void stepBlock(Head *head, Cell *c, const double *open, const double *close, const vf *tile, int first) {
  if (first) stepSingle(head, c, open[0], close[0], tile, 1);
  Book b = bookOf(head, c);
  for (int row = first; row < BLOCK; row++) {
    noted[row][2] = b.listed ? fillBook(head, &b, open[row]) : both(0);
    closeBook(head, &b, close[row], tile + (size_t)row * NP / 2, noted[row]);
  }
  keep(head, c, &b);
  measureBlock(head, noted, first);
}

/* Groups that go side by side: of every row all those that have an order first, then all. */
static void stepSideBySide(Head *head, Cell *c, int count, const double *open, const double *close, const vf *tiles) {
  unsigned waiting = 0;
  for (int i = 0; i < count; i++) {
    rooms[i][0][2] = both(0);
    waiting |= (unsigned)(head[i].listed != 0) << i;
  }
  for (int row = 0; row < BLOCK; row++) {
    for (; waiting; waiting &= waiting - 1) {
      int i = __builtin_ctz(waiting);
      Book b = bookOf(head + i, c + i);
      rooms[i][row][2] = fillBook(head + i, &b, open[row]);
      keep(head + i, c + i, &b);
    }
    for (int i = 0; i < count; i++) {
      Book b = bookOf(head + i, c + i);
      closeBook(head + i, &b, close[row], tiles + ((size_t)i * BLOCK + row) * NP / 2, rooms[i][row]);
      rooms[i][row + 1][2] = both(0);
      keep(head + i, c + i, &b);
      waiting |= (unsigned)b.listed << i;
    }
  }
  for (int i = 0; i < count; i++) measureBlock(head + i, rooms[i], 0);
}

static void *take(size_t bytes) { void *at = aligned_alloc(64, (bytes + 63) / 64 * 64); memset(at, 0, bytes); return at; }

int main(int argc, char **argv) {
  N = atoi(argv[1]); P = atoi(argv[2]) / LANES * LANES; ROWS = atoi(argv[3]) / BLOCK * BLOCK;
  NP = (N + 3) / 4 * 4;
  if (argc < 7) return 2;
  const double signalChange = atof(argv[4]), riskBars = atof(argv[5]), largestThreshold = atof(argv[6]);
  int groups = P / LANES, together = 16384 / (int)(sizeof(Head) + N * sizeof(Cell));
  if (together < 1) together = 1;
  if (together > 16) together = 16;
  signals = take(sizeof(float) * BLOCK * SIGNALS * NP); scales = take(sizeof(float) * BLOCK);
  opens = take(sizeof(double) * BLOCK * N); closes = take(sizeof(double) * BLOCK * N); leaps = take(sizeof(double) * BLOCK);
  heads = take(sizeof(Head) * groups); cells = take(sizeof(Cell) * groups * N); lists = take(sizeof(int) * groups * (N + 4));
  tiles = take(sizeof(vf) * (size_t)together * BLOCK * NP / 2); heldValues = take(sizeof(vf) * (NP / 2 + 1));
  rowExposure = take(sizeof(float) * LANES * BLOCK * NP); lotValues = take(sizeof(vf) * BLOCK * (NP / 2));
  for (int g = 0; g < groups; g++) {
    Head *h = heads + g;
    h->cash = h->equity = both(1e6); h->leverage = both(1); h->feeRate = both(5e-4); h->entrySlip = h->exitSlip = both(2e-4); h->limit = both(0.9); h->size = both(1);
    for (int lane = 0; lane < LANES; lane++) {
      h->threshold[lane] = largestThreshold * uniform();
      for (int i = 0; i < SUBSCRIBED; i++) { h->rules[lane][i] = (int)(uniform() * SIGNALS); h->weights[lane][i] = 0.5 + uniform(); h->total[lane] += h->weights[lane][i]; }
    }
  }
  double *last = take(sizeof(double) * N);
  float *wanted = take(sizeof(float) * SIGNALS * NP);
  for (int s = 0; s < SIGNALS * NP; s++) if (s % NP < N) wanted[s] = 2 * uniform() - 1;
  for (int n = 0; n < N; n++) last[n] = 20 + 180 * uniform();
  double spent[3] = {0, 0, 0}, scale = 1;
  int timed[3] = {0, 0, 0};
  for (int from = 0; from < ROWS; from += BLOCK) {
    for (int row = 0; row < BLOCK; row++) {
      if (fmod(from + row, riskBars) == 0) scale = 0.75 + 0.25 * uniform();
      scales[row] = scale;
      for (int s = 0; s < SIGNALS * NP; s++) {
        if (s % NP < N && uniform() < signalChange) wanted[s] = 2 * uniform() - 1;
        if (N == 1 && s % NP > 0) continue;
        if (N == 1) signals[(size_t)(s / NP) * BLOCK + row] = wanted[s];
        else signals[((size_t)(s / NP) * BLOCK + row) * NP + s % NP] = wanted[s];
      }
      leaps[row] = 0;
      for (int n = 0; n < N; n++) {
        double open = last[n] * (1 + 0.004 * normal());
        leaps[row] = fmax(leaps[row], fabs(open / last[n] - 1));
        opens[row * N + n] = open;
        last[n] = closes[row * N + n] = open * (1 + 0.015 * normal());
        for (int lane = 0; lane < LANES; lane++) ((float *)(lotValues + (size_t)row * NP / 2))[n * LANES + lane] = last[n] * (1 + 1e-6);
      }
    }
    struct timespec a, b;
    int way = N == 1 ? from / BLOCK % 3 : 0;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
    for (int g = 0; g < groups; g += together) {
      int end = g + together < groups ? g + together : groups;
      for (int i = g; i < end; i++) exposeGroup(heads + i, tiles + (size_t)(i - g) * BLOCK * NP / 2);
      if (way == 1) {
        for (int i = g; i < end; i++) stepBlock(heads + i, cells + i, opens, closes, tiles + (size_t)(i - g) * BLOCK * NP / 2, from == 0);
        continue;
      }
      if (way == 2) {
        stepSideBySide(heads + g, cells + g, end - g, opens, closes, tiles);
        continue;
      }
      for (int row = 0; row < BLOCK; row++) {
        for (int i = g; i < end; i++) {
          int *list = lists + (size_t)i * (N + 4);
          Cell *cell = cells + (size_t)i * N;
          const vf *tile = tiles + ((size_t)(i - g) * BLOCK + row) * NP / 2;
          if (N == 1) {
            stepSingle(heads + i, cell, opens[row], closes[row], tile, from + row == 0);
            continue;
          }
          if (heads[i].listed) fill(heads + i, cell, list, opens + row * N, leaps[row]);
          mark(heads + i, cell, closes + row * N, from + row == 0);
          decide(heads + i, cell, list, closes + row * N, tile, lotValues + (size_t)row * NP / 2);
        }
      }
    }
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
    if (from == 0) continue;
    spent[way] += (b.tv_sec - a.tv_sec) * 1e9 + (b.tv_nsec - a.tv_nsec);
    timed[way]++;
  }
  double fills = 0;
  for (int g = 0; g < groups; g++) for (int lane = 0; lane < LANES; lane++) fills += heads[g].fills[lane];
  double best = INFINITY;
  for (int way = 0; way < 3; way++) if (timed[way]) best = fmin(best, spent[way] / ((double)P * N * BLOCK * timed[way]));
  printf("%.4f %.4f\n", best, fills / ((double)P * N * ROWS));
  return 0;
}
