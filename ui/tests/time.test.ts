import { describe, expect, it } from 'vitest'
import { RANGE_SHAPE, rangeOf } from '@/text/range'
import { clockTime, dateTime, elapsed, fromLocalField, runningClock, toLocalField } from '@/text/time'

describe('city time', () => {
  it('is Asia/Shanghai whatever the zone of the browser', () => {
    expect(dateTime('2025-11-24T08:05:00+08:00')).toBe('2025-11-24 08:05')
    expect(dateTime('2025-11-23T23:30:00Z')).toBe('2025-11-24 07:30')
    expect(clockTime('2025-11-24T16:00:00Z')).toBe('00:00')
  })

  it('leaves dates as dates and shows nothing for nothing', () => {
    expect(dateTime('2025-11-24')).toBe('2025-11-24')
    expect([null, undefined, '', 'nonsense'].map(dateTime)).toEqual(['', '', '', ''])
  })

  it('goes into a field and back without loss', () => {
    expect(toLocalField('2025-11-24T08:05:00+08:00')).toBe('2025-11-24T08:05')
    expect(fromLocalField('2025-11-24T08:05')).toBe('2025-11-24T08:05:00+08:00')
    expect(new Date(fromLocalField(toLocalField('2025-11-24T00:05:00Z'))).getTime()).toBe(Date.parse('2025-11-24T00:05:00Z'))
    expect(fromLocalField('')).toBe('')
  })
})

describe('running clocks', () => {
  const now = new Date('2025-11-24T10:00:00+08:00')
  it('count days, hours and minutes', () => {
    expect(runningClock('2025-11-24T06:57:00+08:00', now)).toBe('03:03')
    expect(runningClock('2025-11-22T06:57:00+08:00', now)).toBe('2 d 03:03')
  })
  it('never run backwards', () => {
    expect(elapsed('2025-11-24T11:00:00+08:00', now).total).toBe(0)
    expect(runningClock('2025-11-24T11:00:00+08:00', now)).toBe('00:00')
  })
})

describe('ranges', () => {
  const base = Object.fromEntries(Object.entries(RANGE_SHAPE).map(([key, rule]) => [key, rule.fallback])) as never as {
    range: string
    cycle: string
    start: string
    end: string
  }
  it('end at the next full hour of the city', () => {
    const found = rangeOf({ ...base, range: '24h' }, new Date('2025-11-24T10:20:00+08:00'))
    expect(found).toEqual({ start: '2025-11-23T11:00:00+08:00', end: '2025-11-24T11:00:00+08:00' })
  })
  it('take fixed ends from the address', () => {
    const found = rangeOf({ ...base, start: '2025-11-01T00:00', end: '2025-11-02T00:00' }, new Date())
    expect(found).toEqual({ start: '2025-11-01T00:00:00+08:00', end: '2025-11-02T00:00:00+08:00' })
  })
  it('fall back to three days for an unknown range', () => {
    const found = rangeOf({ ...base, range: 'forever' }, new Date('2025-11-24T10:00:00+08:00'))
    expect(found.start).toBe('2025-11-21T10:00:00+08:00')
  })
})
