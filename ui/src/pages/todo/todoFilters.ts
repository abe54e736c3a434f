// The four lists of what waits, and the filters that their address holds.
import type { WaitingKind, WaitingQuery } from '@/api/command'
import type { ListFilters } from '@/app/listPage'
import type { FilterShape } from '@/text/query'

export const VIEWS = ['mine', 'near', 'breached', 'check'] as const
export const URGENCIES = ['breached', 'near', 'later', 'none'] as const
export const NEAR_DAYS = 7
export const SPANS = [1, 3, 7, 14, 30] as const
export type View = (typeof VIEWS)[number]

export interface TodoFilters extends ListFilters {
  view: string
  kind: string
  urgency: string
  days: number
  region: string
  id: string
}

export const SHAPE: FilterShape<TodoFilters> = {
  view: { kind: 'text', fallback: 'mine' },
  kind: { kind: 'text', fallback: '' },
  urgency: { kind: 'text', fallback: '' },
  days: { kind: 'number', fallback: NEAR_DAYS },
  region: { kind: 'text', fallback: '' },
  q: { kind: 'text', fallback: '' },
  sort: { kind: 'text', fallback: '' },
  page: { kind: 'number', fallback: 1 },
  id: { kind: 'text', fallback: '' },
}

/** The view that an address asks for; an unknown word is one's own list. */
export function viewOf(now: TodoFilters): View {
  return VIEWS.find((one) => one === now.view) ?? 'mine'
}

/** Whether a view fixes the urgency by itself. */
export const isUrgent = (view: View) => view === 'near' || view === 'breached'

/** The filters as the server takes them; page is the list's own, the order is that of the deadlines. */
export function queryOf(now: TodoFilters): WaitingQuery {
  const view = viewOf(now)
  return {
    scope: view === 'mine' ? 'mine' : 'all',
    kind: now.kind ? (now.kind.split(',') as WaitingKind[]) : undefined,
    urgency: ((isUrgent(view) ? view : now.urgency) || undefined) as WaitingQuery['urgency'],
    check: view === 'check' || undefined,
    near_days: now.days === NEAR_DAYS ? undefined : now.days,
    region: now.region || undefined,
    q: now.q || undefined,
  }
}
