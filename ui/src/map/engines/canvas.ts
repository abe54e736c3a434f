// Canvas engine: ECharts geo in Web Mercator. Works without a GPU; the default in virtual desktops and tests.
import { ScatterChart, LinesChart } from 'echarts/charts'
import { GeoComponent } from 'echarts/components'
import * as echarts from 'echarts/core'
import { CanvasRenderer } from 'echarts/renderers'
import type { ECharts, EChartsCoreOption } from 'echarts/core'
import type { Tokens } from '@/design/theme'
import type { Basemap } from '@/map/basemap'
import { worldAtZoom, zoomOfWorld, toWorld, fromWorld, type View } from '@/map/coords'
import type { EngineOptions, MapEngine } from '@/map/engines/engine'
import { ringWidth, type Mark, type Shape } from '@/map/layers/marks'
import type { Outline } from '@/map/layers/outlines'
import type { Lang } from '@/text/format'

echarts.use([GeoComponent, ScatterChart, LinesChart, CanvasRenderer])

const MAP_NAME = 'qingtian-basemap'
const SYMBOLS: Record<Shape, string> = {
  circle: 'circle',
  diamond: 'diamond',
  square: 'rect',
  triangle: 'triangle',
  pin: 'pin',
  star: 'path://M0,-10L2.9,-4L9.5,-3.1L4.8,1.5L5.9,8.1L0,5L-5.9,8.1L-4.8,1.5L-9.5,-3.1L-2.9,-4Z',
}
const TEST_FRAMES = 3

type Point = [number, number]

// ECharts wants the map upright: x to the east, y to the south is what its screen uses.
const PROJECTION = {
  project: (point: number[]): Point => toWorld(point[0] as number, point[1] as number),
  unproject: (point: number[]): Point => fromWorld(point[0] as number, point[1] as number),
}

export type ChartMaker = (container: HTMLElement) => ECharts

function realMaker(container: HTMLElement): ECharts {
  return echarts.init(container, null, { renderer: 'canvas' })
}

/** All areas as one ECharts map; every region has its own name, so that each takes its own style. */
function register(basemap: Basemap): void {
  const areas = (['around', 'districts', 'lakes'] as const).flatMap((layer) =>
    basemap[layer].features.map((feature, index) => ({ ...feature, properties: { name: `${layer}:${index}` } })),
  )
  const corner = (lon: number, lat: number): Point => [lon, lat]
  const frame = {
    type: 'Feature',
    properties: { name: 'frame' },
    geometry: {
      type: 'Polygon',
      coordinates: [[corner(112.4, 29), corner(116.4, 29), corner(116.4, 32.4), corner(112.4, 32.4), corner(112.4, 29)]],
    },
  }
  echarts.registerMap(MAP_NAME, { type: 'FeatureCollection', features: [frame, ...areas] } as never)
}

function regionsOf(basemap: Basemap, tokens: Tokens): unknown[] {
  const styles = {
    around: { areaColor: tokens.landAround, borderColor: tokens.line, borderWidth: 0.6 },
    districts: { areaColor: tokens.panel, borderColor: tokens.line, borderWidth: 1.2 },
    lakes: { areaColor: tokens.water, borderWidth: 0 },
  }
  const frame = { name: 'frame', itemStyle: { areaColor: tokens.ground, borderWidth: 0 } }
  const named = (['around', 'districts', 'lakes'] as const).flatMap((layer) =>
    basemap[layer].features.map((_, index) => ({ name: `${layer}:${index}`, itemStyle: styles[layer] })),
  )
  return [frame, ...named]
}

function riverData(basemap: Basemap): { coords: Point[] }[] {
  return basemap.rivers.features.flatMap((feature) => {
    const geometry = feature.geometry
    if (geometry.type === 'LineString') return [{ coords: geometry.coordinates as Point[] }]
    if (geometry.type === 'MultiLineString') return geometry.coordinates.map((line) => ({ coords: line as Point[] }))
    return []
  })
}

