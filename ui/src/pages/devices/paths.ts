// Addresses of the pages around devices.
import type { Place } from '@/api/types'

/** Page of a device. */
export function devicePath(mn: string): string {
  return `/desk/devices/${encodeURIComponent(mn)}`
}

/** Page of a raw frame. */
export function framePath(frame: string): string {
  return `/desk/frames/${encodeURIComponent(frame)}`
}

/** Page of the place that a device measures; a power meter has none, so its enterprise's is shown. */
export function sitePath(site: Pick<Place, 'type' | 'code' | 'enterprise_code'>): string {
  if (site.type === 'station') return `/desk/stations/${encodeURIComponent(site.code)}`
  if (site.type === 'outlet') return `/desk/outlets/${encodeURIComponent(site.code)}`
  return `/desk/enterprises/${encodeURIComponent(site.enterprise_code || site.code)}`
}
