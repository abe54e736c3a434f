import { readFileSync } from 'node:fs'
import { ScatterChart, LinesChart } from 'echarts/charts'
import { GeoComponent } from 'echarts/components'
import * as echarts from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'
import { validateStyleMin } from '@maplibre/maplibre-gl-style-spec'
import { afterEach, describe, expect, it } from 'vitest'
import { DARK, LIGHT } from '@/design/theme'
import type { Basemap, Layer } from '@/map/basemap'
import { boundsOf, fit, fromWorld, toWorld, worldAtZoom, type View } from '@/map/coords'
import { createCanvas, markItem } from '@/map/engines/canvas'
import { firstEngine, hasFastWebgl, mustFallBack, SLOW_FRAME_MS } from '@/map/engines/choose'
import type { EngineOptions, MapEngine } from '@/map/engines/engine'
import { iconKey } from '@/map/engines/icons'
import { createMapLibre, featuresOf } from '@/map/engines/maplibre'
import { CHOSEN, MARKS, OUTLINES, SELECTED, styleOf } from '@/map/engines/style'
import { clustered } from '@/map/layers/cluster'
import { outlinesOf } from '@/map/layers/outlines'
import { markOf, marksOf, sizeStep, type MapPoint, type Mark } from '@/map/layers/marks'

echarts.use([GeoComponent, ScatterChart, LinesChart, SVGRenderer])

const read = (name: string) => JSON.parse(readFileSync(`public/basemap/${name}.geojson`, 'utf8')) as Layer
const basemap: Basemap = {
  districts: read('wuhan_district'),
  around: read('around_district'),
  lakes: read('lakes'),
  rivers: read('rivers'),
  labels: read('labels'),
}
const rules = { tokens: DARK, colourSafe: false, scale: 1 }
const point = (rest: Partial<MapPoint> = {}): MapPoint => ({
  id: 'station:1325A',
  kind: 'station',
  code: '1325A',
  name: 'Donghu',
  lon: 114.367,
  lat: 30.572,
  value: '118',
  level: 3,
  colour: '#ff7e01',
  categoryName: 'lightly polluted',
  status: 'normal',
  openFindings: 0,
  simulated: false,
  ...rest,
})

/** As much of MapLibre as the engine touches, recording what it was told. */
class FakeLibre {
  readonly data: Record<string, GeoJSON.FeatureCollection> = {}
  readonly images = new Set<string>()
  readonly handlers: [string, (event: never) => void][] = []
  readonly filters: Record<string, unknown> = {}
  style: ReturnType<typeof styleOf>
  centre: { lng: number; lat: number }
  zoom: number
  removed = false
  touchZoomRotate = { disableRotation: () => undefined }
  hit: { properties: Record<string, unknown> }[] = []
  constructor(options: Record<string, never>) {
    this.style = options.style as never
    const [lng, lat] = options.center as unknown as [number, number]
    this.centre = { lng, lat }
    this.zoom = options.zoom as never
  }
  on(name: string, second: unknown, third?: unknown): void {
    this.handlers.push([name, (third ?? second) as never])
  }
  once(name: string, run: (event: never) => void): void {
    if (name === 'load' || name === 'style.load' || name === 'render') queueMicrotask(() => run({} as never))
  }
  fire(name: string, event: object): void {
    for (const [one, run] of this.handlers) if (one === name) run(event as never)
  }
  getSource(id: string) {
    return { setData: (data: GeoJSON.FeatureCollection) => (this.data[id] = data) }
  }
  getLayer = (id: string) => this.style.layers.find((layer) => layer.id === id)
  setFilter = (id: string, filter: unknown) => (this.filters[id] = filter)
  setStyle = (style: ReturnType<typeof styleOf>) => (this.style = style)
  jumpTo(view: { center: [number, number]; zoom: number }): void {
    this.centre = { lng: view.center[0], lat: view.center[1] }
    this.zoom = view.zoom
    this.fire('moveend', {})
  }
  getCenter = () => this.centre
  getZoom = () => this.zoom
  getCanvas = () => document.createElement('canvas')
  hasImage = (key: string) => this.images.has(key)
  addImage = (key: string) => this.images.add(key)
  queryRenderedFeatures = () => this.hit
  triggerRepaint = () => undefined
  resize = () => undefined
  remove = () => (this.removed = true)
}

