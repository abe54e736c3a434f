import { mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope } from 'vue'
import { address, csrfToken, tidy, unwrap } from '@/api/client'
import { asFailure, Failure, failureOf } from '@/api/failure'
import { useFailureText } from '@/app/failureText'
import { i18n } from '@/app/i18n'
import { isTyping } from '@/app/keys'
import { paced, useBlock } from '@/app/load'
import { advance, FOCUS_MS, REST_AFTER_INPUT_MS, startRotation, touched } from '@/pages/screen/rotation'
import { pageOf, pointOf } from '@/map/points'
import DataTable from '@/parts/DataTable.vue'
import { confidenceOf } from '@/text/confidence'

describe('rotation of the screen', () => {
  const start = startRotation(0, true)
  it('goes on after 15 seconds and comes round', () => {
    expect(advance(start, FOCUS_MS - 1, 3).index).toBe(0)
    expect(advance(start, FOCUS_MS, 3)).toMatchObject({ index: 1, since: FOCUS_MS })
    expect(advance({ ...start, index: 2 }, FOCUS_MS, 3).index).toBe(0)
  })
  it('rests after any key or pointer, and counts anew afterwards', () => {
    const resting = touched(start, 1000)
    expect(advance(resting, 1000 + REST_AFTER_INPUT_MS - 1, 3).index).toBe(0)
    const later = advance(resting, 1000 + REST_AFTER_INPUT_MS - 1, 3)
    expect(advance(later, 1000 + REST_AFTER_INPUT_MS + 1, 3).index).toBe(0)
    expect(advance(later, 1000 + REST_AFTER_INPUT_MS + FOCUS_MS, 3).index).toBe(1)
  })
  it('can be switched off', () => {
    expect(advance({ ...start, on: false }, 10 * FOCUS_MS, 3).index).toBe(0)
  })
  it('survives a list that gets shorter or empty', () => {
    expect(advance({ ...start, index: 5 }, 1, 2).index).toBe(1)
    expect(advance({ ...start, index: 5 }, 1, 0).index).toBe(0)
  })
})

describe('a block of data', () => {
  const settle = () => new Promise((done) => setTimeout(done))
  it('goes from loading to ready or empty', async () => {
    const block = useBlock(() => Promise.resolve([] as number[]), (rows) => rows.length === 0)
    expect(block.state.value).toBe('loading')
    await block.load()
    expect(block.state.value).toBe('empty')
  })
  it('turns stale when the server is gone, and keeps what it had', async () => {
    let up = true
    const block = useBlock(() => (up ? Promise.resolve(1) : Promise.reject(new TypeError('network'))))
    await block.load()
    up = false
    await block.load()
    expect([block.state.value, block.data.value]).toEqual(['stale', 1])
  })
  it('is an error without old data, and forbidden where a right is missing', async () => {
    const lost = useBlock(() => Promise.reject(new TypeError('network')))
    await lost.load()
    expect(lost.state.value).toBe('error')
    const barred = useBlock(() => Promise.reject(failureOf(403, {})))
    await barred.load()
    expect(barred.state.value).toBe('forbidden')
  })
  it('drops an answer that comes after a newer one', async () => {
    const answers: ((value: string) => void)[] = []
    const block = useBlock(() => new Promise<string>((done) => answers.push(done)))
    void block.load()
    void block.load()
    answers[1]?.('new')
    await settle()
    answers[0]?.('old')
    await settle()
    expect(block.data.value).toBe('new')
  })
})

describe('pacing', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())
  it('runs at most once an interval, and once more for what came meanwhile', async () => {
    const runs: number[] = []
    const go = paced(() => void runs.push(Date.now()), 1000)
    for (let i = 0; i < 5; i += 1) go()
    expect(runs).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(999)
    expect(runs).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(2)
    expect(runs).toHaveLength(2)
    await vi.advanceTimersByTimeAsync(5000)
    expect(runs).toHaveLength(2)
  })
  it('goes on after a failure', async () => {
    let runs = 0
    const go = paced(() => ((runs += 1), Promise.reject(new Error('x'))), 100)
    go()
    await vi.advanceTimersByTimeAsync(150)
    go()
    await vi.advanceTimersByTimeAsync(1)
    expect(runs).toBe(2)
  })
})

describe('asking the server', () => {
  it('sends only filters that say something', () => {
    expect(tidy({ q: '', page: 1, kind: [], sort: undefined, open: false, status: null })).toEqual({ page: 1, open: false })
    expect(address('/api/v1/findings/export.csv', { kind: ['a', 'b'], q: '青' })).toBe('/api/v1/findings/export.csv?kind=a&kind=b&q=%E9%9D%92')
    expect(address('/api/v1/findings/export.csv')).toBe('/api/v1/findings/export.csv')
  })
  it('finds the CSRF token among the cookies', () => {
    expect(csrfToken('a=1; csrftoken=t%20k; b=2')).toBe('t k')
    expect(csrfToken('a=1')).toBe('')
  })
  it.each([
    [401, 'unauthenticated'],
    [403, 'forbidden'],
    [404, 'missing'],
    [409, 'refused'],
    [422, 'invalid'],
    [500, 'server'],
    [503, 'unreachable'],
  ] as const)('takes status %i for "%s"', (status, kind) => {
    expect(failureOf(status, undefined).kind).toBe(kind)
  })
  it('carries field, remedy, request and unmet guards of the one error shape', () => {
    const failure = failureOf(409, {
      error: { code: 'transition_refused', message: 'not yet', remedy: 'wait', field: 'to', request_id: 'r', params: { unmet: [{ guard: 'effect' }] } },
    })
    expect([failure.message, failure.body.remedy, failure.body.field, failure.requestId]).toEqual(['not yet', 'wait', 'to', 'r'])
    expect(failure.unmet).toEqual([{ guard: 'effect' }])
    expect(failureOf(500, 'nonsense').unmet).toEqual([])
  })
  it('knows a lost connection from an answer', async () => {
    expect(asFailure(new TypeError('fetch failed')).kind).toBe('unreachable')
    await expect(unwrap(Promise.reject(new TypeError('x')))).rejects.toBeInstanceOf(Failure)
    await expect(unwrap(Promise.resolve({ error: {}, response: new Response(null, { status: 403 }) }))).rejects.toMatchObject({ kind: 'forbidden' })
    await expect(unwrap(Promise.resolve({ data: 1, response: new Response() }))).resolves.toBe(1)
  })
})

