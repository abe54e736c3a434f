import { readFileSync } from 'node:fs'
import { flushPromises, mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { createMemoryHistory, createRouter } from 'vue-router'
import { api } from '@/api/calls'
import { door, type Dossier, type EnterpriseHome, type EnterpriseScores, type ResultsReport, type TodoPage as TodoAnswer } from '@/api/enterprise'
import { i18n } from '@/app/i18n'
import { useOwn } from '@/app/stores/own'
import { usePrefs } from '@/app/stores/prefs'
import DossierView from '@/pages/dossiers/DossierView.vue'
import AskForm from '@/pages/enterprise/AskForm.vue'
import ContactCards from '@/pages/enterprise/ContactCards.vue'
import { doorLink } from '@/pages/enterprise/links'
import OwnDossier from '@/pages/enterprise/OwnDossier.vue'
import { faultsCsv, fileFault, type Fault } from '@/pages/enterprise/results'
import ResultsUpload from '@/pages/enterprise/ResultsUpload.vue'
import ScoreCards from '@/pages/enterprise/ScoreCards.vue'
import en from '@/locales/en.json'
import zh from '@/locales/zh.json'
import TodoPage from '@/pages/enterprise/TodoPage.vue'

const PLACE = { type: 'enterprise', code: 'E-1', name: '热电厂', name_en: 'Power plant', region_code: '420107', region_name: '青山区', region_name_en: 'Qingshan', enterprise_code: 'E-1', enterprise_name: '热电厂', lon: null, lat: null, simulated: true }
const FAULT: Fault = { line: 3, cause: 'unknown_outlet', column: 'outlet', text: 'O-9', reason_zh: '本企业没有这个排放口', reason_en: 'no such outlet', remedy_zh: '使用登记的编号', remedy_en: 'use the code' }
const TAKEN = { line: 2, occurrence: 7, number: 'SM-1', title_zh: '自行监测 二氧化硫', title_en: 'SO2', result: '32 mg/m3', late: false, over_limit: true }
const report = (some: Partial<ResultsReport> = {}): ResultsReport => ({ dry_run: true, rows: 2, taken: [TAKEN], faults: [FAULT], unknown_columns: ['备注'], ...some })
const score = (some: object) => ({ code: 'x', name_zh: '达标率', name_en: 'x', state: 'rated', part: 9, whole: 10, percent: '90.0', words_zh: '', words_en: '', formula_zh: '达标/判定', formula_en: '', source_zh: '判定', source_en: '', first: '2025-10-26', last: '2025-11-24', reasons: [], reasons_total: 0, ...some })
const section = (some: object) => ({ key: 'findings', title_zh: '发现', title_en: 'Findings', state: 'filled', why_zh: '', why_en: '', source_zh: '登记', source_en: '', coverage_zh: '', coverage_en: '', updated_at: null, columns: [{ label_zh: '编号', label_en: 'number', numeric: false }], rows: [[{ zh: 'F-1', en: 'F-1', link: '/desk/alarms?id=5', tone: '' }]], total: 1, link: '', ...some })
const DOSSIER = {
  type: 'enterprise', code: 'E-1', title_zh: '热电厂', title_en: 'Power plant', place: PLACE, known_at: '2025-11-24T10:00:00+08:00', facts: [], strip_basis_zh: '小时判定', strip_basis_en: '', pdf_url: '',
  strip: [{ quarter: '2025-Q4', first: '', last: '', state: 'exceed', mark_zh: '超', mark_en: 'E', judged: 9, exceeding: 1 }, { quarter: '2025-Q3', first: '', last: '', state: 'no_data', mark_zh: '缺', mark_en: '–', judged: 0, exceeding: 0 }],
  sections: [
    section({}),
    section({ key: 'outlets', columns: [{ label_zh: '编号', label_en: 'code', numeric: false }], rows: [[{ zh: 'O-1', en: 'O-1', link: '/desk/outlets/O-1', tone: '' }]] }),
    section({ key: 'penalties', state: 'empty', why_zh: '无记录', rows: [], total: 0 }),
    section({ key: 'permit', state: 'not_connected', why_zh: '许可证库未接入本平台', rows: [], total: 0 }),
  ],
} as unknown as Dossier
const HOME = { enterprises: [{ place: PLACE, contacts: [{ role: 'commissioner', name: '周原', name_en: 'Zhou Yuan', phone: '027-00000000', case: null, case_number: '' }, { role: 'supervisor', name: '青山分局', name_en: '', phone: '', case: null, case_number: '' }] }], waiting: 2, overdue: 1, unanswered: 1, windows: 0 } as unknown as EnterpriseHome

async function show(component: object, path: string, props: object = {}) {
  const meta = path.startsWith('/enterprise') ? { door: 'enterprise' as const } : {}
  const router = createRouter({ history: createMemoryHistory(), routes: [{ path: '/:rest(.*)*', component, meta }] })
  await router.push(path)
  const found = mount(component, { props, global: { plugins: [i18n, router] } })
  await flushPromises()
  return found
}
/** A file as a browser hands it over. */
async function pick(page: Awaited<ReturnType<typeof show>>, file: File): Promise<void> {
  const input = page.find('[name="results"]')
  Object.defineProperty(input.element, 'files', { value: [file], configurable: true })
  await input.trigger('change')
}
const enabled = (page: Awaited<ReturnType<typeof show>>, id: string) => page.find(`[data-testid="${id}"]`).attributes('disabled') === undefined

beforeEach(() => {
  setActivePinia(createPinia())
  usePrefs().lang = 'zh'
  vi.restoreAllMocks()
  vi.spyOn(door, 'home').mockResolvedValue(HOME)
})

describe('links in the door of an enterprise', () => {
  it('lead to its own pages, or nowhere', () => {
    expect(doorLink('/desk/alarms?id=5')).toBe('/enterprise/findings/5')
    expect(doorLink('/desk/alarms?open=all&id=5')).toBe('/enterprise/findings/5')
    expect(doorLink('/desk/cases/8')).toBe('/enterprise/cases/8')
    expect(doorLink('/desk/cases?view=all&template=T3&enterprise=E-1')).toBe('/enterprise/cases?template=T3')
    expect(doorLink('/desk/cases?view=all&enterprise=E-1')).toBe('/enterprise/cases')
    expect(doorLink('/desk/obligations/occurrences/4')).toBe('/enterprise/duties/4')
    expect(doorLink('/desk/obligations/plans/E-1')).toBe('/enterprise/plan/E-1')
    expect(doorLink('/desk/enterprises/E-1')).toBe('/enterprise/dossier')
    for (const none of ['/desk/outlets/O-1', '/desk/rules/x', '/desk/evidence/finding/3', '/desk/obligations/streams', '/desk/alarms?object=O-1']) expect(doorLink(none)).toBe('')
  })
})

describe('a file of results', () => {
  it('is refused before it is sent when it is no table, empty, or too large', () => {
    expect(fileFault({ name: 'a.pdf', size: 5 })).toBe('badType')
    expect(fileFault({ name: 'a.csv', size: 0 })).toBe('emptyFile')
    expect(fileFault({ name: 'a.XLSX', size: 5 * 1024 * 1024 + 1 })).toBe('tooLarge')
    expect(fileFault({ name: 'a.XLSX', size: 5 * 1024 * 1024 })).toBe('')
  })
  it('gives its faults as a file whose cells run no formula', () => {
    const text = faultsCsv([FAULT, { ...FAULT, text: '=1+1' }], ['行', '内容'], (one) => [one.line, one.text === 'O-9' ? 'a,"b"' : one.text])
    expect(text).toBe('\uFEFF行,内容\r\n3,"a,""b"""\r\n3,\'=1+1\r\n')
  })
  it('is checked first; only then can it be reported', async () => {
    const sent = vi.spyOn(door, 'sendResults').mockResolvedValueOnce(report()).mockResolvedValueOnce(report({ dry_run: false }))
    const page = await show(ResultsUpload, '/enterprise/results', { code: 'E-1' })
    expect(enabled(page, 'check')).toBe(false)
    const file = new File(['x'], 'r.csv')
    await pick(page, file)
    expect([enabled(page, 'check'), enabled(page, 'report')]).toEqual([true, false])
    await page.find('form').trigger('submit')
    await flushPromises()
    expect(sent).toHaveBeenLastCalledWith('E-1', file, true)
    const [fault] = page.findAll('[data-testid="faults"] > li')
    expect(fault?.attributes()).toMatchObject({ 'data-line': '3', 'data-cause': 'unknown_outlet' })
    expect(fault?.text()).toContain('本企业没有这个排放口')
    expect(fault?.text()).toContain('使用登记的编号')
    expect(page.find('[data-testid="taken"]').text()).toContain('超过许可限值')
    expect(page.text()).toContain('备注')
    expect(page.emitted('sent')).toBeUndefined()
    await page.find('[data-testid="report"]').trigger('click')
    await flushPromises()
    expect(sent).toHaveBeenLastCalledWith('E-1', file, false)
    expect(page.find('[data-testid="outcome"]').attributes('data-dry')).toBe('false')
    expect(page.emitted('sent')).toHaveLength(1)
    expect(enabled(page, 'report')).toBe(false) // the same file is not reported twice by a second click
  })
  it('without a good row cannot be reported, and a refusal of the whole file is read out', async () => {
    vi.spyOn(door, 'sendResults').mockResolvedValueOnce(report({ taken: [] })).mockRejectedValueOnce(new Error('no'))
    const page = await show(ResultsUpload, '/enterprise/results', { code: 'E-1' })
    await pick(page, new File(['x'], 'r.csv'))
    await page.find('form').trigger('submit')
    await flushPromises()
    expect(enabled(page, 'report')).toBe(false)
    await page.find('form').trigger('submit')
    await flushPromises()
    expect(page.find('[role="alert"]').exists()).toBe(true)
    await pick(page, new File(['x'], 'r.pdf'))
    expect(page.find('[role="alert"]').text()).toContain('CSV')
    expect(enabled(page, 'check')).toBe(false)
  })
})

describe('scores', () => {
  it('show the parts of a rate, what lowers it, and nothing where nothing can be rated', async () => {
    const reasons = [{ zh: 'SO2：超标 1 小时', en: '', path: '' }, { zh: '迟报', en: '', path: '/enterprise/duties/4' }]
    const scores = [score({ code: 'compliance', reasons, reasons_total: 9 }), score({ code: 'answers' }), score({ code: 'credit', state: 'no_data', percent: null, part: null, whole: null })]
    vi.spyOn(door, 'scores').mockResolvedValue({ place: PLACE, scores } as unknown as EnterpriseScores)
    const page = await show(ScoreCards, '/enterprise/scores', { code: 'E-1' })
    const [first, second, third] = page.findAll('[data-score]')
    expect(first?.text()).toContain('90.0 %')
    expect(first?.text()).toContain('9 / 10')
    expect(first?.find('a').attributes('href')).toBe('/enterprise/duties/4')
    expect(first?.text()).toContain('另有 7 条')
    expect(second?.text()).toContain('没有扣减项')
    expect(third?.text()).toContain('没有可评价的数据')
    expect(third?.text()).not.toContain('没有扣减项')
  })
})

describe('a dossier', () => {
  beforeEach(() => vi.spyOn(door, 'dossier').mockResolvedValue(DOSSIER))

  it('tells nothing on record from not connected, and a quarter by its letter', async () => {
    const page = await show(DossierView, '/desk/dossiers/enterprise/E-1', { type: 'enterprise', code: 'E-1' })
    expect(page.find('[data-section="penalties"]').text()).toContain('无记录')
    expect(page.find('[data-section="permit"]').text()).toContain('许可证库未接入本平台')
    expect(page.findAll('[data-testid="strip"] li').map((one) => [one.attributes('data-state'), one.find('b').text()])).toEqual([['exceed', '超'], ['no_data', '缺']])
    expect(page.find('[data-testid="pdf"]').attributes('href')).toBe('/api/v1/dossiers/enterprise/E-1/print.pdf?language=zh')
    expect(page.find('[data-section="outlets"] td a').attributes('href')).toBe('/desk/outlets/O-1')
    await page.find('[name="only_filled"]').setValue(true)
    expect(page.findAll('[data-section]').map((one) => one.attributes('data-section'))).toEqual(['findings', 'outlets'])
  })
  it('in the door of its enterprise links to pages of that door only', async () => {
    const own = useOwn()
    await own.load()
    const page = await show(OwnDossier, '/enterprise/dossier')
    expect(page.find('[data-section="findings"] td a').attributes('href')).toBe('/enterprise/findings/5')
    expect(page.find('[data-section="outlets"] td').text()).toBe('O-1')
    expect(page.find('[data-section="outlets"] td a').exists()).toBe(false)
  })
  it('says so when the account speaks for no enterprise', async () => {
    vi.spyOn(door, 'home').mockResolvedValue({ ...HOME, enterprises: [] })
    await useOwn().load()
    const page = await show(OwnDossier, '/enterprise/dossier')
    expect(page.find('[data-testid="nobody"]').exists()).toBe(true)
    expect(door.dossier).not.toHaveBeenCalled()
  })
})

describe('the door', () => {
  it('shows whom to call, and says where no number is on record', async () => {
    await useOwn().load()
    const page = await show(ContactCards, '/enterprise/services')
    expect(page.find('a[href="tel:027-00000000"]').exists()).toBe(true)
    expect(page.findAll('li')[1]?.text()).toContain('没有登记电话')
  })
  it('lists what to do with its deadline and the page where it is done', async () => {
    const item = { id: 'finding-5', kind: 'finding', what: 'answer_again', number: 'F-5', title_zh: '超标', title_en: '', detail_zh: '请附检修单', detail_en: '', object: PLACE, severity: 3, due_at: '2025-11-24T09:00:00+08:00', overdue: true, remaining_working_days: 0, path: '/enterprise/findings/5', simulated: true }
    vi.spyOn(door, 'todo').mockResolvedValue({ items: [item], total: 1, page: 1, page_size: 50, counts: { finding: 1 }, overdue: 1 } as unknown as TodoAnswer)
    await useOwn().load()
    const page = await show(TodoPage, '/enterprise/todo')
    expect(page.find('[data-testid="sentence"]').text()).toContain('逾期 1')
    expect(page.find('[data-testid="todo"] a').attributes('href')).toBe('/enterprise/findings/5')
    expect(page.find('[data-testid="todo"]').text()).toContain('请附检修单')
    expect(page.find('[name="kind"]').text()).toContain('问询 1')
  })
  it('files a question about the own enterprise and names what is missing first', async () => {
    const field = (name: string, type: string, required = true) => ({ name, type, required, private: false, label_zh: name, label_en: name, choices: [{ value: 'ordinary', label_zh: '一般', label_en: '' }], options: [], value: null })
    const procedure = { code: 'T6', may_file: true, needs: ['region'], opening: [field('question', 'longtext'), field('question_kind', 'choice'), field('asker', 'text', false), field('asker_phone', 'text', false)] }
    vi.spyOn(api, 'procedures').mockResolvedValue([procedure] as never)
    const filed = vi.spyOn(api, 'fileCase').mockResolvedValue({ id: 9, number: 'T6-9' } as never)
    const page = await show(AskForm, '/enterprise/services', { template: 'T6', code: 'E-1' })
    expect(page.findAll('[name]').map((one) => one.attributes('name'))).toEqual(['title', 'question', 'question_kind'])
    await page.find('form').trigger('submit')
    expect(page.find('[role="alert"]').text()).toContain('3')
    expect(filed).not.toHaveBeenCalled()
    await page.find('[name="title"]').setValue('转移联单')
    await page.find('[name="question"]').setValue('如何办理')
    await page.find('[name="question_kind"]').setValue('ordinary')
    await page.find('form').trigger('submit')
    await flushPromises()
    expect(filed).toHaveBeenCalledWith(expect.objectContaining({ template: 'T6', object_type: 'enterprise', object_code: 'E-1', fields: { question: '如何办理', question_kind: 'ordinary' } }))
    expect(page.find('[data-testid="filed"]').attributes('href')).toBe('/enterprise/cases/9')
    expect(page.emitted('sent')).toHaveLength(1)
  })
})

describe('words of the door', () => {
  const schemas = (JSON.parse(readFileSync('../docs/api/openapi.json', 'utf8')) as { components: { schemas: Record<string, { properties: Record<string, { enum: string[] }> }> } }).components.schemas
  const said = (schema: string, name: string) => [...(schemas[schema]?.properties[name]?.enum ?? [])].sort()
  it.each([['zh', zh], ['en', en]] as const)('cover in %s whatever the server may say', (_, words) => {
    expect(Object.keys(words.enterpriseDoor.kinds).sort()).toEqual(said('TodoItem', 'kind'))
    expect(Object.keys(words.enterpriseDoor.whats).sort()).toEqual(said('TodoItem', 'what'))
    expect(Object.keys(words.enterpriseDoor.roles).sort()).toEqual(said('ContactOut', 'role'))
    expect(Object.keys(words.dossier.states).sort()).toEqual(said('DossierQuarter', 'state'))
    expect(Object.keys(words.dossier.types).sort()).toEqual(said('DossierOut', 'type'))
  })
})