interface Rig {
  engine: MapEngine
  selected: (string | null)[]
  drawn: () => string[]
  ringed: () => string | null
  lines: () => [string, number][]
  stronger: () => string[]
  ground: () => string
  click: (id: string | null) => void
  gone: () => boolean
}

const START: View = { lon: 114.3, lat: 30.6, zoom: 10 }
function options(selected: (string | null)[]): EngineOptions {
  return {
    container: document.createElement('div'),
    basemap,
    tokens: DARK,
    lang: 'zh',
    view: START,
    scale: 1,
    events: { select: (id) => selected.push(id), move: () => undefined },
  }
}

async function webgl(): Promise<Rig> {
  const selected: (string | null)[] = []
  let map!: FakeLibre
  const engine = await createMapLibre(options(selected), (made) => (map = new FakeLibre(made as never)) as never)
  return {
    engine,
    selected,
    drawn: () => (map.data[MARKS]?.features ?? []).map((feature) => String(feature.properties?.id)),
    ringed: () => ((map.filters[SELECTED] as [string, unknown, string] | null)?.[2] || null) as string | null,
    lines: () => (map.data[OUTLINES]?.features ?? []).map((one) => [String(one.properties?.id), (one.geometry as GeoJSON.LineString).coordinates.length]),
    stronger: () => {
      const id = (map.filters[CHOSEN] as [string, unknown, string] | undefined)?.[2]
      return (map.data[OUTLINES]?.features ?? []).map((one) => String(one.properties?.id)).filter((one) => one === id)
    },
    ground: () => JSON.stringify(map.style.layers.find((layer) => layer.id === 'ground')),
    click: (id) => {
      map.hit = id ? [{ properties: { id } }] : []
      map.fire('click', { point: { x: 1, y: 1 } })
    },
    gone: () => map.removed,
  }
}

async function canvas(): Promise<Rig> {
  const selected: (string | null)[] = []
  // Real ECharts, drawn to SVG without a browser.
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: 800, height: 600 })
  const engine = await createCanvas(options(selected), () => chart as never)
  const items = <T>(id: string) => ((chart.getOption() as { series: { id: string; data: T[] }[] }).series.find((one) => one.id === id)?.data ?? [])
  const series = (id: string) => items<{ name: string }>(id).map((item) => item.name)
  const lines = () => items<{ name: string; coords: unknown[]; lineStyle: { width: number } }>('outlines')
  return {
    engine,
    selected,
    drawn: () => series('marks'),
    ringed: () => series('selected')[0] ?? null,
    lines: () => lines().map((one) => [one.name, one.coords.length]),
    stronger: () => lines().filter((one) => one.lineStyle.width > 2).map((one) => one.name),
    ground: () => JSON.stringify((chart.getOption() as { backgroundColor: string }).backgroundColor),
    click: (id) => {
      if (id) (chart as never as { trigger: (name: string, event: object) => void }).trigger('click', { seriesId: 'marks', name: id, componentType: 'series' })
      else (chart.getZr() as never as { trigger: (name: string, event: object) => void }).trigger('click', {})
    },
    gone: () => chart.isDisposed(),
  }
}

