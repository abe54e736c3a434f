// From a group of the key figures to its findings: the same period, the same key.
import { monthsLater } from '@/pages/alarms/month'

const DAY_MS = 86_400_000

export interface Period {
  since: string
  until: string
}

/** A stretch of city days, the last one included, as moments. */
export function periodOf(firstDay: string, lastDay: string): Period {
  const after = new Date(Date.parse(`${lastDay}T00:00:00Z`) + DAY_MS).toISOString().slice(0, 10)
  return { since: `${firstDay}T00:00:00+08:00`, until: `${after}T00:00:00+08:00` }
}

const FILTER: Record<string, string> = { rule: 'rule', source: 'source', kind: 'kind', region: 'region', organisation: 'org' }

/** Address of the alarm list with the findings of a group; empty where no filter can tell them. */
export function drillDown(axis: string, key: string, period: Period): string {
  let { since, until } = period
  const query = new URLSearchParams({ open: 'all' })
  if (axis === 'month') {
    const begin = `${key}-01T00:00:00+08:00`
    const end = `${monthsLater(key, 1)}-01T00:00:00+08:00`
    since = begin > since ? begin : since
    until = end < until ? end : until
  } else {
    const name = FILTER[axis]
    if (!name || !key) return ''
    query.set(name, key)
  }
  query.set('raised_since', since)
  query.set('raised_until', until)
  return `/desk/alarms?${query.toString()}`
}
