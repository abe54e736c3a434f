import { flushPromises, mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createMemoryHistory, createRouter } from 'vue-router'
import { api } from '@/api/calls'
import { failureOf } from '@/api/failure'
import type { Explanation, RecomputationDetail, RuleDetail } from '@/api/types'
import { i18n } from '@/app/i18n'
import { useMeta } from '@/app/stores/meta'
import { usePrefs } from '@/app/stores/prefs'
import RecomputationPage from '@/pages/rules/RecomputationPage.vue'
import RulePage from '@/pages/rules/RulePage.vue'
import TryRule from '@/pages/rules/TryRule.vue'
import ScreenKpis from '@/pages/screen/ScreenKpis.vue'
import WhyButton from '@/parts/WhyButton.vue'

const WHY = {
  id: 7,
  question: 'emission_limit',
  object: 'O-1',
  object_name: '一号排口',
  object_name_en: 'Stack one',
  object_type: 'outlet',
  item: 'a21002',
  item_zh: 'NOx',
  item_en: 'NOx',
  cycle: 'hour',
  period_start: '2025-11-24T08:00:00+08:00',
  period_end: '2025-11-24T09:00:00+08:00',
  value: '120.5',
  unit: 'mg/m3',
  limit: '100',
  index: null,
  published: null,
  category: '',
  verdict: 'exceeds',
  text_zh: '超过限值',
  text_en: 'is over the limit',
  inputs: [
    { name: 'a21002', name_zh: 'NOx', name_en: 'NOx', at: null, value: '90', unit: 'mg/m3', mark: 'N', mark_zh: '正常', mark_en: 'normal', version: 2, sub_index: null, role: 'measured' },
    { name: 'a19001', name_zh: '氧', name_en: 'O2', at: null, value: '9', unit: '%', mark: '', mark_zh: '', mark_en: '', version: null, sub_index: null, role: 'oxygen' },
  ],
  have: null,
  need: null,
  missing: [],
  coverage_zh: '',
  coverage_en: '',
  rounding_zh: '不修约',
  rounding_en: 'Not rounded: the full value is compared',
  rules: [
    { row_id: 'gb13223', role_zh: '判定依据', role_en: 'the rule that decided', title_zh: 'NOx', title_en: 'NOx hour', standard: 'GB 13223-2011', clause: 'table 2', source: 'the text', valid_from: '2012-01-01', valid_to: null, region: 'CN', confidence: 'memory', unverified: true, known: true },
    { row_id: 'permit:O-1', role_zh: '限值', role_en: 'permit', title_zh: '', title_en: '', standard: 'permit', clause: 'O-1', source: '', valid_from: null, valid_to: null, region: '', confidence: '', unverified: false, known: false },
  ],
  versions: [
    { id: 5, version: 1, verdict: 'within', value: '95', limit: '100', index: null, computed_at: '2025-11-24T09:10:00+08:00', known_at: '2025-11-24T09:02:00+08:00', current: false },
    { id: 7, version: 2, verdict: 'exceeds', value: '120.5', limit: '100', index: null, computed_at: '2025-11-24T11:10:00+08:00', known_at: '2025-11-24T11:00:00+08:00', current: true },
  ],
  computed_at: '2025-11-24T11:10:00+08:00',
  known_at: '2025-11-24T11:00:00+08:00',
  version: 2,
  simulated: false,
} as Explanation
const RULE = {
  row_id: 'gb13223',
  kind: 'emission_limit',
  title_zh: 'NOx 小时',
  title_en: 'NOx hour',
  standard: 'GB 13223-2011',
  clause: 'table 2',
  source: 'the text',
  region: 'CN',
  valid_from: '2012-01-01',
  valid_to: null,
  confidence: 'memory',
  unverified: true,
  note: 'a note',
  values: { item: 'NOx', limit: '100', parameters: { window_h: '6' } },
  file: 'emission_limits.csv',
  overrides: [],
  meaning_zh: '不得超过100',
  meaning_en: 'The hour mean of NOx is at most 100 mg/m3.',
  uses: [{ code: 'judgements.emission_limit', zh: '评价', en: 'judgements of outlets' }],
  used_by: [{ what: 'judgements.emission_limit', count: 12 }],
  editions: [{ row_id: 'gb13223-new', standard: 'GB 13223-2030', region: 'CN', valid_from: '2030-01-01', valid_to: null, title_zh: '新', title_en: 'NOₓ later' }],
  overridden_by: ['city.nox'],
  tryable: true,
} as RuleDetail
const RUN = {
  number: 'R-2025-000001',
  mode: 'try_row',
  state: 'running',
  first_day: '2025-11-24',
  last_day: '2025-11-27',
  as_known: null,
  rules_on: null,
  row_id: 'gb13223',
  cells: { limit: '80' },
  days: 4,
  days_done: 1,
  counts: { judged: 20, same: 17, 'within>exceeds': 3 },
  asked_by: 'li',
  asked_at: '2025-11-28T09:00:00+08:00',
  finished_at: null,
  error: '',
  allowed_actions: ['cancel'],
  findings: [{ id: 3, number: 'F-1', object: 'O-1', object_name: '一号', parameter: 'a21002', parameter_zh: 'NOx', parameter_en: 'NOx', status: 'new', periods: 2, no_longer_over: 1 }],
  cases: [{ id: 4, number: 'C-1', title: '案件', title_en: 'a case', state: 'planned' }],
} as RecomputationDetail

