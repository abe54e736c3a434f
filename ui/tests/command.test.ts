import { enableAutoUnmount, flushPromises, mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createMemoryHistory, createRouter, type Router } from 'vue-router'
import { api } from '@/api/calls'
import { command, type Candidate, type Candidates, type Dispatch, type RateBoard, type RateFigure, type RateRule, type RateThingPage, type WaitingPage, type WaitingRow } from '@/api/command'
import { i18n } from '@/app/i18n'
import { useMeta } from '@/app/stores/meta'
import { usePrefs } from '@/app/stores/prefs'
import BehindPage from '@/pages/board/BehindPage.vue'
import BoardPage from '@/pages/board/BoardPage.vue'
import { TABLES, behindPage, queryOf as boardQuery, signed, trendOf, weeksAfter } from '@/pages/board/board'
import CandidateList from '@/pages/dispatch/CandidateList.vue'
import LoadTable from '@/pages/dispatch/LoadTable.vue'
import { neighbour, pointsOf, queryOf as dispatchQuery, reasonsFor, SHAPE as DISPATCH } from '@/pages/dispatch/dispatch'
import TodoList from '@/pages/todo/TodoList.vue'
import { SHAPE as TODO, queryOf as todoQuery } from '@/pages/todo/todoFilters'
import { readQuery } from '@/text/query'
import zh from '@/locales/zh.json'

const PLACE = { type: 'outlet', code: 'O-1', name: '一号排口', name_en: 'Stack 1', region_code: '420107', region_name: '青山区', region_name_en: 'Qingshan', enterprise_code: 'E-1', enterprise_name: '热电厂', lon: 114.4, lat: 30.6, simulated: true }
const row = (some: Partial<WaitingRow> = {}): WaitingRow =>
  ({
    kind: 'case', id: 7, number: 'A-2025-000007', template: 'T1', title: '氮氧化物超标', title_en: 'NOx over limit', what_zh: '制定整改方案', what_en: 'Plan', state_zh: '超标整改 已立案', state_en: 'listed', waits_for: ['handler'],
    place: PLACE, severity: 4, since: '2025-11-20T09:00:00+08:00', due_at: '2025-11-21T23:59:59+08:00', clock_zh: '整改期限', clock_en: 'Rectification', overdue: true, near: false, remaining_working_days: -2, provisional: false,
    responsible: '', responsible_name: '', link: '/desk/cases/7', simulated: true, ...some,
  }) as WaitingRow
const WAITING = {
  items: [row(), row({ kind: 'finding', id: 9, number: 'F-2025-000009', title: '数据静默', what_zh: '研判', due_at: null, overdue: false, remaining_working_days: null, link: '/desk/alarms?open=all&id=9' })],
  total: 2, page: 1, page_size: 50,
  kinds: [{ kind: 'case', label_zh: '案件', label_en: 'Cases', total: 1, breached: 1, near: 0 }, { kind: 'finding', label_zh: '线索研判', label_en: 'Findings', total: 1, breached: 0, near: 0 }, { kind: 'entry', label_zh: '台账分录', label_en: 'Entries', total: 0, breached: 0, near: 0 }],
} as unknown as WaitingPage
const TABS = { mine: 2, near: 5, breached: 3, check: 1, near_days: 7 }
const load = (open: number, breached = 0) => ({ open, breached, near: 0, severe: 0 })
const person = (some: Partial<Candidate> = {}): Candidate => ({ username: 'li', name: '李工', name_en: 'Li', roles: ['handler'], load: load(0), awaited: true, keeper: false, nearest_km: null, office_km: '2.1', ...some })
const CANDIDATES: Candidates = { case: 7, number: 'A-2025-000007', grid: 'G-1', grid_name: '工业路网格', candidates: [person({ keeper: true }), person({ username: 'wang', name: '王工', load: load(4, 2), awaited: false, nearest_km: '9.6' })] }
const figure = (some: Partial<RateFigure>): RateFigure => ({ rate: 'on_time', yes: 3, no: 1, missing: 0, value: '75.0', coverage: '100.0', before: '80.0', before_yes: 4, before_no: 1, change: '-5.0', ...some })
const RATES = ['on_time', 'write_off', 'rebound', 'follow_up', 'satisfaction'] as const
const rule = (rate: (typeof RATES)[number], some: Partial<RateRule> = {}): RateRule =>
  ({ rate, code: `C_${rate}`, name_zh: `指标${rate}`, name_en: rate, formula: 'yes / all', counts_zh: '时限', counts_en: 'periods', unit: '%', direction: rate === 'rebound' ? 'lower' : 'higher', note: 'n', source: 's', clause: 'c', confidence: 'B', rule_row: 'r', ...some }) as RateRule
