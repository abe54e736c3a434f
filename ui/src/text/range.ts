// Time ranges of series: a preset that ends now, or two fixed ends that live in the address.
import { fromLocalField } from '@/text/time'
import type { FilterShape } from '@/text/query'

export interface RangeFilters {
  range: string
  cycle: string
  start: string
  end: string
}

export const RANGE_SHAPE: FilterShape<RangeFilters> = {
  range: { kind: 'text', fallback: '3d' },
  cycle: { kind: 'text', fallback: 'hour' },
  start: { kind: 'text', fallback: '' },
  end: { kind: 'text', fallback: '' },
}

const HOUR_MS = 3_600_000
export const RANGES: Record<string, number> = { '6h': 6, '24h': 24, '3d': 72, '7d': 168, '30d': 720 }

/** ISO ends of the range; presets end at the next full hour of the city. */
export function rangeOf(filters: RangeFilters, now: Date): { start: string; end: string } {
  if (filters.start && filters.end) return { start: fromLocalField(filters.start), end: fromLocalField(filters.end) }
  const end = Math.ceil(now.getTime() / HOUR_MS) * HOUR_MS
  const hours = RANGES[filters.range] ?? RANGES['3d'] ?? 72
  return { start: cityIso(end - hours * HOUR_MS), end: cityIso(end) }
}

function cityIso(ms: number): string {
  return `${new Date(ms + 8 * HOUR_MS).toISOString().slice(0, 19)}+08:00`
}
