import fc from 'fast-check'
import { DateTime } from 'luxon'
import { afterEach, describe, expect, it } from 'vitest'
import { createStampReader } from '../../src/market/csv-time.ts'
import { compileTimePattern } from '../../src/market/time-pattern.ts'
import { zoneNamed } from '../../src/market/zone.ts'

const ZONES = ['America/New_York', 'Europe/London', 'Europe/Berlin', 'Asia/Tokyo', 'Australia/Lord_Howe', 'America/Sao_Paulo', 'Asia/Kolkata', 'Asia/Beirut', 'Pacific/Apia', 'UTC']
const instants = fc.date({ min: new Date('1972-01-01'), max: new Date('2035-12-31'), noInvalidDate: true }).map((date) => Math.floor(date.getTime() / 60_000) * 60_000)
const SEED = 20_260_102

/** Instants within hours of a change of offset of their zone, 2009 to 2022. */
const nearChanges = fc.constantFrom(...ZONES.flatMap((name) => {
  const offsetOn = (day: number) => DateTime.fromMillis(day * 86_400_000, { zone: name }).offset
  const days = Array.from({ length: 14 * 365 }, (_, i) => 14_245 + i)
  return days.filter((day) => offsetOn(day) !== offsetOn(day + 1)).map((day) => ({ name, day }))
})).chain(({ name, day }) => fc.integer({ min: -300, max: 1740 }).map((minutes) => ({ name, instant: day * 86_400_000 + minutes * 60_000 })))
const anywhere = fc.record({ name: fc.constantFrom(...ZONES), instant: instants })

function read(text: string, of: { timeFormat?: string; zone?: string } = {}) {
  return createStampReader({ timeFormat: of.timeFormat ?? 'iso', zone: zoneNamed(of.zone) }, text).read(text)
}

describe('zones', () => {
  it('turn local time into the instant luxon finds, and know gaps and folds', () => {
    let folds = 0
    const numRuns = 3000
    fc.assert(fc.property(fc.oneof(anywhere, nearChanges), ({ instant, name }) => {
      const zone = zoneNamed(name)
      const there = DateTime.fromMillis(instant, { zone: name })
      const local = instant + there.offset * 60_000
      const found = zone.toInstant(local)
      if (there.getPossibleOffsets().length > 1) {
        folds++
        expect(found).toBe('fold')
      } else {
        expect(found).toBe(instant)
      }
      expect(zone.dateOf(instant)).toBe(Math.floor(local / 86_400_000))
      expect(zone.startOfDay(zone.dateOf(instant))).toBe(there.startOf('day').toMillis())
    }), { seed: SEED, numRuns })
    expect(folds).toBeGreaterThan(20)
    console.log(`local times: seed ${SEED}, ${numRuns} instants in ${ZONES.length} zones, ${folds} folds`)
  })

  it.each([
    ['America/New_York', '2020-03-08T01:59', Date.UTC(2020, 2, 8, 6, 59)],
    ['America/New_York', '2020-03-08T02:00', 'gap'],
    ['America/New_York', '2020-03-08T02:59', 'gap'],
    ['America/New_York', '2020-03-08T03:00', Date.UTC(2020, 2, 8, 7, 0)],
    ['America/New_York', '2020-11-01T00:59', Date.UTC(2020, 10, 1, 4, 59)],
    ['America/New_York', '2020-11-01T01:00', 'fold'],
    ['America/New_York', '2020-11-01T01:59', 'fold'],
    ['America/New_York', '2020-11-01T02:00', Date.UTC(2020, 10, 1, 7, 0)],
    ['Australia/Lord_Howe', '2021-10-03T02:15', 'gap'],
    ['Australia/Lord_Howe', '2021-04-04T01:45', 'fold'],
    ['Australia/Lord_Howe', '2021-04-04T01:15', Date.UTC(2021, 3, 3, 14, 15)],
    ['Pacific/Apia', '2011-12-30T12:00', 'gap'],
  ])('%s at %s', (name, local, expected) => {
    expect(zoneNamed(name).toInstant(Date.parse(`${local}Z`))).toBe(expected)
  })

  it.each([
    ['America/Sao_Paulo', '2018-11-04', '2018-11-04T03:00:00.000Z'],
    ['Asia/Beirut', '2021-03-28', '2021-03-27T22:00:00.000Z'],
    ['America/Havana', '2021-11-07', '2021-11-07T04:00:00.000Z'],
  ])('a day begins in %s on %s, though midnight was skipped or doubled', (name, date, expected) => {
    const start = zoneNamed(name).startOfDay(Date.parse(date) / 86_400_000)
    expect(new Date(start).toISOString()).toBe(expected)
  })

  it('refuse a name no zone has', () => {
    expect(() => zoneNamed('America/Gotham')).toThrow(expect.objectContaining({ code: 'CONFIG_VALUE', value: 'America/Gotham' }))
  })
})

