/**
 * Defects a trading system could have: each an exact replacement in a source file, and the tests that must see it.
 * `from` stands exactly once in its file. `build`: the tests start processes, so dist/ is built anew.
 * @type {readonly { name: string, edits: readonly { file: string, from: string, to: string }[], tests: readonly string[], build?: boolean }[]}
 */
export const DEFECTS = [
  {
    name: 'fees are paid out instead of in',
    edits: [{ file: 'src/kernel/flows.ts', from: '- feesNow(book, p)', to: '+ feesNow(book, p)' }],
    tests: ['tests/kernel/costs.test.ts', 'tests/property'],
  },
  {
    name: 'slippage in the trader’s favour',
    edits: [{ file: 'src/kernel/fill-orders.ts', from: 'slippage: rules.entrySlippage }', to: 'slippage: -rules.entrySlippage }' }],
    tests: ['tests/kernel/costs.test.ts'],
  },
  {
    name: 'what is recorded of an order through zero has its fee with both legs',
    edits: [{ file: 'src/kernel/journal-reader.ts', from: 'increases || other === 0 ? feeOfLegs(rules, legs) : 0', to: 'feeOfLegs(rules, legs)' }],
    tests: ['tests/kernel-simd'],
  },
  {
    name: 'rows that leave a batch while it runs are lost',
    edits: [{ file: 'src/lineup/ledger-recorder.ts', from: 'handOn(buffer.name, buffer)', to: 'handOn(buffer.name, { ...buffer, count: 0 })' }],
    tests: ['tests/lineup/ledger-rows.test.ts'],
  },
  {
    name: 'orders fill at the close they were decided at',
    edits: [
      { file: 'src/kernel/fill-orders.ts', from: "if (stage === 'close') return atClose", to: "if (stage === 'close') return true" },
      { file: 'src/kernel/decide.ts', from: 'if (rules.sameClose)', to: 'if (rules.fillsAtOpen || rules.sameClose)' },
    ],
    tests: ['tests/kernel/next-open.test.ts', 'tests/kernel/execution-profiles.test.ts'],
  },
  {
    name: 'orders fill in a bar that opened before they were decided',
    edits: [{ file: 'src/kernel/fill-orders.ts', from: 'openTimes[turn.row] >= book.orderTime[own + n]', to: 'closeTimes[turn.row] >= book.orderTime[own + n]' }],
    tests: ['tests/kernel'],
  },
  {
    name: 'dividends are dropped',
    edits: [{ file: 'src/kernel/corporate-actions.ts', from: 'book.cash[turn.portfolio] += paid', to: 'book.cash[turn.portfolio] += 0' }],
    tests: ['tests/kernel/corporate-actions.test.ts'],
  },
  {
    name: 'a split changes the quantity but not the prices of entry and exits',
    edits: [
      { file: 'src/kernel/corporate-actions.ts', from: 'book.entryPrice[i] /= split', to: 'book.entryPrice[i] /= 1' },
      { file: 'src/kernel/corporate-actions.ts', from: 'book.levelPrice[i] /= split', to: 'book.levelPrice[i] /= 1' },
    ],
    tests: ['tests/kernel/corporate-actions.test.ts'],
  },
  {
    name: 'features see prices that no split has touched',
    edits: [{ file: 'src/market/adjustment.ts', from: 'factor * split[i] * (1 +', to: 'factor * (1 +' }],
    tests: ['tests/market/adjustment.test.ts'],
  },
  {
    name: 'the barrier lets a second order through',
    edits: [{ file: 'src/kernel/desired.ts', from: 'if (book.orderKind[own + n] !== NO_ORDER) {', to: 'if (book.orderKind[own + n] < NO_ORDER) {' }],
    tests: ['tests/kernel'],
  },
  {
    name: 'no opinion is read as flat',
    edits: [{ file: 'src/kernel/desired.ts', from: 'if (target !== target) {\n    if (wanted === wanted)', to: 'if (target === Infinity) {\n    if (wanted === wanted)' }],
    tests: ['tests/kernel'],
  },
  {
    name: 'a missing feature is read as zero',
    edits: [{ file: 'src/strategies/signal-call.ts', from: 'if (input[n] !== input[n]) out[n] = NaN', to: 'if (input[n] !== input[n]) out[n] = 0' }],
    tests: ['tests/strategies'],
  },
  {
    name: 'buying power is not scaled',
    edits: [{ file: 'src/kernel/buying-power.ts', from: 'const factor = taken * LIMIT_SLACK < allowed ? Math.min(1, (allowed - plan.used - fees) / needed) : 0', to: 'const factor = 1 + 0 * allowed * fees' }],
    tests: ['tests/kernel/buying-power.test.ts'],
  },
  {
    name: 'the drawdown stop never stops',
    edits: [{ file: 'src/kernel/drawdown-stop.ts', from: 'peak - equity >= rules.drawdownLimit * peak', to: 'equity - peak >= rules.drawdownLimit * peak' }],
    tests: ['tests/kernel/drawdown-stop.test.ts'],
  },
  {
    name: 'a trailing stop is raised by the bar it watches',
    edits: [{
      file: 'src/kernel/exits.ts',
      from: 'const trailing = side * (book.bestPrice[i] * (1 - side * rules.trailingStop))',
      to: 'const trailing = side * (side * Math.max(side * book.bestPrice[i], best) * (1 - side * rules.trailingStop))',
    }],
    tests: ['tests/kernel/exits.test.ts'],
  },
  {
    name: 'a target is taken before a stop in the same bar',
    edits: [{ file: 'src/kernel/exits.ts', from: 'if (stopped && open < target)', to: 'if (stopped && best < target)' }],
    tests: ['tests/kernel/exits.test.ts'],
  },
  {
    name: 'float32 rounding is left out of the exposure',
    edits: [{ file: 'src/kernel/exposure.ts', from: 'return fround(combined * share)', to: 'return combined * share' }],
    tests: ['tests/kernel/exposure.test.ts', 'tests/kernel-simd'],
    build: true,
  },
  {
    name: 'gross exposure is summed in another order',
    edits: [{ file: 'src/kernel/exposure.ts', from: 'return fround(fround(s0 + s1) + fround(s2 + s3))', to: 'return fround(fround(fround(s0 + s1) + s2) + s3)' }],
    tests: ['tests/kernel/exposure.test.ts', 'tests/kernel-simd'],
    build: true,
  },
  {
    name: 'risk tolerance is turned round',
    edits: [{ file: 'src/kernel/rules.ts', from: 'fround(1 - fround(config.riskTolerance))', to: 'fround(config.riskTolerance)' }],
    tests: ['tests/kernel'],
  },
  {
    name: 'a veto of one risk model is overruled by another',
    edits: [{ file: 'src/domain/risk-decision.ts', from: 'source.values[vetoAt + n] !== 0) out.veto[start + n] = 1', to: 'source.values[vetoAt + n] !== undefined) out.veto[start + n] = source.values[vetoAt + n]' }],
    tests: ['tests/domain'],
  },
  {
    name: 'staged features are computed from the next row',
    edits: [{
      file: 'src/stages/input-rows.ts',
      from: 'readMarketInput(window.columns, place.input, window.seek(t), out)',
      to: 'readMarketInput(window.columns, place.input, window.seek(Math.min(t + 1, market.rows - 1)), out)',
    }],
    tests: ['tests/parity/leak.test.ts'],
    build: true,
  },
  {
    name: 'a model’s window ends one bar early',
    edits: [{ file: 'src/models/windows.ts', from: 'const oldest = (bars[n] % window) * features', to: 'const oldest = ((bars[n] + window - 1) % window) * features' }],
    tests: ['tests/models'],
  },
  {
    name: 'a strategy’s parameters are left out of its address',
    edits: [{ file: 'src/stages/addresses.ts', from: "code: [entry.sourceHash, code('stages/strategy-task.ts')],\n    params: entry.params,", to: "code: [entry.sourceHash, code('stages/strategy-task.ts')]," }],
    tests: ['tests/caching/user-edits.test.ts'],
    build: true,
  },
  {
    name: 'a risk model’s code is left out of its address',
    edits: [{ file: 'src/stages/addresses.ts', from: "code: [model.sourceHash, code('stages/risk-task.ts')],", to: "code: code('stages/risk-task.ts')," }],
    tests: ['tests/caching/user-edits.test.ts'],
    build: true,
  },
  {
    name: 'a portfolio that is stored twice counts twice',
    edits: [{ file: 'src/stages/run-artefacts.ts', from: 'places.find(member)?.artefact !== artefact)', to: 'places.find(member) === undefined)' }],
    tests: ['tests/faults/second-copies.test.ts'],
    build: true,
  },
  {
    name: 'what a panel’s checksum says is ignored',
    edits: [{ file: 'src/store/panel-file.ts', from: 'if (crc32(bytes) !== file.checksums[chunk])', to: 'if (crc32(bytes) < 0)' }],
    tests: ['tests/store/torn-files.test.ts'],
  },
  {
    name: 'what a worker hands over is seen before it is on the disk',
    edits: [{ file: 'src/store/draft.ts', from: 'await Promise.all([...paths, folder].map((path) => durability.flushed(path)))', to: 'void Promise.all([...paths, folder].map((path) => durability.flushed(path)))' }],
    tests: ['tests/store/crash-points.test.ts'],
  },
  {
    name: 'one culprit takes its whole batch with it',
    edits: [{ file: 'src/pool/isolate.ts', from: 'await Promise.all([attempt(from, middle), attempt(middle, to)])', to: 'for (const [at, member] of members.entries()) culprits.push({ from: from + at, member, error, crashed })\n    void middle' }],
    tests: ['tests/pool/isolate.test.ts'],
  },
  {
    name: 'volatility is annualised without its root',
    edits: [{ file: 'src/domain/metrics.ts', from: 'return finite(Math.sqrt(sample.variance * perYear))', to: 'return finite(Math.sqrt(sample.variance) * perYear)' }],
    tests: ['tests/domain/metrics.test.ts'],
  },
  {
    name: 'a batch that outgrows the kernel’s memory loses rules',
    edits: [{
      file: 'src/kernel/wasm-layout.ts',
      from: '  const address = memory.take(layout.RULES_BYTES + count * layout.SUBSCRIPTION_BYTES)\n  const { words, floats } = memory\n',
      to: '  const { words, floats } = memory\n  const address = memory.take(layout.RULES_BYTES + count * layout.SUBSCRIPTION_BYTES)\n',
    }],
    tests: ['tests/kernel-simd'],
  },
  {
    name: 'a pair takes the targets of the pair before it where only the first of both is the same',
    edits: [{
      file: 'src/kernel/assembly/kernel.ts',
      from: 'load<u64>(pair, EXPOSURE_RULES) == load<u64>(before, EXPOSURE_RULES)', to: 'load<u32>(pair, EXPOSURE_RULES) == load<u32>(before, EXPOSURE_RULES)',
    }],
    tests: ['tests/kernel-simd'],
    build: true,
  },
  {
    name: 'nobody is told of the orders that a block ends with',
    edits: [{ file: 'src/kernel/assembly/kernel.ts', from: '  tellOrders(pair)\n  countExposure', to: '  countExposure' }],
    tests: ['tests/kernel-simd'],
    build: true,
  },
  {
    name: 'portfolios that are stopped for some bars are left out for ever',
    edits: [{
      file: 'src/kernel/assembly/rest.ts',
      from: 'f64x2.eq(v128.load(pair, RESUME_AFTER_BARS), both(Infinity))', to: 'f64x2.gt(v128.load(pair, RESUME_AFTER_BARS), both(1))',
    }],
    tests: ['tests/kernel-simd'],
    build: true,
  },
]
