// A month as weeks of days, Monday first, and which windows touch a day; days are those of the city.
import { cityParts } from '@/text/time'

const DAY_MS = 86_400_000

export interface Day {
  date: string
  inMonth: boolean
}

/** "2025-11" of a moment in city time. */
export const monthOf = (moment: Date | string): string => cityParts(moment).date.slice(0, 7)

/** Another month, so many later. */
export function monthsLater(month: string, by: number): string {
  const [year, number] = month.split('-').map(Number) as [number, number]
  const at = year * 12 + (number - 1) + by
  return `${Math.floor(at / 12)}-${String((at % 12) + 1).padStart(2, '0')}`
}

/** Whole weeks that hold the month. */
export function weeksOf(month: string): Day[][] {
  const first = new Date(`${month}-01T00:00:00Z`)
  const shift = (first.getUTCDay() + 6) % 7
  const weeks: Day[][] = []
  for (let at = first.getTime() - shift * DAY_MS; ; ) {
    const week: Day[] = []
    for (let day = 0; day < 7; day += 1, at += DAY_MS) {
      const date = new Date(at).toISOString().slice(0, 10)
      week.push({ date, inMonth: date.startsWith(month) })
    }
    weeks.push(week)
    if (new Date(at).toISOString().slice(0, 7) !== month) return weeks
  }
}

/** First and last moment that a month's weeks cover, as the API wants them. */
export function spanOf(month: string): { since: string; until: string } {
  const weeks = weeksOf(month)
  const last = weeks[weeks.length - 1]![6]!.date
  const after = new Date(Date.parse(`${last}T00:00:00Z`) + DAY_MS).toISOString().slice(0, 10)
  return { since: `${weeks[0]![0]!.date}T00:00:00+08:00`, until: `${after}T00:00:00+08:00` }
}

/** What touches a day; a window that ends at midnight does not touch the day that begins then. */
export function onDay<W extends { starts_at: string; ends_at: string }>(windows: W[], date: string): W[] {
  const begin = Date.parse(`${date}T00:00:00+08:00`)
  return windows.filter((one) => Date.parse(one.starts_at) < begin + DAY_MS && Date.parse(one.ends_at) > begin)
}
