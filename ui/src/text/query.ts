// Filters live in the address: one description per page, both ways without loss.

export type FilterValue = string | number | boolean | string[] | undefined
export type FilterKind = 'text' | 'number' | 'flag' | 'list'
export type FilterShape<T> = { [K in keyof T]: { kind: FilterKind; fallback: T[K] } }
type RawQuery = Record<string, string | null | undefined | (string | null)[]>

function one(raw: RawQuery[string]): string | undefined {
  const first = Array.isArray(raw) ? raw[0] : raw
  return first ?? undefined
}

/** Filters from the address; unknown keys are ignored, broken values fall back. */
export function readQuery<T extends object>(query: RawQuery, shape: FilterShape<T>): T {
  const out: Record<string, FilterValue> = {}
  for (const [key, rule] of Object.entries(shape) as [string, { kind: FilterKind; fallback: FilterValue }][]) {
    const text = one(query[key])
    out[key] = text === undefined ? rule.fallback : (parse(text, rule.kind) ?? rule.fallback)
  }
  return out as T
}

function parse(text: string, kind: FilterKind): FilterValue {
  if (kind === 'number') return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : undefined
  if (kind === 'flag') return text === '1' ? true : text === '0' ? false : undefined
  if (kind === 'list') return text.split(',').filter(Boolean)
  return text
}

/** The address of filters; values equal to the fallback are left out, so that links stay short. */
export function writeQuery<T extends object>(filters: T, shape: FilterShape<T>): Record<string, string> {
  const out: Record<string, string> = {}
  for (const [key, rule] of Object.entries(shape) as [keyof T & string, { kind: FilterKind; fallback: FilterValue }][]) {
    const value = filters[key] as FilterValue
    if (value === undefined || JSON.stringify(value) === JSON.stringify(rule.fallback)) continue
    if (rule.kind === 'flag') out[key] = value ? '1' : '0'
    else out[key] = Array.isArray(value) ? value.join(',') : String(value)
  }
  return out
}
