import { flushPromises, mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { createMemoryHistory, createRouter } from 'vue-router'
import { notices, type InboxLine } from '@/api/duty'
import { Failure } from '@/api/failure'
import { i18n } from '@/app/i18n'
import { useInbox } from '@/app/stores/inbox'
import { useSession } from '@/app/stores/session'
import NoticeList from '@/pages/field/NoticeList.vue'
import { useOutbox } from '@/pages/field/outboxStore'
import { subjectPath } from '@/pages/field/subject'

const TASK = {
  id: 7, kind: 'task_assigned', kind_zh: '任务已分派', kind_en: 'a task was assigned', category: 'task', severity: 2, subject_kind: 'case', subject_number: 'C-7', link: '/desk/cases/7',
  title_zh: '核查一号排口', title_en: 'check stack 1', region_code: '420107', posted_at: '2025-11-24T09:00:00+08:00', last_at: '2025-11-24T10:00:00+08:00', times: 1, reason: 'named', step: 0,
  read: false, acknowledged: false, answerable: false, closed_at: null, closed_by: '', closed_by_name: '', closed_why: '', escalates_at: null, simulated: true,
} as unknown as InboxLine
const LATE = { ...TASK, id: 8, kind: 'case_breached', severity: 4, answerable: true, read: true } as InboxLine
const NONE = { unread: 0, unanswered: 0, severity: 0 }
const page = (items: InboxLine[], total = items.length) => ({ items, total, page: 1, page_size: 30 })

async function shown(path = '/field/notices') {
  const router = createRouter({ history: createMemoryHistory(), routes: [{ path: '/:rest(.*)*', component: NoticeList }] })
  await router.push(path)
  const found = mount(NoticeList, { global: { plugins: [i18n, router] } })
  await flushPromises()
  return { found, router }
}

beforeEach(() => {
  setActivePinia(createPinia())
  vi.restoreAllMocks()
  useSession().session = { authenticated: true, user: { username: 'inspector', display_name: '', display_name_en: '', roles: ['inspector'], permissions: [] } } as never
  useInbox().set({ unread: 1, unanswered: 1, severity: 4 })
  useOutbox().online = true
})

describe('notices on the phone', () => {
  it('a case is a task of the phone; everything else keeps its page', () => {
    expect(['/desk/cases/7', '/desk/rosters?roster=room', '/desk/cases/7/log', ''].map(subjectPath)).toEqual(['/field/tasks/7', '/desk/rosters?roster=room', '/desk/cases/7/log', ''])
  })

  it('a tap opens the task and counts as read', async () => {
    vi.spyOn(notices, 'list').mockResolvedValue(page([TASK, LATE]))
    const read = vi.spyOn(notices, 'read').mockResolvedValue({ changed: 1, waiting: NONE })
    const { found, router } = await shown()
    const line = found.find('[data-notice="7"]')
    expect(line.text()).toContain('核查一号排口')
    expect(line.find('a').attributes('href')).toBe('/field/tasks/7')
    await line.find('a').trigger('click')
    await flushPromises()
    expect(read).toHaveBeenCalledExactlyOnceWith([7])
    expect(router.currentRoute.value.path).toBe('/field/tasks/7')
    expect(useInbox().counts.unread).toBe(0)
  })

  it('only what wants an answer has the button, and the counts follow', async () => {
    vi.spyOn(notices, 'list').mockResolvedValueOnce(page([TASK, LATE])).mockResolvedValue(page([TASK]))
    const answered = vi.spyOn(notices, 'acknowledge').mockResolvedValue({ changed: 1, waiting: NONE })
    const { found } = await shown()
    expect(found.findAll('[data-testid="acknowledge"]')).toHaveLength(1)
    await found.find('[data-notice="8"] [data-testid="acknowledge"]').trigger('click')
    await flushPromises()
    expect(answered).toHaveBeenCalledExactlyOnceWith([8])
    expect(found.find('[role="status"]').text()).toContain('1')
    expect(found.find('[data-notice="8"]').exists()).toBe(false)
  })

  it('shows more on request and says how many are left', async () => {
    const list = vi.spyOn(notices, 'list').mockResolvedValue(page([TASK], 45))
    const { found } = await shown('/field/notices?view=unread')
    expect(list).toHaveBeenLastCalledWith({ view: 'unread', page_size: 30 })
    expect(found.find('[data-testid="more"]').text()).toContain('44')
    await found.find('[data-testid="more"]').trigger('click')
    expect(list).toHaveBeenLastCalledWith({ view: 'unread', page_size: 60 })
  })

  it('without a network nothing can be answered, and the page says why it is empty', async () => {
    vi.spyOn(notices, 'list').mockRejectedValue(new Failure('unreachable', 0, {}))
    useOutbox().online = false
    const { found } = await shown()
    expect(found.find('.state-box').attributes('data-state')).toBe('error')
    expect(found.find('[data-testid="read-all"]').attributes('disabled')).toBeDefined()
  })
})
