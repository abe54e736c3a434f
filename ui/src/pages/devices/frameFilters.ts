// What a device page keeps in its address.
import type { FilterShape } from '@/text/query'

export interface FrameFilters {
  tab: string
  cn: string
  verdict: string
  before: string
}

export const FRAME_SHAPE: FilterShape<FrameFilters> = {
  tab: { kind: 'text', fallback: 'frames' },
  cn: { kind: 'text', fallback: '' },
  verdict: { kind: 'text', fallback: '' },
  before: { kind: 'text', fallback: '' },
}
/** Data commands that a device sends by itself; others are reached by a frame's own link. */
export const DATA_COMMANDS = ['2011', '2051', '2061', '2031', '2021', '9015'] as const
