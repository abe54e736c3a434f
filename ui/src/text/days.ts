const DAY_MS = 86_400_000

/** Every calendar day from one ISO date to another, both included; nothing when they are turned round. */
export function daysBetween(start: string, end: string): string[] {
  const first = Date.parse(`${start}T00:00:00Z`)
  const last = Date.parse(`${end}T00:00:00Z`)
  if (Number.isNaN(first) || Number.isNaN(last) || last < first) return []
  return Array.from({ length: Math.round((last - first) / DAY_MS) + 1 }, (_, n) => new Date(first + n * DAY_MS).toISOString().slice(0, 10))
}
