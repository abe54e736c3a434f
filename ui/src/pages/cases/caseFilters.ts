// The filters that list, board and map of cases share; all of them live in the address.
import type { CaseQuery } from '@/api/calls'
import type { ListFilters } from '@/app/listPage'
import type { FilterShape } from '@/text/query'

export const VIEWS = ['mine', 'due_soon', 'overdue', 'to_verify', 'all'] as const
export const FORMS = ['list', 'board', 'map'] as const

export interface CaseFilters extends ListFilters {
  view: string
  as: string
  state: string
  template: string
  severity: string
  region: string
  org: string
  rebound: boolean
  parent: string
  relation: string
  id: string
}

export const SHAPE: FilterShape<CaseFilters> = {
  view: { kind: 'text', fallback: 'all' },
  as: { kind: 'text', fallback: 'list' },
  state: { kind: 'text', fallback: '' },
  template: { kind: 'text', fallback: '' },
  severity: { kind: 'text', fallback: '' },
  region: { kind: 'text', fallback: '' },
  org: { kind: 'text', fallback: '' },
  rebound: { kind: 'flag', fallback: false },
  parent: { kind: 'text', fallback: '' },
  relation: { kind: 'text', fallback: '' },
  q: { kind: 'text', fallback: '' },
  sort: { kind: 'text', fallback: '' },
  page: { kind: 'number', fallback: 1 },
  id: { kind: 'text', fallback: '' },
}

/** The filters as the server takes them; page and order are the list's own. */
export function queryOf(now: CaseFilters): CaseQuery {
  return {
    view: now.view as CaseQuery['view'],
    state: now.state ? [now.state] : undefined,
    template: now.template || undefined,
    severity: now.severity ? Number(now.severity) : undefined,
    region: now.region || undefined,
    org: now.org || undefined,
    rebound: now.rebound || undefined,
    parent: now.parent ? Number(now.parent) : undefined,
    relation: now.relation || undefined,
    q: now.q || undefined,
  }
}
