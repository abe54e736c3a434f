// How states, verdicts and severities of devices and frames look.
import type { Device, FrameProblem } from '@/api/types'
import type { Tone } from '@/parts/StatusChip.vue'

export const STATES = ['silent', 'late', 'never', 'online'] as const
export const STATE_TONE: Record<Device['state'], Tone> = { online: 'success', late: 'warning', silent: 'danger', never: 'none' }
export const SEVERITY_TONE: Record<FrameProblem['severity'], Tone> = { info: 'info', warning: 'warning', danger: 'danger' }

/** Tone of what the gateway decided. */
export function verdictTone(verdict: string): Tone {
  if (verdict === 'accepted') return 'success'
  return verdict === 'unknown_device' ? 'warning' : 'danger'
}

/** Minutes as a person says them: minutes, hours or days. */
export function spanText(minutes: number, t: (key: string, named: Record<string, unknown>) => string): string {
  if (minutes < 120) return t('device.minutesAgo', { n: minutes })
  if (minutes < 48 * 60) return t('device.hoursAgo', { n: Math.floor(minutes / 60) })
  return t('device.daysAgo', { n: Math.floor(minutes / 1440) })
}

/** Bytes in hex as lines of sixteen: place, bytes, and the same as text. */
export function hexLines(hex: string): { at: string; bytes: string; text: string }[] {
  const lines = []
  for (let at = 0; at < hex.length; at += 32) {
    const pairs = hex.slice(at, at + 32).match(/../g) ?? []
    const text = pairs.map((pair) => {
      const code = Number.parseInt(pair, 16)
      return code >= 32 && code < 127 ? String.fromCharCode(code) : '.'
    })
    lines.push({ at: (at / 2).toString(16).padStart(4, '0'), bytes: pairs.join(' '), text: text.join('') })
  }
  return lines
}
