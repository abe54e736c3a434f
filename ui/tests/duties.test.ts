import { describe, expect, it } from 'vitest'
import type { DutyDay, StreamDay } from '@/api/duties'
import { dutyPath, occurrencePath, percent, planPath, shiftMonth, streamCell, toneOf, weeks } from '@/pages/obligations/words'

const day = (text: string): DutyDay => ({ day: text, workday: true, kind: 'workday', name_zh: '', name_en: '', counts: {} })
const month = (year: number, number: number): DutyDay[] =>
  Array.from({ length: new Date(Date.UTC(year, number, 0)).getUTCDate() }, (_, n) =>
    day(`${year}-${String(number).padStart(2, '0')}-${String(n + 1).padStart(2, '0')}`),
  )
const stream = (due: number, received: number, shutdown = 0): StreamDay => ({ day: '2025-11-01', due, received, shutdown })

describe('the month', () => {
  it.each([
    [2025, 11, 5, 6], // a Saturday: five empty cells before it, and Sunday the 30th ends a fifth week
    [2025, 9, 0, 5],
    [2026, 2, 6, 5],
    [2021, 2, 0, 4],
  ])('begins its weeks on Monday: %i-%i', (year, number, lead, rows) => {
    const grid = weeks(month(year, number))
    expect(grid[0]!.filter((one) => one === null)).toHaveLength(lead)
    expect(grid.every((week) => week.length === 7)).toBe(true)
    expect(grid).toHaveLength(Math.ceil((lead + month(year, number).length) / 7))
    expect(grid.length).toBeLessThanOrEqual(rows)
  })
  it('has every day once, in order', () => {
    const days = weeks(month(2025, 11)).flat().filter((one) => one !== null)
    expect(days.map((one) => one!.day)).toEqual(month(2025, 11).map((one) => one.day))
  })
  it('is nothing without days', () => expect(weeks([])).toEqual([]))
  it.each([
    ['2025-11', 1, '2025-12'],
    ['2025-12', 1, '2026-01'],
    ['2026-01', -1, '2025-12'],
    ['2025-03', -14, '2024-01'],
  ])('turns: %s %i', (from, by, to) => expect(shiftMonth(from, by)).toBe(to))
})

describe('a state', () => {
  it('is as loud after its last moment as when it was missed', () => {
    expect(toneOf('planned')).toBe('info')
    expect(toneOf('planned', true)).toBe('danger')
    expect(toneOf('missed')).toBe('danger')
    expect(toneOf('late')).toBe('warning')
    expect(toneOf('done')).toBe('success')
    expect(toneOf('waived')).toBe('none')
  })
})

describe('a rate', () => {
  it('is shown as the server rounded it, and not at all of nothing', () => {
    expect(percent({ part: 648, whole: 684, percent: '94.7' })).toBe('94.7 %')
    expect(percent({ part: 0, whole: 0, percent: null })).toBe('')
    expect(percent(undefined)).toBe('')
  })
})

describe('a cell of the reporting calendar', () => {
  it.each([
    [stream(0, 0), 'none'],
    [stream(24, 24), 'full'],
    [stream(24, 23), 'part'],
    [stream(24, 0), 'silent'],
    [stream(24, 0, 24), 'off'],
    [stream(24, 12, 12), 'full'],
    [stream(24, 2, 12), 'part'],
  ])('%o is %s', (one, word) => expect(streamCell(one)).toBe(word))
})

describe('addresses', () => {
  it('hold the number, and codes as they may stand in an address', () => {
    expect(occurrencePath(7)).toBe('/desk/obligations/occurrences/7')
    expect(dutyPath(3)).toBe('/desk/obligations/duties/3')
    expect(planPath('E/1 号')).toBe('/desk/obligations/plans/E%2F1%20%E5%8F%B7')
  })
})
