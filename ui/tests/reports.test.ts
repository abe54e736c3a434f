import { describe, expect, it } from 'vitest'
import { asksFor, dayBefore, periodOf, reportPath, stateTone } from '@/pages/reports/words'

describe('reports', () => {
  it('tell a single day once and a period by its ends', () => {
    expect(periodOf('2025-11-05', '2025-11-05')).toBe('2025-11-05')
    expect(periodOf('2025-11-01', '2025-11-30')).toBe('2025-11-01 – 2025-11-30')
  })
  it('ask for what their kind is about', () => {
    expect(['day', 'week', 'month', 'case', 'enterprise'].map(asksFor)).toEqual(['day', 'day', 'day', 'case', 'enterprise'])
  })
  it('begin with the last whole day, over months and leap years', () => {
    expect(dayBefore('2025-12-01T00:10:00+08:00')).toBe('2025-11-30')
    expect(dayBefore('2024-03-01T23:59:00+08:00')).toBe('2024-02-29')
    expect(dayBefore('2026-01-01')).toBe('2025-12-31')
  })
  it('give each state its own tone, and a path that survives odd numbers', () => {
    expect(new Set(['draft', 'issued', 'withdrawn'].map(stateTone)).size).toBe(3)
    expect(reportPath('R-2025/1')).toBe('/desk/reports/R-2025%2F1')
  })
})