/** One item of the marks series; the glyph of a silent or broken source is written into the mark. */
export function markItem(mark: Mark, font: string): Record<string, unknown> {
  const text = mark.text || (mark.glyph === '/' ? '╱' : mark.glyph)
  return {
    id: mark.id,
    name: mark.id,
    value: [mark.lon, mark.lat],
    symbol: SYMBOLS[mark.shape],
    symbolSize: mark.radius * 2,
    itemStyle: {
      color: mark.fill,
      borderColor: mark.stroke,
      borderWidth: mark.strokeWidth,
      borderType: mark.hollow ? 'dashed' : 'solid',
      opacity: 1,
    },
    label: {
      show: text !== '',
      formatter: text,
      position: 'inside',
      color: mark.ink,
      fontFamily: font,
      fontWeight: mark.glyph === '!' ? 'bold' : 'normal',
      fontSize: Math.max(8, mark.radius * 0.9),
    },
  }
}

class CanvasEngine implements MapEngine {
  readonly kind = 'canvas' as const
  private marks: readonly Mark[] = []
  private outlines: readonly Outline[] = []
  private selected: string | null = null

  constructor(
    private readonly chart: ECharts,
    private readonly options: EngineOptions,
    private tokens: Tokens,
    private lang: Lang,
  ) {
    register(options.basemap)
    chart.setOption(this.fullOption())
    this.setView(options.view)
    chart.on('click', { seriesId: 'marks' }, (event) => options.events.select(event.name))
    chart.getZr().on('click', (event) => !event.target && options.events.select(null))
    chart.on('georoam', () => {
      this.syncRivers()
      options.events.move(this.view())
    })
  }

  setMarks(marks: readonly Mark[]): void {
    this.marks = marks
    this.chart.setOption({ series: this.markSeries() })
  }

  setOutlines(outlines: readonly Outline[]): void {
    this.outlines = outlines
    this.chart.setOption({ series: [this.outlineSeries()] })
  }

  setSelected(id: string | null): void {
    this.selected = id
    this.chart.setOption({ series: [this.ringSeries(), this.outlineSeries()] })
  }

  setLook(tokens: Tokens, lang: Lang): void {
    const view = this.view()
    this.tokens = tokens
    this.lang = lang
    this.chart.setOption(this.fullOption())
    this.setView(view)
  }

  setView(view: View): void {
    const geo = (this.chart.getOption() as { geo: { zoom?: number }[] }).geo[0]
    const zoom = ((geo?.zoom ?? 1) * worldAtZoom(view.zoom)) / this.pixelsOfWorld()
    // The centre of a projected geo is given in projected coordinates.
    this.chart.setOption({ geo: { zoom, center: toWorld(view.lon, view.lat) } })
    this.syncRivers()
  }

  /** ECharts 6.1 cannot invert a projected geo (it unprojects pixels), so the view follows from one known point. */
  view(): View {
    const { lon, lat } = this.options.view
    const [pixelX, pixelY] = this.chart.convertToPixel('geo', [lon, lat]) as Point
    const [worldX, worldY] = toWorld(lon, lat)
    const world = this.pixelsOfWorld()
    const x = worldX + (this.chart.getWidth() / 2 - pixelX) / world
    const y = worldY + (this.chart.getHeight() / 2 - pixelY) / world
    const [centreLon, centreLat] = fromWorld(x, y)
    return { lon: centreLon, lat: centreLat, zoom: zoomOfWorld(world) }
  }

  resize(): void {
    const view = this.view()
    this.chart.resize()
    this.setView(view)
  }

  async frameTime(): Promise<number> {
    const started = performance.now()
    for (let frame = 0; frame < TEST_FRAMES; frame += 1) this.chart.getZr().refreshImmediately()
    return (performance.now() - started) / TEST_FRAMES
  }

  destroy(): void {
    this.chart.dispose()
  }

  /** Width of the whole Mercator world in pixels at the present zoom. */
  private pixelsOfWorld(): number {
    const { lon, lat } = this.options.view
    const [x1] = this.chart.convertToPixel('geo', [lon, lat]) as Point
    const [x2] = this.chart.convertToPixel('geo', [lon + 0.36, lat]) as Point
    return Math.max(Math.abs(x2 - x1) / 0.001, 1)
  }

