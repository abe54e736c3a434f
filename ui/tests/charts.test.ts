import { describe, expect, it } from 'vitest'
import type { Limit, SeriesPoint } from '@/api/types'
import { axisTime, axisTop, distinctLimits, doubtedMarks, invalidMarks, isSampled, judgedValue, seriesOption, usesConverted, validLine } from '@/charts/series'
import { DARK } from '@/design/theme'

const at = (hour: number) => new Date(Date.parse('2025-11-24T00:00:00+08:00') + hour * 3_600_000).toISOString()
const point = (hour: number, value: string | null, rest: Partial<SeriesPoint> = {}): SeriesPoint => ({
  t: at(hour),
  value,
  mark: 'N',
  valid: true,
  minimum: null,
  maximum: null,
  converted: null,
  version: 1,
  origin: 'device',
  frame: null,
  qc: [],
  ...rest,
})
const limit = (value: string, rest: Partial<Limit> = {}): Limit => ({
  pollutant: 'a21002',
  name_zh: '',
  name_en: 'NOx',
  cycle: 'hour',
  value,
  unit: 'mg/m3',
  converted: false,
  standard: 'GB 13223-2011',
  clause: 'table 1',
  source: 's',
  confidence: 'memory',
  rule_row: 'r',
  ...rest,
})
const words = { value: 'value', measured: 'measured', converted: 'converted', invalid: 'invalid', doubted: 'doubted', limit: (line: Limit) => `limit ${line.value}` }
const values = (line: [number, number | null][]) => line.map(([, value]) => value)

const doubt = {
  cause: 'jump',
  label_zh: '突变',
  label_en: 'Jump',
  text_zh: '',
  text_en: '',
  remedy_zh: '',
  remedy_en: '',
  excluded: false,
  rule_row: 'q.rate',
  confidence: 'memory',
  facts: {},
}

describe('a time series', () => {
  it('marks doubted values and leaves them in the line', () => {
    const points = [point(0, '1'), point(1, '900', { qc: [doubt] }), point(2, null, { qc: [doubt] })]
    expect(values(doubtedMarks(points))).toEqual([900])
    expect(values(validLine(points, 'hour'))).toEqual([1, 900, null])
    const option = seriesOption({ points, limits: [], cycle: 'hour', unit: 'ug/m3' }, DARK, words)
    const marked = (option.series as { name: string; data: unknown[] }[]).find((one) => one.name === 'doubted')
    expect(marked?.data).toHaveLength(1)
  })

  it('leaves a missing hour empty', () => {
    expect(values(validLine([point(0, '1'), point(1, '2'), point(4, '5')], 'hour'))).toEqual([1, 2, null, 5])
  })

  it('does not join over an invalid value, and draws that one hollow', () => {
    const points = [point(0, '1'), point(1, '9', { valid: false, mark: 'C' }), point(2, '3')]
    expect(values(validLine(points, 'hour'))).toEqual([1, null, 3])
    expect(values(invalidMarks(points))).toEqual([9])
  })

  it('keeps zero and reads a value below detection at its bound', () => {
    expect(values(validLine([point(0, '0'), point(1, '<0.005'), point(2, null)], 'hour'))).toEqual([0, 0.005, null])
  })

  it('measures gaps by the cycle', () => {
    const minutes = [0, 10, 30].map((minute) => ({ ...point(0, '1'), t: new Date(Date.parse(at(0)) + minute * 60_000).toISOString() }))
    expect(values(validLine(minutes, 'minute'))).toEqual([1, 1, null, 1])
    expect(values(validLine(minutes, 'hour'))).toEqual([1, 1, 1])
  })

  it('puts city time on a UTC axis', () => {
    expect(new Date(axisTime('2025-11-24T00:00:00+08:00')).toISOString()).toBe('2025-11-24T00:00:00.000Z')
  })

  it('compares with the limit what the limit is for', () => {
    const points = [point(0, '150', { converted: '210' })]
    expect(usesConverted(points, [limit('100', { converted: true })])).toBe(true)
    expect(usesConverted(points, [limit('100')])).toBe(false)
    expect(usesConverted([point(0, '150')], [limit('100', { converted: true })])).toBe(false)
    expect(judgedValue(points[0] as SeriesPoint, true)).toBe('210')
    const option = seriesOption({ points, limits: [limit('100', { converted: true })], cycle: 'hour', unit: 'mg/m3' }, DARK, words)
    const names = (option.series as { name: string }[]).map((one) => one.name)
    expect(names).toEqual(['converted', 'measured', 'invalid', 'doubted'])
  })

  it('shows both the values and the limit on a round axis from zero', () => {
    expect(axisTop([point(0, '30')], [limit('100')])).toBe(150)
    expect(axisTop([point(0, '153')], [limit('100')])).toBe(200)
    expect(axisTop([point(0, '0.02')], [])).toBeCloseTo(0.025, 9)
    expect(axisTop([], [])).toBe(1)
    const option = seriesOption({ points: [point(0, '30')], limits: [limit('100')], cycle: 'hour', unit: 'mg/m3' }, DARK, words)
    expect(option.yAxis).toMatchObject({ min: 0, max: 150, name: 'mg/m³' })
  })

  it('draws one line for each limit that differs', () => {
    expect(distinctLimits([limit('100'), limit('100.0'), limit('50')]).map((line) => line.value)).toEqual(['100', '50'])
    const option = seriesOption({ points: [point(0, '1')], limits: [limit('100'), limit('50')], cycle: 'hour', unit: '' }, DARK, words)
    const [line] = option.series as { markLine: { data: { yAxis: number; label: { formatter: string } }[] } }[]
    expect(line?.markLine.data.map((one) => [one.yAxis, one.label.formatter])).toEqual([
      [100, 'limit 100'],
      [50, 'limit 50'],
    ])
  })

  it('writes tooltips as rich text, which the security policy allows', () => {
    const option = seriesOption({ points: [point(0, '1')], limits: [], cycle: 'hour', unit: 'ug/m3' }, DARK, words)
    const tooltip = option.tooltip as { renderMode: string; formatter: (rows: unknown) => string }
    expect(tooltip.renderMode).toBe('richText')
    expect(tooltip.formatter([{ value: [axisTime(at(3)), 35], seriesName: 'value' }])).toBe('2025-11-24 03:00\nvalue 35 µg/m³')
  })

  it('says when it is down-sampled', () => {
    expect(isSampled(Array.from({ length: 5000 }, (_, hour) => point(hour, '1')))).toBe(false)
    expect(isSampled(Array.from({ length: 5001 }, (_, hour) => point(hour, '1')))).toBe(true)
  })
})
