// What the door of the phone remembers of the last answers, so that it opens without a network. Never a secret.
import { doorOfPath } from '@/app/doors'

const PREFIX = 'qingtian.field.'

/** Whether the window is at the door that works off line. */
export const worksOffline = (path: string = location.pathname) => doorOfPath(path) === 'field'

/** Remember something at that door; other doors remember nothing. */
export function remember(name: string, value: unknown): void {
  if (!worksOffline()) return
  try {
    localStorage.setItem(PREFIX + name, JSON.stringify(value))
  } catch {
    // A full or forbidden store only costs the start without a network.
  }
}

/** What was remembered, or nothing. */
export function recall<T>(name: string): T | null {
  if (!worksOffline()) return null
  try {
    return JSON.parse(localStorage.getItem(PREFIX + name) ?? 'null') as T | null
  } catch {
    return null
  }
}

/** Forget it. */
export function unremember(name: string): void {
  localStorage.removeItem(PREFIX + name)
}
