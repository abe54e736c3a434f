// The filters of the alarm desk: their address and their sentence.
import type { FindingQuery } from '@/api/calls'
import type { FilterShape } from '@/text/query'

export interface AlarmFilters {
  confirmation: string
  activity: string
  open: string
  kind: string
  severity: string
  region: string
  q: string
  sort: string
  page: number
  id: string
}

export const ALARM_SHAPE: FilterShape<AlarmFilters> = {
  confirmation: { kind: 'text', fallback: '' },
  activity: { kind: 'text', fallback: '' },
  open: { kind: 'text', fallback: 'yes' },
  kind: { kind: 'text', fallback: '' },
  severity: { kind: 'text', fallback: '' },
  region: { kind: 'text', fallback: '' },
  q: { kind: 'text', fallback: '' },
  sort: { kind: 'text', fallback: '' },
  page: { kind: 'number', fallback: 1 },
  id: { kind: 'text', fallback: '' },
}

export const PAGE_SIZE = 50
export const KINDS = [
  'exceedance',
  'air_pollution',
  'late_stream',
  'frozen_value',
  'dilution',
  'treatment_off',
  'clock_error',
  'data_quality',
  'rebound',
] as const
export const SEVERITIES = ['1', '2', '3', '4'] as const

/** The query of the API for the filters. */
export function queryOf(filters: AlarmFilters): FindingQuery {
  return {
    confirmation: (filters.confirmation || undefined) as FindingQuery['confirmation'],
    activity: (filters.activity || undefined) as FindingQuery['activity'],
    open: filters.open === 'yes' ? true : filters.open === 'no' ? false : undefined,
    kind: filters.kind ? [filters.kind as (typeof KINDS)[number]] : undefined,
    severity: filters.severity ? Number(filters.severity) : undefined,
    region: filters.region || undefined,
    q: filters.q || undefined,
    sort: filters.sort || undefined,
    page: filters.page,
    page_size: PAGE_SIZE,
  }
}
