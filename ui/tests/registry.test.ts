import { flushPromises, mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { createMemoryHistory, createRouter } from 'vue-router'
import { api } from '@/api/calls'
import { failureOf } from '@/api/failure'
import type { ObjectField, ObjectImport, ObjectType, RegistryObjectDetail } from '@/api/types'
import { i18n } from '@/app/i18n'
import ImportPage from '@/pages/registry/ImportPage.vue'
import ObjectForm from '@/pages/registry/ObjectForm.vue'
import ObjectPage from '@/pages/registry/ObjectPage.vue'
import { changedFields, strangeFields, textOf, valueOf, wordsOf } from '@/pages/registry/fields'

const field = (name: string, rest: Partial<ObjectField> = {}): ObjectField => ({
  name,
  label_zh: name,
  label_en: `the ${name}`,
  kind: 'text',
  unit: '',
  required: false,
  choices: [],
  minimum: null,
  maximum: null,
  identifier: false,
  pattern: '',
  ...rest,
})
const SHOP: ObjectType = {
  type: 'catering_shop',
  name_zh: '餐饮店',
  name_en: 'Catering shop',
  parents: ['none', 'region'],
  shape: 'point',
  public: false,
  code_zh: '编码',
  code_en: 'Code',
  objects: 1,
  mergeable: true,
  may_register: true,
  fields: [
    field('seats', { kind: 'integer', label_zh: '座位数' }),
    field('flue', { kind: 'choice', choices: [{ value: 'own', label_zh: '专用', label_en: 'Own' }] }),
    field('near', { kind: 'flag' }),
    field('limits', { kind: 'structure' }),
  ],
}
const OBJECT: RegistryObjectDetail = {
  type: 'catering_shop',
  code: 'S-1',
  id: 1,
  name: '巷口小馆',
  name_en: '巷口小馆',
  region_code: '420107',
  region_name: '青山区',
  region_name_en: 'Qingshan',
  region_source: 'stated',
  enterprise_code: '',
  enterprise_name: '',
  lon: 114.4,
  lat: 30.6,
  simulated: false,
  parent_type: '',
  parent_code: '',
  parent_name: '',
  valid_from: '2025-01-01',
  valid_to: null,
  merged_into: '',
  attributes: { seats: 76, flue: 'own', near: true, secret_sauce: 'soy' },
  recorded_at: '2025-01-01T08:00:00+08:00',
  geometry: null,
  parent: null,
  parts: [],
  parts_total: 0,
  relations: [],
  merged: [],
  revision: 7,
  may_update: true,
}

async function at<T extends object>(page: T, path: string, route: string) {
  const router = createRouter({ history: createMemoryHistory(), routes: [{ path: route, component: page }, { path: '/:rest(.*)*', component: { template: '<p />' } }] })
  await router.push(path)
  const wrapper = mount(page, { global: { plugins: [i18n, router] }, attachTo: document.body })
  await flushPromises()
  return { wrapper, router }
}

beforeEach(() => {
  setActivePinia(createPinia())
  vi.restoreAllMocks()
  HTMLDialogElement.prototype.showModal ??= vi.fn()
  vi.spyOn(api, 'objectTypes').mockResolvedValue([SHOP])
  vi.spyOn(api, 'object').mockResolvedValue(OBJECT)
  vi.spyOn(api, 'objectHistory').mockResolvedValue([
    { recorded_at: '2025-02-01T08:00:00+08:00', actor: 'steward', event: 'object.updated', reason: '扩建', differences: [{ field: 'seats', label_zh: '座位数', label_en: 'Seats', before: '70', after: '76' }] },
  ])
})

describe('the fields of an object', () => {
  it('go into a form as text and come back as they were', () => {
    for (const one of SHOP.fields.slice(0, 3)) {
      const value = OBJECT.attributes[one.name]
      expect(valueOf(one, textOf(value))).toEqual(value)
    }
    expect(valueOf(field('tags', { kind: 'list' }), 'a；b、 c')).toEqual(['a', 'b', 'c'])
  })
  it('leave what is no number to the server, which names the field', () => {
    expect(valueOf(field('seats', { kind: 'integer' }), 'many')).toBe('many')
  })
  it('send only what changed, and null for what was emptied', () => {
    const before = { seats: '76', flue: 'own', near: '' }
    expect(changedFields(SHOP.fields.slice(0, 3), before, { seats: '90', flue: '', near: '' })).toEqual({ seats: 90, flue: null })
  })
  it('are told in words of the language', () => {
    expect(wordsOf(SHOP.fields[1]!, 'own', 'zh', '是', '否')).toBe('专用')
    expect(wordsOf(SHOP.fields[2]!, false, 'en', 'yes', 'no')).toBe('no')
    expect(strangeFields(SHOP, OBJECT)).toEqual([['secret_sauce', 'soy']])
  })
})

describe('the page of an object', () => {
  it('shows known fields in words, unknown ones as they stand, and every state with its reason', async () => {
    const { wrapper } = await at(ObjectPage, '/desk/registry/catering_shop/S-1', '/desk/registry/:type/:code')
    expect(wrapper.text()).toContain('专用')
    expect(wrapper.text()).toContain('secret_sauce')
    expect(wrapper.get('[data-testid="history"]').text()).toContain('扩建')
    expect(wrapper.get('[data-testid="history"]').text()).toMatch(/70\s*→\s*76/)
  })
  it('offers neither change nor merge to who may not', async () => {
    vi.spyOn(api, 'object').mockResolvedValue({ ...OBJECT, may_update: false })
    const { wrapper } = await at(ObjectPage, '/desk/registry/catering_shop/S-1', '/desk/registry/:type/:code')
    expect(wrapper.find('[data-testid="edit"]').exists()).toBe(false)
    expect(wrapper.find('[data-testid="merge"]').exists()).toBe(false)
  })
})

describe('the form of an object', () => {
  it('sends the state it was opened at, the reason and only what changed', async () => {
    const change = vi.spyOn(api, 'changeObject').mockResolvedValue(OBJECT)
    const { wrapper } = await at(ObjectForm, '/desk/registry/catering_shop/S-1/edit', '/desk/registry/:type/:code/edit')
    await wrapper.get('input[name="seats"]').setValue('90')
    await wrapper.get('textarea[name="reason"]').setValue('扩建')
    await wrapper.get('form').trigger('submit')
    await flushPromises()
    expect(change).toHaveBeenCalledWith('catering_shop', 'S-1', { revision: 7, reason: '扩建', attributes: { seats: 90 } })
  })
  it('shows a refusal at the field that it names', async () => {
    vi.spyOn(api, 'changeObject').mockRejectedValue(failureOf(422, { error: { code: 'invalid_input', field: 'attributes.seats', message: 'Seats is no whole number', remedy: 'give a whole number', message_key: '', params: {}, request_id: 'r' } }))
    const { wrapper } = await at(ObjectForm, '/desk/registry/catering_shop/S-1/edit', '/desk/registry/:type/:code/edit')
    await wrapper.get('form').trigger('submit')
    await flushPromises()
    expect(wrapper.get('input[name="seats"]').attributes('aria-invalid')).toBe('true')
    expect(wrapper.text()).toContain('give a whole number')
  })
})

describe('the import of a file', () => {
  const REPORT: ObjectImport = {
    type: 'catering_shop',
    dry_run: true,
    counts: { new: 1, changed: 0, same: 0, kept: 0, faulty: 1 },
    unknown_columns: ['心情'],
    rows: [
      { line: 2, code: 'S-1', name: '甲', outcome: 'new', faults: [], differences: [] },
      { line: 3, code: 'S-2', name: '乙', outcome: 'faulty', differences: [], faults: [{ field: 'seats', label_zh: '座位数', label_en: 'Seats', code: 'not_a_number', value: 'x', reason_zh: '座位数“x”不是数值。', reason_en: 'no number', remedy_en: 'give one' }] },
    ],
  }
  async function drop() {
    const { wrapper } = await at(ImportPage, '/desk/registry/import', '/desk/registry/import')
    const input = wrapper.get('input[type="file"]')
    Object.defineProperty(input.element, 'files', { value: [new File(['x'], 'a.csv')] })
    await input.trigger('change')
    await flushPromises()
    return wrapper
  }
  it('tries the file first, names each fault, and takes nothing in before the faulty rows are settled', async () => {
    const run = vi.spyOn(api, 'importObjects').mockResolvedValue(REPORT)
    const wrapper = await drop()
    expect(run.mock.calls[0]![1]).toMatchObject({ dry_run: true })
    expect(wrapper.text()).toContain('座位数“x”不是数值。')
    expect(wrapper.text()).toContain('心情')
    expect(wrapper.get('[data-testid="import"]').attributes('disabled')).toBeDefined()
    await wrapper.get('input[name="skip"]').setValue(true)
    await wrapper.get('[data-testid="import"]').trigger('click')
    await flushPromises()
    expect(run.mock.calls[1]![1]).toMatchObject({ dry_run: false, skip_faulty: true })
  })
  it('says why a file could not be read', async () => {
    vi.spyOn(api, 'importObjects').mockRejectedValue(failureOf(422, { error: { code: 'invalid_input', field: 'file', message: 'the file has no column 名称', remedy: 'start from the template', message_key: '', params: {}, request_id: 'r' } }))
    expect((await drop()).get('[role="alert"]').text()).toContain('start from the template')
  })
})
