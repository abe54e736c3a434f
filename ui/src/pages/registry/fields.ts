// The fields of a registered object as texts of a form, and back.
import type { ObjectField, ObjectType, RegistryObject } from '@/api/types'
import type { Lang } from '@/text/format'

export const objectPath = (type: string, code: string) => `/desk/registry/${encodeURIComponent(type)}/${encodeURIComponent(code)}`

/** Fields that a flat form can hold. */
export const plainFields = (type: ObjectType | null): ObjectField[] => (type?.fields ?? []).filter((one) => one.kind !== 'structure')

/** What a form shows of a stored value. */
export function textOf(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (Array.isArray(value)) return value.join('; ')
  if (typeof value === 'boolean') return value ? 'true' : 'false'
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** What is stored of a text; an empty text removes the field. */
export function valueOf(field: ObjectField, text: string): unknown {
  const plain = text.trim()
  if (!plain) return null
  if (field.kind === 'flag') return plain === 'true'
  if (field.kind === 'integer') return /^-?\d+$/.test(plain) ? Number(plain) : plain
  if (field.kind === 'list') return plain.split(/[;；、\n]/).map((one) => one.trim()).filter(Boolean)
  if (field.kind === 'credit_code') return plain.toUpperCase()
  return plain
}

/** The fields whose text is another one than before, as they are sent. */
export function changedFields(fields: ObjectField[], before: Record<string, string>, now: Record<string, string>): Record<string, unknown> {
  const changed = fields.filter((one) => (before[one.name] ?? '') !== (now[one.name] ?? ''))
  return Object.fromEntries(changed.map((one) => [one.name, valueOf(one, now[one.name] ?? '')]))
}

/** A stored value in words. */
export function wordsOf(field: ObjectField, value: unknown, lang: Lang, yes: string, no: string): string {
  if (value === null || value === undefined || value === '') return ''
  if (field.kind === 'flag') return value ? yes : no
  if (field.kind === 'choice') {
    const choice = field.choices.find((one) => one.value === value)
    return choice ? (lang === 'zh' ? choice.label_zh : choice.label_en) : String(value)
  }
  if (Array.isArray(value) && value.every((one) => typeof one !== 'object')) return value.join(lang === 'zh' ? '、' : ', ')
  return typeof value === 'object' ? JSON.stringify(value, null, 1) : String(value)
}

/** Fields of an object that its type does not name; they are shown as they stand. */
export const strangeFields = (type: ObjectType | null, row: RegistryObject): [string, string][] =>
  Object.entries(row.attributes)
    .filter(([name]) => !type?.fields.some((one) => one.name === name))
    .map(([name, value]) => [name, textOf(value)])