  private syncRivers(): void {
    const width = Math.min(16, Math.max(2, 2 * 2 ** (zoomOfWorld(this.pixelsOfWorld()) - 7) * 0.6))
    this.chart.setOption({ series: [{ id: 'rivers', lineStyle: { width } }] })
  }

  private fullOption(): EChartsCoreOption {
    return {
      animation: false,
      backgroundColor: this.tokens.ground,
      geo: {
        map: MAP_NAME,
        roam: true,
        projection: PROJECTION,
        silent: true,
        label: { show: false },
        scaleLimit: { min: 0.5, max: 200 },
        regions: regionsOf(this.options.basemap, this.tokens),
        // Centre and size keep the aspect of the projection; four edges would stretch the map.
        aspectScale: 1,
        layoutCenter: ['50%', '50%'],
        layoutSize: '100%',
      },
      series: [this.riverSeries(), this.outlineSeries(), this.labelSeries(), ...this.markSeries()],
    } as EChartsCoreOption
  }

  private riverSeries(): Record<string, unknown> {
    return {
      id: 'rivers',
      type: 'lines',
      coordinateSystem: 'geo',
      polyline: true,
      silent: true,
      z: 2,
      data: riverData(this.options.basemap),
      lineStyle: { color: this.tokens.water, width: 4, opacity: 1, cap: 'round', join: 'round' },
    }
  }

  private outlineSeries(): Record<string, unknown> {
    return {
      id: 'outlines',
      type: 'lines',
      coordinateSystem: 'geo',
      polyline: true,
      silent: true,
      z: 3,
      data: this.outlines.map(({ id, corners }) => ({ name: id, coords: corners, lineStyle: { width: id === this.selected ? 4 : 1.5 } })),
      lineStyle: { color: this.tokens.accent, opacity: 1, join: 'round' },
    }
  }

  private labelSeries(): Record<string, unknown> {
    const key = this.lang === 'zh' ? 'name' : 'name_en'
    return {
      id: 'labels',
      type: 'scatter',
      coordinateSystem: 'geo',
      silent: true,
      symbolSize: 0.1,
      z: 3,
      labelLayout: { hideOverlap: true },
      data: this.options.basemap.labels.features.map((feature) => ({
        name: String(feature.properties[key] ?? ''),
        value: (feature.geometry as GeoJSON.Point).coordinates,
      })),
      label: {
        show: true,
        formatter: '{b}',
        color: this.tokens.text2,
        fontSize: 12 * this.options.scale,
        fontFamily: this.tokens.font,
        textBorderColor: this.tokens.panel,
        textBorderWidth: 2,
      },
    }
  }

  private markSeries(): Record<string, unknown>[] {
    const rings = this.marks.filter((mark) => mark.ring)
    return [
      {
        id: 'findings',
        type: 'scatter',
        coordinateSystem: 'geo',
        silent: true,
        z: 4,
        data: rings.map((mark) => ({
          value: [mark.lon, mark.lat],
          symbol: SYMBOLS[mark.shape],
          symbolSize: (mark.radius + mark.strokeWidth + ringWidth(mark)) * 2,
          itemStyle: { color: 'transparent', borderColor: mark.ring, borderWidth: ringWidth(mark) },
        })),
      },
      {
        id: 'marks',
        type: 'scatter',
        coordinateSystem: 'geo',
        z: 5,
        progressive: 0,
        data: this.marks.map((mark) => markItem(mark, this.tokens.font)),
      },
      this.ringSeries(),
    ]
  }

  private ringSeries(): Record<string, unknown> {
    const mark = this.marks.find((one) => one.id === this.selected)
    return {
      id: 'selected',
      type: 'scatter',
      coordinateSystem: 'geo',
      silent: true,
      z: 6,
      symbol: 'circle',
      data: mark
        ? [
            {
              name: mark.id,
              value: [mark.lon, mark.lat],
              symbolSize: (mark.radius + 8) * 2,
              itemStyle: { color: 'transparent', borderColor: this.tokens.accent, borderWidth: 3 },
            },
          ]
        : [],
    }
  }
}

/** An ECharts geo engine, ready to draw. */
export async function createCanvas(options: EngineOptions, maker: ChartMaker = realMaker): Promise<MapEngine> {
  return new CanvasEngine(maker(options.container), options, options.tokens, options.lang)
}
