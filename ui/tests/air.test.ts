import { flushPromises, mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { createMemoryHistory, createRouter } from 'vue-router'
import { api } from '@/api/calls'
import { i18n } from '@/app/i18n'
import { usePrefs } from '@/app/stores/prefs'
import AirPage from '@/pages/air/AirPage.vue'
import { daysBetween } from '@/text/days'

const VALUES = [{ item: 'PM2.5', value: '90', unit: 'ug/m3', valid: true, have: 24, need: 20, reason: '', iaqi: 119 }]
const DAY = { aqi: 119, level: 3, category_zh: '轻度污染', category_en: 'Lightly polluted', colour: '#FF7E00', primary: ['PM2.5'], standard: 'HJ 633-2012', reason: '', values: VALUES }
const FOUND = {
  place: '420100', place_zh: '武汉市', place_en: 'Wuhan', start: '2025-11-19', end: '2025-11-21', standard: 'HJ 633-2012', simulated: false,
  days: [
    { ...DAY, day: '2025-11-20' },
    { ...DAY, day: '2025-11-21', aqi: null, level: null, colour: '', primary: [], reason: 'no indicator has an index', values: [{ ...VALUES[0], valid: false }] },
  ],
  statistics: [
    { item: 'PM2.5', use: 'compliance', statistic: 'percentile', percent: '95', value: '90', unit: 'ug/m3', have: 1, days: 3, valid: false, short: [{ period: '2025-11', have: 1, need: 27 }], standard: 'HJ 663-2013', clause: 'table 1', rule_row: 'r1', confidence: 'memory' },
    { item: 'CO', use: 'composite', statistic: 'percentile', percent: '95', value: '1', unit: 'mg/m3', have: 1, days: 3, valid: null, short: [], standard: 'HJ 663-2013', clause: 'table 1', rule_row: 'r2', confidence: 'memory' },
  ],
  attainments: [
    { category: 'level 2', met: false, standard: 'GB 3095-2012', failing: ['PM2.5'], missing: [], largest: 'PM2.5', items: [
      { item: 'PM2.5', met: false, tests: [{ statistic: 'percentile', percent: '95', value: '90', limit: '75', unit: 'ug/m3', single_index: '1.20', multiple: '0.20', met: false, valid: false, standard: 'GB 3095-2012', clause: 'table 1', rule_row: 'r', confidence: 'verified by 2 sources' }] },
    ] },
  ],
  good: { good: 0, valid: 1, days: 3, ratio_percent: '0.0', without: ['2025-11-19', '2025-11-21'], by_category: [], by_primary: [], standards: ['HJ 633-2012'], clause: 'HJ 663 good days', confidence: 'memory' },
  composites: [
    { standard: 'HJ 663-2013', value: '4.48', reason: '', clause: 'c', rule_row: 'c1', confidence: 'memory', shares: {} },
    { standard: 'HJ 663-2026', value: null, reason: 'no value of CO', clause: 'c', rule_row: 'c2', confidence: 'memory', shares: {} },
  ],
  comparison: { start: '2024-11-19', end: '2024-11-21', valid_days: 3, standard: 'HJ 633-2026', own_standards: ['HJ 633-2012'], figures: [
    { figure: 'PM2.5', statistic: 'mean', unit: 'ug/m3', now: '90', base: '50', change: '80.0', kind: 'relative', reason: '' },
    { figure: 'good_days', statistic: 'ratio', unit: '%', now: '0.0', base: '100.0', change: '-100.0', kind: 'points', reason: '' },
    { figure: 'CO', statistic: 'percentile', unit: 'mg/m3', now: '1', base: '0', change: null, kind: 'relative', reason: 'the earlier figure is zero' },
  ] },
}

async function show(answer: object, path = '/desk/air') {
  vi.spyOn(api, 'airEvaluation').mockResolvedValue(answer as never)
  vi.spyOn(api, 'stations').mockResolvedValue({ items: [{ code: '1325A', name: '青山钢花', name_en: 'Ganghua' }], total: 1, page: 1, page_size: 200 } as never)
  const router = createRouter({ history: createMemoryHistory(), routes: [{ path: '/desk/air', component: AirPage }] })
  await router.push(path)
  const page = mount(AirPage, { global: { plugins: [router, i18n] } })
  await flushPromises()
  return { page, router }
}

describe('air evaluation', () => {
  beforeEach(() => {
    setActivePinia(createPinia())
    usePrefs().lang = 'en'
    vi.restoreAllMocks()
  })

  it('shows the ratio with its days, both composite indices apart, and every day of the period', async () => {
    const { page } = await show(FOUND)
    const text = page.text()
    expect(text).toContain('0 good of 1 valid days; the period has 3')
    expect(text).toContain('4.48')
    expect(text).toContain('no value of CO')
    const cells = page.findAll('.cells li')
    expect(cells.map((one) => one.attributes('title'))).toEqual([
      '2025-11-19: no hour received',
      '2025-11-20: AQI 119 Lightly polluted PM₂.₅',
      '2025-11-21: no indicator has an index',
    ])
    expect(document.body.dataset.ready).toBe('air')
  })

  it('says what is short, what fails, and never shows a value that is not valid', async () => {
    const { page } = await show(FOUND)
    expect(page.text()).toContain('2025-11: 1 of 27 days')
    expect(page.text()).toContain('over: PM2.5')
    const row = page.findAll('details tbody tr')[0]!
    expect(row.text()).toContain('—')
    expect(row.text()).not.toContain('90')
  })

  it('compares under one standard and tells when the earlier days were judged again', async () => {
    const { page } = await show(FOUND)
    expect(page.text()).toContain('At the time HJ 633-2012 was in force')
    expect(page.text()).toContain('+80.0 %')
    expect(page.text()).toContain('-100.0 percentage points')
    expect(page.text()).toContain('the earlier figure is zero')
  })

  it('keeps place and period in the address', async () => {
    const { page, router } = await show(FOUND, '/desk/air?place=1325A&start=2025-11-19&end=2025-11-21')
    expect(api.airEvaluation).toHaveBeenLastCalledWith({ place: '1325A', start: '2025-11-19', end: '2025-11-21' })
    await page.find('input[name=end]').setValue('2025-11-20')
    await flushPromises()
    expect(router.currentRoute.value.query).toMatchObject({ place: '1325A', end: '2025-11-20' })
  })

  it('says why there is nothing', async () => {
    const { page } = await show({ ...FOUND, days: [] })
    expect(page.text()).toContain('No day of this period has been judged')
  })

  it('counts days across months and refuses turned periods', () => {
    expect(daysBetween('2024-02-28', '2024-03-01')).toEqual(['2024-02-28', '2024-02-29', '2024-03-01'])
    expect(daysBetween('2024-03-01', '2024-02-28')).toEqual([])
    expect(daysBetween('', '2024-02-28')).toEqual([])
  })
})
