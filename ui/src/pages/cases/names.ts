// The words of what events of a case hold as codes: states, fields, and the values of fields.
import type { CaseDetail } from '@/api/types'
import { valueKey } from '@/parts/eventWords'
import { pick, type Lang } from '@/text/format'

type Pair = [string, string]

/**
 * Words by code for the time line of a case.
 *
 * @param lang language of the words
 * @param found the case as the server tells it
 */
export function eventNames(lang: Lang, found: CaseDetail): Record<string, string> {
  const states = [...found.states, ...found.side_states].map((state): Pair => [state.value, pick(lang, state.label_zh, state.label_en)])
  const next = found.next_steps.map((step): Pair => [step.to, pick(lang, step.to_zh, step.to_en)])
  const forms = found.next_steps.flatMap((step) => step.fields)
  const fields = [...found.known, ...forms].map((field): Pair => [field.name, pick(lang, field.label_zh, field.label_en)])
  const choices = forms.flatMap((field) => field.choices.map((one): Pair => [valueKey(field.name, one.value), pick(lang, one.label_zh, one.label_en)]))
  const values = found.known.filter((field) => typeof field.value === 'string').map((field): Pair => [valueKey(field.name, field.value as string), pick(lang, field.text_zh, field.text_en)])
  return Object.fromEntries([...fields, ...choices, ...values, ...next, ...states])
}
