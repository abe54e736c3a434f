// City time (Asia/Shanghai, no summer time since 1991: a fixed +08:00) and how it is written.

const OFFSET_MS = 8 * 3600 * 1000

/** Parts of an instant in Asia/Shanghai. */
export function cityParts(instant: Date | string | number): { date: string; time: string; seconds: string } {
  const ms = (instant instanceof Date ? instant.getTime() : new Date(instant).getTime()) + OFFSET_MS
  if (!Number.isFinite(ms)) return { date: '', time: '', seconds: '' }
  const iso = new Date(ms).toISOString()
  return { date: iso.slice(0, 10), time: iso.slice(11, 16), seconds: iso.slice(17, 19) }
}

/** "YYYY-MM-DD HH:mm" in city time; "" for nothing; a bare date stays a date. */
export function dateTime(instant: Date | string | number | null | undefined): string {
  if (instant === null || instant === undefined || instant === '') return ''
  if (typeof instant === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(instant)) return instant
  const { date, time } = cityParts(instant)
  return date ? `${date} ${time}` : ''
}

/** "HH:mm" in city time. */
export function clockTime(instant: Date | string | number | null | undefined): string {
  return instant === null || instant === undefined || instant === '' ? '' : cityParts(instant).time
}

/** "YYYY-MM-DDTHH:mm" for a datetime-local field, in city time. */
export function toLocalField(instant: Date | string | number): string {
  const { date, time } = cityParts(instant)
  return date ? `${date}T${time}` : ''
}

/** ISO text with +08:00 from a datetime-local field. */
export function fromLocalField(text: string): string {
  return text ? `${text.length === 16 ? `${text}:00` : text}+08:00` : ''
}

/** Hours and minutes between two instants, at least zero. */
export function elapsed(from: string | Date, to: Date): { days: number; hours: number; minutes: number; total: number } {
  const start = from instanceof Date ? from.getTime() : new Date(from).getTime()
  const total = Math.max(0, Math.floor((to.getTime() - start) / 60000))
  return { days: Math.floor(total / 1440), hours: Math.floor((total % 1440) / 60), minutes: total % 60, total }
}

/** "2 d 03:15" or "03:15": a running clock that needs no words. */
export function runningClock(from: string | Date, to: Date): string {
  const { days, hours, minutes } = elapsed(from, to)
  const clock = `${String(hours).padStart(2, '0')}:${String(minutes).padStart(2, '0')}`
  return days ? `${days} d ${clock}` : clock
}