describe('the words of a failure', () => {
  const say = (failure: Failure, lang: 'zh' | 'en') => {
    i18n.global.locale.value = lang
    let text = ''
    mount({ setup: () => ((text = useFailureText()(failure)), () => null) }, { global: { plugins: [i18n] } })
    i18n.global.locale.value = 'zh'
    return text
  }
  it('are in the language of the person, with the reason and the remedy', () => {
    const failure = failureOf(403, { error: { code: 'not_permitted', message: 'you may not', remedy: 'ask a supervisor' } })
    expect(say(failure, 'en')).toBe('Not permitted · you may not · ask a supervisor')
    expect(say(failure, 'zh')).toBe('没有权限 · you may not · ask a supervisor')
  })
  it('fall back to the kind of failure for a code that is not known', () => {
    expect(say(failureOf(500, { error: { code: 'brand_new', message: '' } }), 'en')).toBe('Server error')
    expect(say(asFailure(new TypeError('')), 'en')).toBe('The server cannot be reached')
  })
})

describe('the table', () => {
  beforeEach(() => setActivePinia(createPinia()))
  const rows = [
    { id: 'a', value: '1' },
    { id: 'b', value: '2' },
  ]
  const table = (rest: object = {}) =>
    mount(DataTable as never, {
      props: {
        columns: [
          { key: 'id', label: 'Name', sort: 'id' },
          { key: 'value', label: 'Value', numeric: true },
        ],
        rows,
        rowId: (row: { id: string }) => row.id,
        caption: 'Things',
        ...rest,
      } as never,
      global: { plugins: [i18n] },
    })

  it('exposes how it is sorted and asks for the other way', async () => {
    const shown = table({ sort: '-id' })
    const [name, value] = shown.findAll('th')
    expect(name?.attributes('aria-sort')).toBe('descending')
    expect(value?.attributes('aria-sort')).toBeUndefined()
    await name?.find('button').trigger('click')
    expect(shown.emitted('sort')).toEqual([['id']])
    expect(table().findAll('th')[0]?.attributes('aria-sort')).toBe('none')
  })
  it('can be reached and named: region, caption, selected row', () => {
    const shown = table({ selected: 'b' })
    expect(shown.find('[role="region"]').attributes()).toMatchObject({ tabindex: '0', 'aria-label': 'Things' })
    expect(shown.find('caption').text()).toBe('Things')
    expect(shown.find('[data-row="b"]').attributes('aria-selected')).toBe('true')
  })
  it('ticks one row and all rows', async () => {
    const shown = table({ checkable: true, checked: ['a'] })
    const [all, one, other] = shown.findAll('input')
    await one?.trigger('change')
    await other?.trigger('change')
    await all?.trigger('change')
    expect(shown.emitted('update:checked')).toEqual([[[]], [['a', 'b']], [['a', 'b']]])
    expect(other?.attributes('aria-label')).toContain('b')
  })
  it('opens a row on click, not on its tick', async () => {
    const shown = table({ checkable: true })
    await shown.find('[data-row="a"] td.narrow').trigger('click')
    expect(shown.emitted('select')).toBeUndefined()
    await shown.find('[data-row="a"]').trigger('click')
    expect(shown.emitted('select')).toEqual([[rows[0]]])
  })
})

describe('small decisions', () => {
  it('do not take typing for commands', () => {
    document.body.innerHTML = '<input id="i"><p id="p"></p><div role="dialog"><b id="d"></b></div><select id="s"></select>'
    const at = (id: string) => document.getElementById(id)
    expect(['i', 's', 'd', 'p'].map((id) => isTyping(at(id)))).toEqual([true, true, true, false])
    expect(isTyping(null)).toBe(false)
  })
  it('call a rule verified only when it plainly is', () => {
    expect(['verified by 2 sources', 'V'].map(confidenceOf)).toEqual(['verified', 'verified'])
    expect(['memory', 'M', 'unverified', 'whatever'].map(confidenceOf)).toEqual(['memory', 'memory', 'memory', 'memory'])
    expect(confidenceOf('verified by 1 source + memory')).toBe('partly')
    expect(confidenceOf('dates verified by 1 source; value memory')).toBe('partly')
    expect(confidenceOf('P')).toBe('secondhand')
    expect(confidenceOf('decision of this project')).toBe('decision')
    expect(confidenceOf('')).toBe('unknown')
  })
  it('turn places into points and points into pages', () => {
    const place = { kind: 'station', code: '1325A', name: '东湖', name_en: 'Donghu', station_level: 'micro', status: 'normal' } as never
    expect(pointOf(place, 'en')).toMatchObject({ id: 'station:1325A', kind: 'micro', name: 'Donghu' })
    expect(pageOf('station:1325A')).toBe('/desk/stations/1325A')
    expect(pageOf('outlet:O-1:2')).toBe('/desk/outlets/O-1:2')
  })
  it('run inside a scope that can be stopped', () => {
    const scope = effectScope()
    expect(scope.run(() => useBlock(() => Promise.resolve(1)).state.value)).toBe('loading')
    scope.stop()
  })
})
