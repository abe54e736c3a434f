import type { Entry, EntryRow } from '@/api/ledgers'

export const STATES = ['draft', 'approved', 'posted', 'refused', 'withdrawn'] as const
export const FORMS = ['plain', 'allocation', 'split'] as const
export type Form = (typeof FORMS)[number]

export const accountPath = (id: number): string => `/desk/ledgers/accounts/${id}`
export const entryPath = (id: number): string => `/desk/ledgers/entries/${id}`

const TONES: Record<string, 'success' | 'warning' | 'info' | 'danger' | 'none'> = {
  draft: 'info',
  approved: 'warning',
  posted: 'success',
  refused: 'danger',
  withdrawn: 'none',
}
export const toneOf = (state: EntryRow['state'] | Entry['state']) => TONES[state] ?? 'none'

/** The exact sum of decimals as text, or null when one is no plain decimal: money is never a binary float. */
export function sum(amounts: readonly string[]): string | null {
  const parts = amounts.map((one) => /^([+-]?)(\d+)(?:\.(\d+))?$/.exec(one.trim()))
  if (parts.some((one) => one === null)) return null
  const places = Math.max(0, ...parts.map((one) => one?.[3]?.length ?? 0))
  const total = parts.reduce((all, one) => {
    const digits = BigInt(`${one![2]}${(one![3] ?? '').padEnd(places, '0')}`)
    return one![1] === '-' ? all - digits : all + digits
  }, 0n)
  const sign = total < 0n ? '-' : ''
  const text = String(total < 0n ? -total : total).padStart(places + 1, '0')
  const whole = text.slice(0, text.length - places)
  const rest = places ? text.slice(text.length - places).replace(/0+$/, '') : ''
  return `${sign}${whole}${rest ? `.${rest}` : ''}`
}
