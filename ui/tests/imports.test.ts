// Imports: what a state looks like, how far one is, and a mapping that the form edits without losing anything.
import { mount } from '@vue/test-utils'
import { createPinia } from 'pinia'
import { describe, expect, it } from 'vitest'
import { reactive } from 'vue'
import { i18n } from '@/app/i18n'
import en from '@/locales/en.json'
import zh from '@/locales/zh.json'
import FoundTable from '@/pages/imports/FoundTable.vue'
import MappingForm from '@/pages/imports/MappingForm.vue'
import { draftOf, sent, unused } from '@/pages/imports/mapping'
import { CYCLES, importPath, KINDS, percent, running, STAMPS, STATES, stateTone, weightTone } from '@/pages/imports/states'

const MAPPING = {
  name: 'hours',
  kind: 'air',
  cycle: 'hour',
  time: { columns: ['time'], stamp: 'end', utc_offset_min: 540 },
  site: { columns: ['station'], joiner: '-', codes: { a: 'A' } },
  columns: [{ column: 'pm25', pollutant: 'a34004', unit: 'ug/m3', signed: false }],
  checks: ['gaps'],
}

describe('states', () => {
  it('have words in both languages, as kinds, cycles and stamps have', () => {
    for (const words of [zh.imports, en.imports]) {
      for (const one of STATES) expect(words.states).toHaveProperty(one)
      for (const one of KINDS) expect(words.kinds).toHaveProperty(one)
      for (const one of CYCLES) expect(words.cycles).toHaveProperty(one)
      for (const one of STAMPS) expect(words.stamps).toHaveProperty(one)
    }
  })
  it('tell good from bad and open from closed', () => {
    expect(STATES.map(stateTone)).toEqual(['info', 'info', 'info', 'info', 'success', 'warning', 'danger', 'warning', 'danger'])
    expect(['file', 'row', 'note'].map(weightTone)).toEqual(['danger', 'warning', 'info'])
    expect(STATES.filter((state) => running({ state }))).toEqual(['checking', 'importing', 'withdrawing'])
  })
  it('know how far an import is, whatever was guessed before', () => {
    expect(percent({ rows_done: 0, rows_total: 0 })).toBe(0)
    expect(percent({ rows_done: 50, rows_total: 200 })).toBe(25)
    expect(percent({ rows_done: 210, rows_total: 200 })).toBe(100)
    expect(importPath('I-2026-000001')).toBe('/desk/imports/I-2026-000001')
  })
})

describe('a mapping in the form', () => {
  it('keeps what the form does not show', () => {
    expect(sent(draftOf(MAPPING))).toEqual({ ...MAPPING, period_s: 0, site: { ...MAPPING.site, constant: '' } })
  })
  it('is a copy', () => {
    const draft = draftOf(MAPPING)
    draft.columns[0]!.unit = 'mg/m3'
    expect(MAPPING.columns[0]!.unit).toBe('ug/m3')
  })
  it('sends a site column or one code, and no column without a code', () => {
    const draft = draftOf({ ...MAPPING, site: { columns: ['station'], constant: 'S1' } })
    draft.columns.push({ column: 'wind', pollutant: '', unit: '' })
    expect(sent(draft).site).toEqual({ columns: ['station'], constant: '' })
    expect((sent(draft).columns as unknown[]).length).toBe(1)
    draft.site.columns = []
    draft.site.constant = 'S1'
    expect(sent(draft).site).toEqual({ columns: [], constant: 'S1' })
  })
  it('knows which columns are free', () => {
    expect(unused(draftOf(MAPPING), ['time', 'station', 'pm25', 'co'])).toEqual(['co'])
  })
  it('can begin with nothing', () => {
    const draft = draftOf({})
    expect([draft.name, draft.cycle, draft.columns]).toEqual(['new_mapping', 'hour', []])
  })
})

const plugins = { global: { plugins: [i18n, createPinia()] } }

describe('the form', () => {
  const made = () =>
    mount(MappingForm, {
      ...plugins,
      props: {
        modelValue: reactive(draftOf(MAPPING)),
        columns: ['time', 'station', 'pm25', 'co'],
        mappings: [{ name: 'other', title_zh: '另一个', title_en: 'Another', kind: 'air', cycle: 'day', saved: true, version: 2, saved_by: 'x', saved_at: null, columns: [], mapping: { ...MAPPING, name: 'other', cycle: 'day' } }],
        'onUpdate:modelValue': (value: unknown) => form.setProps({ modelValue: reactive(value as object) as never }),
      },
    })
  let form = made()
  it('takes a chosen mapping over', async () => {
    form = made()
    await form.get('select[name=mapping]').setValue('other')
    expect((form.props('modelValue') as { cycle: string }).cycle).toBe('day')
  })
  it('asks for a code where no column names the site', async () => {
    form = made()
    expect(form.find('input[name=constant]').exists()).toBe(false)
    await form.get('select[name=site]').setValue('')
    expect(form.find('input[name=constant]').exists()).toBe(true)
  })
  it('takes JSON and says when it is none', async () => {
    form = made()
    const text = form.get<HTMLTextAreaElement>('textarea')
    text.element.value = '{"name": '
    await text.trigger('change')
    expect(form.get('[role=alert]').text()).toBeTruthy()
    text.element.value = JSON.stringify({ ...MAPPING, cycle: 'month' })
    await text.trigger('change')
    expect((form.props('modelValue') as { cycle: string }).cycle).toBe('month')
  })
  it('adds and removes columns', async () => {
    form = made()
    await form.findAll('button').find((one) => one.text() === i18n.global.t('imports.addColumn'))!.trigger('click')
    expect(form.findAll('tbody tr').length).toBe(2)
    await form.findAll('tbody button')[0]!.trigger('click')
    expect(form.findAll('tbody tr').length).toBe(1)
  })
})

describe('what was found', () => {
  const found = {
    rows: 10, values: 8, row_errors: 1, first: '2025-12-01T00:00:00+08:00', last: '2025-12-01T09:00:00+08:00', sites: { S1: 8 }, items: { a34004: 8 }, refused: true,
    causes: [{ code: 'columns_shifted', weight: 'file', zh: '错位', en: 'shifted', remedy_zh: '改列', remedy_en: 'other columns', count: 1, examples: [{ line: 0, field: '', text: '30 of 30 rows', site: 'S1' }] }],
    gaps: [{ first: '2025-12-01T02:00:00+08:00', last: '2025-12-01T03:00:00+08:00', periods: 2 }],
  }
  it('names cause, remedy, place and gaps, and says that the file is refused', () => {
    const table = mount(FoundTable, { ...plugins, props: { found } })
    expect(table.get('[role=alert]').text()).toBeTruthy()
    expect(table.get('[data-cause=columns_shifted]').text()).toMatch(/改列|other columns/)
    expect(table.text()).toContain('30 of 30 rows')
    expect(table.findAll('details li').length).toBe(1)
  })
  it('says when there is nothing to remark', () => {
    const table = mount(FoundTable, { ...plugins, props: { found: { ...found, causes: [], gaps: [], refused: false } } })
    expect(table.find('[role=alert]').exists()).toBe(false)
    expect(table.text()).toContain(i18n.global.t('imports.clean'))
  })
})
