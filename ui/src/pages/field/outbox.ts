// Sending what waits: strictly in order within a case, each thing once however often it is tried.
import { fieldApi, type Sent } from '@/api/field'
import { asFailure, type Failure } from '@/api/failure'
import { settle, waiting, type FieldDb, type Queued, type Refusal, type SentRow } from '@/pages/field/store'

/** What sending needs of the world. */
export interface Ports {
  now(): Date
  device: string
  media(row: Queued, clockAt: string): Promise<Sent>
  record(row: Queued, clockAt: string): Promise<Sent>
}
export type Outcome = 'done' | 'unreachable' | 'signin' | 'refused'

const TOO_MANY = 429

/** Whether a failure says nothing about the thing that was sent: it is tried again as it is. */
export function passes(failure: Failure): boolean {
  return failure.kind === 'unreachable' || failure.kind === 'unauthenticated' || failure.status === TOO_MANY || failure.status >= 500
}

/**
 * Send what waits for a person, the oldest first. A refused thing holds back what follows in its case, and nothing else.
 *
 * @param told called after each thing
 */
export async function sendAll(db: FieldDb, username: string, ports: Ports, told: () => Promise<void> | void = () => undefined): Promise<Outcome> {
  const held = new Set<number>()
  const done = new Set<number>()
  for (;;) {
    // Read again each time: what waits may have been changed by what was just sent.
    const row = (await waiting(db, username)).find((one) => !done.has(one.place) && !held.has(one.case))
    if (!row) return held.size ? 'refused' : 'done'
    done.add(row.place)
    if (row.refused) {
      held.add(row.case)
      continue
    }
    try {
      const answer = await sendOne(row, ports)
      await settle(db, row, sentRow(row, answer, ports.now()), answer.revision ?? null)
    } catch (thrown) {
      const failure = asFailure(thrown)
      if (passes(failure)) return failure.kind === 'unauthenticated' ? 'signin' : 'unreachable'
      await db.put('queue', { ...row, refused: refusalOf(failure) })
      held.add(row.case)
    }
    await told()
  }
}

function sendOne(row: Queued, ports: Ports): Promise<Sent> {
  const clockAt = ports.now().toISOString()
  return row.kind === 'media' ? ports.media(row, clockAt) : ports.record(row, clockAt)
}

/** Why the server did not take it, as it is kept and shown. */
export function refusalOf(failure: Failure): Refusal {
  const { code, message, remedy, field, params } = failure.body
  return { code: code ?? failure.kind, message: message ?? '', remedy: remedy ?? '', field: field ?? '', params: params ?? {} }
}

function sentRow(row: Queued, answer: Sent, now: Date): SentRow {
  const { key, username, place, kind, number, title } = row
  return { key, username, place, kind, case: row.case, number, title, sha256: answer.sha256, position: answer.position, sent_at: now.toISOString() }
}

/** Sending to the server. */
export function serverPorts(db: FieldDb, device: string): Ports {
  const now = () => new Date()
  return {
    now,
    device,
    async media(row, clock_at) {
      const file = await db.get('media', row.media)
      if (!file) throw new Error(`the file ${row.media} is gone`)
      const { kind, sha256, captured_at, line, spot } = file
      const note = { kind, sha256, captured_at, title: file.by ? `signature ${file.by}` : file.name, line, key: row.key, device, place: row.place, made_at: row.made_at, clock_at, ...spot }
      return fieldApi.sendMedia(row.case, new Blob([file.bytes], { type: file.type }), file.name, note)
    },
    record(row, clock_at) {
      if (!row.body) throw new Error(`the record ${row.key} is empty`)
      const { key, place, made_at } = row
      return fieldApi.sendRecord(row.case, { ...row.body, key, device, place, made_at, clock_at })
    },
  }
}

const FIRST_WAIT_MS = 5000
const LAST_WAIT_MS = 300_000

/** Wait before the next attempt: 5, 10, 20 ... seconds, at most five minutes. */
export function waitMs(failures: number): number {
  return Math.min(FIRST_WAIT_MS * 2 ** Math.max(failures - 1, 0), LAST_WAIT_MS)
}
