// Paths and tones of reports.
export const STATES = ['draft', 'issued', 'withdrawn'] as const
export const reportPath = (number: string) => `/desk/reports/${encodeURIComponent(number)}`

export function stateTone(state: string): 'info' | 'success' | 'warning' {
  if (state === 'issued') return 'success'
  return state === 'withdrawn' ? 'warning' : 'info'
}

/** The period of a report in one word: a single day is told once. */
export function periodOf(first: string, last: string): string {
  return first === last ? first : `${first} – ${last}`
}

/** What a kind asks for: a day of its period, a case or an enterprise. */
export function asksFor(span: string): 'day' | 'case' | 'enterprise' {
  return span === 'case' || span === 'enterprise' ? span : 'day'
}

/** The day before a day of city time: the last one that is whole. */
export function dayBefore(day: string): string {
  const at = new Date(`${day.slice(0, 10)}T00:00:00Z`)
  at.setUTCDate(at.getUTCDate() - 1)
  return at.toISOString().slice(0, 10)
}
