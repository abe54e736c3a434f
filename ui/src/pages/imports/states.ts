// What the states and weights of imports look like, and how far one is.
import type { DataImport } from '@/api/types'

export const STATES = ['uploaded', 'checking', 'checked', 'importing', 'done', 'cancelled', 'failed', 'withdrawing', 'withdrawn'] as const
export const KINDS = ['air', 'water', 'noise', 'soil', 'manual', 'power', 'process', 'weather', 'forecast', 'other'] as const
export const CYCLES = ['realtime', 'minute', 'hour', 'four_hour', 'day', 'month', 'year', 'sample'] as const
export const STAMPS = ['start', 'end', 'instant'] as const
export type Tone = 'success' | 'info' | 'warning' | 'danger'

/** Colour of a state. */
export function stateTone(state: string): Tone {
  if (state === 'done') return 'success'
  if (state === 'failed' || state === 'withdrawn') return 'danger'
  return state === 'cancelled' || state === 'withdrawing' ? 'warning' : 'info'
}

/** Colour of what was found. */
export function weightTone(weight: string): Tone {
  return weight === 'file' ? 'danger' : weight === 'row' ? 'warning' : 'info'
}

/** Whether somebody works on it now, so that the page must look again. */
export function running(row: Pick<DataImport, 'state'>): boolean {
  return ['checking', 'importing', 'withdrawing'].includes(row.state)
}

/** Done in percent, 0 to 100. */
export function percent(row: Pick<DataImport, 'rows_done' | 'rows_total'>): number {
  const total = Math.max(row.rows_total, row.rows_done, 1)
  return Math.floor((row.rows_done / total) * 100)
}

/** Page of an import. */
export function importPath(number: string): string {
  return `/desk/imports/${encodeURIComponent(number)}`
}