describe.each([
  ['webgl', webgl],
  ['canvas', canvas],
] as const)('map engine %s', (kind, make) => {
  let rig: Rig | null = null
  afterEach(() => {
    if (rig && !rig.gone()) rig.engine.destroy()
    rig = null
  })
  const marks = () => marksOf([point(), point({ id: 'outlet:A', kind: 'outlet', status: 'exceeding', openFindings: 1 }), point({ id: 'station:B', lon: 114.2, level: 5 })], rules)

  it('says which one it is', async () => {
    rig = await make()
    expect(rig.engine.kind).toBe(kind)
  })

  it('starts where it was told and goes where it is sent', async () => {
    rig = await make()
    for (const view of [START, { lon: 114.5, lat: 30.4, zoom: 11.5 }, { lon: 113.9, lat: 31.1, zoom: 8 }]) {
      rig.engine.setView(view)
      const now = rig.engine.view()
      expect(now.lon).toBeCloseTo(view.lon, 4)
      expect(now.lat).toBeCloseTo(view.lat, 4)
      expect(now.zoom).toBeCloseTo(view.zoom, 3)
    }
  })

  it('draws exactly the marks it was given, the worst last', async () => {
    rig = await make()
    rig.engine.setMarks(marks())
    expect(rig.drawn()).toEqual(['outlet:A', 'station:1325A', 'station:B'])
    rig.engine.setMarks(marks().slice(1))
    expect(rig.drawn()).toEqual(['station:1325A', 'station:B'])
    rig.engine.setMarks([])
    expect(rig.drawn()).toEqual([])
  })

  it('rings the selected mark, and none when there is none', async () => {
    rig = await make()
    rig.engine.setMarks(marks())
    rig.engine.setSelected('station:B')
    expect(rig.ringed()).toBe('station:B')
    rig.engine.setSelected(null)
    expect(rig.ringed()).toBeNull()
  })

  it('draws areas and lines below the marks, that of the selected mark stronger, in every theme', async () => {
    rig = await make()
    const ring = [[114, 30], [114.1, 30], [114.1, 30.1], [114, 30]]
    const area = outlinesOf('grid:1', { type: 'Polygon', coordinates: [ring, ring.slice(0, 3)] })
    const river = outlinesOf('river:1', { type: 'LineString', coordinates: ring.slice(0, 2) })
    rig.engine.setOutlines([...area, ...river])
    expect(rig.lines()).toEqual([['grid:1', 4], ['grid:1', 3], ['river:1', 2]])
    expect(rig.stronger()).toEqual([])
    rig.engine.setSelected('river:1')
    expect(rig.stronger()).toEqual(['river:1'])
    rig.engine.setLook(LIGHT, 'en')
    await new Promise((done) => setTimeout(done))
    expect(rig.lines()).toHaveLength(3)
    expect(rig.stronger()).toEqual(['river:1'])
    rig.engine.setOutlines([])
    expect(rig.lines()).toEqual([])
  })

  it('tells what was clicked, and that nothing was', async () => {
    rig = await make()
    rig.engine.setMarks(marks())
    rig.click('station:B')
    rig.click(null)
    expect(rig.selected).toEqual(['station:B', null])
  })

  it('follows the theme and keeps view, marks and selection', async () => {
    rig = await make()
    rig.engine.setMarks(marks())
    rig.engine.setSelected('station:B')
    rig.engine.setView({ lon: 114.5, lat: 30.4, zoom: 11 })
    expect(rig.ground()).toContain(DARK.ground)
    rig.engine.setLook(LIGHT, 'en')
    await new Promise((done) => setTimeout(done))
    expect(rig.ground()).toContain(LIGHT.ground)
    expect(rig.engine.view().lon).toBeCloseTo(114.5, 4)
    expect(rig.drawn()).toHaveLength(3)
    expect(rig.ringed()).toBe('station:B')
  })

  it('measures its frames and goes away when told', async () => {
    rig = await make()
    expect(await rig.engine.frameTime()).toBeGreaterThanOrEqual(0)
    rig.engine.destroy()
    expect(rig.gone()).toBe(true)
  })
})

