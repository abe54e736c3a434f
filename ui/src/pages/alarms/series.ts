// The values of a finding as a series that the chart draws.
import type { FindingDetail, Series } from '@/api/types'

/** Series of the values around a finding, with the limit that was judged by; null when it has no values. */
export function seriesOf(detail: FindingDetail): Series | null {
  if (!detail.values.length) return null
  const valid = detail.values.filter((point) => point.valid).length
  return {
    site: detail.object.code,
    site_name: detail.object.name,
    site_name_en: detail.object.name_en,
    pollutant: detail.parameter,
    name_zh: detail.parameter_zh,
    name_en: detail.parameter_en,
    unit: detail.values_unit,
    cycle: detail.values_cycle,
    start: detail.values[0]?.t ?? detail.first_seen,
    end: detail.values.at(-1)?.t ?? detail.last_seen,
    as_of: null,
    sampled: false,
    label: 'start',
    points: detail.values,
    limits: detail.rule ? [detail.rule] : [],
    coverage: {
      expected: detail.values.length,
      present: detail.values.length,
      valid,
      share: null,
      doubted: detail.values.filter((point) => point.qc.length > 0).length,
      excluded: detail.values.filter((point) => point.qc.some((mark) => mark.excluded)).length,
    },
    simulated: detail.simulated,
    source: '',
    source_zh: '',
    source_en: '',
  }
}

/** The page of the place that a finding is about. */
export function placePage(place: { type: string; code: string; enterprise_code: string }): string | null {
  const code = encodeURIComponent(place.code)
  if (place.type === 'station') return `/desk/stations/${code}`
  if (place.type === 'outlet') return `/desk/outlets/${code}`
  if (place.type === 'enterprise') return `/desk/enterprises/${code}`
  return place.enterprise_code ? `/desk/enterprises/${encodeURIComponent(place.enterprise_code)}` : null
}
