// WebGL engine: MapLibre with a worker from a file of our own (no blob worker) and no glyph server.
import type { GeoJSONSource, Map as LibreMap, MapOptions } from 'maplibre-gl'
import type { Tokens } from '@/design/theme'
import type { View } from '@/map/coords'
import { drawIcon, iconKey, PIXEL_RATIO } from '@/map/engines/icons'
import type { EngineOptions, MapEngine } from '@/map/engines/engine'
import { CHOSEN, MARKS, OUTLINES, SELECTED, styleOf } from '@/map/engines/style'
import type { Mark } from '@/map/layers/marks'
import type { Outline } from '@/map/layers/outlines'
import { fontFamilies } from '@/design/theme'
import type { Lang } from '@/text/format'

export type MapMaker = (options: MapOptions) => LibreMap

const TEST_FRAMES = 3

/** MapLibre with its worker, loaded only when this engine is wanted. */
async function realMaker(): Promise<MapMaker> {
  const [library, worker] = await Promise.all([
    import('maplibre-gl'),
    import('maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url'),
    import('@/map/engines/maplibre.css'),
  ])
  library.setWorkerUrl(worker.default)
  return (options) => new library.Map(options)
}

/** The features of the marks source. */
export function featuresOf(marks: readonly Mark[]): GeoJSON.FeatureCollection {
  return {
    type: 'FeatureCollection',
    features: marks.map((mark) => ({
      type: 'Feature',
      properties: { id: mark.id, icon: iconKey(mark), text: mark.text, ink: mark.ink, rank: mark.rank, radius: mark.radius },
      geometry: { type: 'Point', coordinates: [mark.lon, mark.lat] },
    })),
  }
}

/** The features of the outlines source. */
export function linesOf(outlines: readonly Outline[]): GeoJSON.FeatureCollection {
  return {
    type: 'FeatureCollection',
    features: outlines.map(({ id, corners }) => ({ type: 'Feature', properties: { id }, geometry: { type: 'LineString', coordinates: corners } })),
  }
}

class MapLibreEngine implements MapEngine {
  readonly kind = 'webgl' as const
  private marks: readonly Mark[] = []
  private outlines: readonly Outline[] = []
  private selected: string | null = null

  constructor(
    private readonly map: LibreMap,
    private readonly options: EngineOptions,
  ) {
    map.on('moveend', () => options.events.move(this.view()))
    map.on('click', (event) => {
      const [hit] = map.queryRenderedFeatures(event.point, { layers: [MARKS] })
      options.events.select((hit?.properties?.id as string | undefined) ?? null)
    })
    map.on('mousemove', MARKS, () => (map.getCanvas().style.cursor = 'pointer'))
    map.on('mouseleave', MARKS, () => (map.getCanvas().style.cursor = ''))
    map.on('styleimagemissing', (event) => this.addIcon(event.id))
  }

  setMarks(marks: readonly Mark[]): void {
    this.marks = marks
    for (const mark of marks) this.addIcon(iconKey(mark), mark)
    ;(this.map.getSource(MARKS) as GeoJSONSource | undefined)?.setData(featuresOf(marks))
  }

  setOutlines(outlines: readonly Outline[]): void {
    this.outlines = outlines
    ;(this.map.getSource(OUTLINES) as GeoJSONSource | undefined)?.setData(linesOf(outlines))
  }

  setSelected(id: string | null): void {
    this.selected = id
    for (const layer of [SELECTED, CHOSEN]) if (this.map.getLayer(layer)) this.map.setFilter(layer, ['==', ['get', 'id'], id ?? ''])
  }

  setLook(tokens: Tokens, lang: Lang): void {
    this.map.setStyle(styleOf(this.options.basemap, tokens, lang, this.options.scale), { diff: false })
    this.map.once('style.load', () => {
      this.setMarks(this.marks)
      this.setOutlines(this.outlines)
      this.setSelected(this.selected)
    })
  }

  setView(view: View): void {
    this.map.jumpTo({ center: [view.lon, view.lat], zoom: view.zoom })
  }

  view(): View {
    const { lng, lat } = this.map.getCenter()
    return { lon: lng, lat, zoom: this.map.getZoom() }
  }

  resize(): void {
    this.map.resize()
  }

  async frameTime(): Promise<number> {
    const started = performance.now()
    for (let frame = 0; frame < TEST_FRAMES; frame += 1) {
      const drawn = new Promise<void>((done) => this.map.once('render', () => done()))
      this.map.triggerRepaint()
      await drawn
    }
    return (performance.now() - started) / TEST_FRAMES
  }

  destroy(): void {
    this.map.remove()
  }

  private addIcon(key: string, mark = this.marks.find((one) => iconKey(one) === key)): void {
    if (!mark || this.map.hasImage(key)) return
    const image = drawIcon(mark)
    if (image) this.map.addImage(key, image, { pixelRatio: PIXEL_RATIO })
  }
}

/** A MapLibre engine, ready to draw. */
export async function createMapLibre(options: EngineOptions, maker?: MapMaker): Promise<MapEngine> {
  const make = maker ?? (await realMaker())
  const map = make({
    container: options.container,
    style: styleOf(options.basemap, options.tokens, options.lang, options.scale),
    center: [options.view.lon, options.view.lat],
    zoom: options.view.zoom,
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    minZoom: 6,
    maxZoom: 16,
    fadeDuration: 0,
    localIdeographFontFamily: fontFamilies(options.tokens).join(','),
  })
  await new Promise<void>((done, fail) => {
    map.once('load', () => done())
    map.once('error', (event) => fail(event.error))
  })
  map.touchZoomRotate.disableRotation()
  return new MapLibreEngine(map, options)
}