const group = (key: string, name: string, unreachable = 0) => ({ key, name, name_en: name, unreachable, figures: RATES.map((rate) => figure(rate === 'satisfaction' ? { rate, yes: 0, no: 0, value: null, coverage: null, before: null, change: null } : { rate, missing: rate === 'write_off' ? 2 : 0, coverage: rate === 'write_off' ? '66.7' : '100.0' })) })
const BOARD = {
  by: 'org', first: '2025-11-17', last: '2025-11-23', running: false, before_first: '2025-11-10', before_last: '2025-11-16', as_of: '2025-11-24T10:00:00+08:00',
  rates: RATES.map((rate) => rule(rate)), groups: [group('B-1', '青山分局', 1), group('', '未明确责任单位')], total: group('', '全部', 1),
} as unknown as RateBoard

enableAutoUnmount(afterEach)
let router: Router
async function page(component: object, path: string, props: object = {}) {
  const routes = ['/desk/todo', '/desk/board', '/desk/board/cases', '/desk/cases/:id', '/:rest(.*)*'].map((one) => ({ path: one, component: { template: '<i />' } }))
  router = createRouter({ history: createMemoryHistory(), routes })
  await router.push(path)
  const found = mount(component, { props, global: { plugins: [i18n, router] }, attachTo: document.body })
  await flushPromises()
  return found
}
const press = (key: string) => window.dispatchEvent(new KeyboardEvent('keydown', { key }))

beforeEach(() => {
  document.body.innerHTML = ''
  setActivePinia(createPinia())
  vi.restoreAllMocks()
  vi.spyOn(api, 'regions').mockResolvedValue([])
  vi.spyOn(api, 'procedures').mockResolvedValue([])
})

describe('what waits', () => {
  beforeEach(() => {
    vi.spyOn(command, 'todo').mockResolvedValue(WAITING)
    vi.spyOn(command, 'tabs').mockResolvedValue(TABS)
  })

  it('asks each list by its scope, and holds every filter in the address', async () => {
    const ask = (path: string) => todoQuery(readQuery(Object.fromEntries(new URLSearchParams(path)), TODO))
    expect(ask('')).toMatchObject({ scope: 'mine', urgency: undefined, check: undefined })
    expect(ask('view=near&days=3&urgency=none')).toMatchObject({ scope: 'all', urgency: 'near', near_days: 3 })
    expect(ask('view=breached')).toMatchObject({ scope: 'all', urgency: 'breached' })
    expect(ask('view=check&kind=case,entry')).toMatchObject({ scope: 'all', check: true, kind: ['case', 'entry'] })
    expect(ask('view=castle').scope).toBe('mine')
  })
  it('shows what to do, until when, for whom, and the lengths of the four lists', async () => {
    const found = await page(TodoList, '/desk/todo')
    expect(found.find('[data-view="breached"]').text()).toContain('3')
    expect(found.find('[data-testid="sentence"]').text()).toBe('我的待办：共 2 项，其中逾期 1 项，7 天内到期 0 项')
    const first = found.find('[data-row="case:7"]')
    expect(first.text()).toContain('制定整改方案')
    expect(first.text()).toContain('逾期 2 个工作日')
    expect(first.text()).toContain('整改期限')
    expect(first.text()).toContain('承办人')
    expect(first.text()).toContain('模拟')
    expect(found.find('[data-row="finding:9"]').text()).toContain('无期限')
    expect(found.find('[data-kind="entry"]').exists(), 'kinds without anything are not offered').toBe(false)
  })
  it('narrows by a kind and opens the chosen row from the keyboard', async () => {
    const found = await page(TodoList, '/desk/todo?page=3')
    await found.find('[data-kind="finding"]').trigger('click')
    await flushPromises()
    expect(router.currentRoute.value.query).toEqual({ kind: 'finding' })
    press('j')
    await flushPromises()
    press('j')
    await flushPromises()
    expect(router.currentRoute.value.query.id).toBe('finding:9')
    press('Enter')
    await flushPromises()
    expect(router.currentRoute.value.fullPath).toBe('/desk/alarms?open=all&id=9')
  })
})

