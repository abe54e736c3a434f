import type { SubjectKind } from '@/api/evidence'

export const SUBJECTS: readonly SubjectKind[] = ['case', 'finding', 'occurrence', 'ledger_entry']
export const KINDS = ['document', 'photo', 'video', 'observation', 'statement', 'site_record', 'report', 'e_data', 'review', 'calibration', 'equipment', 'sample', 'receipt'] as const
/** Kinds that come as files; observations and reviews have verbs of their own. */
export const UPLOADS = KINDS.filter((kind) => kind !== 'observation' && kind !== 'review')

/** The chain of a subject. */
export const chainPath = (kind: string, id: number): string => `/desk/evidence/${kind}/${id}`

/** The page of the subject itself. */
export function subjectPath(kind: string, id: number): string {
  switch (kind) {
    case 'case':
      return `/desk/cases/${id}`
    case 'finding':
      return `/desk/alarms?id=${id}`
    case 'occurrence':
      return `/desk/obligations/occurrences/${id}`
    default:
      return `/desk/ledgers/entries/${id}`
  }
}

/** What of a form is sent: blank fields are left out, positions become numbers. */
export function filled(fields: readonly { field: string; type: string }[], typed: Record<string, string>): Record<string, string | number> {
  const found: Record<string, string | number> = {}
  for (const one of fields) {
    const text = (typed[one.field] ?? '').trim()
    if (text) found[one.field] = one.type === 'position' ? Number(text) - 1 : one.type === 'moment' ? moment(text) : text
  }
  return found
}

/** A local time of the city with its offset. */
export function moment(text: string): string {
  return /([+-]\d\d:\d\d|Z)$/.test(text) ? text : `${text.length === 16 ? `${text}:00` : text}+08:00`
}
