// A visit: what is still missing in it, and what it becomes in the queue.
import type { CheckLine, Checklist, FieldTask, MediaKind } from '@/api/field'
import type { NextStep } from '@/api/types'
import { isMissing, sentFields, startValue } from '@/pages/cases/form'
import type { Draft, GoneFile, MediaRow, NewQueued, RecordBody } from '@/pages/field/store'
import type { Spot } from '@/pages/field/place'

export const PARTY = 'party'

/** Something that keeps a visit from being sent: where it is, and what to do in words. */
export interface Lack {
  at: string
  key: string
  params: Record<string, string | number>
}
export interface VisitFacts {
  lines: readonly CheckLine[]
  least: number
  files: readonly MediaRow[]
  step: NextStep | null
}

/** The lists of a task, in their order. */
export function listsOf(task: Pick<FieldTask, 'checklists'> | null, lists: readonly Checklist[]): Checklist[] {
  return (task?.checklists ?? []).flatMap((code) => lists.filter((one) => one.checklist === code))
}

/** An empty draft of a visit. */
export function begin(username: string, task: { id: number; number: string; title: string; revision: number }, seenAt: string, now: Date): Draft {
  return {
    username,
    case: task.id,
    number: task.number,
    title: task.title,
    revision: task.revision,
    seen_at: seenAt,
    began_at: now.toISOString(),
    answers: {},
    text: '',
    inspectors: [username],
    party_name: '',
    party_says: '',
    unsigned_reason: '',
    step: '',
    step_fields: {},
    step_reason: '',
    gone: [],
  }
}

/** The steps that somebody on site may take; whether their guards are met is judged when they are sent. */
export function stepsOnSite(steps: readonly NextStep[]): NextStep[] {
  return steps.filter((one) => one.role_allowed && !one.automatic)
}

/** Everything that lies in the draft or was sent of it. */
export function filesOf(draft: Draft, files: readonly MediaRow[]): GoneFile[] {
  return [...draft.gone, ...files.map(({ kind, line, by, sha256, captured_at }) => ({ kind, line, by, sha256, captured_at }))]
}

/** Whether an answer is a problem by the list. */
export const isProblem = (line: CheckLine, value: string) => Boolean(line.problem_on) && value === line.problem_on

/** What is missing, in the order of the page. The server checks the same again. */
export function lacks(draft: Draft, facts: VisitFacts): Lack[] {
  const files = filesOf(draft, facts.files)
  return [...lineLacks(draft, facts.lines, files), ...wordLacks(draft), ...peopleLacks(draft, facts.least, files), ...stepLacks(draft, facts.step)]
}

function lineLacks(draft: Draft, lines: readonly CheckLine[], files: readonly GoneFile[]): Lack[] {
  return lines.flatMap((line) => {
    const given = draft.answers[line.item] ?? { value: '', note: '' }
    const at = `line-${line.item}`
    const params = { zh: line.text_zh, en: line.text_en }
    if (line.required && !given.value.trim()) return [{ at, key: 'answer', params }]
    if (!isProblem(line, given.value)) return []
    const found: Lack[] = []
    if (!given.note.trim()) found.push({ at, key: 'note', params })
    if (line.photo_on_problem && !files.some((one) => one.line === line.item)) found.push({ at, key: 'picture', params })
    return found
  })
}

const wordLacks = (draft: Draft): Lack[] => (draft.text.trim() ? [] : [{ at: 'text', key: 'text', params: {} }])

function peopleLacks(draft: Draft, least: number, files: readonly GoneFile[]): Lack[] {
  const found: Lack[] = []
  const signed = new Set(files.filter((one) => one.kind === 'signature').map((one) => one.by))
  if (draft.inspectors.length < least) found.push({ at: 'people', key: 'inspectors', params: { n: least } })
  for (const who of draft.inspectors) if (!signed.has(who)) found.push({ at: `sign-${who}`, key: 'signature', params: { who } })
  if (!signed.has(PARTY) && !draft.unsigned_reason.trim()) found.push({ at: `sign-${PARTY}`, key: 'party', params: {} })
  return found
}

function stepLacks(draft: Draft, step: NextStep | null): Lack[] {
  if (!step) return []
  const found: Lack[] = step.fields
    .filter((field) => isMissing(field, draft.step_fields[field.name] ?? startValue(field)))
    .map((field) => ({ at: 'step', key: 'field', params: { zh: field.label_zh, en: field.label_en } }))
  if (step.reason_required && !draft.step_reason.trim()) found.push({ at: 'step', key: 'reason', params: {} })
  return found
}

/** The record of a finished visit. */
export function recordOf(draft: Draft, facts: VisitFacts, ended: Date, spot: Spot | null): RecordBody {
  const files = filesOf(draft, facts.files)
  const shown = new Set(facts.lines.map((one) => one.item))
  const answers = Object.entries(draft.answers).filter(([item, one]) => shown.has(item) && (one.value.trim() || one.note.trim()))
  const fields = facts.step ? stepValues(draft, facts.step) : {}
  return {
    revision: draft.revision,
    seen_at: draft.seen_at,
    began_at: draft.began_at,
    ended_at: ended.toISOString(),
    inspectors: draft.inspectors,
    answers: Object.fromEntries(answers),
    media: files.filter((one) => one.kind !== 'signature').map((one) => ({ sha256: one.sha256, line: one.line })),
    signatures: latestSignatures(files, draft.inspectors),
    text: draft.text.trim(),
    party_name: draft.party_name.trim(),
    party_says: draft.party_says.trim(),
    unsigned_reason: draft.unsigned_reason.trim(),
    lon: spot?.lon ?? null,
    lat: spot?.lat ?? null,
    accuracy_m: spot?.accuracy_m ?? null,
    step: facts.step ? { to: facts.step.code, fields, reason: draft.step_reason.trim() } : null,
  }
}

function stepValues(draft: Draft, step: NextStep): Record<string, unknown> {
  const values = Object.fromEntries(step.fields.map((field) => [field.name, draft.step_fields[field.name] ?? startValue(field)]))
  return sentFields(step.fields, values)
}

function latestSignatures(files: readonly GoneFile[], inspectors: readonly string[]): { by: string; sha256: string }[] {
  const wanted = new Set([...inspectors, PARTY])
  const found = new Map<string, string>()
  for (const one of files) if (one.kind === 'signature' && wanted.has(one.by)) found.set(one.by, one.sha256)
  return [...found].map(([by, sha256]) => ({ by, sha256 }))
}

/** The things of a finished visit in the order in which they are sent: files as they were made, then the record. */
export function parcelsOf(draft: Draft, facts: VisitFacts, now: Date, spot: Spot | null, newKey: () => string): NewQueued[] {
  const visit = newKey()
  const common = { username: draft.username, visit, case: draft.case, number: draft.number, made_at: now.toISOString(), refused: null }
  const files = facts.files.map(
    (one): NewQueued => ({ ...common, key: newKey(), kind: 'media', title: one.name, media: one.id, body: null, draft: null }),
  )
  // Where the visit comes back from the queue, its files may have been sent already: the draft names them all.
  const whole: Draft = JSON.parse(JSON.stringify({ ...draft, gone: filesOf(draft, facts.files) })) as Draft
  return [...files, { ...common, key: newKey(), kind: 'record', title: draft.title, media: '', body: recordOf(draft, facts, now, spot), draft: whole }]
}

/** Kinds of file by what the browser says of it. */
export function kindOf(type: string): MediaKind {
  if (type.startsWith('video/')) return 'video'
  return type.startsWith('audio/') ? 'sound' : 'photo'
}
