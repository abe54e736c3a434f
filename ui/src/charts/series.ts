// A time series as an ECharts option: empty intervals stay empty, invalid values are hollow and never joined.
import type { EChartsCoreOption } from 'echarts/core'
import type { Limit as LimitLine, SeriesPoint } from '@/api/types'
import type { Tokens } from '@/design/theme'
import { withUnit } from '@/text/format'
import { cityParts, dateTime } from '@/text/time'

const STEP_MS: Record<string, number> = { realtime: 60_000, minute: 600_000, hour: 3_600_000, day: 86_400_000 }
const GAP_STEPS = 1.5
export const SAMPLE_ABOVE = 5000

export type Plotted = [number, number | null]

export interface SeriesWords {
  limit: (line: LimitLine) => string
  invalid: string
  doubted: string
  value: string
  measured: string
  converted: string
}

const CITY_OFFSET_MS = 8 * 3_600_000

/** Place of an instant on the axis: a UTC axis that reads as city time in every browser. */
export function axisTime(instant: string): number {
  return new Date(instant).getTime() + CITY_OFFSET_MS
}

function plottable(value: string | null): number | null {
  if (value === null || value === '') return null
  const number = Number(value.replace(/^</, ''))
  return Number.isFinite(number) ? number : null
}

/** The value that the limit is compared with: the converted one where the limit asks for it, else the measured one. */
export function judgedValue(point: SeriesPoint, converted: boolean): string | null {
  return converted ? (point.converted ?? null) : point.value
}

/** Whether the limits of a series compare converted values and the series has them. */
export function usesConverted(points: readonly SeriesPoint[], limits: readonly LimitLine[]): boolean {
  return limits.some((limit) => limit.converted) && points.some((point) => point.converted !== null)
}

/** Valid points with a hole wherever a period is missing or invalid. */
export function validLine(points: readonly SeriesPoint[], cycle: string, converted = false): Plotted[] {
  const step = STEP_MS[cycle] ?? STEP_MS.hour ?? 0
  const line: Plotted[] = []
  let before: number | null = null
  for (const point of points) {
    const at = axisTime(point.t)
    if (before !== null && at - before > GAP_STEPS * step) line.push([before + step, null])
    line.push([at, point.valid ? plottable(judgedValue(point, converted)) : null])
    before = at
  }
  return line
}

/** Points whose mark keeps them out of judgements; drawn hollow, never joined. */
export function invalidMarks(points: readonly SeriesPoint[]): Plotted[] {
  return points
    .filter((point) => !point.valid && plottable(point.value) !== null)
    .map((point) => [axisTime(point.t), plottable(point.value)])
}

/** Points that quality control doubts; a mark beside the value, which itself stays where it is. */
export function doubtedMarks(points: readonly SeriesPoint[]): Plotted[] {
  return points
    .filter((point) => point.qc.length > 0 && plottable(point.value) !== null)
    .map((point) => [axisTime(point.t), plottable(point.value)])
}

/** Largest-triangle-three-buckets down-sampling is ECharts' own; say when it is on. */
export function isSampled(points: readonly SeriesPoint[]): boolean {
  return points.length > SAMPLE_ABOVE
}

/** Top of the axis, a round number: what is drawn and what is allowed must both be visible. */
export function axisTop(points: readonly SeriesPoint[], limits: readonly LimitLine[]): number {
  const values = points
    .flatMap((point) => [plottable(point.value), plottable(point.converted)])
    .filter((value): value is number => value !== null)
  const lines = limits.map((limit) => Number(limit.value)).filter(Number.isFinite)
  const top = Math.max(0, ...values, ...lines) * 1.05
  if (top <= 0) return 1
  const step = 10 ** Math.floor(Math.log10(top)) / 2
  return Number((Math.ceil(top / step) * step).toPrecision(6))
}

/** Limits that differ in value: one line for each. */
export function distinctLimits(limits: readonly LimitLine[]): LimitLine[] {
  const seen = new Map<string, LimitLine>()
  for (const limit of limits) {
    const key = `${Number(limit.value)} ${limit.unit}`
    if (!seen.has(key)) seen.set(key, limit)
  }
  return [...seen.values()]
}

export interface SeriesInput {
  points: readonly SeriesPoint[]
  limits: readonly LimitLine[]
  cycle: string
  unit: string
}

