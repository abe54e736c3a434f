// The form of a device: what its fields hold as text, what is sent, and which field an error of the server belongs to.
import type { FieldRule, Setting, SettingValue } from '@/api/types'

export type FieldText = string | string[]

/** Text of a secret that is to be taken off the register; no person can type it. */
export const CLEARED = '\u0000'

/** What a field shows for a value: lists and maps are written one entry per line. */
export function fieldText(rule: FieldRule, value: SettingValue): FieldText {
  if (rule.kind === 'flags') return Array.isArray(value) ? value : []
  if (value === null || value === undefined) return ''
  if (Array.isArray(value)) return value.join('\n')
  if (typeof value === 'object') {
    return Object.entries(value)
      .map(([key, one]) => `${key} = ${one}`)
      .join('\n')
  }
  return String(value)
}

const lines = (text: string) =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)

/** The value of a field as the server takes it; a line of a map without "=" keeps its key and gets an empty value. */
export function fieldValue(rule: FieldRule, text: FieldText): SettingValue {
  if (rule.kind === 'flags') return Array.isArray(text) ? text : []
  const plain = String(text)
  if (rule.kind === 'list') return lines(plain)
  if (rule.kind === 'map') {
    const pairs = lines(plain).map((line) => {
      const at = line.indexOf('=')
      return at < 0 ? [line, ''] : [line.slice(0, at).trim(), line.slice(at + 1).trim()]
    })
    return Object.fromEntries(pairs) as Record<string, string>
  }
  if (rule.kind === 'flag') return plain === 'true'
  if (rule.kind === 'integer') return /^[+-]?\d+$/.test(plain.trim()) ? Number(plain.trim()) : plain.trim()
  return plain.trim()
}

/** The settings that differ from what the form began with; a field that is back at its default is sent as null. */
export function changedSettings(
  rules: readonly FieldRule[],
  begun: Record<string, FieldText>,
  now: Record<string, FieldText>,
): Record<string, SettingValue> {
  const out: Record<string, SettingValue> = {}
  for (const rule of rules) {
    const text = now[rule.name] ?? ''
    if (JSON.stringify(text) === JSON.stringify(begun[rule.name] ?? '')) continue
    const cleared = rule.kind === 'secret' ? text === CLEARED : JSON.stringify(text) === JSON.stringify(fieldText(rule, rule.default))
    out[rule.name] = cleared ? null : fieldValue(rule, text)
  }
  return out
}

/** What the form begins with: the settings of a device, or the defaults. Secrets begin empty, whatever is set. */
export function startTexts(rules: readonly FieldRule[], settings: readonly Setting[] = []): Record<string, FieldText> {
  const held = new Map(settings.map((one) => [one.name, one.value]))
  return Object.fromEntries(
    rules.map((rule) => [rule.name, rule.kind === 'secret' ? '' : fieldText(rule, held.get(rule.name) ?? rule.default)]),
  )
}

const NAMES: Record<string, string> = { code: 'mn', parent: 'site' }

/** The field of the form behind the field that the server names: "attributes.sentinels[0]" is "sentinels". */
export function formField(field: string | null | undefined): string {
  const name = (field ?? '').replace(/^(attributes|settings)\./, '').replace(/[.[].*$/, '')
  return NAMES[name] ?? name
}
