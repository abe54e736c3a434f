// Colour rules that work on whatever palette the API delivers; no category colour is written here.

export interface Band {
  level: number
  low: number
  high: number | null
  colour: string
  name_zh: string
  name_en: string
}

/** Red, green, blue (0..255) of "#rrggbb", "#rgb" or "r,g,b". */
export function rgbOf(colour: string): [number, number, number] {
  const triple = colour.match(/^\s*(?:rgb\()?(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\)?\s*$/)
  if (triple) return [Number(triple[1]), Number(triple[2]), Number(triple[3])]
  const hex = colour.trim().replace('#', '')
  const full = hex.length === 3 ? [...hex].map((digit) => digit + digit).join('') : hex
  if (!/^[0-9a-f]{6}$/i.test(full)) throw new RangeError(`not a colour: ${colour}`)
  return [0, 2, 4].map((at) => Number.parseInt(full.slice(at, at + 2), 16)) as [number, number, number]
}

/** "#rrggbb" of any colour rgbOf reads. */
export function hexOf(colour: string): string {
  return `#${rgbOf(colour).map((part) => part.toString(16).padStart(2, '0')).join('')}`
}

/** Relative luminance by WCAG 2.1. */
export function luminance(colour: string): number {
  const [red, green, blue] = rgbOf(colour).map((part) => {
    const share = part / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  }) as [number, number, number]
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/** Contrast ratio by WCAG 2.1, 1..21. */
export function contrast(one: string, other: string): number {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number]
  return (light + 0.05) / (dark + 0.05)
}

/** Black or white, whichever reads better on the fill. */
export function inkOn(fill: string): '#000000' | '#ffffff' {
  return contrast(fill, '#000000') >= contrast(fill, '#ffffff') ? '#000000' : '#ffffff'
}

/** The band of a value for drawing a legend or an axis; the category of a station always comes from the server. */
export function bandOf(value: number, bands: readonly Band[]): Band | undefined {
  if (!Number.isFinite(value)) return undefined
  const ordered = [...bands].sort((a, b) => a.low - b.low)
  return ordered.find((band) => value >= band.low && (band.high === null || value <= band.high))
}

// Lightness-ordered scale for the colour-safe switch: levels stay apart without hue, and the numeral is printed.
const SAFE_RAMP = ['#f2f6fb', '#cfdcea', '#9db8d2', '#6a8fb5', '#3f6490', '#17304f']

/** Fill of a level on the colour-safe scale (1..6). */
export function safeFill(level: number): string {
  return SAFE_RAMP[Math.min(Math.max(Math.round(level), 1), SAFE_RAMP.length) - 1] as string
}
