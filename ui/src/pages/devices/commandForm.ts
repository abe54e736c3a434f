// The form of a command: fields of the catalogue, what they hold, what is sent.
import type { Command, CommandField } from '@/api/types'
import type { Tone } from '@/parts/StatusChip.vue'
import { fromLocalField } from '@/text/time'

/** What a person typed into a field: the value, and the code before an attribute such as i13004-Info. */
export interface Typed {
  code: string
  text: string
}

export const isTime = (field: CommandField) => field.form === 'time' || field.form === 'time_ms'

/** The parameters that are sent; empty fields are left out, so that the server names what is missing. */
export function sentParams(fields: readonly CommandField[], typed: Record<string, Typed>): Record<string, string | string[]> {
  const out: Record<string, string | string[]> = {}
  for (const field of fields) {
    const held = typed[field.name] ?? { code: '', text: '' }
    const text = held.text.trim()
    if (!text) continue
    const name = field.attribute ? `${held.code.trim()}-${field.name}` : field.name
    if (isTime(field)) out[name] = fromLocalField(text)
    else if (field.repeated) out[name] = text.split(/[\s,，、]+/).filter(Boolean)
    else out[name] = text
  }
  return out
}

/** Range and unit of a field in short: "30 – 3600 s". */
export function fieldRange(field: CommandField): string {
  if (field.least !== null && field.most !== null) return `${field.least} – ${field.most} ${field.unit}`.trim()
  return field.unit
}

/** Tone of a command's state. */
export function commandTone(row: Pick<Command, 'state' | 'open'>): Tone {
  if (row.open) return 'info'
  if (row.state === 'done' || row.state === 'succeeded') return 'success'
  return row.state === 'cancelled' ? 'none' : 'danger'
}

/** Parameters of a command as one line; secrets come masked from the server. */
export function paramsText(params: Record<string, string | string[]>): string {
  return Object.entries(params)
    .map(([name, value]) => `${name}=${Array.isArray(value) ? value.join(' ') : value}`)
    .join('; ')
}

/** Nested read-back values as lines of "name value". */
export function valueLines(values: Record<string, unknown>, before = ''): [name: string, value: string][] {
  return Object.entries(values).flatMap(([key, value]): [string, string][] => {
    const name = before ? `${before}.${key}` : key
    if (value === null || value === undefined || value === '') return []
    if (Array.isArray(value)) {
      return value.some((one) => typeof one === 'object')
        ? value.flatMap((one, index) => (one && typeof one === 'object' ? valueLines(one as Record<string, unknown>, `${name}[${index}]`) : [[name, String(one)] as [string, string]]))
        : [[name, value.map(String).join(', ')]]
    }
    if (typeof value === 'object') return valueLines(value as Record<string, unknown>, name)
    return [[name, String(value)]]
  })
}
