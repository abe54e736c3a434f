import { describe, expect, it } from 'vitest'
import { mount } from '@vue/test-utils'
import { createPinia } from 'pinia'
import DecisionAnswerBox from '@/pages/decisions/DecisionAnswerBox.vue'
import IndicatorFigure from '@/pages/indicators/IndicatorFigure.vue'
import { fieldsOf, flatten, indicatorPath, lackingOf, type IndexNode } from '@/pages/indicators/words'
import type { DecisionAnswer, DecisionTableDetail, IndicatorValue } from '@/api/types'
import { i18n } from '@/app/i18n'

const global = { plugins: [createPinia(), i18n] }
const value = (more: Partial<IndicatorValue>): IndicatorValue =>
  ({ status: 'ok', value: '46.65', unit: '%', met: null, simulated: false, reason_zh: '', reason_en: '', ...more }) as IndicatorValue

describe('the figure of an indicator', () => {
  const shown = (one: IndicatorValue | null, target: string | null = null) => mount(IndicatorFigure, { props: { value: one, unit: '%', target }, global }).text()

  it('shows the value as the server rounded it, with its unit', () => expect(shown(value({}))).toContain('46.65 %'))
  it('shows a word and no number where there is no value', () => {
    for (const text of [shown(null), shown(value({ value: null, status: 'no_data' }))]) {
      expect(text).not.toMatch(/\d/)
      expect(text.length).toBeGreaterThan(0)
    }
  })
  it('says whether the target is met', () => {
    const texts = [true, false].map((met) => shown(value({ met }), '> 90'))
    expect(texts[0]).not.toBe(texts[1])
    expect(texts[0]).toContain('> 90')
  })
  it('says that a value rests on simulated data', () => expect(shown(value({ simulated: true }))).not.toBe(shown(value({}))))
})

describe('why a value is missing', () => {
  const one = { missing_zh: ['可回收物：尚未填报'], missing_en: ['dry: nobody has reported it'], value: null }
  it('names the inputs in the language of the reader', () => {
    expect(lackingOf(one, 'zh')).toEqual(['可回收物：尚未填报'])
    expect(lackingOf(one, 'en')).toEqual(['dry: nobody has reported it'])
  })
  it('falls back to what the value says of itself', () => {
    const none = { missing_zh: [], missing_en: [], value: value({ value: null, reason_en: 'the divisor is zero' }) }
    expect(lackingOf(none, 'en')).toEqual(['the divisor is zero'])
    expect(lackingOf({ ...none, value: value({}) }, 'en')).toEqual([])
  })
})

describe('a composite index as lines', () => {
  const node = (code: string, children: IndexNode[] = []): IndexNode =>
    ({ code, children, name_zh: '', name_en: '', indicator: '', weight: '1', score: null, share: '0', contribution: '0', value: '', unit: '' }) as IndexNode
  it('keeps the order and the depth of the tree', () => {
    const lines = flatten(node('city', [node('air', [node('good')]), node('water')]))
    expect(lines.map((one) => [one.node.code, one.depth])).toEqual([['city', 0], ['air', 1], ['good', 2], ['water', 1]])
  })
  it('puts the id of rows first', () => expect(fieldsOf([{ aqi: '80', id: '2025-11-24' }])).toEqual(['id', 'aqi']))
  it('writes codes into addresses', () => expect(indicatorPath('A/B')).toBe('/desk/indicators/A%2FB'))
})

describe('an answer of a decision table', () => {
  const table = { outputs: [{ name: 'duty', label_zh: '职责', label_en: 'duty', choices: [] }] } as unknown as DecisionTableDetail
  const answer = (more: Partial<DecisionAnswer>): DecisionAnswer =>
    ({
      standing: 'decided',
      outcome: { duty: 'police' },
      outcome_zh: { duty: '公安机关' },
      outcome_en: { duty: 'police' },
      explanation_zh: '职责：公安机关。\n适用 x',
      explanation_en: 'duty: police.\nx applies',
      responsible_zh: null,
      responsible_en: null,
      unverified: false,
      ...more,
    }) as DecisionAnswer
  const box = (one: DecisionAnswer) => mount(DecisionAnswerBox, { props: { answer: one, table }, global })

  it('shows outcome and every line of the explanation', () => {
    const found = box(answer({}))
    expect(found.findAll('li')).toHaveLength(2)
    expect(found.find('[data-outcome="police"]').exists()).toBe(true)
  })
  it('says that nobody is named instead of guessing', () => {
    const nobody = box(answer({})).text()
    const named = box(answer({ responsible_zh: '公安局', responsible_en: 'police bureau' })).text()
    expect(nobody).not.toBe(named)
    expect(named).toMatch(/公安局|police bureau/)
  })
  it('marks what was taken from memory', () => expect(box(answer({ unverified: true })).text()).not.toBe(box(answer({})).text()))
})
