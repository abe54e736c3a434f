import { flushPromises, mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { i18n } from '@/app/i18n'
import { usePrefs } from '@/app/stores/prefs'
import type { EngineKind, EngineOptions, MapEngine } from '@/map/engines/engine'
import type { Mark, MapPoint } from '@/map/layers/marks'
import type { Outline } from '@/map/layers/outlines'
import MapView from '@/map/MapView.vue'

class Recorder implements MapEngine {
  drawn: string[][] = []
  selections: (string | null)[] = []
  looks: string[] = []
  destroyed = false
  constructor(
    readonly kind: EngineKind,
    readonly options: EngineOptions,
    private readonly frame: number,
  ) {}
  setMarks = (marks: readonly Mark[]) => void this.drawn.push(marks.map((mark) => mark.text))
  lines: string[][] = []
  setOutlines = (outlines: readonly Outline[]) => void this.lines.push(outlines.map((one) => one.id))
  setSelected = (id: string | null) => void this.selections.push(id)
  setLook = (tokens: { name: string }, lang: string) => void this.looks.push(`${tokens.name} ${lang}`)
  setView = () => undefined
  view = () => this.options.view
  resize = () => undefined
  frameTime = () => Promise.resolve(this.frame)
  destroy = () => void (this.destroyed = true)
}

const point = (value: string): MapPoint => ({
  id: 'station:A',
  kind: 'station',
  code: 'A',
  name: 'Alpha',
  lon: 114.3,
  lat: 30.6,
  value,
  level: 3,
  colour: '#ff7e01',
  categoryName: 'lightly polluted',
  status: 'normal',
  openFindings: 2,
  simulated: false,
})
const BANDS = [
  { level: 1, low: 0, high: 50, colour: '#00e401', name_zh: '甲', name_en: 'first' },
  { level: 2, low: 51, high: null, colour: '#ffff01', name_zh: '乙', name_en: 'second' },
]

describe('MapView', () => {
  const made: Recorder[] = []
  const frames: Record<EngineKind, number> = { webgl: 10, canvas: 10 }
  let broken: EngineKind | null = null
  const factory = (kind: EngineKind) => async (options: EngineOptions) => {
    if (broken === kind) throw new Error('no context')
    const engine = new Recorder(kind, options, frames[kind])
    made.push(engine)
    return engine
  }
  const show = (props: object = {}) =>
    mount(MapView, {
      props: {
        points: [point('118')],
        bands: BANDS,
        factories: { webgl: factory('webgl'), canvas: factory('canvas') },
        ...props,
      },
      global: { plugins: [i18n] },
    })

  beforeEach(() => {
    setActivePinia(createPinia())
    made.length = 0
    broken = null
    frames.webgl = 10
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('offline')))
    i18n.global.locale.value = 'en'
    usePrefs().lang = 'en'
  })
  afterEach(() => {
    vi.useRealTimers()
    vi.unstubAllGlobals()
    i18n.global.locale.value = 'zh'
  })

  it.each(['webgl', 'canvas'] as const)('draws on the engine that was asked for: %s, even without a basemap', async (engine) => {
    const map = show({ engine })
    await flushPromises()
    expect(made.map((one) => one.kind)).toEqual([engine])
    expect(made[0]?.drawn).toEqual([['118']])
    expect(made[0]?.options.basemap.districts.features).toEqual([])
    expect(map.emitted('ready')).toEqual([[engine]])
    expect(map.attributes('data-engine')).toBe(engine)
    map.unmount()
    expect(made[0]?.destroyed).toBe(true)
  })

  it('hands outlines to the engine, and new ones when they change', async () => {
    const outline = (id: string): Outline => ({ id, corners: [[114, 30], [114.1, 30]] })
    const map = show({ engine: 'canvas', outlines: [outline('A')] })
    await flushPromises()
    await map.setProps({ outlines: [outline('A'), outline('B')] })
    expect(made[0]?.lines).toEqual([['A'], ['A', 'B']])
  })

  it('says in the legend what its marks stand for, and of borders only where there are some', async () => {
    const words = (props: object) => show({ engine: 'canvas', ...props }).find('.legend').text()
    const outline: Outline = { id: 'A', corners: [[114, 30], [114.1, 30]] }
    const [places, cases, objects] = [words({}), words({ legend: 'cases', bands: [] }), words({ legend: 'objects', bands: [], outlines: [outline] })]
    await flushPromises()
    expect(places).toContain('outlet')
    expect(cases).toContain('complaint')
    expect(cases).not.toContain('outlet')
    expect(objects).toContain('object of the register')
    expect([places, cases, objects].map((one) => one.includes('border'))).toEqual([false, false, true])
  })

  it('takes the canvas by itself where there is no fast WebGL', async () => {
    show({ engine: 'auto' })
    await flushPromises()
    expect(made.map((one) => one.kind)).toEqual(['canvas'])
  })

  it('falls back to the canvas when WebGL cannot start', async () => {
    broken = 'webgl'
    const map = show({ engine: 'webgl' })
    await flushPromises()
    expect(made.map((one) => one.kind)).toEqual(['canvas'])
    expect(map.emitted('ready')).toEqual([['canvas']])
  })

  it('says so when nothing can draw', async () => {
    broken = 'canvas'
    const map = show({ engine: 'canvas' })
    await flushPromises()
    expect(map.find('[role="alert"]').text()).toContain('no context')
  })

  it('rebuilds the marks at most once a second, with the newest values', async () => {
    vi.useFakeTimers()
    const map = show({ engine: 'canvas' })
    await vi.advanceTimersByTimeAsync(2000)
    const engine = made[0] as Recorder
    for (const value of ['119', '120', '121', '122']) {
      await map.setProps({ points: [point(value)] })
      await vi.advanceTimersByTimeAsync(100)
    }
    expect(engine.drawn.slice(1)).toEqual([['119']])
    await vi.advanceTimersByTimeAsync(1000)
    expect(engine.drawn.slice(1)).toEqual([['119'], ['122']])
  })

  it('passes on what was selected, but a cluster is nobody', async () => {
    const map = show({ engine: 'canvas' })
    await flushPromises()
    made[0]?.options.events.select('station:A')
    made[0]?.options.events.select('cluster:1:2')
    made[0]?.options.events.select(null)
    expect(map.emitted('select')).toEqual([['station:A'], [null], [null]])
    await map.setProps({ selected: 'station:A' })
    expect(made[0]?.selections.at(-1)).toBe('station:A')
  })

  it('follows theme and language', async () => {
    show({ engine: 'canvas' })
    await flushPromises()
    usePrefs().theme = 'dark'
    await flushPromises()
    usePrefs().lang = 'zh'
    await flushPromises()
    expect(made[0]?.looks).toEqual(['dark en', 'dark zh'])
  })

  it('lists the same places for the keyboard', async () => {
    const map = show({ engine: 'canvas', selected: 'station:A' })
    const button = map.find('.map-list button')
    expect(button.text()).toMatch(/Station\s+Alpha\s+118\s+lightly polluted\s+2 alarms/)
    expect(button.attributes('aria-pressed')).toBe('true')
    await button.trigger('click')
    expect(map.emitted('select')).toEqual([['station:A']])
  })

  it('has a legend with ranges and words, and names the limits of the basemap', () => {
    const text = show({ engine: 'canvas' }).text()
    expect(text).toContain('0–50')
    expect(text).toContain('first')
    expect(text).toContain('> 50')
    expect(text).toContain('display only')
  })
})
