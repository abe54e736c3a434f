// What a place looks like on the map: shape = kind of source, fill = category or status, size and stroke = how bad.
import { inkOn, safeFill } from '@/design/palette'
import type { Tokens } from '@/design/theme'

export type PlaceKind = 'station' | 'micro' | 'outlet' | 'section' | 'case' | 'complaint'
export type PlaceStatus = 'normal' | 'exceeding' | 'late' | 'no_data' | 'invalid'
export type Shape = 'circle' | 'diamond' | 'square' | 'triangle' | 'pin' | 'star'

export interface MapPoint {
  id: string
  kind: PlaceKind
  code: string
  name: string
  lon: number
  lat: number
  value: string | null
  level: number | null
  colour: string | null
  categoryName: string
  status: PlaceStatus
  openFindings: number
  simulated: boolean
}

export interface Mark {
  id: string
  lon: number
  lat: number
  shape: Shape
  radius: number
  fill: string
  hollow: boolean
  stroke: string
  strokeWidth: number
  glyph: '' | '/' | '!'
  ring: string
  text: string
  ink: string
  title: string
  rank: number
  count: number
}

export interface MarkRules {
  tokens: Tokens
  colourSafe: boolean
  scale: number
}

const SHAPES: Record<PlaceKind, Shape> = {
  station: 'circle',
  micro: 'diamond',
  outlet: 'square',
  section: 'triangle',
  case: 'pin',
  complaint: 'star',
}
const BASE_RADIUS: Record<PlaceKind, number> = { station: 13, micro: 8, outlet: 5, section: 8, case: 9, complaint: 8 }
const BAD_LEVEL = 3
/** Kinds that are judged yes or no (over a limit, over a deadline), not by levels of a category. */
const BY_STATUS: ReadonlySet<PlaceKind> = new Set(['outlet', 'case', 'complaint'])

/** Size step of a category: levels 3 and worse grow, so that colour is never alone. */
export function sizeStep(level: number | null): number {
  return level === null || level < BAD_LEVEL ? 0 : level - BAD_LEVEL + 1
}

/** The mark of one place. */
export function markOf(point: MapPoint, rules: MarkRules): Mark {
  const { tokens, scale } = rules
  const silent = point.status === 'no_data' || point.status === 'late'
  const invalid = point.status === 'invalid'
  const hollow = silent || invalid
  const over = BY_STATUS.has(point.kind) && point.status === 'exceeding'
  const step = hollow ? 0 : BY_STATUS.has(point.kind) ? (over ? 3 : 0) : sizeStep(point.level)
  const fill = hollow ? tokens.panel : fillOf(point, rules)
  const bad = step > 0
  return {
    id: point.id,
    lon: point.lon,
    lat: point.lat,
    shape: SHAPES[point.kind],
    radius: (BASE_RADIUS[point.kind] + step) * scale,
    fill,
    hollow,
    stroke: hollow ? tokens.text2 : tokens.markStroke,
    strokeWidth: (bad ? 2.5 : 1) * scale,
    glyph: silent ? '/' : invalid || over ? '!' : '',
    ring: point.openFindings > 0 ? tokens.danger : '',
    text: hollow || point.value === null ? '' : numeral(point, rules),
    ink: hollow ? tokens.text2 : inkOn(fill),
    title: point.name,
    rank: (point.kind === 'station' ? 10 : 0) + step + (point.openFindings > 0 ? 5 : 0),
    count: 1,
  }
}

function fillOf(point: MapPoint, { tokens, colourSafe }: MarkRules): string {
  if (BY_STATUS.has(point.kind) && point.status === 'exceeding') return tokens.danger
  if (point.kind === 'outlet') return tokens.accent
  if (colourSafe && point.level !== null) return safeFill(point.level)
  return point.colour ?? tokens.text2
}

function numeral(point: MapPoint, { colourSafe }: MarkRules): string {
  if (point.kind === 'outlet') return ''
  return colourSafe && point.level !== null ? String(point.level) : (point.value ?? '')
}

/** Width of the ring that says "open alarms": it grows with the mark, so that a wall of 4K shows it too. */
export function ringWidth(mark: Mark): number {
  return Math.max(2, mark.radius / 7)
}

/** Marks in drawing order: the worst last, on top. */
export function marksOf(points: readonly MapPoint[], rules: MarkRules): Mark[] {
  return points.map((point) => markOf(point, rules)).sort((a, b) => a.rank - b.rank || (a.id < b.id ? -1 : 1))
}
