import { flushPromises, mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { createMemoryHistory, createRouter } from 'vue-router'
import { deliveries, handovers, notices, rosters, type DeliveryDetail, type HandoverDetail, type InboxLine, type NoticeDetail, type Policies, type RosterMonth, type Shift } from '@/api/duty'
import { i18n } from '@/app/i18n'
import InboxBell from '@/app/InboxBell.vue'
import { useInbox } from '@/app/stores/inbox'
import { useSession } from '@/app/stores/session'
import DeliveryPage from '@/pages/notices/DeliveryPage.vue'
import InboxPage from '@/pages/notices/InboxPage.vue'
import NoticePage from '@/pages/notices/NoticePage.vue'
import PolicyPage from '@/pages/notices/PolicyPage.vue'
import { deliveryTone, target } from '@/pages/notices/words'
import HandoverPage from '@/pages/rosters/HandoverPage.vue'
import RosterCalendar from '@/pages/rosters/RosterCalendar.vue'
import { noteTone, weeks } from '@/pages/rosters/words'
import { api } from '@/api/calls'

const COUNTS = { unread: 5000, unanswered: 2, severity: 4 }
const LINE = {
  id: 7, kind: 'finding_severe', kind_zh: '严重异常线索', kind_en: 'severe finding', category: 'finding', severity: 4, subject_kind: 'finding', subject_number: 'F-1', link: '/desk/alarms/1',
  title_zh: '超标：一号排口', title_en: 'exceedance: stack 1', region_code: '420107', posted_at: '2025-11-24T09:00:00+08:00', last_at: '2025-11-24T10:00:00+08:00', times: 3, reason: 'on_duty', step: 0,
  read: false, acknowledged: false, answerable: true, closed_at: null, closed_by: '', closed_by_name: '', closed_why: '', escalates_at: '2025-11-24T09:10:00+08:00', simulated: true,
} as unknown as InboxLine
const NOTICE = {
  ...LINE, policy: 'severe', policy_zh: '重大事项升级', policy_en: 'severe matters', mine: true,
  steps: [{ step: 0, after_min: 0, to: ['roster', 'endpoint:duty_room'], taken: true, applies: true }, { step: 1, after_min: 10, to: ['role:dispatcher'], taken: false, applies: true }],
  receipts: [{ username: 'duty', name: '林晓', reason: 'on_duty', step: 0, received_at: '2025-11-24T09:00:00+08:00', read_at: null, acknowledged_at: null }],
  ways: [{ channel: 'email', to: '林晓', step: 0, queued_at: '2025-11-24T09:00:00+08:00', not_before: '2025-11-24T09:01:00+08:00', delivery: null, state: 'waiting', last_error: '' }],
} as unknown as NoticeDetail
const who = (username: string) => ({ username, name: username, known: true })
const shift = (day: string, username: string, more: object = {}): Shift =>
  ({ roster: 'room', starts_at: `${day}T08:00:00+08:00`, ends_at: `${day}T20:00:00+08:00`, who: who(username), rotation_zh: '白班', rotation_en: 'day', instead_of: null, reason: '', mine: username === 'duty', doubled: false, ...more }) as Shift
const DAYS = Array.from({ length: 30 }, (_, n) => `2025-11-${String(n + 1).padStart(2, '0')}`)
const ROOM = { code: 'room', name_zh: '值班室', name_en: 'duty room', region_code: '420100', region_name: '武汉市', region_name_en: 'Wuhan', coverage: 'always', now: [], until: null, next: who('duty'), next_at: '2025-11-25T08:00:00+08:00', retired_at: null, may_keep: false, may_hand_over: true, simulated: true }
const MONTH = {
  month: '2025-11', today: '2025-11-24', rosters: [ROOM], gap_hours: '12', clashes: [{ who: who('duty'), starts_at: '2025-11-25T10:00:00+08:00', ends_at: '2025-11-25T12:00:00+08:00', rosters: ['room', 'second'] }],
  load: [{ who: who('duty'), shifts: 9, hours: '108', restday_hours: '24' }],
  days: DAYS.map((day) => ({ day, workday: true, kind: 'workday', name_zh: '', name_en: '', shifts: day === '2025-11-26' ? [shift(day, 'duty')] : day === '2025-11-03' ? [shift(day, 'duty')] : [], gaps: day === '2025-11-27' ? [{ roster: 'room', starts_at: '2025-11-27T08:00:00+08:00', ends_at: '2025-11-27T20:00:00+08:00' }] : [] })),
} as unknown as RosterMonth
const NOTE = {
  number: 'H-1', roster: 'room', roster_zh: '值班室', roster_en: 'duty room', shift_start: '2025-11-24T08:00:00+08:00', shift_end: '2025-11-24T20:00:00+08:00', giver: who('duty'), taker: who('handler'), state: 'draft',
  composed_at: '2025-11-24T10:00:00+08:00', given_at: null, accepted_at: null, counts: { findings: 40 }, simulated: true, text: '', answer: '', content_hash: '', intact: true, revision: 3, may_edit: true, may_accept: false, events: [],
  matters: [{ name: 'findings', count: 40, lines: [{ number: 'F-1', link: '/desk/alarms/1', zh: '超标：一号排口', en: 'exceedance: stack 1', severity: 4, at: '2025-11-24T09:00:00+08:00' }] }, { name: 'silent', count: 0, lines: [] }],
} as unknown as HandoverDetail

async function page(component: object, path: string) {
  const routes = ['/desk/notices/deliveries/:id', '/desk/notices/:id(\\d+)', '/desk/handovers/:number', '/:rest(.*)*'].map((one) => ({ path: one, component }))
  const router = createRouter({ history: createMemoryHistory(), routes })
  await router.push(path)
  const found = mount(component, { global: { plugins: [i18n, router], stubs: { teleport: true } } })
  await flushPromises()
  return found
}
function signIn(permissions: string[] = []): void {
  const user = { username: 'duty', display_name: '林晓', display_name_en: '', roles: ['dispatcher'], permissions }
  useSession().session = { authenticated: true, user } as never
}

beforeEach(() => {
  setActivePinia(createPinia())
  vi.restoreAllMocks()
  vi.clearAllMocks()
  vi.spyOn(notices, 'waiting').mockResolvedValue(COUNTS).mockClear()
  vi.spyOn(api, 'people').mockResolvedValue([])
})

describe('the bell', () => {
  it('counts what is unread, in words for those who cannot see it', async () => {
    signIn()
    const found = await page(InboxBell, '/desk/notices')
    expect(found.find('[data-testid="bell"]').attributes('data-unread')).toBe('5000')
    expect(found.text()).toContain('999+')
    expect(found.find('[data-testid="bell"]').attributes('aria-label')).toBe('消息：未读 5000 条，待确认 2 条')
    expect(found.find('.s4').exists()).toBe(true)
  })
  it('asks nothing for a visitor', async () => {
    await useInbox().refresh()
    expect(notices.waiting).not.toHaveBeenCalled()
  })
})

describe('the inbox', () => {
  it('acknowledges the ticked lines and shows what waits then', async () => {
    signIn()
    vi.spyOn(notices, 'list').mockResolvedValue({ items: [LINE], total: 1, page: 1, page_size: 50 })
    const done = vi.spyOn(notices, 'acknowledge').mockResolvedValue({ changed: 1, waiting: { unread: 0, unanswered: 0, severity: 0 } })
    const found = await page(InboxPage, '/desk/notices')
    expect(found.text()).toContain('第 3 次')
    expect(found.find('[data-testid="acknowledge"]').attributes('disabled')).toBeDefined()
    await found.find('tbody input[type=checkbox]').setValue(true)
    await found.find('[data-testid="acknowledge"]').trigger('click')
    await flushPromises()
    expect(done).toHaveBeenCalledWith([7])
    expect(useInbox().counts.unanswered).toBe(0)
    expect(found.text()).toContain('已确认 1 条')
  })
  it('answers a whole storm with one call', async () => {
    signIn()
    vi.spyOn(notices, 'list').mockResolvedValue({ items: [LINE], total: 5000, page: 1, page_size: 50 })
    const done = vi.spyOn(notices, 'acknowledge').mockResolvedValue({ changed: 5000, waiting: { unread: 0, unanswered: 0, severity: 0 } })
    useInbox().set(COUNTS)
    const found = await page(InboxPage, '/desk/notices')
    await found.find('[data-testid="acknowledge-all"]').trigger('click')
    expect(done).toHaveBeenCalledWith(null)
  })
})

describe('one notice', () => {
  it('is read by being opened, and tells the steps and the ways', async () => {
    signIn()
    vi.spyOn(notices, 'one').mockResolvedValue(NOTICE)
    const read = vi.spyOn(notices, 'read').mockResolvedValue({ changed: 1, waiting: { unread: 4, unanswered: 2, severity: 3 } })
    const found = await page(NoticePage, '/desk/notices/7')
    expect(read).toHaveBeenCalledWith([7])
    expect(useInbox().counts.unread).toBe(4)
    expect(found.find('[data-step="1"]').text()).toContain('10 分钟无人确认后')
    expect(found.find('[data-step="1"]').text()).toContain('岗位：值班调度')
    expect(found.text()).toContain('等待合并')
  })
})

describe('what was given up', () => {
  it('is sent again, or laid aside with a reason', async () => {
    const dead = { id: 3, key: 'k', channel: 'email', to: '周原', username: 'handler', subject: 's', count: 2, severity: 3, state: 'dead', made_at: '2025-11-24T09:00:00+08:00', tries: 8, next_try_at: null, sent_at: null, last_error: 'refused', simulated: true, text: 'body', hidden: 0, notices: [], may_mend: true } as unknown as DeliveryDetail
    vi.spyOn(deliveries, 'one').mockResolvedValue(dead)
    const again = vi.spyOn(deliveries, 'again').mockResolvedValue({ ...dead, state: 'retry', may_mend: false })
    const found = await page(DeliveryPage, '/desk/notices/deliveries/3')
    await found.find('[data-testid="again"]').trigger('click')
    await flushPromises()
    expect(again).toHaveBeenCalledWith(3)
    expect(found.find('[data-testid="again"]').exists()).toBe(false)
    expect(found.text()).toContain('待重试')
  })
})

describe('policies', () => {
  it('name the people of this moment and what nobody has set up', async () => {
    const step = { row_id: 'escalation.severe.0', step: 0, after_min: 0, to: ['roster', 'endpoint:duty_room'], people: ['林晓'], endpoints: [], missing: ['duty_room'], channels: ['email'], min_severity: 1 }
    const told = { policies: [{ code: 'severe', label_zh: '重大事项升级', label_en: 'severe', steps: [step, { ...step, step: 1, after_min: 10, to: ['role:supervisor'], people: [], missing: [] }], confidence: 'decision of this project', source: 's' }], kinds: [], ways: [], per_hour: 12, tries: 8 } as unknown as Policies
    vi.spyOn(notices, 'policies').mockResolvedValue(told)
    const found = await page(PolicyPage, '/desk/notices/policies')
    expect(found.text()).toContain('此刻是：林晓')
    expect(found.text()).toContain('未配置：duty_room')
    expect(found.text()).toContain('此刻没有人')
  })
})

describe('the roster of a month', () => {
  it('shows gaps, double bookings, and offers only shifts of one’s own that have not begun', async () => {
    vi.useFakeTimers({ now: new Date('2025-11-24T02:40:00Z'), toFake: ['Date'] })
    signIn()
    vi.spyOn(rosters, 'month').mockResolvedValue(MONTH)
    vi.spyOn(rosters, 'list').mockResolvedValue(MONTH.rosters)
    const found = await page(RosterCalendar, '/desk/rosters')
    expect(found.find('[data-testid="gaps"]').text()).toContain('12 小时')
    expect(found.text()).toContain('duty 于 2025-11-25 10:00')
    expect(found.find('td[data-day="2025-11-27"]').text()).toContain('08:00 起空缺')
    expect(found.find('[data-roster="room"]').text()).toContain('此刻无人当班')
    expect(found.find('td[data-day="2025-11-26"] button').exists()).toBe(true)
    expect(found.find('td[data-day="2025-11-03"] button').exists()).toBe(false)
    vi.useRealTimers()
  })
})

describe('a handover note', () => {
  it('is kept before it is signed, with the revision that was edited', async () => {
    vi.spyOn(handovers, 'one').mockResolvedValue(NOTE)
    const edit = vi.spyOn(handovers, 'edit').mockResolvedValue({ ...NOTE, text: '注意一号站', revision: 4 })
    const give = vi.spyOn(handovers, 'give').mockResolvedValue({ ...NOTE, state: 'given', may_edit: false, revision: 4, content_hash: 'a'.repeat(64) })
    const found = await page(HandoverPage, '/desk/handovers/H-1')
    expect(found.find('[data-matter="findings"]').text()).toContain('另有 39 条')
    expect(found.find('[data-matter="silent"]').text()).toContain('无')
    await found.find('textarea[name=text]').setValue('注意一号站')
    await found.find('[data-testid="give"]').trigger('click')
    await flushPromises()
    expect(edit).toHaveBeenCalledWith('H-1', '注意一号站', 3, '')
    expect(give).toHaveBeenCalledWith('H-1')
    expect(found.text()).toContain('已签字')
    expect(found.text()).toContain('与签字内容一致')
  })
})

describe('words', () => {
  it('tell how loud a state is', () => {
    expect(['sent', 'retry', 'dead', 'laid_aside', 'sending'].map(deliveryTone)).toEqual(['success', 'warning', 'danger', 'none', 'info'])
    expect(['draft', 'given', 'accepted'].map(noteTone)).toEqual(['info', 'warning', 'success'])
  })
  it('take a target apart', () => {
    expect(target('role:dispatcher')).toEqual({ form: 'role', name: 'dispatcher' })
    expect(target('roster')).toEqual({ form: 'roster', name: '' })
  })
  it('begin weeks on Monday', () => {
    const found = weeks(MONTH.days)
    expect(found[0]?.findIndex((one) => one?.day === '2025-11-01')).toBe(5) // a Saturday
    expect(found.flat().filter(Boolean).length).toBe(30)
    expect(found.every((one) => one.length === 7)).toBe(true)
  })
})
