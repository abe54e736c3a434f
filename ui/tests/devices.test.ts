import { flushPromises, mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { createMemoryHistory, createRouter } from 'vue-router'
import { api } from '@/api/calls'
import { failureOf } from '@/api/failure'
import type { DeviceDetail, Explained, FieldRule, FrameProblem } from '@/api/types'
import { i18n } from '@/app/i18n'
import { usePrefs } from '@/app/stores/prefs'
import DeviceForm from '@/pages/devices/DeviceForm.vue'
import ExplainPage from '@/pages/devices/ExplainPage.vue'
import FrameView from '@/pages/devices/FrameView.vue'
import ProblemList from '@/pages/devices/ProblemList.vue'
import { changedSettings, CLEARED, fieldText, fieldValue, formField, startTexts } from '@/pages/devices/deviceForm'
import { devicePath, framePath, sitePath } from '@/pages/devices/paths'
import { hexLines, spanText, verdictTone } from '@/pages/devices/states'

const rule = (name: string, kind: string, rest: Partial<FieldRule> = {}): FieldRule => ({
  name,
  kind,
  group: 'dialect',
  default: kind === 'map' ? {} : kind === 'list' || kind === 'flags' ? [] : '',
  choices: [],
  least: null,
  most: null,
  unit: '',
  label_zh: name,
  label_en: `the ${name}`,
  help_zh: '',
  help_en: '',
  ...rest,
})
const RULES = [
  rule('ack', 'choice', { default: 'on_request', choices: ['on_request', 'always'].map((value) => ({ value, label_zh: value, label_en: value })) }),
  rule('overtime_s', 'integer', { default: 10, least: 1, most: 99, unit: 's' }),
  rule('password', 'secret'),
  rule('expects', 'flags', { choices: ['minute', 'hour'].map((value) => ({ value, label_zh: value, label_en: value })) }),
  rule('sentinels', 'list', { default: ['-99'] }),
  rule('units', 'map'),
]
const FORM = { fields: RULES, groups: [{ value: 'dialect', label_zh: '通讯', label_en: 'Dialect' }], mn_remedy_zh: '', mn_remedy_en: '1 to 32', may_register: true }
const DEVICE = {
  mn: 'QT1',
  name: '一号',
  name_en: 'One',
  revision: 7,
  valid_to: null,
  site: { code: 'O-1', type: 'outlet', name: '排口', name_en: 'Stack', enterprise_code: 'E-1' },
  settings: [
    { name: 'ack', group: 'dialect', kind: 'choice', value: 'always', default: false, is_set: true, since: null },
    { name: 'password', group: 'dialect', kind: 'secret', value: null, default: false, is_set: true, since: null },
  ],
} as never as DeviceDetail

describe('the fields of the device form', () => {
  it('write lists and maps one entry per line, and read them back', () => {
    const units = rule('units', 'map')
    expect(fieldText(units, { a21005: 'ug/m3', O3: 'ppb' })).toBe('a21005 = ug/m3\nO3 = ppb')
    expect(fieldValue(units, ' a21005=ug/m3 \n\nO3 = ppb\nbare')).toEqual({ a21005: 'ug/m3', O3: 'ppb', bare: '' })
    expect(fieldValue(rule('sentinels', 'list'), ' -99 \n\n-9999')).toEqual(['-99', '-9999'])
    expect(fieldText(rule('sentinels', 'list'), ['-99', '-999'])).toBe('-99\n-999')
  })
  it('send numbers as numbers and leave other text for the server to refuse', () => {
    const overtime = RULES[1] as FieldRule
    expect([fieldValue(overtime, ' 12 '), fieldValue(overtime, '-3'), fieldValue(overtime, 'soon')]).toEqual([12, -3, 'soon'])
  })
  it('begin with what the device has, and never with a secret', () => {
    const texts = startTexts(RULES, DEVICE.settings)
    expect(texts).toMatchObject({ ack: 'always', password: '', overtime_s: '10', sentinels: '-99', units: '' })
  })
  it('send only what was changed, and null for what is back at its default', () => {
    const begun = startTexts(RULES, DEVICE.settings)
    expect(changedSettings(RULES, begun, begun)).toEqual({})
    expect(changedSettings(RULES, begun, { ...begun, ack: 'on_request', overtime_s: '20', expects: ['hour'], password: 'new' })).toEqual({
      ack: null,
      overtime_s: 20,
      expects: ['hour'],
      password: 'new',
    })
  })
  it('take a secret off the register only when that was asked for', () => {
    const begun = startTexts(RULES, DEVICE.settings)
    expect(changedSettings(RULES, begun, { ...begun, password: CLEARED })).toEqual({ password: null })
  })
  it.each([
    ['code', 'mn'],
    ['parent', 'site'],
    ['attributes.sm4_key', 'sm4_key'],
    ['attributes.sentinels[0]', 'sentinels'],
    ['attributes.units.a b', 'units'],
    ['settings.expects', 'expects'],
    [null, ''],
  ])('find the field of the error %s', (field, name) => {
    expect(formField(field)).toBe(name)
  })
})

describe('small things around devices', () => {
  it('have addresses that survive strange codes', () => {
    expect(devicePath('A/1')).toBe('/desk/devices/A%2F1')
    expect(framePath('000000000001:20')).toBe('/desk/frames/000000000001%3A20')
    expect(sitePath({ type: 'station', code: '1A', enterprise_code: '' })).toBe('/desk/stations/1A')
    expect(sitePath({ type: 'power_meter', code: 'M', enterprise_code: 'E-1' })).toBe('/desk/enterprises/E-1')
  })
  it('show bytes in lines of sixteen with their text', () => {
    const [first, second] = hexLines('23'.repeat(17) + '0a')
    expect(first).toEqual({ at: '0000', bytes: Array(16).fill('23').join(' '), text: '#'.repeat(16) })
    expect(second).toEqual({ at: '0010', bytes: '23 0a', text: '#.' })
    expect(hexLines('')).toEqual([])
  })
  it('say spans in the unit that a person uses', () => {
    const t = (key: string, named: Record<string, unknown>) => `${key.split('.')[1]}:${named.n}`
    expect([5, 119, 120, 2879, 2880].map((n) => spanText(n, t))).toEqual(['minutesAgo:5', 'minutesAgo:119', 'hoursAgo:2', 'hoursAgo:47', 'daysAgo:2'])
  })
  it('give an unknown device another tone than a wrong password', () => {
    expect([verdictTone('accepted'), verdictTone('unknown_device'), verdictTone('wrong_password')]).toEqual(['success', 'warning', 'danger'])
  })
})

const PROBLEM: FrameProblem = {
  code: 'crc_modbus',
  severity: 'danger',
  title_zh: '校验码错误',
  title_en: 'Wrong check code',
  text_zh: '',
  text_en: 'it is MODBUS',
  remedy_zh: '',
  remedy_en: 'follow appendix A',
}
const FRAME = {
  ok: false,
  fault: '',
  mn: 'QT1',
  cn: '2011',
  cn_zh: '实时',
  cn_en: 'Real-time data',
  direction_zh: '',
  direction_en: 'device to host',
  edition: '2017',
  edition_zh: '',
  edition_en: 'HJ 212-2017',
  crc: { given: '0000', calculated: '1C80', ok: false, diagnosis: 'unknown', text_zh: '', text_en: 'does not fit' },
  length: { declared: 10, actual: 10, ok: true },
  flag: { value: 5, bits: [{ bits: '0', value: 1, meaning_zh: '', meaning_en: 'an answer is wanted' }] },
  header: [{ name: 'PW', value: '******', meaning_zh: '', meaning_en: 'password', note_zh: '', note_en: '', masked: true }],
  params: [{ name: 'DataTime', value: '20251124090000', meaning_zh: '', meaning_en: 'time of the data', note_zh: '', note_en: '', masked: false }],
  items: [
    {
      code: 'S1',
      registered: 'a21026',
      name_zh: 'SO2',
      name_en: 'SO2',
      known: true,
      unit: 'mg/m3',
      unit_from: 'register',
      attributes: [{ name: 'Rtd', value: '12.5', meaning_zh: '', meaning_en: 'measured value', note_zh: '', note_en: '', masked: false }],
      mark: 'M',
      mark_zh: '',
      mark_en: 'maintenance',
      mark_valid: false,
      conflict: false,
    },
  ],
  warnings: [{ code: 'short_crc', text_zh: '', text_en: 'padded on the left' }],
  problems: [PROBLEM],
  data_time: '2025-11-24T09:00:00+08:00',
  backfill: false,
  encrypted: false,
  encoding: 'utf-8',
  parts: [
    { kind: 'head', text: '##' },
    { kind: 'length', text: '0010' },
    { kind: 'segment', text: 'PW=******' },
    { kind: 'crc', text: '0000' },
  ],
  hex: '2323',
  bytes: 21,
  sha256: 'ab'.repeat(32),
} as Explained

function global() {
  const router = createRouter({
    history: createMemoryHistory(),
    routes: [
      { path: '/desk/devices/new', component: DeviceForm },
      { path: '/desk/devices/:mn/edit', component: DeviceForm },
      { path: '/:rest(.*)*', component: { template: '<p />' } },
    ],
  })
  return { plugins: [router, i18n], router }
}
function prepare(): void {
  setActivePinia(createPinia())
  usePrefs().lang = 'en'
  i18n.global.locale.value = 'en'
  vi.restoreAllMocks()
}

describe('a frame in words', () => {
  beforeEach(prepare)
  it('shows the problem with its remedy before everything else', () => {
    const shown = mount(FrameView, { props: { frame: FRAME }, global: global() })
    const problem = shown.get('[data-problem=crc_modbus]')
    expect(problem.text()).toContain('it is MODBUS')
    expect(problem.text()).toContain('follow appendix A')
    expect(shown.get('[data-testid=crc]').text()).toContain('given 0000, computed 1C80')
  })
  it('shows each code with name, unit, where the unit is from, and the meaning of the mark', () => {
    const row = mount(FrameView, { props: { frame: FRAME }, global: global() }).get('[data-code=S1]')
    expect(row.text()).toContain('S1 → a21026')
    for (const word of ['SO₂', 'measured value', '12.5', 'mg/m³', 'register', 'M', 'maintenance']) expect(row.text()).toContain(word)
  })
  it('shows the raw text, and the same bytes in hex on demand', async () => {
    const shown = mount(FrameView, { props: { frame: FRAME }, global: global() })
    expect(shown.get('[data-testid=raw]').text()).toBe('##0010PW=******0000')
    await shown.get('[data-testid=hex]').trigger('click')
    expect(shown.get('pre').text()).toContain('23 23')
  })
  it('shows no header and no checks of something that is no frame', () => {
    const shown = mount(FrameView, { props: { frame: { ...FRAME, fault: 'not_a_frame', items: [] } }, global: global() })
    expect(shown.find('[data-testid=crc]').exists()).toBe(false)
    expect(shown.find('[data-testid=items]').exists()).toBe(false)
  })
  it('counts what happened more than once and leads to the frame', () => {
    const one = { ...PROBLEM, count: 3, last_at: '2025-11-24T09:00:00+08:00', frame: '000000000001:20' }
    const shown = mount(ProblemList, { props: { problems: [one] }, global: global() })
    expect(shown.text()).toContain('3 in 24 h')
    expect(shown.get('a').attributes('href')).toBe('/desk/frames/000000000001%3A20')
  })
})

describe('the box for pasted frames', () => {
  beforeEach(prepare)
  it('tells bytes from text and shows what it found', async () => {
    const explain = vi.spyOn(api, 'explain').mockResolvedValue({ frames: [FRAME], garbage_bytes: 4 })
    const page = mount(ExplainPage, { global: global() })
    expect(page.get('[data-state]').attributes('data-state')).toBe('empty')
    await page.get('textarea').setValue(' 23 23 ')
    await page.get('form').trigger('submit')
    await flushPromises()
    expect(explain).toHaveBeenLastCalledWith({ hex: '23 23' })
    await page.get('textarea').setValue('##0010')
    await page.get('form').trigger('submit')
    await flushPromises()
    expect(explain).toHaveBeenLastCalledWith({ text: '##0010' })
    expect(page.get('[data-testid=explained]').text()).toContain('Frames found: 1; bytes that belong to none: 4')
  })
  it('says what is wrong with what was pasted', async () => {
    vi.spyOn(api, 'explain').mockRejectedValue(failureOf(422, { error: { message: 'there is no frame in it', remedy: 'a frame begins with ##' } }))
    const page = mount(ExplainPage, { global: global() })
    await page.get('textarea').setValue('hello')
    await page.get('form').trigger('submit')
    await flushPromises()
    expect(page.get('[role=alert]').text()).toContain('a frame begins with ##')
  })
})

describe('the form of a device', () => {
  beforeEach(() => {
    prepare()
    vi.spyOn(api, 'deviceForm').mockResolvedValue(FORM)
    vi.spyOn(api, 'device').mockResolvedValue(DEVICE)
    vi.spyOn(api, 'deviceSites').mockResolvedValue([
      { type: 'station', code: '1A', name: '站', name_en: 'Station', enterprise_name: '', devices: 0 },
    ])
  })
  async function open(path: string) {
    const setup = global()
    await setup.router.push(path)
    const page = mount({ template: '<RouterView />' }, { global: setup })
    await flushPromises()
    return { page, router: setup.router }
  }

  it('registers what was filled in at the place that was found', async () => {
    const register = vi.spyOn(api, 'registerDevice').mockResolvedValue({ ...DEVICE, mn: 'QT9' })
    const { page, router } = await open('/desk/devices/new')
    await page.get('[name=mn]').setValue(' QT9 ')
    await page.get('[name=name]').setValue('九号')
    await page.get('[name=units]').setValue('a21005 = ug/m3')
    await page.get('form').trigger('submit')
    await flushPromises()
    expect(register).toHaveBeenCalledWith({
      mn: 'QT9',
      name: '九号',
      name_en: '',
      site: '1A',
      site_type: 'station',
      simulated: false,
      settings: { units: { a21005: 'ug/m3' } },
    })
    expect(router.currentRoute.value.path).toBe('/desk/devices/QT9')
  })
  it('shows the reason of the server beside the field that it names', async () => {
    vi.spyOn(api, 'registerDevice').mockRejectedValue(
      failureOf(422, { error: { code: 'invalid_input', field: 'attributes.overtime_s', message: '0 is not within 1..99', remedy: 'give 1..99' } }),
    )
    const { page } = await open('/desk/devices/new')
    await page.get('form').trigger('submit')
    await flushPromises()
    expect(page.get('[name=overtime_s]').attributes('aria-invalid')).toBe('true')
    expect(page.get('[data-error=overtime_s]').text()).toContain('give 1..99')
    expect(page.get('[data-testid=form-failure]').text()).toContain('0 is not within 1..99')
  })
  it('sends a change with its revision and reason, and leaves a secret alone that was not typed', async () => {
    const change = vi.spyOn(api, 'changeDevice').mockResolvedValue(DEVICE)
    const { page } = await open('/desk/devices/QT1/edit')
    await page.get('[name=ack]').setValue('on_request')
    await page.get('[name=reason]').setValue('vendor said so')
    await page.get('form').trigger('submit')
    await flushPromises()
    expect(change).toHaveBeenCalledWith('QT1', expect.objectContaining({ revision: 7, reason: 'vendor said so', settings: { ack: null } }))
  })
  it('takes a password off the register with a tick', async () => {
    const change = vi.spyOn(api, 'changeDevice').mockResolvedValue(DEVICE)
    const { page } = await open('/desk/devices/QT1/edit')
    await page.get('[name=clear-password]').setValue(true)
    expect(page.get('[name=password]').attributes('disabled')).toBeDefined()
    await page.get('form').trigger('submit')
    await flushPromises()
    expect(change).toHaveBeenCalledWith('QT1', expect.objectContaining({ settings: { password: null } }))
  })
  it('asks after a conflict: takes the newer state in and keeps what was typed', async () => {
    const change = vi.spyOn(api, 'changeDevice').mockRejectedValueOnce(
      failureOf(409, { error: { code: 'conflict', field: 'revision', message: 'the device was changed', params: { revision: 9 } } }),
    )
    const { page } = await open('/desk/devices/QT1/edit')
    await page.get('[name=overtime_s]').setValue('30')
    await page.get('form').trigger('submit')
    await flushPromises()
    expect(page.get('[data-testid=form-failure]').text()).toContain('Somebody else')
    vi.spyOn(api, 'device').mockResolvedValue({ ...DEVICE, revision: 9, name_en: 'Renamed' })
    await page.get('[data-testid=take-newer]').trigger('click')
    await flushPromises()
    expect((page.get('[name=overtime_s]').element as HTMLInputElement).value).toBe('30')
    expect((page.get('[name=name_en]').element as HTMLInputElement).value).toBe('Renamed')
    change.mockResolvedValueOnce(DEVICE)
    await page.get('form').trigger('submit')
    await flushPromises()
    expect(change).toHaveBeenLastCalledWith('QT1', expect.objectContaining({ revision: 9, settings: { overtime_s: 30 } }))
  })
  it('asks before typed text is lost', async () => {
    const confirm = vi.fn(() => false)
    vi.stubGlobal('confirm', confirm)
    window.confirm = confirm
    const { page, router } = await open('/desk/devices/QT1/edit')
    await page.get('[name=name]').setValue('typed')
    await router.push('/elsewhere')
    expect(confirm).toHaveBeenCalledOnce()
    expect(router.currentRoute.value.path).toBe('/desk/devices/QT1/edit')
  })
})
