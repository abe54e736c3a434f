// What the deadline of a case says, for its words and colour.
import type { CaseRow } from '@/api/types'

/** The main deadline of a case in a list. */
export const deadlineFacts = (row: CaseRow) => ({
  due_on: row.due_at,
  remaining_working_days: row.remaining_working_days,
  breached: row.overdue,
  paused: row.paused,
  provisional: row.provisional,
})
