// Where the phone is, how far it is to a task, and how that is written.
import { onScopeDispose, ref, shallowRef, type Ref, type ShallowRef } from 'vue'

export interface Spot {
  lon: string
  lat: string
  accuracy_m: string
}
export type SpotState = 'waiting' | 'known' | 'denied' | 'unknown'
export interface Position {
  spot: ShallowRef<Spot | null>
  state: Ref<SpotState>
}

const EARTH_M = 6_371_008.8 // mean radius, IUGG: the same sphere as on the server
const DIGITS = 7 // of a degree: about a centimetre

/** Metres along the great circle between two places in degrees, WGS 84. */
export function metresBetween(lonA: number, latA: number, lonB: number, latB: number): number {
  const radians = (degrees: number) => (degrees * Math.PI) / 180
  const chord =
    Math.sin(radians(latB - latA) / 2) ** 2 + Math.cos(radians(latA)) * Math.cos(radians(latB)) * Math.sin(radians(lonB - lonA) / 2) ** 2
  return Math.round(2 * EARTH_M * Math.asin(Math.sqrt(chord)))
}

/** "850 m", "3.2 km"; empty when it is not known. */
export function distanceText(metres: number | null | undefined): string {
  if (metres === null || metres === undefined) return ''
  return metres < 1000 ? `${metres} m` : `${(metres / 1000).toFixed(1)} km`
}

/** A position of the browser as it is sent. */
export function spotOf(coords: Pick<GeolocationCoordinates, 'longitude' | 'latitude' | 'accuracy'>): Spot {
  return {
    lon: coords.longitude.toFixed(DIGITS),
    lat: coords.latitude.toFixed(DIGITS),
    accuracy_m: Math.min(coords.accuracy, 9_999_999).toFixed(1),
  }
}

/** Address that opens the map of the phone, without asking any server. */
export function mapLink(lon: number, lat: number): string {
  return `geo:${lat},${lon}?q=${lat},${lon}`
}

/** The position of the phone while a page is open. */
export function usePosition(): Position {
  const spot = shallowRef<Spot | null>(null)
  const state = ref<SpotState>('waiting')
  const service = typeof navigator === 'undefined' ? undefined : navigator.geolocation
  if (!service) {
    state.value = 'unknown'
    return { spot, state }
  }
  const watch = service.watchPosition(
    (found) => {
      spot.value = spotOf(found.coords)
      state.value = 'known'
    },
    (fault) => {
      if (!spot.value) state.value = fault.code === fault.PERMISSION_DENIED ? 'denied' : 'unknown'
    },
    { enableHighAccuracy: true, maximumAge: 30_000, timeout: 30_000 },
  )
  onScopeDispose(() => service.clearWatch(watch))
  return { spot, state }
}
