import { describe, expect, it } from 'vitest'
import { drillDown, periodOf } from '@/pages/alarms/drill'
import { ALARM_SHAPE, queryOf } from '@/pages/alarms/filters'
import { leakTone } from '@/pages/alarms/leaks'
import { monthOf, monthsLater, onDay, spanOf, weeksOf } from '@/pages/alarms/month'
import { readQuery } from '@/text/query'

describe('a month of windows', () => {
  it('is whole weeks from Monday to Sunday', () => {
    const weeks = weeksOf('2025-11') // 1 November 2025 is a Saturday
    expect(weeks.map((week) => week.length)).toEqual([7, 7, 7, 7, 7])
    expect([weeks[0]?.[0]?.date, weeks.at(-1)?.[6]?.date]).toEqual(['2025-10-27', '2025-11-30'])
    expect(weeks.flat().filter((day) => day.inMonth)).toHaveLength(30)
  })
  it.each([
    ['2024-02', 29, 5],
    ['2021-02', 28, 4],
    ['2025-06', 30, 6],
  ])('%s has %i days in %i weeks', (month, days, weeks) => {
    const found = weeksOf(month)
    expect(found).toHaveLength(weeks)
    expect(found.flat().filter((day) => day.inMonth)).toHaveLength(days)
  })
  it('covers its weeks in city time', () => {
    expect(spanOf('2025-11')).toEqual({ since: '2025-10-27T00:00:00+08:00', until: '2025-12-01T00:00:00+08:00' })
  })
  it('turns over the end of a year', () => {
    expect([monthsLater('2025-12', 1), monthsLater('2026-01', -1), monthsLater('2025-06', 19)]).toEqual(['2026-01', '2025-12', '2027-01'])
  })
  it('is that of the city, not of the browser', () => {
    expect(monthOf('2025-11-30T20:00:00Z')).toBe('2025-12')
  })
  it('shows a window on every day that it touches and not on the day at whose midnight it ends', () => {
    const window = { starts_at: '2025-11-24T22:00:00+08:00', ends_at: '2025-11-26T00:00:00+08:00' }
    const days = ['2025-11-23', '2025-11-24', '2025-11-25', '2025-11-26']
    expect(days.map((day) => onDay([window], day).length)).toEqual([0, 1, 1, 0])
  })
})

describe('drilling down from the key figures', () => {
  const period = periodOf('2025-11-01', '2025-11-30')
  it('keeps the period with its last day', () => {
    expect(period).toEqual({ since: '2025-11-01T00:00:00+08:00', until: '2025-12-01T00:00:00+08:00' })
  })
  it.each([
    ['rule', 'frozen_value', 'rule=frozen_value'],
    ['organisation', 'ORG-1', 'org=ORG-1'],
    ['region', '420107', 'region=420107'],
    ['kind', 'exceedance', 'kind=exceedance'],
    ['source', 'patrol', 'source=patrol'],
  ])('by %s names the group', (axis, key, part) => {
    const address = drillDown(axis, key, period)
    expect(address).toContain(part)
    expect(address).toContain('open=all')
    expect(address).toContain('raised_since=2025-11-01T00%3A00%3A00%2B08%3A00')
  })
  it('by month cuts the period at the month', () => {
    const address = new URLSearchParams(drillDown('month', '2025-11', periodOf('2025-11-10', '2025-12-31')).split('?')[1])
    expect([address.get('raised_since'), address.get('raised_until')]).toEqual(['2025-11-10T00:00:00+08:00', '2025-12-01T00:00:00+08:00'])
  })
  it('leads nowhere where no filter tells the group', () => {
    expect([drillDown('organisation', '', period), drillDown('total', '', period)]).toEqual(['', ''])
  })
  it('arrives at the filters of the list', () => {
    const query = Object.fromEntries(new URLSearchParams(drillDown('rule', 'dilution', period).split('?')[1]))
    const asked = queryOf(readQuery(query, ALARM_SHAPE))
    expect(asked).toMatchObject({ rule: 'dilution', raised_since: period.since, raised_until: period.until })
    expect(asked.open).toBeUndefined()
  })
})

describe('filters of the alarm list', () => {
  it.each([
    [{ answer: 'late' }, { answer: undefined, answer_late: true }],
    [{ answer: 'answered' }, { answer: 'answered', answer_late: undefined }],
    [{ silenced: 'yes' }, { silenced: true }],
    [{ silenced: 'no' }, { silenced: false }],
    [{ kind: 'leak_overdue', source: 'audit' }, { kind: ['leak_overdue'], source: ['audit'] }],
  ])('%o becomes %o', (chosen, query) => {
    expect(queryOf(readQuery(chosen as Record<string, string>, ALARM_SHAPE))).toMatchObject(query)
  })
})

it('only what is overdue looks like an alarm', () => {
  expect(['overdue', 'leaking', 'delayed', 'unread', 'tight'].map(leakTone)).toEqual(['danger', 'warning', 'info', 'info', 'success'])
})