describe('dispatch', () => {
  it('asks for what nobody has first; a name is asked for whatever else is chosen', () => {
    const ask = (path: string) => dispatchQuery(readQuery(Object.fromEntries(new URLSearchParams(path)), DISPATCH))
    expect(ask('').assigned).toBe(false)
    expect(ask('charge=taken').assigned).toBe(true)
    expect(ask('charge=all').assigned).toBeUndefined()
    expect(ask('responsible=li')).toMatchObject({ assigned: undefined, responsible: 'li' })
  })
  it('puts cases with a place on the map: late ones stand out, severe ones have a ring', () => {
    const points = pointsOf([row(), row({ id: 8, overdue: false, severity: 1, template: 'T2' }), row({ id: 9, place: { ...PLACE, lon: null, lat: null } as never })], 'zh')
    expect(points.map((one) => [one.id, one.kind, one.status, one.openFindings])).toEqual([['7', 'case', 'exceeding', 1], ['8', 'complaint', 'normal', 0]])
  })
  it('moves among the cases and stays at the ends', () => {
    expect(neighbour(['1', '2', '3'], '', 1)).toBe('1')
    expect(neighbour(['1', '2', '3'], '2', 1)).toBe('3')
    expect(neighbour(['1', '2', '3'], '3', 1)).toBe('3')
    expect(neighbour([], '3', 1)).toBeUndefined()
  })
  it('says why somebody stands first, and gives the case to whom a number key names', async () => {
    vi.spyOn(command, 'candidates').mockResolvedValue(CANDIDATES)
    const sent = vi.spyOn(api, 'manyCases').mockResolvedValue({ done: 1, refused: 0, cases: [{ id: 7, done: true, code: '', message: '', remedy: '' }] } as never)
    const found = await page(CandidateList, '/desk/dispatch', { row: row(), mayAssign: true })
    expect(reasonsFor(CANDIDATES.candidates[0]!)).toEqual(['keeper', 'awaited', 'idle'])
    expect(found.find('[data-person="li"]').text()).toContain(zh.dispatch.why.keeper)
    expect(found.find('[data-person="wang"]').text()).toContain('9.6')
    expect(found.text()).toContain('工业路网格')
    press('2')
    await flushPromises()
    expect(sent).toHaveBeenCalledWith({ cases: [7], act: 'assign', responsible: 'wang', org: '', reason: '' })
    expect(found.emitted('given')).toEqual([['王工']])
  })
  it('tells a refusal with its remedy, and lets nobody assign who may not', async () => {
    vi.spyOn(command, 'candidates').mockResolvedValue(CANDIDATES)
    const sent = vi.spyOn(api, 'manyCases').mockResolvedValue({ done: 0, refused: 1, cases: [{ id: 7, done: false, code: 'conflict', message: 'closed', remedy: 'reopen it' }] } as never)
    const found = await page(CandidateList, '/desk/dispatch', { row: row(), mayAssign: true })
    press('1')
    await flushPromises()
    expect(found.find('[role="alert"]').text()).toBe('closed reopen it')
    expect(found.emitted('given')).toBeUndefined()
    found.unmount()
    const looking = await page(CandidateList, '/desk/dispatch', { row: row(), mayAssign: false })
    press('1')
    await flushPromises()
    expect(sent).toHaveBeenCalledTimes(1)
    expect(looking.findAll('button')).toHaveLength(0)
  })
  it('shows the load of everybody and narrows to one of them', async () => {
    const people: Dispatch['people'] = CANDIDATES.candidates.map(({ username, name, name_en, roles, load: has }) => ({ username, name, name_en, roles, load: has }))
    const found = await page(LoadTable, '/desk/dispatch', { people, chosen: 'wang' })
    expect(found.find('[data-row="wang"]').text()).toContain('4')
    await found.find('[data-row="li"] button').trigger('click')
    await found.find('[data-row="wang"] button').trigger('click')
    expect(found.emitted('choose')).toEqual([['li'], ['']])
  })
})

