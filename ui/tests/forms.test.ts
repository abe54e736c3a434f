import { describe, expect, it } from 'vitest'
import type { StepField } from '@/api/types'
import { draftKey, isMissing, loadDraft, saveDraft, sentFields, startValue } from '@/pages/cases/form'

const field = (name: string, type: string, rest: Partial<StepField> = {}): StepField => ({
  name,
  type,
  required: true, private: false,
  label_zh: name,
  label_en: name,
  choices: [],
  options: [],
  value: null,
  ...rest,
})

describe('the form of a step', () => {
  it('starts with what the case holds', () => {
    expect(startValue(field('cause', 'text', { value: 'old boiler' }))).toBe('old boiler')
    expect(startValue(field('measures', 'list', { value: ['a', 'b'] }))).toBe('a\nb')
    expect(startValue(field('done', 'checklist', { value: ['a'] }))).toEqual(['a'])
    expect(startValue(field('talked', 'boolean', { value: true }))).toBe(true)
    expect(startValue(field('due', 'date'))).toBe('')
  })

  it('sends lists as lists, drops blank lines and leaves empty answers out', () => {
    const fields = [field('cause', 'text'), field('measures', 'list'), field('done', 'checklist'), field('note', 'longtext'), field('sure', 'boolean')]
    const sent = sentFields(fields, { cause: '  boiler ', measures: 'a\n\n b ', done: [], note: '   ', sure: false })
    expect(sent).toEqual({ cause: 'boiler', measures: ['a', 'b'], sure: false })
  })

  it('knows which required answers are missing', () => {
    expect(isMissing(field('cause', 'text'), '  ')).toBe(true)
    expect(isMissing(field('cause', 'text'), 'x')).toBe(false)
    expect(isMissing(field('cause', 'text', { required: false }), '')).toBe(false)
    expect(isMissing(field('measures', 'list'), '\n \n')).toBe(true)
    expect(isMissing(field('done', 'checklist'), [])).toBe(true)
    expect(isMissing(field('sure', 'boolean'), false)).toBe(false)
  })

  it('keeps a draft for each step of each case', () => {
    const kept = new Map<string, string>()
    const store = { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, text: string) => void kept.set(key, text) }
    const key = draftKey(7, 'plan')
    saveDraft(key, { values: { cause: 'x', measures: ['a'] }, reason: 'r' }, store)
    expect(loadDraft(key, store)).toEqual({ values: { cause: 'x', measures: ['a'] }, reason: 'r' })
    expect(loadDraft(draftKey(8, 'plan'), store)).toBeNull()
    kept.set(key, '{broken')
    expect(loadDraft(key, store)).toBeNull()
  })
})
