import type { HealthReport } from '@/api/types'

const MIB = 1024

/** MiB as a person reads them. */
export function room(mib: number): string {
  if (Math.abs(mib) >= MIB * MIB) return `${(mib / MIB / MIB).toFixed(2)} TiB`
  if (Math.abs(mib) >= MIB) return `${(mib / MIB).toFixed(1)} GiB`
  return `${Number.isInteger(mib) ? mib : mib.toFixed(1)} MiB`
}

export interface Span {
  key: 'seconds' | 'minutes' | 'hours' | 'days'
  n: number
}

/** Seconds in the largest unit that leaves a number of two or more. */
export function span(seconds: number): Span {
  if (seconds >= 2 * 86_400) return { key: 'days', n: Math.round(seconds / 86_400) }
  if (seconds >= 2 * 3600) return { key: 'hours', n: Math.round(seconds / 3600) }
  if (seconds >= 120) return { key: 'minutes', n: Math.round(seconds / 60) }
  return { key: 'seconds', n: Math.round(seconds) }
}

export const WIDTH = 600
export const HEIGHT = 120

/** Points of the line of free space, scaled so that zero and the highest value touch the edges; empty below two samples. */
export function linePoints(samples: HealthReport['disk']['samples']): string {
  if (samples.length < 2) return ''
  const times = samples.map((one) => new Date(one.at).getTime())
  const first = Math.min(...times)
  const length = Math.max(...times) - first || 1
  const top = Math.max(...samples.map((one) => one.free_mb), 1)
  return samples
    .map((one, index) => `${(((times[index]! - first) / length) * WIDTH).toFixed(1)},${(HEIGHT - (one.free_mb / top) * HEIGHT).toFixed(1)}`)
    .join(' ')
}

/** Height of the reserve in the same scale. */
export function reserveY(samples: HealthReport['disk']['samples'], reserveMb: number): number {
  const top = Math.max(...samples.map((one) => one.free_mb), 1)
  return Math.max(0, HEIGHT - (reserveMb / top) * HEIGHT)
}