describe('the style for MapLibre', () => {
  it.each([
    [DARK, 'zh'],
    [LIGHT, 'en'],
  ] as const)('is valid and asks no other host (%#)', (tokens, lang) => {
    const style = styleOf(basemap, tokens, lang)
    expect(validateStyleMin(style as never)).toEqual([])
    expect(style.glyphs).toBeUndefined()
    expect(style.sprite).toBeUndefined()
    expect(JSON.stringify(style)).not.toMatch(/https?:\/\//)
    expect(style.layers.map((layer) => layer.id)).toContain(SELECTED)
  })

  it('gives marks of one look one image', () => {
    const [one, other] = [markOf(point(), rules), markOf(point({ id: 'station:2', lon: 114 }), rules)]
    expect(iconKey(one as Mark)).toBe(iconKey(other as Mark))
    expect(featuresOf([one as Mark]).features[0]?.geometry).toEqual({ type: 'Point', coordinates: [114.367, 30.572] })
  })
})

describe('marks', () => {
  it('tell the kind by shape', () => {
    const shapes = (['station', 'micro', 'outlet', 'section'] as const).map((kind) => markOf(point({ kind }), rules).shape)
    expect(shapes).toEqual(['circle', 'diamond', 'square', 'triangle'])
  })

  it('take the fill from the API and grow with the level, so that colour is never alone', () => {
    expect([null, 1, 2, 3, 4, 5, 6].map(sizeStep)).toEqual([0, 0, 0, 1, 2, 3, 4])
    const [good, bad] = [markOf(point({ level: 1, colour: '#00e401' }), rules), markOf(point({ level: 5, colour: '#99004d' }), rules)]
    expect([good.fill, bad.fill]).toEqual(['#00e401', '#99004d'])
    expect(bad.radius).toBeGreaterThan(good.radius)
    expect(bad.strokeWidth).toBeGreaterThan(good.strokeWidth)
    expect([good.ink, bad.ink]).toEqual(['#000000', '#ffffff'])
  })

  it('show no data, invalid and silence hollow, without a value and not coloured', () => {
    const silent = markOf(point({ status: 'no_data' }), rules)
    const invalid = markOf(point({ status: 'invalid' }), rules)
    expect([silent.hollow, silent.glyph, silent.text, silent.fill]).toEqual([true, '/', '', DARK.panel])
    expect([invalid.hollow, invalid.glyph]).toEqual([true, '!'])
  })

  it('write an exclamation mark on an outlet over its limit and ring what has open alarms', () => {
    const outlet = markOf(point({ kind: 'outlet', status: 'exceeding', openFindings: 2 }), rules)
    expect([outlet.glyph, outlet.ring, outlet.fill]).toEqual(['!', DARK.danger, DARK.danger])
    expect(markOf(point(), rules).ring).toBe('')
  })

  it('write an exclamation mark on a case that is late, too', () => {
    for (const kind of ['case', 'complaint'] as const) {
      const [late, timely] = [markOf(point({ kind, status: 'exceeding', colour: null }), rules), markOf(point({ kind, colour: null }), rules)]
      expect([late.glyph, late.fill, timely.glyph, timely.fill]).toEqual(['!', DARK.danger, '', DARK.text2])
      expect(late.radius).toBeGreaterThan(timely.radius)
    }
  })

  it('replace hue by lightness and numeral when asked to be colour-safe', () => {
    const mark = markOf(point({ level: 4 }), { ...rules, colourSafe: true })
    expect(mark.text).toBe('4')
    expect(mark.fill).not.toBe('#ff7e01')
  })

  it('are written into the items of the canvas engine', () => {
    expect(markItem(markOf(point(), rules), 'x')).toMatchObject({ symbol: 'circle', value: [114.367, 30.572], label: { formatter: '118' } })
    expect(markItem(markOf(point({ status: 'late' }), rules), 'x')).toMatchObject({ label: { show: true, formatter: '╱' } })
  })
})

describe('outlines', () => {
  const ring = [[114, 30], [114.1, 30], [114, 30]]
  it('are the rings of areas and the lines of rivers; a point has none', () => {
    expect(outlinesOf('a', { type: 'MultiPolygon', coordinates: [[ring], [ring, ring]] })).toHaveLength(3)
    expect(outlinesOf('a', { type: 'MultiLineString', coordinates: [ring, ring] }).map((one) => one.corners.length)).toEqual([3, 3])
    expect(outlinesOf('a', { type: 'Point', coordinates: [114, 30] })).toEqual([])
    expect(outlinesOf('a', { type: 'Polygon' })).toEqual([])
  })
})

describe('clusters', () => {
  const many = (n: number): Mark[] =>
    marksOf(
      Array.from({ length: n }, (_, i) => point({ id: `station:${i}`, lon: 113.8 + (i % 100) / 90, lat: 30 + Math.floor(i / 100) / 90, level: i === 7 ? 6 : 1 })),
      rules,
    )
  it('leave up to 2,000 marks alone', () => {
    expect(clustered(many(2000), 9)).toHaveLength(2000)
  })
  it('lose nobody and show the worst', () => {
    const drawn = clustered(many(10_000), 9)
    expect(drawn.length).toBeLessThan(1000)
    expect(drawn.reduce((sum, mark) => sum + mark.count, 0)).toBe(10_000)
    expect(Math.max(...drawn.map((mark) => mark.rank))).toBe(Math.max(...many(10).map((mark) => mark.rank)))
    expect(drawn.filter((mark) => mark.count > 1).every((mark) => mark.text === String(mark.count))).toBe(true)
  })
  it('open when one zooms in', () => {
    const marks = many(10_000)
    expect(clustered(marks, 12).length).toBeGreaterThan(clustered(marks, 8).length)
  })
})

describe('coordinates', () => {
  it('go to the world square and back', () => {
    for (const [lon, lat] of [[114.3, 30.6], [-70, -33], [0, 0]] as [number, number][]) {
      const [x, y] = toWorld(lon, lat)
      const [back, up] = fromWorld(x, y)
      expect(back).toBeCloseTo(lon, 9)
      expect(up).toBeCloseTo(lat, 9)
    }
    expect(toWorld(0, 0)).toEqual([0.5, 0.5])
  })
  it('fit a box with padding', () => {
    const box = { west: 114, east: 114.6, south: 30.4, north: 30.8 }
    const view = fit(box, 800, 600, 50)
    const world = worldAtZoom(view.zoom)
    const [x1, y1] = toWorld(box.west, box.north)
    const [x2, y2] = toWorld(box.east, box.south)
    expect(Math.max((x2 - x1) * world - 700, (y2 - y1) * world - 500)).toBeCloseTo(0, 6)
    expect(fit({ west: 114, east: 114, south: 30, north: 30 }, 800, 600, 50, 12).zoom).toBe(12)
    expect(boundsOf([])).toBeUndefined()
    const moved = fit(box, 800, 600, 50, 13, 200)
    const left = 400 + (toWorld(box.west, 30.6)[0] - toWorld(moved.lon, 30.6)[0]) * worldAtZoom(moved.zoom)
    expect(left).toBeGreaterThanOrEqual(250 - 1e-6)
  })
})

describe('the choice of the engine', () => {
  it('obeys the person, and asks the machine only when it may choose', () => {
    const never = () => {
      throw new Error('must not ask')
    }
    expect(firstEngine('webgl', never)).toBe('webgl')
    expect(firstEngine('canvas', never)).toBe('canvas')
    expect(firstEngine('auto', () => true)).toBe('webgl')
    expect(firstEngine('auto', () => false)).toBe('canvas')
  })
  it('falls back only from an automatic WebGL that is slow', () => {
    expect(mustFallBack('auto', 'webgl', SLOW_FRAME_MS)).toBe(true)
    expect(mustFallBack('auto', 'webgl', SLOW_FRAME_MS - 1)).toBe(false)
    expect(mustFallBack('webgl', 'webgl', 500)).toBe(false)
    expect(mustFallBack('auto', 'canvas', 500)).toBe(false)
  })
  it('takes no context, or a broken one, for no WebGL', () => {
    const asked: unknown[] = []
    const canvas = (context: unknown) => () => ({ getContext: (...ask: unknown[]) => (asked.push(ask), context) }) as never
    expect(hasFastWebgl(canvas(null))).toBe(false)
    expect(hasFastWebgl(canvas({ getExtension: () => null }))).toBe(true)
    expect(asked[0]).toEqual(['webgl2', { failIfMajorPerformanceCaveat: true }])
    expect(hasFastWebgl(() => { throw new Error('no canvas') })).toBe(false)
  })
})
