// Grid clusters for many marks: one pass, no library, the same on both engines.
import { toWorld } from '@/map/coords'
import type { Mark } from '@/map/layers/marks'

export const CLUSTER_ABOVE = 2000
const CELL_PX = 56

/** Marks as they are up to 2,000; above that one mark per grid cell with the count, the worst mark lends its looks. */
export function clustered(marks: readonly Mark[], zoom: number, above = CLUSTER_ABOVE): Mark[] {
  if (marks.length <= above) return [...marks]
  const worldPx = 512 * 2 ** Math.floor(zoom)
  const cells = new Map<string, Mark[]>()
  for (const mark of marks) {
    const [x, y] = toWorld(mark.lon, mark.lat)
    const key = `${Math.floor((x * worldPx) / CELL_PX)}:${Math.floor((y * worldPx) / CELL_PX)}`
    const cell = cells.get(key)
    if (cell) cell.push(mark)
    else cells.set(key, [mark])
  }
  return [...cells].map(([key, cell]) => (cell.length === 1 ? (cell[0] as Mark) : merged(key, cell)))
}

function merged(key: string, cell: Mark[]): Mark {
  const worst = cell.reduce((a, b) => (b.rank > a.rank ? b : a))
  const mean = (pick: (mark: Mark) => number) => cell.reduce((sum, mark) => sum + pick(mark), 0) / cell.length
  return {
    ...worst,
    id: `cluster:${key}`,
    lon: mean((mark) => mark.lon),
    lat: mean((mark) => mark.lat),
    radius: worst.radius + Math.min(12, Math.log2(cell.length) * 2),
    glyph: '',
    text: String(cell.length),
    count: cell.length,
  }
}
