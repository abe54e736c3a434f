import { flushPromises, mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { createMemoryHistory, createRouter } from 'vue-router'
import { api } from '@/api/calls'
import { failureOf } from '@/api/failure'
import type { CaseBoard as Board, CaseDetail, CaseRow, ProcedureRow, StepField } from '@/api/types'
import { i18n } from '@/app/i18n'
import BulkBar from '@/pages/cases/BulkBar.vue'
import CaseBoard from '@/pages/cases/CaseBoard.vue'
import CaseNew from '@/pages/cases/CaseNew.vue'
import CasePapers from '@/pages/cases/CasePapers.vue'
import CaseWork from '@/pages/cases/CaseWork.vue'
import FieldInput from '@/pages/cases/FieldInput.vue'
import { eventNames } from '@/pages/cases/names'
import EventLine from '@/parts/EventLine.vue'
import { SHAPE, queryOf, type CaseFilters } from '@/pages/cases/caseFilters'

const plain = Object.fromEntries(Object.entries(SHAPE).map(([name, one]) => [name, one.fallback])) as unknown as CaseFilters
const field = (name: string, rest: Partial<StepField> = {}): StepField => ({ name, type: 'text', required: true, private: false, label_zh: name, label_en: name, choices: [], options: [], value: null, ...rest })
const row = (id: number, rest: Partial<CaseRow> = {}) =>
  ({ id, number: `C-${id}`, title: `案件${id}`, title_en: '', severity: 3, object: { name: '某厂', name_en: '' }, responsible: '', responsible_name: '', org_name: '武昌分局', due_at: null, simulated: false, ...rest }) as unknown as CaseRow
const column = (state: string, count: number, rest: Partial<Board['columns'][number]> = {}) => ({ state, label_zh: state, label_en: state, side: false, final: false, count, overdue: 0, severe: 0, cards: count ? [row(count)] : [], ...rest })
const BOARD: Board = {
  template: 'T2',
  name_zh: '信访举报',
  name_en: 'Complaints',
  total: 9,
  columns: [column('registered', 8, { overdue: 2 }), column('decided', 0), column('reopened', 0, { side: true }), column('closed', 1, { final: true })],
  templates: [{ code: 'T1', name_zh: '整改', name_en: 'Rectification', open: 3, overdue: 0 }, { code: 'T2', name_zh: '信访举报', name_en: 'Complaints', open: 9, overdue: 2 }],
}
const T2: ProcedureRow = { code: 'T2', version: '1', name_zh: '信访举报', name_en: 'Complaints', source: '信访工作条例', valid_from: null, valid_to: null, from_findings: false, may_file: true, needs: ['region'], opening: [field('channel', { type: 'choice', choices: [{ value: 'phone', label_zh: '电话', label_en: 'Phone' }] }), field('phone', { private: true, required: false })] }

function plugins() {
  const router = createRouter({ history: createMemoryHistory(), routes: [{ path: '/:rest(.*)*', component: { template: '<p />' } }] })
  return { router, global: { plugins: [i18n, router], stubs: { teleport: true } } }
}

beforeEach(() => {
  setActivePinia(createPinia())
  vi.restoreAllMocks()
  HTMLDialogElement.prototype.showModal ??= vi.fn()
  HTMLDialogElement.prototype.close ??= vi.fn()
  vi.spyOn(api, 'objects').mockResolvedValue({ items: [{ code: 'ORG-A', name: '武昌分局', name_en: 'Wuchang' }, { code: 'ORG-B', name: '城管', name_en: 'Urban' }], total: 2, page: 1, page_size: 200 } as never)
  vi.spyOn(api, 'objectTypes').mockResolvedValue([])
  vi.spyOn(api, 'regions').mockResolvedValue([{ code: '420106', name: '武昌区', name_en: 'Wuchang' }] as never)
  vi.spyOn(api, 'people').mockResolvedValue([{ username: 'handler', display_name: '周原', display_name_en: 'Zhou', roles: ['handler'] }])
})

describe('the filters of cases', () => {
  it('ask for nothing that was not chosen', () => {
    expect(queryOf(plain)).toEqual({ view: 'all', state: undefined, template: undefined, severity: undefined, region: undefined, org: undefined, rebound: undefined, parent: undefined, relation: undefined, q: undefined })
    expect(queryOf({ ...plain, severity: '4', parent: '7', state: 'listed' })).toMatchObject({ severity: 4, parent: 7, state: ['listed'] })
  })
})

describe('the board', () => {
  it('shows the states of the main line and those that hold cases, with what is late', async () => {
    vi.spyOn(api, 'caseBoard').mockResolvedValue(BOARD)
    const page = mount(CaseBoard, { props: { filters: { ...plain, template: 'T2' } }, ...plugins() })
    await flushPromises()
    expect(page.findAll('[data-state]').map((one) => one.attributes('data-state'))).toEqual(expect.arrayContaining(['registered', 'decided', 'closed']))
    expect(page.find('[data-state="reopened"]').exists()).toBe(false)
    expect(page.get('[data-state="registered"]').text()).toMatch(/2/)
    await page.get('[data-state="registered"] button').trigger('click')
    expect(page.emitted('narrow')![0]).toEqual([{ as: 'list', template: 'T2', state: 'registered' }])
    await page.get('[data-template="T1"]').trigger('click')
    expect(page.emitted('narrow')![1]).toEqual([{ template: 'T1' }])
  })
})

describe('many cases at once', () => {
  it('tells of each that was refused, with the remedy', async () => {
    const many = vi.spyOn(api, 'manyCases').mockResolvedValue({ done: 1, refused: 1, cases: [{ id: 1, done: true, code: '', message: '', remedy: '', unmet: [] }, { id: 2, done: false, code: 'conflict', message: 'is closed', remedy: 'choose an open one', unmet: [] }] })
    const page = mount(BulkBar, { props: { ids: ['1', '2'] }, ...plugins() })
    await flushPromises()
    await page.get('select[name="who"]').setValue('handler')
    await page.get('form').trigger('submit')
    await flushPromises()
    expect(many).toHaveBeenCalledWith({ cases: [1, 2], act: 'assign', responsible: 'handler', org: '', reason: '' })
    expect(page.text()).toContain('choose an open one')
    expect(page.emitted('done')).toHaveLength(1)
  })
})

describe('filing a case', () => {
  async function opened() {
    vi.spyOn(api, 'procedures').mockResolvedValue([T2, { ...T2, code: 'T1', may_file: false }])
    const { global, router } = plugins()
    await router.push('/desk/cases/new?template=T2')
    const page = mount(CaseNew, { global })
    await flushPromises()
    return { page, router }
  }
  it('offers only what the server lets this person file, and marks what is private', async () => {
    const { page } = await opened()
    expect(page.findAll('select[name="template"] option').map((one) => one.attributes('value'))).toEqual(['', 'T2'])
    expect(page.get('input[name="phone"]').attributes('autocomplete')).toBe('off')
  })
  it('names what is missing before it asks the server', async () => {
    const file = vi.spyOn(api, 'fileCase')
    const { page } = await opened()
    await page.get('form').trigger('submit')
    await flushPromises()
    expect(file).not.toHaveBeenCalled()
    expect(page.get('input[name="title"]').attributes('aria-invalid')).toBe('true')
    expect(page.get('select[name="region_code"]').attributes('aria-invalid')).toBe('true')
  })
  it('sends the place, the first receiver and the opening form, then opens the case', async () => {
    const file = vi.spyOn(api, 'fileCase').mockResolvedValue({ id: 5 } as CaseDetail)
    const { page, router } = await opened()
    await page.get('input[name="title"]').setValue('夜间施工噪声')
    await page.get('select[name="region_code"]').setValue('420106')
    await page.get('input[name="place"]').setValue('某路口')
    await page.get('select[name="org"]').setValue('ORG-A')
    await page.get('select[name="channel"]').setValue('phone')
    await page.get('form').trigger('submit')
    await flushPromises()
    expect(file.mock.calls[0]![0]).toMatchObject({ template: 'T2', title: '夜间施工噪声', region_code: '420106', place: '某路口', org: 'ORG-A', object_code: '', fields: { channel: 'phone' } })
    expect(router.currentRoute.value.path).toBe('/desk/cases/5')
  })
})

describe('organisations and cases below', () => {
  const detail = { id: 3, parent: null, duplicate_of: null, org: 'ORG-A', org_name: '武昌分局', first_org: 'ORG-A', first_org_name: '武昌分局', asked_org: 'ORG-B', asked_org_name: '城管', bounces: 1, handovers: [{ from_org: 'ORG-A', from_name: '武昌分局', to_org: 'ORG-B', to_name: '城管', state: 'objected', asked_at: '2025-11-24T08:00:00+08:00', asked_by: 'w', reason: '职责', answered_at: '2025-11-25T08:00:00+08:00', answered_by: 'b', answer: '非我职责' }], parts: [], children: { total: 3, open: 1, by_relation: {}, by_state: {}, first: [] }, findings: [], migrations: [], may_open_child: true, may_merge: false, states: [] } as unknown as CaseDetail
  it('shows who stays accountable while another is asked, and why it came back', () => {
    const page = mount(CaseWork, { props: { detail, run: vi.fn() }, ...plugins() })
    expect(page.get('[data-testid="accountable"]').text()).toContain('武昌分局')
    expect(page.get('[data-testid="asked"]').text()).toContain('城管')
    expect(page.get('[data-testid="handovers"]').text()).toContain('非我职责')
    expect(page.get('progress').attributes()).toMatchObject({ value: '2', max: '3' })
  })
  it('makes the tasks of a survey from what was asked and tells how many', async () => {
    const survey = vi.spyOn(api, 'surveyCase').mockResolvedValue({ tasks: 4, numbers: [] })
    const run = vi.fn(async (change: () => Promise<unknown>) => (await change(), true))
    const page = mount(CaseWork, { props: { detail, run }, ...plugins() })
    await page.get('[data-testid="survey"]').trigger('click')
    await page.get('input[name="count"]').setValue('4')
    await page.get('input[name="seed"]').setValue('2025-11-24')
    await page.get('[data-testid="work-form"]').trigger('submit')
    await flushPromises()
    expect(survey).toHaveBeenCalledWith(3, expect.objectContaining({ count: 4, seed: '2025-11-24', relation: 'part' }))
    expect(page.text()).toContain('4')
  })
})

describe('private facts', () => {
  const detail = { id: 3, documents: [{ code: 'notice', label_zh: '告知书', label_en: 'Notice', ready: true }], private: [{ name: 'phone', label_zh: '电话', label_en: 'Phone', readers: ['handler'] }], may_read_private: true } as unknown as CaseDetail
  it('are asked for one by one, not shown with the case', async () => {
    const ask = vi.spyOn(api, 'casePrivate').mockResolvedValue({ values: { phone: '138****0000' } })
    const page = mount(CasePapers, { props: { detail }, ...plugins() })
    expect(page.find('[data-testid="private"]').exists()).toBe(false)
    await page.get('[data-testid="reveal"]').trigger('click')
    await flushPromises()
    expect(ask).toHaveBeenCalledWith(3)
    expect(page.get('[data-testid="private"]').text()).toContain('138****0000')
  })
  it('say why they stay hidden', async () => {
    vi.spyOn(api, 'casePrivate').mockRejectedValue(failureOf(403, { error: { code: 'not_permitted', message: 'may not', remedy: 'ask one of: handler', field: null, message_key: '', params: {}, request_id: 'r' } }))
    const page = mount(CasePapers, { props: { detail }, ...plugins() })
    await page.get('[data-testid="reveal"]').trigger('click')
    await flushPromises()
    expect(page.get('[role="alert"]').text()).toContain('ask one of: handler')
  })
})

describe('a field of a legal form', () => {
  it('takes several people as a list', async () => {
    const page = mount(FieldInput, { props: { field: field('inspectors', { type: 'users' }), missing: false, people: [{ username: 'a', display_name: '甲', display_name_en: 'A', roles: [] }, { username: 'b', display_name: '乙', display_name_en: 'B', roles: [] }], orgs: [], modelValue: ['a'] }, ...plugins() })
    await page.get('input[value="b"]').setValue(true)
    expect(page.emitted('update:modelValue')![0]).toEqual([['a', 'b']])
  })
})

describe('the words of the time line', () => {
  const complaint = {
    states: [{ value: 'registered', label_zh: '已登记', label_en: 'Registered' }],
    side_states: [],
    known: [
      { name: 'category', type: 'choice', label_zh: '类别', label_en: 'Category', value: 'air', text_zh: '大气', text_en: 'air' },
      { name: 'anonymous', type: 'boolean', label_zh: '匿名', label_en: 'Anonymous', value: true, text_zh: '是', text_en: 'yes' },
    ],
    next_steps: [
      {
        to: 'accepted', to_zh: '已受理', to_en: 'Accepted',
        fields: [{ name: 'channel', label_zh: '渠道', label_en: 'Channel', choices: [{ value: 'web', label_zh: '网站', label_en: 'Web' }] }],
      },
    ],
  } as unknown as CaseDetail

  it('a value is told by its field, for the same code means something else in another', () => {
    const names = eventNames('zh', complaint)
    expect([names['category'], names['category=air'], names['channel=web'], names['registered'], names['accepted']]).toEqual(['类别', '大气', '网站', '已登记', '已受理'])
    expect(names['air']).toBeUndefined()
    expect(eventNames('en', complaint)['category=air']).toBe('air')
  })

  it('shows words, not codes, for what was reported', () => {
    const event = { seq: 1, type: 'case.opened', at: '2025-11-24T09:00:00+08:00', actor: 'x', actor_name: '市民', role: 'citizen', hash: 'a'.repeat(64), object_type: 'case', object_id: '1', payload: { to: 'registered', fields: { category: 'air', other_field: 'air', problem: '夜间异味' } } }
    const found = mount(EventLine, { props: { events: [event], names: eventNames('zh', complaint) }, global: { plugins: [i18n] } })
    expect(found.find('dl').text()).toContain('类别 大气')
    expect(found.find('dl').text()).toContain('other_field air')
    expect(found.find('dl').text()).toContain('夜间异味')
  })
})
