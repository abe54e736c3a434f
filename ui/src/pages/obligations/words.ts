import type { DutyDay, Rate, StreamDay } from '@/api/duties'
import type { Tone } from '@/parts/StatusChip.vue'

export const ROOT = '/desk/obligations'
export const STATES = ['planned', 'done', 'late', 'missed', 'waived'] as const
export const GROUPS = ['self_monitoring', 'data', 'permit', 'carbon', 'catering', 'patrol', 'sharing', 'training'] as const

export const occurrencePath = (id: number) => `${ROOT}/occurrences/${id}`
export const dutyPath = (id: number) => `${ROOT}/duties/${id}`
export const planPath = (code: string) => `${ROOT}/plans/${encodeURIComponent(code)}`

/** How loud a state is: what is open after its last moment is as loud as what was missed. */
export function toneOf(state: string, overdue = false): Tone {
  if (state === 'missed' || overdue) return 'danger'
  if (state === 'late') return 'warning'
  if (state === 'done') return 'success'
  return state === 'planned' ? 'info' : 'none'
}

/** A share as the server rounded it; nothing where there is nothing to take it of. */
export function percent(rate: Rate | null | undefined): string {
  return rate?.percent === null || rate?.percent === undefined ? '' : `${rate.percent} %`
}

/** Month before or after, "YYYY-MM". */
export function shiftMonth(month: string, by: number): string {
  const [year, number] = month.split('-').map(Number) as [number, number]
  const at = year * 12 + number - 1 + by
  return `${Math.floor(at / 12)}-${String((((at % 12) + 12) % 12) + 1).padStart(2, '0')}`
}

/** Days of a month in weeks that begin on Monday; null before the first and after the last. */
export function weeks(days: DutyDay[]): (DutyDay | null)[][] {
  const first = days[0]
  if (!first) return []
  const lead = (new Date(`${first.day}T00:00:00Z`).getUTCDay() + 6) % 7
  const cells: (DutyDay | null)[] = [...Array.from({ length: lead }, () => null), ...days]
  while (cells.length % 7) cells.push(null)
  return Array.from({ length: cells.length / 7 }, (_, week) => cells.slice(week * 7, week * 7 + 7))
}

/** What a cell of the reporting calendar says: full, partial, silent, shut down, or not due. */
export function streamCell(day: StreamDay): 'none' | 'off' | 'full' | 'part' | 'silent' {
  const due = day.due - day.shutdown
  if (day.due === 0) return 'none'
  if (due <= 0) return 'off'
  if (day.received >= due) return 'full'
  return day.received > 0 ? 'part' : 'silent'
}

/** Names or numbers as somebody lists them: one a line, or between commas of either language. */
export const listed = (text: string): string[] => text.split(/[\s,，;；]+/).filter(Boolean)
