// Areas and lines of the register (grids, river sections, plant areas) as lines over the map.

export type Corner = [number, number]

export interface Outline {
  /** of the mark that stands for the same thing */
  id: string
  /** longitude and latitude of its corners, WGS-84 degrees */
  corners: Corner[]
}

const isCorner = (one: unknown): one is number[] => Array.isArray(one) && typeof one[0] === 'number' && typeof one[1] === 'number'

/**
 * The lines of a geometry: rings of areas (holes too) and lines; a point has none.
 *
 * @param id of the mark that stands for the same thing
 * @param geometry as GeoJSON
 */
export function outlinesOf(id: string, geometry: Record<string, unknown>): Outline[] {
  const found: Outline[] = []
  const walk = (one: unknown): void => {
    if (!Array.isArray(one)) return
    if (one.length > 1 && one.every(isCorner)) found.push({ id, corners: one.map((corner) => [corner[0], corner[1]] as Corner) })
    else one.forEach(walk)
  }
  walk(geometry.coordinates)
  return found
}
