// Web Mercator arithmetic shared by both engines. Positions are WGS-84 / CGCS2000 longitude, latitude in degrees.

export interface View {
  lon: number
  lat: number
  zoom: number
}

export interface Bounds {
  west: number
  south: number
  east: number
  north: number
}

const TILE = 512

/** Position in the unit square of Web Mercator, y to the south. */
export function toWorld(lon: number, lat: number): [number, number] {
  const sine = Math.sin((lat * Math.PI) / 180)
  return [lon / 360 + 0.5, 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)]
}

/** Longitude and latitude of a point of the unit square. */
export function fromWorld(x: number, y: number): [number, number] {
  return [(x - 0.5) * 360, (Math.atan(Math.exp((0.5 - y) * 2 * Math.PI)) * 360) / Math.PI - 90]
}

/** Zoom (512 px tiles) at which one unit of the world square is `pixels` wide. */
export function zoomOfWorld(pixels: number): number {
  return Math.log2(pixels / TILE)
}

/** Width of the world in pixels at a zoom. */
export function worldAtZoom(zoom: number): number {
  return TILE * 2 ** zoom
}

/** Box around positions; undefined for none. */
export function boundsOf(points: readonly { lon: number; lat: number }[]): Bounds | undefined {
  if (!points.length) return undefined
  const box = { west: Infinity, south: Infinity, east: -Infinity, north: -Infinity }
  for (const { lon, lat } of points) {
    box.west = Math.min(box.west, lon)
    box.east = Math.max(box.east, lon)
    box.south = Math.min(box.south, lat)
    box.north = Math.max(box.north, lat)
  }
  return box
}

/**
 * View that shows a box in a canvas of the given size.
 *
 * @param padding pixels kept free on every side
 * @param left further pixels kept free on the left, where the legend lies
 */
export function fit(bounds: Bounds, width: number, height: number, padding: number, maxZoom = 13, left = 0): View {
  const [x1, y1] = toWorld(bounds.west, bounds.north)
  const [x2, y2] = toWorld(bounds.east, bounds.south)
  const across = Math.max(width - 2 * padding - left, 50) / Math.max(x2 - x1, 1e-7)
  const down = Math.max(height - 2 * padding, 50) / Math.max(y2 - y1, 1e-7)
  const zoom = Math.min(zoomOfWorld(Math.min(across, down)), maxZoom)
  const [lon, lat] = fromWorld((x1 + x2) / 2 - left / 2 / worldAtZoom(zoom), (y1 + y2) / 2)
  return { lon, lat, zoom }
}
