import { flushPromises, mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { createMemoryHistory, createRouter } from 'vue-router'
import { api } from '@/api/calls'
import { failureOf } from '@/api/failure'
import type { Arrivals, CatalogueRow, Command, CommandDetail, CommandField, FrameDetail, NewcomerDetail } from '@/api/types'
import { i18n } from '@/app/i18n'
import { usePrefs } from '@/app/stores/prefs'
import ArrivalStrip from '@/pages/devices/ArrivalStrip.vue'
import CommandPage from '@/pages/devices/CommandPage.vue'
import DeviceGaps from '@/pages/devices/DeviceGaps.vue'
import FramePage from '@/pages/devices/FramePage.vue'
import NewcomerPage from '@/pages/devices/NewcomerPage.vue'
import OrderForm from '@/pages/devices/OrderForm.vue'
import RejectList from '@/pages/devices/RejectList.vue'
import { commandTone, fieldRange, paramsText, sentParams, valueLines } from '@/pages/devices/commandForm'

const field = (name: string, rest: Partial<CommandField> = {}): CommandField => ({
  name,
  label_zh: name,
  label_en: `the ${name}`,
  form: 'whole',
  unit: '',
  least: null,
  most: null,
  choices: [],
  required: true,
  repeated: false,
  attribute: false,
  secret: false,
  ...rest,
})

describe('the form of a command', () => {
  it('sends times with their offset, lists as lists and attributes under their code', () => {
    const fields = [
      field('BeginTime', { form: 'time' }),
      field('PolId', { repeated: true }),
      field('Info', { attribute: true, form: 'text' }),
      field('OverTime'),
      field('ReCount'),
    ]
    const typed = {
      BeginTime: { code: '', text: '2025-11-24T08:00' },
      PolId: { code: '', text: 'a21026, a21002' },
      Info: { code: ' i13004 ', text: 'on' },
      OverTime: { code: '', text: ' 20 ' },
    }
    expect(sentParams(fields, typed)).toEqual({
      BeginTime: '2025-11-24T08:00:00+08:00',
      PolId: ['a21026', 'a21002'],
      'i13004-Info': 'on',
      OverTime: '20',
    })
  })
  it('says the range with its unit', () => {
    expect(fieldRange(field('RtdInterval', { least: 30, most: 3600, unit: 's' }))).toBe('30 – 3600 s')
    expect(fieldRange(field('x', { unit: 'min' }))).toBe('min')
  })
  it('flattens what a device told, and leaves out what it did not', () => {
    const values = { params: { SystemTime: '2025', PolId: ['a', 'b'] }, items: [{ code: 'i1', value: 3 }], nothing: null, empty: '' }
    expect(valueLines(values)).toEqual([
      ['params.SystemTime', '2025'],
      ['params.PolId', 'a, b'],
      ['items[0].code', 'i1'],
      ['items[0].value', '3'],
    ])
    expect(paramsText({ a: '1', b: ['2', '3'] })).toBe('a=1; b=2 3')
  })
  it('gives running, done, cancelled and failed commands different tones', () => {
    const tone = (state: string, open = false) => commandTone({ state, open } as Command)
    expect([tone('sent', true), tone('done'), tone('cancelled'), tone('timed_out')]).toEqual(['info', 'success', 'none', 'danger'])
  })
})

function global(path: string) {
  const router = createRouter({
    history: createMemoryHistory(),
    routes: [
      { path: '/desk/commands/:number', component: CommandPage },
      { path: '/desk/newcomers/:mn', component: NewcomerPage },
      { path: '/desk/rejects', component: RejectList },
      { path: '/desk/frames/:frame', component: FramePage },
      { path: '/:rest(.*)*', component: { template: '<p />' } },
    ],
  })
  return { router, open: () => router.push(path), plugins: [router, i18n] }
}
async function show(path: string) {
  const setup = global(path)
  await setup.open()
  const page = mount({ template: '<RouterView />' }, { global: { plugins: setup.plugins } })
  await flushPromises()
  return { page, router: setup.router }
}
beforeEach(() => {
  vi.restoreAllMocks()
  setActivePinia(createPinia())
  usePrefs().lang = 'en'
  i18n.global.locale.value = 'en'
})

const ROW: CatalogueRow = {
  cn: '1062',
  name_zh: '设置间隔',
  name_en: 'Set interval',
  group: 'set',
  group_zh: '设置',
  group_en: 'Set',
  kind: 'request',
  needs_reason: true,
  fields: [field('RtdInterval', { least: 30, most: 3600, unit: 's' })],
  source: '',
  allowed: true,
  roles: [],
}
const COMMAND = {
  number: 'D-1',
  cn: '1062',
  name_zh: '',
  name_en: 'Set interval',
  device: { code: 'QT1', name: '一', name_en: 'One', type: 'device' },
  mn: 'QT1',
  params: { RtdInterval: '60' },
  state: 'queued',
  state_zh: '',
  state_en: 'queued',
  open: true,
  origin: 'person',
  origin_zh: '',
  origin_en: 'ordered by a person',
  reason: 'why not',
  requested_by: 'li',
  requested_by_name: 'Li',
  requested_at: '2025-11-24T10:00:00+08:00',
  expires_at: '2025-11-25T10:00:00+08:00',
  sent_at: null,
  ended_at: null,
  attempts: 0,
  parts: 0,
  outcome_zh: '',
  outcome_en: '',
  remedy_zh: '',
  remedy_en: '',
  values: {},
  note: '',
  exchange: [],
  allowed_actions: [{ verb: 'cancel', allowed: true, reason: '' }],
  simulated: true,
} as never as CommandDetail

describe('ordering a command', () => {
  it('shows the fields of the chosen command and sends what was typed', async () => {
    vi.spyOn(api, 'catalogue').mockResolvedValue({ mn: 'QT1', edition: '2017', commands: [ROW, { ...ROW, cn: '1072', allowed: false }] })
    const order = vi.spyOn(api, 'orderCommand').mockResolvedValue(COMMAND)
    const form = mount(OrderForm, { props: { mn: 'QT1' }, global: { plugins: global('/').plugins } })
    await flushPromises()
    expect(form.get('option[value="1072"]').attributes('disabled')).toBeDefined()
    await form.get('[name=cn]').setValue('1062')
    expect(form.text()).toContain('30 – 3600 s')
    await form.get('[name=RtdInterval]').setValue('60')
    await form.get('[name=reason]').setValue('why not')
    await form.get('form').trigger('submit')
    await flushPromises()
    expect(order).toHaveBeenCalledWith('QT1', { cn: '1062', params: { RtdInterval: '60' }, reason: 'why not', mn: '' })
    expect(form.emitted('ordered')?.[0]?.[0]).toBe(COMMAND)
  })
  it('shows the refusal, marks the field, and leads to the same command that waits already', async () => {
    vi.spyOn(api, 'catalogue').mockResolvedValue({ mn: 'QT1', edition: '2017', commands: [ROW] })
    const order = vi.spyOn(api, 'orderCommand')
    const form = mount(OrderForm, { props: { mn: 'QT1' }, global: { plugins: global('/').plugins } })
    await flushPromises()
    await form.get('[name=cn]').setValue('1062')
    order.mockRejectedValueOnce(failureOf(422, { error: { field: 'params.RtdInterval', message: '5 is not within 30..3600', remedy: 'give 30..3600' } }))
    await form.get('form').trigger('submit')
    await flushPromises()
    expect(form.get('[role=alert]').text()).toContain('give 30..3600')
    expect(form.get('[name=RtdInterval]').attributes('aria-invalid')).toBe('true')
    order.mockRejectedValueOnce(failureOf(409, { error: { field: 'cn', message: 'waits already', params: { number: 'D-7' } } }))
    await form.get('form').trigger('submit')
    await flushPromises()
    expect(form.get('[role=alert] a').attributes('href')).toBe('/desk/commands/D-7')
  })
})

describe('the page of a command', () => {
  it('shows every frame of the exchange in order, and takes a waiting command back with a note', async () => {
    const step = (direction: string, cn: string, words: string) => ({ at: '2025-11-24T10:00:01+08:00', direction, cn, qn: '', happening: 'sent', words_zh: '', words_en: words, code: null, frame_hash: 'ab'.repeat(32), text: `CN=${cn}`, detail: {} })
    const load = vi.spyOn(api, 'command').mockResolvedValue({ ...COMMAND, exchange: [step('host', '1062', 'command sent'), step('device', '9011', 'ready')] })
    const cancel = vi.spyOn(api, 'cancelCommand').mockResolvedValue(COMMAND)
    const { page } = await show('/desk/commands/D-1')
    expect(page.findAll('[data-testid=exchange] li').map((one) => one.classes()[0])).toEqual(['host', 'device'])
    expect(page.get('[data-testid=exchange]').text()).toContain('ready')
    await page.get('[name=note]').setValue('typed wrongly')
    await page.get('form').trigger('submit')
    await flushPromises()
    expect(cancel).toHaveBeenCalledWith('D-1', 'typed wrongly')
    expect(load).toHaveBeenCalledTimes(2)
  })
  it('says how it ended and what to do, and offers no way back then', async () => {
    vi.spyOn(api, 'command').mockResolvedValue({ ...COMMAND, state: 'timed_out', open: false, outcome_zh: '无', outcome_en: 'no answer', remedy_zh: '查', remedy_en: 'look at the network', allowed_actions: [] })
    const { page } = await show('/desk/commands/D-1')
    expect(page.get('[data-testid=command-outcome]').text()).toContain('look at the network')
    expect(page.find('[data-testid=cancel-command]').exists()).toBe(false)
  })
})

const ARRIVALS: Arrivals = {
  cycle: 'hour',
  cycles: ['minute', 'hour'],
  command: '2061',
  period_s: 3600,
  simulated: false,
  cells: [
    { t: '2025-11-23T22:00:00+08:00', due: 6, received: 6 },
    { t: '2025-11-23T23:00:00+08:00', due: 6, received: 2 },
    { t: '2025-11-24T00:00:00+08:00', due: 6, received: 0 },
    { t: '2025-11-24T01:00:00+08:00', due: 6, received: 6 },
  ],
}
describe('what was due against what came', () => {
  it('has a row per day, the newest first, with whole, partial and empty hours', () => {
    const strip = mount(ArrivalStrip, { props: { arrivals: ARRIVALS }, global: { plugins: [i18n] } })
    const rows = strip.findAll('tr')
    expect(rows.map((row) => row.get('th').text())).toEqual(['11-24', '11-23'])
    expect(rows.map((row) => row.findAll('.cells span').map((cell) => cell.classes()[0]))).toEqual([['none', 'whole'], ['whole', 'part']])
    expect(rows[1]?.findAll('td').at(-1)?.text()).toBe('8 / 12')
  })
  it('asks for the stretch from the first to the last hour that is not whole', async () => {
    vi.spyOn(api, 'arrivals').mockResolvedValue(ARRIVALS)
    vi.spyOn(api, 'gaps').mockResolvedValue({ items: [], total: 0, page: 1, page_size: 100, states: [] })
    const order = vi.spyOn(api, 'orderCommand').mockResolvedValue(COMMAND)
    const gaps = mount(DeviceGaps, { props: { mn: 'QT1' }, global: { plugins: global('/').plugins } })
    await flushPromises()
    await gaps.get('[data-testid=ask-again]').trigger('click')
    await flushPromises()
    expect(order).toHaveBeenCalledWith('QT1', {
      cn: '2061',
      params: { BeginTime: '2025-11-23T23:00:00+08:00', EndTime: '2025-11-24T00:00:00+08:00' },
      reason: 'missing data',
      mn: '',
    })
  })
  it('shows why asking was refused', async () => {
    vi.spyOn(api, 'arrivals').mockResolvedValue(ARRIVALS)
    vi.spyOn(api, 'gaps').mockResolvedValue({ items: [], total: 0, page: 1, page_size: 100, states: [] })
    vi.spyOn(api, 'orderCommand').mockRejectedValue(failureOf(403, { error: { message: 'you may not', remedy: 'ask a steward' } }))
    const gaps = mount(DeviceGaps, { props: { mn: 'QT1' }, global: { plugins: global('/').plugins } })
    await flushPromises()
    await gaps.get('[data-testid=ask-again]').trigger('click')
    await flushPromises()
    expect(gaps.get('[role=alert]').text()).toContain('ask a steward')
  })
})

const FORM_FIELD = { group: 'reporting', default: 60, choices: [], least: 1, most: null, unit: 's', label_zh: '', label_en: 'Interval', help_zh: '', help_en: '' }
describe('a newcomer', () => {
  const found = {
    mn: 'QT-NEW',
    frames: 12,
    first_seen: '2025-11-24T09:00:00+08:00',
    last_seen: '2025-11-24T10:00:00+08:00',
    addresses: ['10.0.0.1'],
    address_count: 1,
    factory_mn: false,
    looked_at: 12,
    edition: 2017,
    medium: 'air',
    st: ['31'],
    cycles: ['realtime'],
    minute_interval_s: null,
    realtime_interval_s: 2,
    encrypted: false,
    has_password: true,
    wants_answer: true,
    codes: [{ code: 'a21026', name_zh: 'SO2', name_en: 'SO2', unit: 'mg/m3', attribute: 'Rtd', sample: '12', mark: 'N', data_time: null, frames: 12 }],
    newest: [],
    settings: { realtime_interval_s: 2 },
    may_adopt: true,
  } as NewcomerDetail

  it('is adopted with the guessed settings, at the chosen place', async () => {
    vi.spyOn(api, 'newcomer').mockResolvedValue(found)
    vi.spyOn(api, 'deviceForm').mockResolvedValue({
      fields: [{ ...FORM_FIELD, name: 'realtime_interval_s', kind: 'integer' }],
      groups: [{ value: 'reporting', label_zh: '', label_en: 'Reporting' }],
      mn_remedy_zh: '',
      mn_remedy_en: '',
      may_register: true,
    })
    vi.spyOn(api, 'deviceSites').mockResolvedValue([{ type: 'outlet', code: 'O-1', name: '口', name_en: 'Stack', enterprise_name: '', devices: 1 }])
    const adopt = vi.spyOn(api, 'adopt').mockResolvedValue({} as never)
    const { page, router } = await show('/desk/newcomers/QT-NEW')
    expect(page.text()).toContain('12 frames')
    await page.get('[data-testid=adopt-open]').trigger('click')
    await flushPromises()
    await page.get('[data-testid=adopt-form] [name=name]').setValue('新')
    await page.get('[data-testid=adopt-form]').trigger('submit')
    await flushPromises()
    expect(adopt).toHaveBeenCalledWith('QT-NEW', {
      name: '新',
      name_en: '',
      site: 'O-1',
      site_type: 'outlet',
      settings: { realtime_interval_s: 2 },
      password_as_sent: true,
      simulated: false,
    })
    expect(router.currentRoute.value.path).toBe('/desk/devices/QT-NEW')
  })
  it('with a factory MN is not offered for adoption, and says why', async () => {
    vi.spyOn(api, 'newcomer').mockResolvedValue({ ...found, factory_mn: true })
    vi.spyOn(api, 'deviceForm').mockResolvedValue({ fields: [], groups: [], mn_remedy_zh: '', mn_remedy_en: '', may_register: true })
    const { page } = await show('/desk/newcomers/QT-NEW')
    expect(page.find('[data-testid=adopt-open]').exists()).toBe(false)
    expect(page.get('[role=note]').text()).toContain('factory default')
  })
})

describe('refused frames', () => {
  const reason = { code: 'crc_modbus', group: 'check_code', group_zh: '', group_en: 'check code', zh: '', en: 'it is MODBUS', remedy_zh: '', remedy_en: 'mend it', answered: false }
  it('are counted by reason, filtered by one, and carry their remedy', async () => {
    const list = vi.spyOn(api, 'rejects').mockResolvedValue({
      items: [{ frame: '1:20', sha256: 'ab'.repeat(32), received_at: '2025-11-24T10:00:00+08:00', mn: 'QT1', registered: true, peer: '10.0.0.1:5', reason, detail: '', settled_at: null }] as never,
      total: 1,
      page: 1,
      page_size: 50,
    })
    vi.spyOn(api, 'rejectSummary').mockResolvedValue({ frames: 1, by_reason: [{ reason, frames: 7, first_at: '', last_at: '' }], by_mn: [], reasons: [reason] } as never)
    const { page, router } = await show('/desk/rejects')
    expect(page.get('tbody').text()).toContain('mend it')
    const button = page.get('[data-reason=crc_modbus]')
    expect(button.text()).toContain('7')
    await button.trigger('click')
    await flushPromises()
    expect(router.currentRoute.value.query).toEqual({ reason: 'crc_modbus' })
    expect(list).toHaveBeenLastCalledWith(expect.objectContaining({ reason: ['crc_modbus'] }))
  })
  it('of one device can be taken in once it is said what was corrected', async () => {
    vi.spyOn(api, 'rejects').mockResolvedValue({ items: [], total: 0, page: 1, page_size: 50 })
    vi.spyOn(api, 'rejectSummary').mockResolvedValue({ frames: 0, by_reason: [], by_mn: [], reasons: [] })
    const readmit = vi.spyOn(api, 'readmit').mockResolvedValue({ id: 4 } as never)
    const { page } = await show('/desk/rejects?mn=QT1')
    await page.get('[name=why]').setValue('password corrected')
    await page.get('[data-testid=readmit]').trigger('submit')
    await flushPromises()
    expect(readmit).toHaveBeenCalledWith('QT1', 'password corrected')
    expect(page.get('[role=status]').text()).toContain('4')
  })
})

describe('the page of a frame', () => {
  const frame = {
    id: '1:20', ok: true, fault: '', mn: 'QT1', cn: '2061', cn_zh: '', cn_en: 'Hourly data', direction_zh: '', direction_en: '', edition: '2017', edition_zh: '', edition_en: '',
    crc: { given: 'A', calculated: 'A', ok: true, diagnosis: '', text_zh: '', text_en: '' }, length: { declared: 1, actual: 1, ok: true }, flag: null, header: [], params: [], items: [], warnings: [],
    problems: [], data_time: '2025-11-24T09:00:00+08:00', backfill: false, encrypted: false, encoding: 'utf-8', parts: [], hex: '', bytes: 3, sha256: 'cd'.repeat(32), received_at: '2025-11-24T10:00:00+08:00',
    peer: '10.0.0.1:5', verdict: 'accepted', verdict_zh: '', verdict_en: 'accepted', reason: '', device: 'QT1', device_name: '', device_name_en: 'One', registered_edition: '2017',
    site: { type: 'outlet', code: 'O-1', name: '', name_en: 'Stack' }, ack_zh: '', ack_en: '', simulated: false,
    became: [{ site: 'O-1', pollutant: 'a21002', name_zh: '', name_en: 'NOx', cycle: 'hour', period_start: '2025-11-24T09:00:00+08:00', value: '130', unit: 'mg/m3', mark: 'N', valid: true, causes: [], stored: 'superseded', version: 2, frame: '1:99' }],
  } as never as FrameDetail

  it('leads to the value, and to the frame that replaced it', async () => {
    vi.spyOn(api, 'frame').mockResolvedValue(frame)
    const { page } = await show('/desk/frames/1:20')
    expect(page.get('[data-observation=a21002]').attributes('href')).toBe('/desk/outlets/O-1?pollutant=a21002&cycle=hour')
    expect(page.get('[data-testid=became]').text()).toContain('replaced by version 2')
    expect(page.findAll('[data-testid=became] a').map((one) => one.attributes('href'))).toContain('/desk/frames/1%3A99')
    expect(page.get('[data-testid=same-kind]').attributes('href')).toBe('/desk/devices/QT1?cn=2061')
  })
  it('computes the hash anew on demand and says when the archive was changed', async () => {
    vi.spyOn(api, 'frame').mockResolvedValue(frame)
    vi.spyOn(api, 'verifyFrame').mockResolvedValue({ intact: false, recorded: '', computed: '', bytes: 0, checked_at: '2025-11-24T10:00:00+08:00', reason: 'bytes differ' })
    const { page } = await show('/desk/frames/1:20')
    await page.get('[data-testid=verify-frame]').trigger('click')
    await flushPromises()
    const shown = page.get('[data-testid=frame-check]')
    expect(shown.attributes('data-intact')).toBe('false')
    expect(shown.text()).toContain('bytes differ')
  })
})
