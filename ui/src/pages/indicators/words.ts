// Paths and words that the pages of indicators share.
import type { Indicator } from '@/api/types'
import type { Lang } from '@/text/format'

export const SPANS = ['day', 'month', 'quarter', 'year', 'to_date'] as const

export function indicatorPath(code: string): string {
  return `/desk/indicators/${encodeURIComponent(code)}`
}

/** Why there is no value: what the value says of itself, and the inputs that wait for data. */
export function lackingOf(one: Pick<Indicator, 'missing_zh' | 'missing_en' | 'value'>, lang: Lang): string[] {
  const inputs = lang === 'zh' ? one.missing_zh : one.missing_en
  if (inputs.length || !one.value) return inputs
  const reason = lang === 'zh' ? one.value.reason_zh : one.value.reason_en
  return reason ? [reason] : []
}

/** What was kept of a value, as the server sends it. */
export interface Evidence {
  periods?: Record<string, [string, string]>
  singles?: { input: string; label_zh: string; label_en: string; period: string; value: string | boolean | null; unit: string; note: string }[]
  tables?: {
    input: string
    label_zh: string
    label_en: string
    period: string
    statistic: string
    rows: number
    expected: number | null
    used: number
    filtered: number
    excluded: { row: string; field: string }[]
    excluded_count: number
    coverage: string | null
    note: string
  }[]
  rows?: Record<string, Record<string, string | boolean | null>[]>
  missing_policy?: string
  tree?: IndexNode
  changes?: { code: string; kind: string; before: string; after: string; delta: string }[]
}

export interface IndexNode {
  code: string
  name_zh: string
  name_en: string
  indicator: string
  weight: string
  score: string | null
  share: string
  contribution: string
  value: string
  unit: string
  children: IndexNode[]
}

/** A tree as lines with their depth, the root first. */
export function flatten(node: IndexNode, depth = 0): { node: IndexNode; depth: number }[] {
  return [{ node, depth }, ...node.children.flatMap((child) => flatten(child, depth + 1))]
}

/** The columns of rows as they were kept; the id comes first. */
export function fieldsOf(rows: Record<string, unknown>[]): string[] {
  return ['id', ...Object.keys(rows[0] ?? {}).filter((name) => name !== 'id')]
}
