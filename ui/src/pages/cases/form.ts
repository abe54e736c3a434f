// The form of a legal step: what the fields hold at the start and what is sent.
import type { StepField } from '@/api/types'

export type FormValue = string | boolean | string[]
const SEVERAL = ['checklist', 'choices', 'users']

/** What a field shows first: what the case holds already, or nothing. */
export function startValue(field: StepField): FormValue {
  const held = field.value
  if (field.type === 'boolean') return held === true
  if (SEVERAL.includes(field.type)) return Array.isArray(held) ? held.map(String) : []
  if (field.type === 'list') return Array.isArray(held) ? held.map(String).join('\n') : ''
  return held === null || held === undefined ? '' : String(held)
}

/** What is sent for a field; empty answers are left out, so that the server can name them as missing. */
export function sentValue(field: StepField, value: FormValue): unknown {
  if (field.type === 'boolean') return value === true
  if (SEVERAL.includes(field.type)) return value
  const text = String(value).trim()
  if (field.type === 'list') {
    const lines = text.split('\n').map((line) => line.trim())
    return lines.filter(Boolean)
  }
  return text
}

/** Whether a required field is still empty; the server checks again. */
export function isMissing(field: StepField, value: FormValue): boolean {
  if (!field.required) return false
  const sent = sentValue(field, value)
  return field.type === 'boolean' ? false : Array.isArray(sent) ? sent.length === 0 : sent === ''
}

/** The fields of a step as they are sent. */
export function sentFields(fields: readonly StepField[], values: Record<string, FormValue>): Record<string, unknown> {
  const out: Record<string, unknown> = {}
  for (const field of fields) {
    const sent = sentValue(field, values[field.name] ?? '')
    if (sent === '' || (Array.isArray(sent) && sent.length === 0)) continue
    out[field.name] = sent
  }
  return out
}

const DRAFTS = 'qingtian.draft'

export interface Draft {
  values: Record<string, FormValue>
  reason: string
}

/** Name of the draft of one step of one case. */
export function draftKey(caseId: number, step: string): string {
  return `${DRAFTS}:${caseId}:${step}`
}

/** A draft that was left behind in this tab, or nothing. */
export function loadDraft(key: string, store: Pick<Storage, 'getItem'> = sessionStorage): Draft | null {
  try {
    const found = JSON.parse(store.getItem(key) ?? 'null') as Draft | null
    return found && typeof found.values === 'object' && typeof found.reason === 'string' ? found : null
  } catch {
    return null
  }
}

/** Keep what was typed, so that leaving the page loses nothing. */
export function saveDraft(key: string, draft: Draft, store: Pick<Storage, 'setItem'> = sessionStorage): void {
  try {
    store.setItem(key, JSON.stringify(draft))
  } catch {
    // A full or forbidden store only costs the draft.
  }
}
