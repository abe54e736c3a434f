import { flushPromises, mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { i18n } from '@/app/i18n'
import DataBanner from '@/app/DataBanner.vue'
import { useNotices } from '@/app/stores/notices'
import { usePrefs } from '@/app/stores/prefs'
import DiskPanel from '@/pages/health/DiskPanel.vue'
import HealthPage from '@/pages/health/HealthPage.vue'
import { HEIGHT, linePoints, reserveY, room, span, WIDTH } from '@/pages/health/words'

const notice = {
  code: 'gateway.refusing_disk',
  level: 'error',
  text_zh: '停止应答：磁盘已满',
  text_en: 'not acknowledging: the disk is full',
  remedy_zh: '腾出空间',
  remedy_en: 'free space',
}
const disk = {
  free_mb: 5000,
  total_mb: 10000,
  reserve_mb: 512,
  days: 12.4,
  per_day_mb: 360.25,
  since: '2025-11-20T00:00:00+08:00',
  parts: [
    { name: 'lake', used_mb: 2048, per_day_mb: 100 },
    { name: 'new-room', used_mb: 3.5, per_day_mb: null },
  ],
  samples: [
    { at: '2025-11-20T00:00:00+08:00', free_mb: 10000 },
    { at: '2025-11-21T00:00:00+08:00', free_mb: 5000 },
  ],
}
const item = (code: string, level: string) => ({
  code,
  state: 'x',
  level,
  title_zh: `${code}名`,
  title_en: code,
  text_zh: '一行',
  text_en: `line of ${code}`,
  meaning_zh: '意义',
  meaning_en: `meaning of ${code}`,
  remedy_zh: level === 'ok' ? '' : '办法',
  remedy_en: level === 'ok' ? '' : `remedy of ${code}`,
})
const report = {
  status: 'warning',
  now: '2025-11-22T08:00:00+08:00',
  machine_now: '2025-11-22T00:00:00Z',
  items: [item('gateway', 'ok'), item('disk', 'ok'), item('backup', 'warning')],
  installed: [{ name: 'fonts', level: 'ok', detail: 'Noto Sans CJK', remedy: '' }],
  processes: [
    { name: 'gateway', pid: 7, state: 'running', reported_s: 1, up_s: 7300, memory_mb: 90.5 },
    { name: 'worker', pid: null, state: 'never', reported_s: null, up_s: null, memory_mb: null },
  ],
  disk,
  backup: {
    scheduled: false, every_h: 24, keep: 14, folder: '', name: '', made_at: null, size_mb: 0, new_mb: 0, seconds: 0,
    tried_at: null, error: 'the disk is full', running: false, next_at: null,
  },
  duties: [
    { name: 'a', label_zh: '甲', label_en: 'A', every_min: 60, last_run_at: '2025-11-22T07:00:00+08:00', seconds: 0.25, late: false, failures: 0, error: '' },
    { name: 'b', label_zh: '乙', label_en: 'B', every_min: 10, last_run_at: '2025-11-22T01:00:00+08:00', seconds: null, late: true, failures: 0, error: '' },
    { name: 'c', label_zh: '丙', label_en: 'C', every_min: 1440, last_run_at: null, seconds: null, late: false, failures: 3, error: 'ValueError' },
  ],
  versions: { qingtian: '0.1.0' },
}

let answer: { status: number; body: unknown } | Error
beforeEach(() => {
  setActivePinia(createPinia())
  usePrefs().lang = 'en'
  i18n.global.locale.value = 'en'
  answer = { status: 200, body: { notices: [] } }
  vi.stubGlobal('fetch', async () => {
    if (answer instanceof Error) throw answer
    return new Response(JSON.stringify(answer.body), { status: answer.status, headers: { 'Content-Type': 'application/json' } })
  })
})
afterEach(() => {
  useNotices().stop()
  vi.unstubAllGlobals()
  i18n.global.locale.value = 'zh'
})
const plugins = () => ({ global: { plugins: [i18n], stubs: { RouterLink: true } } })

describe('notices above every page', () => {
  it('shows what is wrong with its remedy, also when the answer is 503, in the language of the reader', async () => {
    answer = { status: 503, body: { notices: [notice] } }
    const banner = mount(DataBanner, plugins())
    await flushPromises()
    const shown = banner.get('[data-testid="notice-gateway.refusing_disk"]')
    expect(shown.attributes('role')).toBe('alert')
    expect(shown.text()).toContain('not acknowledging: the disk is full')
    expect(shown.text()).toContain('free space')
    usePrefs().lang = 'zh'
    await flushPromises()
    expect(banner.text()).toContain('停止应答：磁盘已满')
    banner.unmount()
  })

  it('goes away when all is well again, and stays when the server does not answer', async () => {
    const notices = useNotices()
    answer = { status: 503, body: { notices: [notice] } }
    await notices.refresh()
    answer = new Error('no network')
    await notices.refresh()
    answer = { status: 502, body: 'a proxy speaks' }
    await notices.refresh()
    expect(notices.notices).toHaveLength(1)
    answer = { status: 200, body: { notices: [] } }
    await notices.refresh()
    expect(notices.notices).toEqual([])
  })
})

describe('health page', () => {
  it('tells each part, what is wrong first, with meaning and remedy', async () => {
    answer = { status: 200, body: report }
    const page = mount(HealthPage, plugins())
    await flushPromises()
    const parts = page.findAll('.parts li')
    expect(parts.map((one) => one.attributes('data-testid'))).toEqual(['part-backup', 'part-gateway', 'part-disk'])
    expect(parts[0]!.text()).toContain('remedy of backup')
    expect(parts[1]!.text()).toContain('meaning of gateway')
    expect(page.get('[data-testid="health-status"]').text()).toBe('Look at it')
    expect(page.text()).toContain('the disk is full')
    expect(page.text()).toContain('failed 3 times')
    expect(page.text()).toContain('2 h')
    expect(page.text()).toContain('never started')
    page.unmount()
  })

  it('says so when the person may not see it, and when the database is away', async () => {
    answer = { status: 403, body: { error: { code: 'not_permitted', message: 'staff only' } } }
    const page = mount(HealthPage, plugins())
    await flushPromises()
    expect(page.find('[data-state="forbidden"]').exists()).toBe(true)
    page.unmount()
    answer = { status: 200, body: { ...report, duties: null } }
    const away = mount(HealthPage, plugins())
    await flushPromises()
    expect(away.text()).toContain('Unknown while the database does not answer.')
    away.unmount()
  })

  it('draws the free space and tells the days', () => {
    const panel = mount(DiskPanel, { props: { disk }, ...plugins() })
    expect(panel.get('[data-testid="disk-days"]').text()).toBe('12')
    expect(panel.get('svg').attributes('aria-label')).toContain('from 9.8 GiB to 4.9 GiB')
    expect(panel.text()).toContain('new-room')
    const quiet = mount(DiskPanel, { props: { disk: { ...disk, days: null, samples: [] } }, ...plugins() })
    expect(quiet.get('[data-testid="disk-days"]').text()).toBe('does not shrink')
    expect(quiet.find('svg').exists()).toBe(false)
  })
})

describe('words of the page', () => {
  it('scales room and time', () => {
    expect([room(3), room(3.25), room(2048), room(3 * 1024 * 1024), room(-5.5)]).toEqual(['3 MiB', '3.3 MiB', '2.0 GiB', '3.00 TiB', '-5.5 MiB'])
    expect([span(119), span(120), span(7199), span(7200), span(172_799), span(172_800)].map((one) => `${one.n}${one.key}`)).toEqual([
      '119seconds', '2minutes', '120minutes', '2hours', '48hours', '2days',
    ])
  })

  it('puts the line between the edges and the reserve on its scale', () => {
    expect(linePoints(disk.samples)).toBe(`0.0,0.0 ${WIDTH.toFixed(1)},${(HEIGHT / 2).toFixed(1)}`)
    expect(linePoints(disk.samples.slice(1))).toBe('')
    expect(reserveY(disk.samples, 5000)).toBe(HEIGHT / 2)
    expect(reserveY(disk.samples, 20_000)).toBe(0)
  })
})
