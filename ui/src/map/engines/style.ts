// The MapLibre style: our own layers only, no glyph server, no sprite, no tiles.
import type { StyleSpecification } from 'maplibre-gl'
import { fontFamilies, type Tokens } from '@/design/theme'
import type { Basemap } from '@/map/basemap'
import type { Lang } from '@/text/format'

export const MARKS = 'marks'
export const SELECTED = 'selected'
export const OUTLINES = 'outlines'
export const CHOSEN = 'chosen-outline'

/** Style of the map in a theme. */
export function styleOf(basemap: Basemap, tokens: Tokens, lang: Lang, scale = 1): StyleSpecification {
  const font = fontFamilies(tokens)
  const geojson = (data: unknown) => ({ type: 'geojson' as const, data: data as GeoJSON.FeatureCollection })
  const halo = { 'text-color': tokens.text2, 'text-halo-color': tokens.panel, 'text-halo-width': 1.2 }
  return {
    version: 8,
    sources: {
      around: geojson(basemap.around),
      districts: geojson(basemap.districts),
      lakes: geojson(basemap.lakes),
      rivers: geojson(basemap.rivers),
      labels: geojson(basemap.labels),
      [OUTLINES]: geojson({ type: 'FeatureCollection', features: [] }),
      [MARKS]: geojson({ type: 'FeatureCollection', features: [] }),
    },
    layers: [
      { id: 'ground', type: 'background', paint: { 'background-color': tokens.ground } },
      { id: 'around', type: 'fill', source: 'around', paint: { 'fill-color': tokens.landAround, 'fill-outline-color': tokens.line } },
      { id: 'districts', type: 'fill', source: 'districts', paint: { 'fill-color': tokens.panel } },
      { id: 'lakes', type: 'fill', source: 'lakes', paint: { 'fill-color': tokens.water } },
      {
        id: 'rivers',
        type: 'line',
        source: 'rivers',
        layout: { 'line-cap': 'round', 'line-join': 'round' },
        paint: { 'line-color': tokens.water, 'line-width': ['interpolate', ['exponential', 2], ['zoom'], 7, 2, 12, 16] },
      },
      { id: 'borders', type: 'line', source: 'districts', paint: { 'line-color': tokens.line, 'line-width': 1.2 } },
      { id: OUTLINES, type: 'line', source: OUTLINES, paint: { 'line-color': tokens.accent, 'line-width': 1.5 } },
      { id: CHOSEN, type: 'line', source: OUTLINES, filter: ['==', ['get', 'id'], ''], paint: { 'line-color': tokens.accent, 'line-width': 4 } },
      {
        id: 'labels',
        type: 'symbol',
        source: 'labels',
        layout: { 'text-field': ['get', lang === 'zh' ? 'name' : 'name_en'], 'text-font': font, 'text-size': 12 * scale },
        paint: halo,
      },
      {
        id: SELECTED,
        type: 'circle',
        source: MARKS,
        filter: ['==', ['get', 'id'], ''],
        paint: {
          'circle-radius': ['+', ['get', 'radius'], 7],
          'circle-color': 'rgba(0,0,0,0)',
          'circle-stroke-color': tokens.accent,
          'circle-stroke-width': 3,
        },
      },
      {
        id: MARKS,
        type: 'symbol',
        source: MARKS,
        layout: {
          'icon-image': ['get', 'icon'],
          'icon-allow-overlap': true,
          'icon-ignore-placement': true,
          'symbol-sort-key': ['get', 'rank'],
          'text-field': ['get', 'text'],
          'text-font': font,
          'text-size': 11 * scale,
          'text-allow-overlap': true,
          'text-ignore-placement': true,
        },
        paint: { 'text-color': ['get', 'ink'] },
      },
    ],
  }
}
