// Places of the API as points of the map.
import type { MapPlace } from '@/api/types'
import type { MapPoint } from '@/map/layers/marks'
import { pick, type Lang } from '@/text/format'

/** The map point of a place; a micro-station has its own shape. */
export function pointOf(place: MapPlace, lang: Lang): MapPoint {
  return {
    id: `${place.kind}:${place.code}`,
    kind: place.kind === 'station' && place.station_level === 'micro' ? 'micro' : place.kind,
    code: place.code,
    name: pick(lang, place.name, place.name_en),
    lon: place.lon,
    lat: place.lat,
    value: place.value,
    level: place.level,
    colour: place.colour,
    categoryName: pick(lang, place.category, place.category_en),
    status: place.status,
    openFindings: place.open_findings,
    simulated: place.simulated,
  }
}

/** The page of a point on the desk. */
export function pageOf(id: string): string {
  const [kind, ...code] = id.split(':')
  return kind === 'outlet' ? `/desk/outlets/${code.join(':')}` : `/desk/stations/${code.join(':')}`
}