/** The option of the chart. */
export function seriesOption(input: SeriesInput, tokens: Tokens, words: SeriesWords, scale = 1): EChartsCoreOption {
  const text = { color: tokens.text2, fontFamily: tokens.font, fontSize: 12 * scale }
  const limits = distinctLimits(input.limits)
  const top = axisTop(input.points, limits)
  const digits = top >= 10 ? 0 : top >= 1 ? 1 : 3
  const converted = usesConverted(input.points, limits)
  return {
    animation: false,
    useUTC: true,
    backgroundColor: 'transparent',
    aria: { enabled: true },
    grid: { left: 8 * scale, right: 16 * scale, top: 26 * scale, bottom: input.points.length > 72 ? 52 * scale : 8 * scale, containLabel: true },
    tooltip: {
      trigger: 'axis',
      renderMode: 'richText',
      backgroundColor: tokens.raised,
      borderColor: tokens.line,
      textStyle: { color: tokens.text, fontFamily: tokens.font, fontSize: 12 * scale },
      formatter: (rows: unknown) => tooltipText(rows, input.unit),
    },
    xAxis: {
      type: 'time',
      axisLine: { lineStyle: { color: tokens.line } },
      axisLabel: { ...text, hideOverlap: true, formatter: (at: number) => tickText(at) },
      splitLine: { show: false },
    },
    yAxis: {
      type: 'value',
      min: 0,
      max: top,
      name: withUnit('', input.unit).trim(),
      nameTextStyle: { ...text, align: 'left' },
      axisLabel: { ...text, formatter: (value: number) => String(Number(value.toFixed(digits))) },
      splitLine: { lineStyle: { color: tokens.line, opacity: 0.6 } },
    },
    dataZoom: input.points.length > 72 ? [{ type: 'inside' }, zoomBar(tokens, scale)] : [{ type: 'inside' }],
    series: [
      {
        name: converted ? words.converted : words.value,
        type: 'line',
        data: validLine(input.points, input.cycle, converted),
        connectNulls: false,
        showSymbol: input.points.length <= 60,
        symbolSize: 4 * scale,
        sampling: isSampled(input.points) ? 'lttb' : undefined,
        lineStyle: { width: 1.6 * scale, color: tokens.accent },
        itemStyle: { color: tokens.accent },
        markLine: limitLines(limits, tokens, words, scale),
      },
      ...(converted ? [measuredLine(input, tokens, words, scale)] : []),
      {
        name: words.invalid,
        type: 'scatter',
        data: invalidMarks(input.points),
        symbolSize: 7 * scale,
        itemStyle: { color: 'transparent', borderColor: tokens.text2, borderWidth: 1.5 },
      },
      {
        name: words.doubted,
        type: 'scatter',
        data: doubtedMarks(input.points),
        symbol: 'triangle',
        symbolSize: 9 * scale,
        itemStyle: { color: 'transparent', borderColor: tokens.warning, borderWidth: 1.5 },
      },
    ],
  }
}

function measuredLine(input: SeriesInput, tokens: Tokens, words: SeriesWords, scale: number): unknown {
  return {
    name: words.measured,
    type: 'line',
    data: validLine(input.points, input.cycle),
    connectNulls: false,
    showSymbol: false,
    sampling: isSampled(input.points) ? 'lttb' : undefined,
    lineStyle: { width: scale, color: tokens.text2, type: 'dotted' },
    itemStyle: { color: tokens.text2 },
  }
}

function limitLines(limits: LimitLine[], tokens: Tokens, words: SeriesWords, scale: number): unknown {
  return {
    silent: true,
    symbol: 'none',
    data: limits.map((limit) => ({
      yAxis: Number(limit.value),
      lineStyle: { color: tokens.danger, type: 'dashed', width: 1.5 * scale },
      label: {
        formatter: words.limit(limit),
        position: 'insideEndTop',
        color: tokens.text,
        backgroundColor: tokens.panel,
        padding: [1, 4],
        borderRadius: 2,
        fontFamily: tokens.font,
        fontSize: 12 * scale,
      },
    })),
  }
}

function zoomBar(tokens: Tokens, scale: number): unknown {
  return {
    type: 'slider',
    height: 20 * scale,
    bottom: 6 * scale,
    borderColor: tokens.line,
    fillerColor: `${tokens.accent}33`,
    handleStyle: { color: tokens.accent },
    dataBackground: { lineStyle: { color: tokens.line }, areaStyle: { color: tokens.raised } },
    textStyle: { color: tokens.text2, fontSize: 11 * scale },
    labelFormatter: (at: number) => dateTime(at - CITY_OFFSET_MS),
  }
}

function tickText(at: number): string {
  const { date, time } = cityParts(at - CITY_OFFSET_MS)
  return time === '00:00' ? date.slice(5) : time
}

function tooltipText(rows: unknown, unit: string): string {
  const list = (Array.isArray(rows) ? rows : [rows]) as { value: Plotted; seriesName: string }[]
  const shown = list.filter((row) => row?.value?.[1] !== null && row?.value?.[1] !== undefined)
  const first = list[0]
  if (!first) return ''
  return [dateTime(first.value[0] - CITY_OFFSET_MS), ...shown.map((row) => `${row.seriesName} ${withUnit(String(row.value[1]), unit)}`)].join('\n')
}
