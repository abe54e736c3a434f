import type { RosterDay } from '@/api/duty'
import type { Tone } from '@/parts/StatusChip.vue'

export const ROOT = '/desk/rosters'
export const NOTES = '/desk/handovers'
export const STATES = ['draft', 'given', 'accepted'] as const
export const DAYS = ['all', 'workdays', 'restdays'] as const
export const TURNS = ['days', 'shifts'] as const
export const WEEKDAYS = [0, 1, 2, 3, 4, 5, 6] as const
export const MATTERS = ['findings', 'breached', 'due_soon', 'silent', 'faults', 'notices', 'undelivered'] as const

export const rosterPath = (code: string) => `${ROOT}/${encodeURIComponent(code)}`
export const notePath = (number: string) => `${NOTES}/${encodeURIComponent(number)}`

/** How loud the state of a note is: what waits for a signature is. */
export function noteTone(state: string): Tone {
  if (state === 'accepted') return 'success'
  return state === 'given' ? 'warning' : 'info'
}

/** Days of a month in weeks that begin on Monday; null before the first and after the last. */
export function weeks(days: RosterDay[]): (RosterDay | null)[][] {
  const first = days[0]
  if (!first) return []
  const lead = (new Date(`${first.day}T00:00:00Z`).getUTCDay() + 6) % 7
  const cells: (RosterDay | null)[] = [...Array.from({ length: lead }, () => null), ...days]
  while (cells.length % 7) cells.push(null)
  return Array.from({ length: cells.length / 7 }, (_, week) => cells.slice(week * 7, week * 7 + 7))
}
