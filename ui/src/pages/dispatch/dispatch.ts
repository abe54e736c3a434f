// Filters of the dispatch page, cases as points of its map, and what speaks for a person.
import type { Candidate, DispatchQuery, WaitingRow } from '@/api/command'
import type { MapPoint } from '@/map/layers/marks'
import { pick, type Lang } from '@/text/format'
import type { FilterShape } from '@/text/query'

export const MOST_ON_MAP = 300
const SEVERE = 3
const COMPLAINTS = 'T2'

export interface DispatchFilters {
  charge: string
  responsible: string
  template: string
  region: string
  severity: string
  case: string
}

export const SHAPE: FilterShape<DispatchFilters> = {
  charge: { kind: 'text', fallback: 'free' },
  responsible: { kind: 'text', fallback: '' },
  template: { kind: 'text', fallback: '' },
  region: { kind: 'text', fallback: '' },
  severity: { kind: 'text', fallback: '' },
  case: { kind: 'text', fallback: '' },
}

/** The filters as the server takes them; who is named is asked for whatever else is chosen. */
export function queryOf(now: DispatchFilters): DispatchQuery {
  const charge = { free: false, taken: true }[now.charge]
  return {
    assigned: now.responsible ? undefined : charge,
    responsible: now.responsible || undefined,
    template: now.template || undefined,
    region: now.region || undefined,
    severity: now.severity ? Number(now.severity) : undefined,
    limit: MOST_ON_MAP,
  }
}

/** Cases with a place as points; late ones stand out, severe ones have a ring. */
export function pointsOf(rows: readonly WaitingRow[], lang: Lang): MapPoint[] {
  const points: MapPoint[] = []
  for (const row of rows) {
    const { lon, lat } = row.place ?? {}
    if (typeof lon !== 'number' || typeof lat !== 'number') continue
    points.push({
      id: String(row.id),
      kind: row.template === COMPLAINTS ? 'complaint' : 'case',
      code: row.number,
      name: pick(lang, row.title, row.title_en),
      lon,
      lat,
      value: null,
      level: null,
      colour: null,
      categoryName: pick(lang, row.state_zh, row.state_en),
      status: row.overdue ? 'exceeding' : 'normal',
      openFindings: (row.severity ?? 0) >= SEVERE ? 1 : 0,
      simulated: row.simulated,
    })
  }
  return points
}

/** Keys of the words that speak for a person, in the order in which they count. */
export function reasonsFor(one: Candidate): string[] {
  return [one.keeper ? 'keeper' : '', one.awaited ? 'awaited' : '', one.load.open === 0 ? 'idle' : ''].filter(Boolean)
}

/** The next or previous case of the list; the first one when none is chosen. */
export function neighbour(ids: readonly string[], chosen: string, by: number): string | undefined {
  const at = ids.indexOf(chosen)
  if (at < 0) return ids[0]
  return ids[Math.min(Math.max(at + by, 0), ids.length - 1)]
}
