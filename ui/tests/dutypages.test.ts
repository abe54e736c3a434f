import { flushPromises, mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { createMemoryHistory, createRouter } from 'vue-router'
import { duties, type DutyMonth, type DutyRates, type OccurrenceDetail, type PlanDetail, type StreamPage } from '@/api/duties'
import { i18n } from '@/app/i18n'
import DutyCalendar from '@/pages/obligations/DutyCalendar.vue'
import OccurrencePage from '@/pages/obligations/OccurrencePage.vue'
import PlanPage from '@/pages/obligations/PlanPage.vue'
import StreamCalendar from '@/pages/obligations/StreamCalendar.vue'

const PLACE = { type: 'outlet', code: 'O-1', name: '一号排口', name_en: 'Stack 1', region_code: '420107', region_name: '', region_name_en: '', enterprise_code: 'E-1', enterprise_name: '热电厂', lon: null, lat: null, simulated: true }
const RATE = (part: number, whole: number, percent: string | null) => ({ part, whole, percent })
const RATES = { due: 4, planned: 1, done: 2, late: 1, missed: 1, waived: 0, completion: RATE(3, 4, '75.0'), on_time: RATE(2, 4, '50.0'), coverage: RATE(4, 5, '80.0') }
const OCCURRENCE = {
  id: 7, number: 'SM-1-2025-11-01', obligation: 1, template: 'SM', item: 'a21026', group: 'self_monitoring', title_zh: '自行监测 二氧化硫', title_en: 'self-monitoring SO2', object: PLACE,
  period_first: '2025-11-01', period_last: '2025-11-30', opens_on: '2025-11-01', due_on: '2025-11-30', due_at: '2025-12-01T00:00:00+08:00', due_text_zh: '期满日2025-11-30', due_text_en: 'last day 2025-11-30',
  provisional: false, state: 'planned', overdue: false, remaining_working_days: 4, fulfilled_at: null, told_at: null, fulfilled_by: '', proved_by: '', finding: null, simulated: true,
  rule_row: 'obl.sm', rule_version: 'obl.sm v1', standard: 'S', clause: 'c', source: 's', confidence: 'memory', retain_until: null, event_at: null, fields: {}, note: '', waived_reason: '', waived_reason_zh: '', waived_reason_en: '',
  waived_note: '', waived_by: '', waived_at: null, refused_reason: '', refused_at: null, files_needed: 0, evidence: [], events: [], followers: [],
  form: [
    { name: 'sampled_at', kind: 'moment', label_zh: '采样结束时间', label_en: 'end of sampling', required: true },
    { name: 'result', kind: 'text', label_zh: '监测结果', label_en: 'result', required: true },
    { name: 'persons', kind: 'persons', label_zh: '签到', label_en: 'persons', required: false },
  ],
  allowed_actions: [
    { verb: 'fulfil_obligation', allowed: true, reason_key: '', reason: '' },
    { verb: 'attach_evidence', allowed: true, reason_key: '', reason: '' },
    { verb: 'refuse_fulfilment', allowed: false, reason_key: 'state', reason: 'it is planned' },
    { verb: 'waive_obligation', allowed: false, reason_key: 'not_permitted', reason: 'needs approver' },
  ],
  waiver_reasons: [{ value: 'shutdown', label_zh: '已报备停产停运', label_en: 'approved shutdown' }],
} as unknown as OccurrenceDetail
const MONTH = {
  month: '2025-11', today: '2025-11-24', counts: { planned: 1, done: 2, late: 0, missed: 1, waived: 0 },
  days: Array.from({ length: 30 }, (_, n) => ({ day: `2025-11-${String(n + 1).padStart(2, '0')}`, workday: n % 7 > 1, kind: 'workday', name_zh: '', name_en: '', counts: n === 29 ? { planned: 1, missed: 1 } : {} })),
} as unknown as DutyMonth
const STRIP = {
  month: '2025-11', first: '2025-11-01', last: '2025-11-30', all: RATES, publication: RATE(0, 0, null), templates: [{ template: 'SM', name_zh: '自行监测', name_en: 'self-monitoring', ...RATES }],
  training: { sessions: 4, attendances: 322, persons: 85, with_list: 3 }, upload_median_h: '96.7', upload_p95_h: '120.0',
} as unknown as DutyRates

async function page(component: object, path: string) {
  const routes = ['/desk/obligations', '/desk/obligations/occurrences/:id', '/desk/obligations/streams', '/desk/obligations/plans/:code', '/:rest(.*)*'].map((one) => ({ path: one, component }))
  const router = createRouter({ history: createMemoryHistory(), routes })
  await router.push(path)
  const found = mount(component, { global: { plugins: [i18n, router] } })
  await flushPromises()
  return found
}

beforeEach(() => {
  setActivePinia(createPinia())
  vi.restoreAllMocks()
})

describe('one dated duty', () => {
  beforeEach(() => vi.spyOn(duties, 'occurrence').mockResolvedValue(OCCURRENCE))

  it('asks for what proves it and says of the rest why not', async () => {
    const found = await page(OccurrencePage, '/desk/obligations/occurrences/7')
    expect(found.find('[data-testid="occurrence-state"]').attributes('data-state')).toBe('planned')
    expect(found.findAll('[data-testid="fulfil"] [name]').map((one) => one.attributes('name'))).toEqual(['sampled_at', 'result', 'persons', 'note'])
    expect(found.find('[data-testid="do-waive"]').exists()).toBe(false)
    expect(found.text()).toContain('您的角色不能做这一步')
    expect(found.text()).toContain('期满日2025-11-30')
  })
  it('sends times with the offset of the city and persons one by one', async () => {
    const sent = vi.spyOn(duties, 'fulfil').mockResolvedValue(OCCURRENCE)
    const found = await page(OccurrencePage, '/desk/obligations/occurrences/7')
    await found.find('[name="sampled_at"]').setValue('2025-11-20T10:00')
    await found.find('[name="result"]').setValue('32 mg/m3')
    await found.find('[name="persons"]').setValue('a-1\na-2, a-3')
    await found.find('[data-testid="fulfil"]').trigger('submit')
    await flushPromises()
    expect(sent).toHaveBeenCalledWith(7, { sampled_at: '2025-11-20T10:00:00+08:00', result: '32 mg/m3', persons: ['a-1', 'a-2', 'a-3'] }, '')
  })
  it('shows a refusal of the server where it can be read', async () => {
    vi.spyOn(duties, 'fulfil').mockRejectedValue(new Error('no'))
    const found = await page(OccurrencePage, '/desk/obligations/occurrences/7')
    await found.find('[data-testid="fulfil"]').trigger('submit')
    await flushPromises()
    expect(found.find('[role="alert"]').exists()).toBe(true)
  })
})

describe('the month of duties', () => {
  beforeEach(() => {
    vi.spyOn(duties, 'calendar').mockResolvedValue(MONTH)
    vi.spyOn(duties, 'rates').mockResolvedValue(STRIP)
  })

  it('leads from a day to what is due on it', async () => {
    const found = await page(DutyCalendar, '/desk/obligations?group=permit')
    expect(found.findAll('[data-day]')).toHaveLength(1)
    expect(found.find('[data-day="2025-11-30"]').attributes('href')).toBe('/desk/obligations/list?due_from=2025-11-30&due_to=2025-11-30&group=permit')
    expect(duties.calendar).toHaveBeenCalledWith({ month: undefined, group: ['permit'], enterprise: undefined })
  })
  it('shows each rate with its parts, and a dash where there is none', async () => {
    const found = await page(DutyCalendar, '/desk/obligations')
    expect(found.find('[data-rate="completion"]').text()).toContain('75.0 %')
    expect(found.find('[data-rate="completion"]').text()).toContain('3 / 4')
    expect(found.find('[data-rate="publication"]').text()).not.toContain('%')
    expect(found.find('[data-testid="rates"]').text()).toContain('322')
  })
})

describe('the reporting calendar', () => {
  it('shows both rates beside each other and a cell a day', async () => {
    const total = { due: 720, received: 648, shutdown: 36, received_in_shutdown: 0, raw: RATE(648, 720, '90.0'), running: RATE(648, 684, '94.7') }
    const days = [{ day: '2025-11-01', due: 24, received: 24, shutdown: 0 }, { day: '2025-11-02', due: 24, received: 0, shutdown: 24 }, { day: '2025-11-03', due: 24, received: 0, shutdown: 0 }]
    const answer = { items: [{ object: PLACE, item: 'a21002', item_zh: '氮氧化物', item_en: 'NOx', total, delay_median_min: '5.0', delay_p95_min: '9.0', days }], total: 1, page: 1, page_size: 25, month: '2025-11', all: total }
    vi.spyOn(duties, 'streams').mockResolvedValue(answer as unknown as StreamPage)
    const found = await page(StreamCalendar, '/desk/obligations/streams')
    expect(found.find('[data-testid="both-rates"]').text()).toContain('94.7 %')
    expect(found.find('[data-testid="both-rates"]').text()).toContain('90.0 %')
    expect(found.findAll('tbody td.cell').map((one) => one.classes().at(-1))).toEqual(['full', 'off', 'silent'])
  })
})

describe('a monitoring plan', () => {
  const line = { scope: 'outlet', place: 'O-1', parameter: 'a21026', parameter_zh: '二氧化硫', parameter_en: 'SO2', frequency: '1/month', frequency_zh: '每月1次', frequency_en: 'once a month', method: 'HJ 57-2017', automatic: false, unsure: false }
  const PLAN = {
    enterprise: 'E-1', name: '热电厂', name_en: 'Power', region_code: '420107', permits: ['P-1'], version: 1, made_on: '2025-11-20', submitted_at: '2025-11-20T10:00:00+08:00', channel: '', requirements: 1, gaps: 1, unsure: 0, simulated: true,
    requirement_lines: [{ ...line, method: '' }], lines: [line], checks: [], faults: [], may_submit: true, versions: [{ version: 1, made_on: '2025-11-20', submitted_at: '2025-11-20T10:00:00+08:00', submitted_by: 'plant', lines: 1, sha256: 'ab'.repeat(32) }],
    gap_list: [{ check: 'no_channel', label_zh: '未明确信息公开渠道', label_en: 'no publication channel', severity: 1, place: '', parameter: '', parameter_zh: '', parameter_en: '', required: '', planned: '', finding: { id: 5, number: 'F-1', activity: 'ongoing', status: 'new' } }],
  } as unknown as PlanDetail

  it('leads from each gap to its finding, and submits what was edited', async () => {
    vi.spyOn(duties, 'plan').mockResolvedValue(PLAN)
    const sent = vi.spyOn(duties, 'submitPlan').mockResolvedValue({ ...PLAN, gap_list: [], version: 2 } as PlanDetail)
    const found = await page(PlanPage, '/desk/obligations/plans/E-1')
    expect(found.find('[data-gap="no_channel"] a').attributes('href')).toBe('/desk/alarms?id=5')
    await found.find('[data-testid="edit-plan"]').trigger('click')
    await found.find('[name="channel"]').setValue('官网')
    await found.find('form').trigger('submit')
    await flushPromises()
    const kept = { scope: 'outlet', place: 'O-1', parameter: 'a21026', frequency: '1/month', method: 'HJ 57-2017', automatic: false }
    expect(sent).toHaveBeenCalledWith('E-1', { made_on: '2025-11-20', channel: '官网', note: '', lines: [kept] })
    expect(found.findAll('[data-gap]')).toHaveLength(0)
  })
})
