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
  source: string
  answer: string
  silenced: string
  rule: string
  org: string
  enterprise: string
  raised_since: string
  raised_until: string
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
  source: { kind: 'text', fallback: '' },
  answer: { kind: 'text', fallback: '' },
  silenced: { kind: 'text', fallback: '' },
  rule: { kind: 'text', fallback: '' },
  org: { kind: 'text', fallback: '' },
  enterprise: { kind: 'text', fallback: '' },
  raised_since: { kind: 'text', fallback: '' },
  raised_until: { kind: 'text', fallback: '' },
  q: { kind: 'text', fallback: '' },
  sort: { kind: 'text', fallback: '' },
  page: { kind: 'number', fallback: 1 },
  id: { kind: 'text', fallback: '' },
}

export const PAGE_SIZE = 50
export const SOURCES = ['data', 'patrol', 'model', 'complaint', 'audit', 'missed_obligation', 'superior'] as const
export const ANSWERS = ['asked', 'answered', 'refused', 'accepted', 'late'] as const
export const SEVERITIES = ['1', '2', '3', '4'] as const

/** The query of the API for the filters. */
export function queryOf(filters: AlarmFilters): FindingQuery {
  return {
    confirmation: (filters.confirmation || undefined) as FindingQuery['confirmation'],
    activity: (filters.activity || undefined) as FindingQuery['activity'],
    open: filters.open === 'yes' ? true : filters.open === 'no' ? false : undefined,
    kind: filters.kind ? [filters.kind] : undefined,
    severity: filters.severity ? Number(filters.severity) : undefined,
    region: filters.region || undefined,
    source: filters.source ? ([filters.source] as FindingQuery['source']) : undefined,
    answer: filters.answer && filters.answer !== 'late' ? (filters.answer as FindingQuery['answer']) : undefined,
    answer_late: filters.answer === 'late' ? true : undefined,
    silenced: filters.silenced ? filters.silenced === 'yes' : undefined,
    rule: filters.rule || undefined,
    org: filters.org || undefined,
    enterprise: filters.enterprise || undefined,
    raised_since: filters.raised_since || undefined,
    raised_until: filters.raised_until || undefined,
    q: filters.q || undefined,
    sort: filters.sort || undefined,
    page: filters.page,
    page_size: PAGE_SIZE,
  }
}