describe('time formats', () => {
  const FORMATS = [
    'dd.MM.yyyy HH:mm:ss.SSS', 'd-MMM-yy', 'M/d/yyyy', 'M/d/yyyy H:mm', 'yyyyMMdd HHmmss', 'yyyyMMdd', 'd MMMM yyyy', "yyyy-MM-dd'T'HH:mm",
    'MM/dd/yy', 'dd/MM/yyyy hh:mm:ss a', 'h:mm a d.M.yyyy', 'yyyy.MM.dd HH:mm', "dd.MM.yyyy HH:mm:ss.SSS 'GMT'ZZZ", 'yyyy-MM-dd HH:mm:ss ZZ',
  ]

  it('mean what they mean in luxon', () => {
    const numRuns = 3000
    fc.assert(fc.property(instants, fc.constantFrom(...FORMATS), fc.integer({ min: 0, max: 59_999 }), (minute, format, ms) => {
      const zone = format.includes('Z') ? 'UTC+3' : 'utc'
      const text = DateTime.fromMillis(minute + ms, { zone }).toFormat(format, { locale: 'en-US' })
      expect(compileTimePattern(format).parse(text), `${text} as ${format}`).toBe(DateTime.fromFormat(text, format, { zone: 'utc', locale: 'en-US' }).toMillis())
    }), { seed: SEED, numRuns })
    console.log(`time formats = luxon: seed ${SEED}, ${numRuns} times in ${FORMATS.length} formats`)
  })

  it.each(['31/12/2020', '2020-13-01', '2020-02-30', '1/1/20', 'x1/1/2020', '1/1/2020 '.repeat(2)])('M/d/yyyy refuses %s', (text) => {
    expect(compileTimePattern('M/d/yyyy').parse(text)).toBeNaN()
  })

  it.each([
    ['yyyy-MM', /names no day/], ['yyyy-MM-dd QQ', /unknown token QQ/], ["yyyy-MM-dd 'at", /quote/],
    ['d/M/yyyy h:mm', /h and a together/], ['d/M/yyyy d', /twice/], ['yyyy-MM-dd ZZ', /offset but no hour/],
  ])('%s is refused', (format, message) => {
    expect(() => compileTimePattern(format)).toThrow(message)
  })

  it('keep the century of two-digit years as luxon does', () => {
    expect(read('31-Dec-60', { timeFormat: 'd-MMM-yy' })).toBe(Date.UTC(2060, 11, 31))
    expect(read('31-Dec-61', { timeFormat: 'd-MMM-yy' })).toBe(Date.UTC(1961, 11, 31))
  })
})

describe('stamps', () => {
  it.each([
    ['2020-01-02', Date.UTC(2020, 0, 2)],
    ['2020-02-29', Date.UTC(2020, 1, 29)],
    ['2020-01-02T10:30Z', Date.UTC(2020, 0, 2, 10, 30)],
    ['2020-01-02 10:30:15.123456Z', Date.UTC(2020, 0, 2, 10, 30, 15, 123)],
    ['2020-01-02T10:30:00+05:30', Date.UTC(2020, 0, 2, 5)],
    ['1993-02-01 00:00:00+00:00', Date.UTC(1993, 1, 1)],
    ['2020-01-02T10:30-0500', Date.UTC(2020, 0, 2, 15, 30)],
  ])('ISO %s', (text, expected) => {
    expect(read(text)).toBe(expected)
  })

  it('need no zone if date-only, and take the stated one otherwise', () => {
    expect(createStampReader({ timeFormat: 'iso', zone: undefined }, '2020-01-02').dateOnly).toBe(true)
    expect(read('2020-07-01T10:00', { zone: 'America/New_York' })).toBe(Date.UTC(2020, 6, 1, 14))
    expect(read('2020-12-01T10:00', { zone: 'America/New_York' })).toBe(Date.UTC(2020, 11, 1, 15))
    expect(read('2020-07-01T10:00')).toMatchObject({ code: 'TIME_ZONE_REQUIRED' })
  })

  it('an offset in the text wins over the stated zone, even in a fold', () => {
    expect(read('2020-11-01T01:30-04:00', { zone: 'America/New_York' })).toBe(Date.UTC(2020, 10, 1, 5, 30))
    expect(read('2020-11-01T01:30-05:00', { zone: 'America/New_York' })).toBe(Date.UTC(2020, 10, 1, 6, 30))
  })

  it('epoch units are never guessed', () => {
    expect(read('1577836800', { timeFormat: 'epoch-s' })).toBe(Date.UTC(2020, 0, 1))
    expect(read('1577836800.5', { timeFormat: 'epoch-s' })).toBe(Date.UTC(2020, 0, 1) + 500)
    expect(read('-86400', { timeFormat: 'epoch-s' })).toBe(Date.UTC(1969, 11, 31))
    expect(read('1577836800000', { timeFormat: 'epoch-ms' })).toBe(Date.UTC(2020, 0, 1))
    expect(read('1577836800', { timeFormat: 'epoch-ms' })).toMatchObject({ code: 'TIME_RANGE' })
    expect(read('2020', { timeFormat: 'epoch-ms' })).toMatchObject({ code: 'TIME_RANGE' })
    expect(read('', { timeFormat: 'epoch-s' })).toMatchObject({ code: 'TIME_FORMAT' })
  })
})

describe('the machine\'s own zone', () => {
  const original = process.env.TZ
  afterEach(() => {
    if (original === undefined) delete process.env.TZ
    else process.env.TZ = original
  })

  it.each(['Pacific/Auckland', 'America/Los_Angeles'])('%s changes nothing', (machineZone) => {
    process.env.TZ = machineZone
    expect(new Date(2020, 0, 1).getUTCHours()).not.toBe(0)
    expect(read('2020-03-08T03:00', { zone: 'America/New_York' })).toBe(Date.UTC(2020, 2, 8, 7))
    expect(read('2020-01-02')).toBe(Date.UTC(2020, 0, 2))
    expect(read('31.12.2019 23:00', { timeFormat: 'dd.MM.yyyy HH:mm', zone: 'Europe/Berlin' })).toBe(Date.UTC(2019, 11, 31, 22))
  })
})
