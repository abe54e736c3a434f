// A mapping as the form edits it: plain data in the shape of the server, with the parts that a form shows filled in.
import type { MappingDraft } from '@/api/calls'

export interface ColumnDraft {
  column: string
  pollutant: string
  unit: string
  [more: string]: unknown
}
export interface Draft {
  name: string
  kind: string
  cycle: string
  period_s: number
  time: { columns: string[]; stamp: string; [more: string]: unknown }
  site: { columns: string[]; constant: string; [more: string]: unknown }
  columns: ColumnDraft[]
  long: Record<string, unknown> | null
  [more: string]: unknown
}

/** The form's copy of a mapping; nothing that the form does not show is lost. */
export function draftOf(mapping: MappingDraft): Draft {
  const plain = JSON.parse(JSON.stringify(mapping)) as Partial<Draft>
  return {
    ...plain,
    name: plain.name ?? 'new_mapping',
    kind: plain.kind ?? 'other',
    cycle: plain.cycle ?? 'hour',
    period_s: plain.period_s ?? 0,
    time: { ...plain.time, columns: plain.time?.columns ?? [], stamp: plain.time?.stamp ?? 'start' },
    site: { ...plain.site, columns: plain.site?.columns ?? [], constant: plain.site?.constant ?? '' },
    columns: plain.columns ?? [],
    long: plain.long ?? null,
  }
}

/** What is sent: the site is either a column or one code, and columns without a code are left out. */
export function sent(draft: Draft): MappingDraft {
  const plain = JSON.parse(JSON.stringify(draft)) as Draft
  if (plain.site.columns.length) plain.site.constant = ''
  plain.columns = plain.columns.filter((one) => one.column && one.pollutant)
  if (plain.long === null) delete (plain as Partial<Draft>).long
  return plain
}

/** Columns of the file that no part of the mapping uses yet. */
export function unused(draft: Draft, columns: string[]): string[] {
  const used = new Set([...draft.time.columns, ...draft.site.columns, ...draft.columns.map((one) => one.column)])
  return columns.filter((one) => !used.has(one))
}
