// The weekly board: its filters, its three tables, and the addresses of the cases behind its figures.
import type { BehindQuery, Rate, RateFigure, RateQuery, RateRule } from '@/api/command'
import type { FilterShape } from '@/text/query'

export const AXES = ['org', 'leader', 'region'] as const
export const PARTS = ['all', 'yes', 'no', 'missing'] as const
const DAY_MS = 86_400_000
const WEEK = 7

/** Satisfaction stands in a table of its own: how many are satisfied is never mixed with how many were called. */
export const TABLES: readonly { key: string; rates: readonly Rate[]; unreachable: boolean }[] = [
  { key: 'cases', rates: ['on_time', 'write_off', 'rebound'], unreachable: false },
  { key: 'calls', rates: ['follow_up'], unreachable: true },
  { key: 'satisfied', rates: ['satisfaction'], unreachable: false },
]

export interface BoardFilters {
  day: string
  by: string
  template: string
  region: string
}

export const SHAPE: FilterShape<BoardFilters> = {
  day: { kind: 'text', fallback: '' },
  by: { kind: 'text', fallback: 'org' },
  template: { kind: 'text', fallback: '' },
  region: { kind: 'text', fallback: '' },
}

/** The filters as the server takes them. */
export function queryOf(now: BoardFilters): RateQuery {
  return {
    day: now.day || undefined,
    by: AXES.find((one) => one === now.by) ?? 'org',
    template: now.template || undefined,
    region: now.region || undefined,
  }
}

/** The same day some weeks later, as a day of the calendar. */
export function weeksAfter(day: string, weeks: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + weeks * WEEK * DAY_MS).toISOString().slice(0, 10)
}

/** The page of the cases behind a figure; without a key those of all groups. */
export function behindPage(now: BoardFilters, day: string, rate: Rate, part: BehindQuery['part'], key?: string) {
  const query: Record<string, string> = { day, rate, by: queryOf(now).by ?? 'org' }
  if (part && part !== 'all') query.part = part
  if (now.template) query.template = now.template
  if (now.region) query.region = now.region
  if (key !== undefined) Object.assign(query, { group: '1', key })
  return { path: '/desk/board/cases', query }
}

/** Whether a change since the week before is for the better, the worse, or neither; the sign is the server's. */
export function trendOf(figure: RateFigure, rule: RateRule): 'better' | 'worse' | 'same' | 'none' {
  if (figure.change === null) return 'none'
  const sign = figure.change.startsWith('-') ? -1 : /[1-9]/.test(figure.change) ? 1 : 0
  if (sign === 0 || !['higher', 'lower'].includes(rule.direction)) return 'same'
  return (sign > 0) === (rule.direction === 'higher') ? 'better' : 'worse'
}

/** A change with its sign written. */
export function signed(change: string): string {
  return /^-|^0(\.0*)?$/.test(change) ? change.replace('-', '−') : `+${change}`
}
