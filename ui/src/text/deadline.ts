// How a deadline is shown. Whether it is breached is the server's fact; the words only follow it.

export interface DeadlineFacts {
  due_on: string | null
  remaining_working_days: number | null
  breached?: boolean
  paused?: boolean
  provisional?: boolean
}

export type DeadlineState = 'none' | 'paused' | 'overdue' | 'today' | 'soon' | 'running'

export interface DeadlineShown {
  state: DeadlineState
  key: string
  days: number
}

const SOON_DAYS = 2

/** State and message key (`deadline.*`, parameter `days`) of a deadline. */
export function deadline(facts: DeadlineFacts): DeadlineShown {
  const days = facts.remaining_working_days ?? 0
  if (!facts.due_on) return { state: 'none', key: 'deadline.none', days: 0 }
  if (facts.paused) return { state: 'paused', key: 'deadline.paused', days }
  if (facts.breached || days < 0) return { state: 'overdue', key: 'deadline.overdue', days: Math.abs(days) }
  if (facts.remaining_working_days === null) return { state: 'running', key: 'deadline.due', days: 0 }
  if (days === 0) return { state: 'today', key: 'deadline.today', days }
  return { state: days <= SOON_DAYS ? 'soon' : 'running', key: 'deadline.left', days }
}