const router = () => createRouter({ history: createMemoryHistory(), routes: [{ path: '/desk/rules/recomputations/:run', component: RecomputationPage }, { path: '/desk/rules/:row', component: RulePage }, { path: '/:rest(.*)*', component: { template: '<p />' } }] })
const plugins = () => [i18n, router()]
const said = () => document.body.textContent ?? ''

beforeEach(() => {
  setActivePinia(createPinia())
  usePrefs().lang = 'en'
  i18n.global.locale.value = 'en'
  document.body.innerHTML = ''
})
afterEach(() => vi.restoreAllMocks())

describe('a figure', () => {
  it('opens its explanation: inputs, marks, rule row, clause, edition, rounding, versions', async () => {
    const asked = vi.spyOn(api, 'judgement').mockResolvedValue(WHY)
    const button = mount(WhyButton, { props: { judgement: 7, label: 'NOx' }, slots: { default: '120.5' }, global: { plugins: plugins() }, attachTo: document.body })
    expect(asked).not.toHaveBeenCalled()
    expect(button.attributes('aria-label') ?? button.find('button').attributes('aria-label')).toBe('Open the explanation of NOx')
    await button.find('button').trigger('click')
    await vi.dynamicImportSettled()
    await flushPromises()
    expect(asked).toHaveBeenCalledWith(7)
    for (const part of ['120.5', 'Stack one', 'is over the limit', 'normal', 'oxygen', 'GB 13223-2011', 'table 2', 'gb13223', '2012-01-01', 'Unverified', 'Not rounded', 'the text', 'permit', 'current', 'decided by the data mark']) {
      expect(said(), part).toContain(part)
    }
    const links = [...document.querySelectorAll('a')].map((one) => one.getAttribute('href'))
    expect(links).toContain('/desk/rules/gb13223')
    expect(links).not.toContain('/desk/rules/permit%3AO-1')
  })

  it('speaks Chinese too', async () => {
    usePrefs().lang = 'zh'
    i18n.global.locale.value = 'zh'
    vi.spyOn(api, 'judgement').mockResolvedValue(WHY)
    const button = mount(WhyButton, { props: { judgement: 7, label: 'NOx' }, global: { plugins: plugins() }, attachTo: document.body })
    await button.find('button').trigger('click')
    await vi.dynamicImportSettled()
    await flushPromises()
    for (const part of ['评价依据', '超过限值', '正常', '判定依据', '不修约', '未核实']) expect(said(), part).toContain(part)
  })

  it('is a button for the keyboard and does not select the row around it', async () => {
    vi.spyOn(api, 'judgement').mockResolvedValue(WHY)
    const row = vi.fn()
    const Host = { components: { WhyButton }, methods: { row }, template: '<div @click="row" @keydown.enter="row"><WhyButton :judgement="7" label="NOx" /></div>' }
    const host = mount(Host, { global: { plugins: plugins() }, attachTo: document.body })
    const button = host.find('button')
    expect(button.attributes('type')).toBe('button')
    expect(button.attributes('tabindex')).toBeUndefined()
    await button.trigger('keydown.enter')
    await button.trigger('click')
    expect(row).not.toHaveBeenCalled()
  })

  it('says why it cannot be explained, and tries again', async () => {
    const asked = vi.spyOn(api, 'judgement').mockRejectedValue(failureOf(404, { error: { code: 'not_found', message: 'there is no judgement 7', message_key: 'error.not_found', field: 'id', remedy: null, params: {}, request_id: 'r' } }))
    const button = mount(WhyButton, { props: { judgement: 7, label: 'NOx' }, global: { plugins: plugins() }, attachTo: document.body })
    await button.find('button').trigger('click')
    await vi.dynamicImportSettled()
    await flushPromises()
    expect(document.querySelector('[data-testid="why-panel"]')).toBeNull()
    expect(asked).toHaveBeenCalledTimes(1)
    expect(said()).toContain('Failed')
  })

  it('of the screen tells what it counts and opens the judged figures behind it', async () => {
    vi.spyOn(api, 'judgement').mockResolvedValue(WHY)
    const kpi = { code: 'worst_station_aqi', value: '137', unit: '', label_key: 'kpi.worst_station_aqi', severity: 0, detail: '东湖', judgements: [7] }
    const band = mount(ScreenKpis, { props: { overview: { kpis: [kpi] } as never }, global: { plugins: plugins() }, attachTo: document.body })
    await band.find('button').trigger('click')
    await vi.dynamicImportSettled()
    await flushPromises()
    expect(said()).toContain('highest AQI of the newest hour')
    const why = document.querySelector<HTMLButtonElement>('[data-testid="kpi-why"] [data-testid="why"]')
    why?.click()
    await vi.dynamicImportSettled()
    await flushPromises()
    expect(document.querySelector('[data-testid="why-panel"]')).not.toBeNull()
  })
})

