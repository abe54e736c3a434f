// The coarse basemap that ships with the bundle: files of our own origin, hashed names.
import type { FeatureCollection, Geometry } from 'geojson'
import aroundUrl from '../../public/basemap/around_district.geojson?url'
import labelsUrl from '../../public/basemap/labels.geojson?url'
import lakesUrl from '../../public/basemap/lakes.geojson?url'
import riversUrl from '../../public/basemap/rivers.geojson?url'
import districtsUrl from '../../public/basemap/wuhan_district.geojson?url'

export type Layer = FeatureCollection<Geometry, Record<string, string | number | null>>

export interface Basemap {
  districts: Layer
  around: Layer
  lakes: Layer
  rivers: Layer
  labels: Layer
}

export const NO_BASEMAP: Basemap = Object.fromEntries(
  ['districts', 'around', 'lakes', 'rivers', 'labels'].map((name) => [name, { type: 'FeatureCollection', features: [] }]),
) as unknown as Basemap

async function layer(url: string): Promise<Layer> {
  const answer = await fetch(url)
  if (!answer.ok) throw new Error(`basemap: ${url} answered ${answer.status}`)
  return (await answer.json()) as Layer
}

let cached: Promise<Basemap> | null = null

/** The layers, fetched once; a failure leaves the map without a basemap but with its points. */
export function loadBasemap(): Promise<Basemap> {
  cached ??= Promise.all([districtsUrl, aroundUrl, lakesUrl, riversUrl, labelsUrl].map(layer))
    .then(([districts, around, lakes, rivers, labels]) => ({ districts, around, lakes, rivers, labels }) as Basemap)
    .catch(() => {
      cached = null
      return NO_BASEMAP
    })
  return cached
}
