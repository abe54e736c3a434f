// Numbers as people read them. The server rounds; nothing here rounds a measured value again.

export type Lang = 'zh' | 'en'

/** What a measured value is shown as: four different displays, never mixed. */
export type ValueKind = 'value' | 'missing' | 'below' | 'invalid'

export interface Shown {
  kind: ValueKind
  text: string
}

export interface ValueWords {
  missing: string
  invalid: string
  notDetected: string
}

const UNITS: Record<string, string> = {
  'ug/m3': 'µg/m³',
  'mg/m3': 'mg/m³',
  'm3/s': 'm³/s',
  'm3/h': 'm³/h',
  Celsius: '°C',
  celsius: '°C',
  degC: '°C',
  ug: 'µg',
  '1': '',
}

const SUBSCRIPTS: Record<string, string> = { '0': '₀', '1': '₁', '2': '₂', '3': '₃', '4': '₄', '5': '₅' }

/** Units with real superscripts: "ug/m3" -> "µg/m³"; "1" (a pure number) -> "". */
export function unitText(unit: string | null | undefined): string {
  if (!unit) return ''
  return UNITS[unit] ?? unit.replace(/\bug\//, 'µg/').replace(/m3\b/g, 'm³').replace(/m2\b/g, 'm²')
}

/** Formulas with real subscripts: "PM2.5" -> "PM₂.₅", "SO2" -> "SO₂"; other names stay. */
export function formulaText(name: string): string {
  const small = (digits: string) => [...digits].map((digit) => SUBSCRIPTS[digit] ?? digit).join('')
  return name
    .replace(/PM2\.5/g, 'PM₂.₅')
    .replace(/PM10\b/g, 'PM₁₀')
    .replace(/\b(SO|NO|O|CO|NH)([2345])(?![\d.])/g, (_, letters: string, digits: string) => letters + small(digits))
    .replace(/\bNOx\b/g, 'NOₓ')
}

/** "I", "N" and empty marks count as measured; every other HJ 212 mark makes the value invalid. */
export function isValidMark(mark: string | null | undefined): boolean {
  return !mark || mark === 'N'
}

/** How one measured value is shown; zero is a value, "<0.005" stays as sent, null is missing. */
export function showValue(
  value: string | number | null | undefined,
  words: ValueWords,
  options: { valid?: boolean; mark?: string | null } = {},
): Shown {
  if (value === null || value === undefined || value === '') return { kind: 'missing', text: words.missing }
  const text = String(value).trim()
  const valid = options.valid ?? isValidMark(options.mark)
  if (!valid) return { kind: 'invalid', text: `${text} (${words.invalid})` }
  if (text.startsWith('<')) return { kind: 'below', text }
  if (/^(nd|未检出)$/i.test(text)) return { kind: 'below', text: words.notDetected }
  return { kind: 'value', text }
}

/** Value and unit with a thin gap; the unit is always written when there is one. */
export function withUnit(text: string, unit: string | null | undefined): string {
  const shown = unitText(unit)
  return shown ? `${text} ${shown}` : text
}

/** Share 0..1 (or "0.83") as percent without decimals; nothing for no share. */
export function percentText(share: string | number | null | undefined): string {
  if (share === null || share === undefined || share === '') return ''
  const number = Number(share)
  return Number.isFinite(number) ? `${Math.round(number * 100)} %` : ''
}

/** First and last characters of a long hash; the full one stays in the title. */
export function shortHash(hash: string | null | undefined): string {
  if (!hash) return ''
  return hash.length > 16 ? `${hash.slice(0, 8)}…${hash.slice(-6)}` : hash
}

/** The text of the chosen language, falling back to the other one. */
export function pick(lang: Lang, zh: string | null | undefined, en: string | null | undefined): string {
  return (lang === 'zh' ? zh || en : en || zh) ?? ''
}

/** "GB 3095-2012 table 1": the standard's number once, even where the clause repeats it. */
export function citation(standard: string, clause: string): string {
  return clause.startsWith(standard) ? clause : [standard, clause].filter(Boolean).join(' ')
}
