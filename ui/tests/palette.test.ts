import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { bandOf, contrast, hexOf, inkOn, rgbOf, safeFill, type Band } from '@/design/palette'
import { DARK, LIGHT, type Tokens } from '@/design/theme'

// The categories as the pack holds them: what the API delivers, read from the pack itself.
function packBands(): Band[] {
  const [head, ...lines] = readFileSync('../src/qingtian/packs/national/aqi_categories.csv', 'utf8').trim().split(/\r?\n/)
  const names = (head ?? '').split(',')
  const rows = lines.map((line) => {
    const cells = [...line.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)].map((found) => (found[1] ?? '').replace(/^"|"$/g, ''))
    return Object.fromEntries(names.map((name, index) => [name, cells[index] ?? '']))
  })
  const first = rows[0]?.standard
  return rows
    .filter((row) => row.standard === first)
    .map((row, index) => ({
      level: index + 1,
      low: Number(row.minimum),
      high: row.maximum === '' ? null : Number(row.maximum),
      colour: row.hex ?? '',
      name_zh: row.name_zh ?? '',
      name_en: row.name_en ?? '',
    }))
}

describe('AQI palette', () => {
  const bands = packBands()

  it('has the six categories of the standard', () => {
    expect(bands).toHaveLength(6)
    expect(bands.map((band) => rgbOf(band.colour))).toEqual([
      [0, 228, 0],
      [255, 255, 0],
      [255, 126, 0],
      [255, 0, 0],
      [153, 0, 76],
      [126, 0, 35],
    ])
  })

  it.each([
    [0, 1],
    [50, 1],
    [51, 2],
    [100, 2],
    [101, 3],
    [150, 3],
    [151, 4],
    [200, 4],
    [201, 5],
    [300, 5],
    [301, 6],
    [500, 6],
  ])('puts %i into band %i', (value, level) => {
    expect(bandOf(value, bands)?.level).toBe(level)
  })

  it('has no band for what is no index', () => {
    expect(bandOf(Number.NaN, bands)).toBeUndefined()
    expect(bandOf(-1, bands)).toBeUndefined()
    expect(bandOf(501, bands)).toBeUndefined()
    expect(bandOf(100, [])).toBeUndefined()
  })

  it('writes black on the first four and white on the last two', () => {
    expect(bands.map((band) => inkOn(band.colour))).toEqual(['#000000', '#000000', '#000000', '#000000', '#ffffff', '#ffffff'])
  })

  it('keeps every text at 4.5:1 or better on its fill', () => {
    for (const band of bands) expect(contrast(band.colour, inkOn(band.colour))).toBeGreaterThanOrEqual(4.5)
  })

  it('never reuses a status colour', () => {
    const status = [DARK, LIGHT].flatMap((tokens) => [tokens.accent, tokens.success, tokens.warning, tokens.danger])
    for (const band of bands) expect(status.map(hexOf)).not.toContain(hexOf(band.colour))
  })
})

describe('colour arithmetic', () => {
  it('reads the notations that the API may send', () => {
    expect(rgbOf('#00e400')).toEqual([0, 228, 0])
    expect(rgbOf('0,228,0')).toEqual([0, 228, 0])
    expect(rgbOf('rgb(126, 0, 35)')).toEqual([126, 0, 35])
    expect(rgbOf('#fff')).toEqual([255, 255, 255])
    expect(hexOf('126,0,35')).toBe('#7e0023')
    expect(() => rgbOf('reddish')).toThrow(/not a colour/)
  })

  it('knows the contrast of black and white', () => {
    expect(contrast('#000000', '#ffffff')).toBeCloseTo(21, 5)
    expect(contrast('#777777', '#777777')).toBe(1)
  })

  it('has a colour-safe ramp that gets darker with every level and stays readable', () => {
    const fills = [1, 2, 3, 4, 5, 6].map(safeFill)
    const lights = fills.map((fill) => contrast(fill, '#000000'))
    for (let level = 1; level < lights.length; level += 1) expect(lights[level]).toBeLessThan((lights[level - 1] ?? 0) * 0.85)
    for (const fill of fills) expect(contrast(fill, inkOn(fill))).toBeGreaterThanOrEqual(4.5)
    expect(safeFill(0)).toBe(fills[0])
    expect(safeFill(9)).toBe(fills[5])
  })
})

describe('tokens', () => {
  const css = readFileSync('src/design/tokens.css', 'utf8')
  const block = (selector: string) => css.split(selector)[1]?.split('}')[0] ?? ''
  const pairs: [keyof Tokens, string][] = [
    ['ground', 'ground'],
    ['panel', 'panel'],
    ['raised', 'raised'],
    ['line', 'line'],
    ['text', 'text'],
    ['text2', 'text-2'],
    ['accent', 'accent'],
    ['success', 'success'],
    ['warning', 'warning'],
    ['danger', 'danger'],
    ['markStroke', 'mark-stroke'],
    ['water', 'water'],
    ['landAround', 'land-around'],
  ]
  it.each([
    [DARK, ':root[data-theme="dark"] {'],
    [LIGHT, ':root[data-theme="light"] {'],
  ])('are the same for canvas drawings and for CSS (%#)', (tokens, selector) => {
    for (const [key, name] of pairs) expect(block(selector)).toContain(`--${name}: ${tokens[key]};`)
  })

  it.each([[DARK], [LIGHT]])('keep text readable on ground, panel and raised (%#)', (tokens) => {
    for (const back of [tokens.ground, tokens.panel, tokens.raised]) {
      expect(contrast(tokens.text, back)).toBeGreaterThanOrEqual(7)
      expect(contrast(tokens.text2, back)).toBeGreaterThanOrEqual(4.5)
    }
  })
})