describe('the weekly board', () => {
  it('keeps satisfaction apart from follow-up, and every rate in exactly one table', () => {
    expect(TABLES.flatMap((one) => one.rates)).toEqual([...RATES])
    expect(TABLES.filter((one) => one.rates.includes('satisfaction'))[0]!.rates).toEqual(['satisfaction'])
  })
  it('turns weeks over the ends of months and years', () => {
    expect(weeksAfter('2025-11-24', 1)).toBe('2025-12-01')
    expect(weeksAfter('2025-12-29', 1)).toBe('2026-01-05')
    expect(weeksAfter('2024-03-04', -1)).toBe('2024-02-26')
  })
  it('says whether a change is for the better by the direction of the rate', () => {
    expect(trendOf(figure({ change: '-5.0' }), rule('on_time'))).toBe('worse')
    expect(trendOf(figure({ change: '-5.0' }), rule('rebound'))).toBe('better')
    expect(trendOf(figure({ change: '2.0' }), rule('on_time'))).toBe('better')
    expect(trendOf(figure({ change: '0.0' }), rule('on_time'))).toBe('same')
    expect(trendOf(figure({ change: null }), rule('on_time'))).toBe('none')
    expect([signed('2.0'), signed('-2.0'), signed('0.0')]).toEqual(['+2.0', '−2.0', '0.0'])
  })
  it('shows three tables with coverage, change and what is left out; nothing stands where there is no figure', async () => {
    useMeta()
    vi.spyOn(command, 'board').mockResolvedValue(BOARD)
    const found = await page(BoardPage, '/desk/board?day=2025-11-19')
    expect(found.findAll('[data-table]').map((one) => one.attributes('data-table'))).toEqual(['cases', 'calls', 'satisfied'])
    const cell = found.find('[data-table="cases"] [data-row="key:B-1"] [data-rate="write_off"]')
    expect(cell.text()).toContain('75.0 %')
    expect(cell.text()).toContain('不能判定 2')
    expect(cell.text()).toContain('覆盖率 66.7 %')
    expect(cell.text()).toContain('−5.0（上周 80.0 %），变差')
    expect(found.find('[data-table="satisfied"] [data-rate="satisfaction"]').text()).toContain('无数据')
    expect(found.find('[data-table="calls"] [data-row="key:B-1"] td:last-child').text()).toBe('1')
    expect(found.find('[data-rule="rebound"]').text()).toContain('越低越好')
    expect(found.find('[data-rule="rebound"]').text()).toContain('yes / all')
  })
  it('leads from each number to its cases, of nobody named as well as of everybody', async () => {
    vi.spyOn(command, 'board').mockResolvedValue(BOARD)
    const found = await page(BoardPage, '/desk/board?by=leader&template=T1')
    const link = (of: string, part: string) => new URL(found.find(`[data-row="${of}"] [data-rate="write_off"] [data-part="${part}"]`).attributes('href')!, 'http://x')
    expect(Object.fromEntries(link('key:', 'no').searchParams)).toEqual({ day: '2025-11-17', rate: 'write_off', by: 'leader', part: 'no', template: 'T1', group: '1', key: '' })
    expect(Object.fromEntries(link('total', 'missing').searchParams)).toEqual({ day: '2025-11-17', rate: 'write_off', by: 'leader', part: 'missing', template: 'T1' })
    expect(behindPage({ day: '', by: 'x', template: '', region: '' }, '2025-11-17', 'on_time', 'all').query).toEqual({ day: '2025-11-17', rate: 'on_time', by: 'org' })
    expect(boardQuery({ day: '', by: 'x', template: '', region: '' }).by).toBe('org')
  })
  it('turns to the week before from button and key, and never beyond this week', async () => {
    const asked = vi.spyOn(command, 'board').mockImplementation(async (query) => ({ ...BOARD, first: query?.day ?? '2025-11-24' }))
    const meta = useMeta()
    vi.spyOn(meta, 'now', 'get').mockReturnValue(new Date('2025-11-26T10:00:00+08:00'))
    const found = await page(BoardPage, '/desk/board')
    expect(found.find('[data-testid="after"]').attributes('disabled')).toBeDefined()
    await found.find('[data-testid="before"]').trigger('click')
    await flushPromises()
    expect(router.currentRoute.value.query.day).toBe('2025-11-17')
    press('k')
    await flushPromises()
    expect(asked).toHaveBeenLastCalledWith(expect.objectContaining({ day: '2025-11-10' }))
  })
})

