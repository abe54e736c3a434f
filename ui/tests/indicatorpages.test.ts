import { flushPromises, mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { createMemoryHistory, createRouter } from 'vue-router'
import { api } from '@/api/calls'
import { failureOf } from '@/api/failure'
import type { DecisionAnswer, DecisionTableDetail, IndicatorDetail } from '@/api/types'
import { i18n } from '@/app/i18n'
import DecisionPage from '@/pages/decisions/DecisionPage.vue'
import IndicatorPage from '@/pages/indicators/IndicatorPage.vue'

const PURIFIER = {
  code: 'catering_purifier', group: 'catering', title_zh: '餐饮二级净化', title_en: 'Secondary purifier', policy: 'any', worst_of: '',
  row_id: 'dec.catering_purifier', rule_version: 'dec.catering_purifier@1', standard: 'S', clause: 'c', source: 's', confidence: 'memory', note: '',
  inputs: [
    { name: 'seats', kind: 'number', label_zh: '座位数', label_en: 'seats', unit: '1', choices: [], minimum: '0', maximum: null, optional: false, computed: false },
    { name: 'own_flue', kind: 'truth', label_zh: '专用烟道', label_en: 'dedicated flue', unit: '1', choices: [], minimum: null, maximum: null, optional: true, computed: false },
    { name: 'share', kind: 'number', label_zh: '占比', label_en: 'share', unit: '%', choices: [], minimum: null, maximum: null, optional: false, computed: true },
  ],
  outputs: [{ name: 'secondary', label_zh: '二级净化', label_en: 'secondary purifier', choices: [{ value: 'yes', label_zh: '需要', label_en: 'needed' }] }],
  rules: [{ row_id: 'dec.x.seats', conditions: { seats: '> 75' }, outcome: { secondary: 'yes' }, text_zh: '座位超过 75 个。', text_en: 'More than 75 seats.', standard: 'S', clause: 'c', source: 's', confidence: 'memory', unverified: true, region: 'CN', valid_from: '2018-01-01', valid_to: null, note: '' }],
  default: { secondary: 'no' }, default_zh: '均未超过', default_en: 'none is exceeded', gaps: [{ seats: '= 75' }], overlaps: 0,
} as unknown as DecisionTableDetail
const ANSWER = {
  table: 'catering_purifier', rule_version: 'x@1', as_of: '2025-11-24', standing: 'decided', outcome: { secondary: 'yes' }, outcome_zh: { secondary: '需要' },
  outcome_en: { secondary: 'needed' }, facts: {}, hits: [], near: [], missing: [], citations: [], unverified: true, explanation_zh: '二级净化：需要。',
  explanation_en: 'secondary purifier: needed.', responsible_zh: null, responsible_en: null,
} as unknown as DecisionAnswer
const RECYCLE = {
  code: 'RECYCLE', group: 'waste', name_zh: '回收利用率', name_en: 'Recycling', unit: '%', digits: 2, direction: 'higher', formula: '(dry + wet) / generated', composite: false,
  spans: ['month', 'year'], target: null, row_id: 'ind.recycle', standard: 'qingtian indicators', clause: 'RECYCLE', source: 's', confidence: 'decision of this project', unverified: true,
  note: '', missing_zh: ['湿垃圾：尚未填报'], missing_en: ['wet waste: nobody has reported it'], value: null, inputs: [
    { name: 'wet', label_zh: '湿垃圾', label_en: 'wet waste', table: false, unit: 't', sort: 'number', missing: 'exclude', fields: [], reported: true },
  ], evidence: {}, history: [], versions: [], figures: [], canonical: '', may_compute: true, may_report: true,
} as unknown as IndicatorDetail

async function page(component: object, path: string) {
  const router = createRouter({ history: createMemoryHistory(), routes: [{ path: '/desk/decisions/:code', component }, { path: '/desk/indicators/:code', component }] })
  await router.push(path)
  const found = mount(component, { global: { plugins: [i18n, router] } })
  await flushPromises()
  return found
}

beforeEach(() => {
  setActivePinia(createPinia())
  vi.restoreAllMocks()
})

describe('a decision table', () => {
  const open = () => page(DecisionPage, '/desk/decisions/catering_purifier')
  beforeEach(() => vi.spyOn(api, 'decisionTable').mockResolvedValue(PURIFIER))

  it('asks for each fact but those that are computed, and shows every rule with its ground', async () => {
    const found = await open()
    expect(found.findAll('form [name]').map((one) => one.attributes('name'))).toEqual(['seats', 'own_flue', 'subject'])
    expect(found.text()).toContain('> 75')
    expect(found.text()).toContain('dec.x.seats')
  })
  it('sends only what was given, and shows the answer', async () => {
    const asked = vi.spyOn(api, 'tryDecision').mockResolvedValue(ANSWER)
    const found = await open()
    await found.find('input[name="seats"]').setValue('76')
    await found.find('form').trigger('submit')
    await flushPromises()
    expect(asked).toHaveBeenCalledWith('catering_purifier', { facts: { seats: '76' } })
    expect(found.find('[data-outcome="yes"]').exists()).toBe(true)
  })
  it('tells a refused fact in words', async () => {
    vi.spyOn(api, 'tryDecision').mockRejectedValue(
      failureOf(422, { error: { code: 'invalid_input', message: 'not a number', message_key: 'error.invalid_input', field: 'seats', remedy: 'give a decimal number', params: {}, request_id: 'r' } }),
    )
    const found = await open()
    await found.find('form').trigger('submit')
    await flushPromises()
    expect(found.find('[role="alert"]').text()).not.toBe('')
    expect(found.find('[data-testid="answer"]').exists()).toBe(false)
  })
  it('keeps a decision only with a subject', async () => {
    const kept = vi.spyOn(api, 'keepDecision').mockResolvedValue({ number: 'DT-2025-000001' } as never)
    vi.spyOn(api, 'tryDecision').mockResolvedValue(ANSWER)
    const found = await open()
    expect(found.find('[data-testid="keep"]').attributes('disabled')).toBeDefined()
    await found.find('input[name="subject"]').setValue('一号餐馆')
    await found.find('[data-testid="keep"]').trigger('click')
    await flushPromises()
    expect(kept).toHaveBeenCalledWith('catering_purifier', { facts: {}, subject: '一号餐馆' })
    expect(found.text()).toContain('DT-2025-000001')
  })
})

describe('an indicator', () => {
  const open = () => page(IndicatorPage, '/desk/indicators/RECYCLE')

  it('shows formula and reasons, and no number, without data', async () => {
    vi.spyOn(api, 'indicator').mockResolvedValue(RECYCLE)
    const found = await open()
    expect(found.text()).toContain('(dry + wet) / generated')
    expect(found.find('[data-testid="value"]').text()).not.toMatch(/\d/)
    expect(found.find('[data-testid="lacking"]').text()).toMatch(/尚未填报|nobody has reported/)
  })
  it('shows inputs and the rows that were left out', async () => {
    vi.spyOn(api, 'indicator').mockResolvedValue({
      ...RECYCLE,
      value: { id: 1, code: 'RECYCLE', span: 'month', first: '2025-10-01', last: '2025-10-31', status: 'ok', value: '46.65', unit: '%', met: null, reason_zh: '', reason_en: '', coverage: '75.00', rule_row: 'r', rule_version: 'r@1', formula: '', version: 2, computed_at: '2025-11-24T10:00:00+08:00', known_at: null, simulated: false },
      evidence: {
        periods: { this: ['2025-10-01', '2025-10-31'] },
        singles: [{ input: 'wet', label_zh: '湿垃圾', label_en: 'wet waste', period: 'this', value: '2499', unit: 't', note: 'statistics office' }],
        tables: [{ input: 'sections', label_zh: '断面', label_en: 'sections', period: 'this', statistic: 'share', rows: 4, expected: null, used: 3, filtered: 0, excluded: [{ row: 'S4', field: 'grade' }], excluded_count: 1, coverage: '75.00', note: '' }],
        rows: { 'sections.this': [{ id: 'S4', grade: null }] },
      },
    } as unknown as IndicatorDetail)
    const text = (await open()).text()
    for (const part of ['46.65', '2499', 'statistics office', 'S4: grade', '75.00 %', '2025-10-01 – 2025-10-31']) expect(text).toContain(part)
  })
  it('reports a figure with its source', async () => {
    vi.spyOn(api, 'indicator').mockResolvedValue(RECYCLE)
    const sent = vi.spyOn(api, 'reportFigure').mockResolvedValue(RECYCLE)
    const found = await open()
    for (const [name, text] of [['first', '2025-10-01'], ['last', '2025-10-31'], ['value', '2499'], ['source', 'statistics office']] as const)
      await found.find(`input[name="${name}"]`).setValue(text)
    await found.find('form').trigger('submit')
    await flushPromises()
    expect(sent).toHaveBeenCalledWith('RECYCLE', { input: 'wet', first: '2025-10-01', last: '2025-10-31', value: '2499', source: 'statistics office' })
  })
})