describe('a rule', () => {
  it('is told in words with source, clause, dates, uses and other editions', async () => {
    vi.spyOn(api, 'rule').mockResolvedValue(RULE)
    const there = router()
    await there.push('/desk/rules/gb13223')
    const page = mount(RulePage, { global: { plugins: [i18n, there] } })
    await flushPromises()
    const text = page.text()
    for (const part of ['at most 100', 'emission_limits.csv', 'GB 13223-2011', 'table 2', 'the text', 'unverified', 'judgements of outlets', 'Emission hours judged', '12', 'NOₓ later', 'city.nox', 'a note']) {
      expect(text, part).toContain(part)
    }
  })

  it('can be tried with another value: nested columns too', async () => {
    const asked = vi.spyOn(api, 'tryRule').mockResolvedValue(RUN)
    vi.spyOn(useMeta(), 'now', 'get').mockReturnValue(new Date('2025-11-28T04:00:00Z'))
    const there = router()
    const form = mount(TryRule, { props: { rule: RULE }, global: { plugins: [i18n, there] } })
    expect(form.findAll('option').map((one) => one.text())).toEqual(['item', 'limit', 'parameters.window_h'])
    expect(form.text()).toContain('now 100')
    await form.find('form').trigger('submit')
    expect(form.find('[role="alert"]').text()).toBe('Give a new value')
    expect(asked).not.toHaveBeenCalled()
    await form.find('input[name="value"]').setValue(' 80 ')
    await form.find('input[name="first"]').setValue('2025-11-24')
    await form.find('input[name="last"]').setValue('2025-11-27')
    await form.find('form').trigger('submit')
    await flushPromises()
    expect(asked).toHaveBeenCalledWith('gb13223', { cells: { limit: '80' }, first_day: '2025-11-24', last_day: '2025-11-27' })
    expect(there.currentRoute.value.fullPath).toBe('/desk/rules/recomputations/R-2025-000001')
  })

  it('says which column was refused', async () => {
    vi.spyOn(api, 'tryRule').mockRejectedValue(failureOf(422, { error: { code: 'invalid_input', message: 'Input should be a valid decimal', message_key: 'error.invalid_input', field: 'cells.limit', remedy: 'mend limit', params: {}, request_id: 'r' } }))
    const form = mount(TryRule, { props: { rule: RULE }, global: { plugins: plugins() } })
    await form.find('input[name="value"]').setValue('many')
    await form.find('form').trigger('submit')
    await flushPromises()
    expect(form.find('[role="alert"]').text()).toContain('valid decimal')
  })
})

describe('a recomputation', () => {
  it('shows progress, what turned, findings and cases, and can be stopped', async () => {
    vi.spyOn(api, 'recomputation').mockResolvedValue(RUN)
    const rows = vi.spyOn(api, 'recomputed').mockResolvedValue({ items: [], total: 0, page: 1, page_size: 50 })
    const stop = vi.spyOn(api, 'cancelRecomputation').mockResolvedValue({ ...RUN, state: 'cancelled' })
    const there = router()
    await there.push('/desk/rules/recomputations/R-2025-000001')
    const page = mount(RecomputationPage, { global: { plugins: [i18n, there] } })
    await flushPromises()
    const text = page.text()
    for (const part of ['Rule tried', 'Running', 'Within → Exceeds', 'F-1', '2 periods differ, 1 of them no longer over', 'C-1', 'limit = 80', 'Nothing differs']) {
      expect(text, part).toContain(part)
    }
    expect(rows).toHaveBeenCalledWith('R-2025-000001', { turned: true, page: 1, page_size: 50 })
    await page.findAll('button').find((one) => one.text() === 'Cancel')?.trigger('click')
    await flushPromises()
    expect(stop).toHaveBeenCalledWith('R-2025-000001')
    page.unmount()
  })
})