describe('the cases behind a figure', () => {
  const THINGS = {
    items: [{ case_id: 7, number: 'A-7', title: '超标', title_en: '', template: 'T1', state_zh: '已立案', state_en: '', severity: 4, org: '', org_name: '', leader: '', region_code: '420107', region_name: '青山区', region_name_en: '', clock_zh: '整改期限', clock_en: '', due_on: '2025-11-20', ended_on: null, part: 'no', simulated: true }],
    total: 1, page: 1, page_size: 50,
  } as unknown as RateThingPage

  it('asks for the group of nobody named by an empty key, for all groups by none', async () => {
    vi.spyOn(command, 'board').mockResolvedValue(BOARD)
    const asked = vi.spyOn(command, 'behind').mockResolvedValue(THINGS)
    const found = await page(BehindPage, '/desk/board/cases?day=2025-11-17&rate=write_off&part=no&group=1&key=')
    expect(asked).toHaveBeenCalledWith(expect.objectContaining({ rate: 'write_off', part: 'no', key: '', day: '2025-11-17' }))
    expect(found.find('h1').text()).toBe('指标write_off · 未明确责任单位')
    expect(found.find('[data-testid="behind"]').text()).toContain('未停止')
    expect(found.find('a[download]').attributes('href')).toContain('key=')
    found.unmount()
    await page(BehindPage, '/desk/board/cases?day=2025-11-17&rate=write_off')
    expect(asked).toHaveBeenLastCalledWith(expect.objectContaining({ key: undefined, part: 'all' }))
  })
  it('goes back to the board as it was, and speaks English to English readers', async () => {
    vi.spyOn(command, 'board').mockResolvedValue(BOARD)
    vi.spyOn(command, 'behind').mockResolvedValue(THINGS)
    usePrefs().lang = 'en'
    await flushPromises()
    const found = await page(BehindPage, '/desk/board/cases?day=2025-11-17&by=leader&rate=on_time')
    expect(found.find('p.no-print a').attributes('href')).toBe('/desk/board?day=2025-11-17&by=leader')
    expect(found.find('[data-part="no"]').text()).toBe('Not reached')
    usePrefs().lang = 'zh'
    await flushPromises()
  })
})
