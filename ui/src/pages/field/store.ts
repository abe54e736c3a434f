// What the phone keeps by itself: tasks taken along, drafts, files, the queue, and what was sent.
import { openDB, type DBSchema, type IDBPDatabase } from 'idb'
import type { MediaKind, VisitBody } from '@/api/field'
import type { FormValue } from '@/pages/cases/form'
import type { Spot } from '@/pages/field/place'

export interface Draft {
  username: string
  case: number
  number: string
  title: string
  /** Of the case as the inspector saw it, and when that was by the clock of the city. */
  revision: number
  seen_at: string
  began_at: string
  answers: Record<string, { value: string; note: string }>
  text: string
  inspectors: string[]
  party_name: string
  party_says: string
  unsigned_reason: string
  step: string
  step_fields: Record<string, FormValue>
  step_reason: string
  /** Files of a visit that came back from the queue after they had been sent. */
  gone: GoneFile[]
}

/** A file that the server holds already. */
export interface GoneFile {
  kind: MediaKind
  line: string
  by: string
  sha256: string
  captured_at: string
}

export interface MediaRow {
  id: string
  username: string
  case: number
  kind: MediaKind
  /** Line of the checklist that it shows, or empty. */
  line: string
  /** Who signed, of signatures. */
  by: string
  bytes: ArrayBuffer
  type: string
  name: string
  sha256: string
  captured_at: string
  spot: Spot | null
  queued: 0 | 1
}

/** A record as it waits: its place, clock and device are added when it is sent. */
export type RecordBody = Omit<VisitBody, 'key' | 'device' | 'place' | 'made_at' | 'clock_at'>

export interface Refusal {
  code: string
  message: string
  remedy: string
  field: string
  params: Record<string, unknown>
}

export interface Queued {
  place: number
  username: string
  key: string
  kind: 'media' | 'record'
  /** Which visit it belongs to: its files and its record share it. */
  visit: string
  case: number
  number: string
  title: string
  /** Of a file: its row; of a record: what it says, and the draft that it came from. */
  media: string
  body: RecordBody | null
  draft: Draft | null
  made_at: string
  refused: Refusal | null
}
export type NewQueued = Omit<Queued, 'place'>

export interface SentRow {
  key: string
  username: string
  place: number
  kind: 'media' | 'record'
  case: number
  number: string
  title: string
  sha256: string
  position: number
  sent_at: string
}

export interface Kept {
  id: string
  username: string
  at: string
  value: unknown
}

interface Schema extends DBSchema {
  kept: { key: string; value: Kept; indexes: { username: string } }
  drafts: { key: [string, number]; value: Draft }
  media: { key: string; value: MediaRow; indexes: { case: [string, number] } }
  queue: { key: number; value: Queued; indexes: { username: string } }
  sent: { key: string; value: SentRow; indexes: { username: string } }
}
export type FieldDb = IDBPDatabase<Schema>

const NAME = 'qingtian.field'
const SHOWN_SENT = 200

/** Open the store of the phone, made on the first visit. */
export function openStore(): Promise<FieldDb> {
  return openDB<Schema>(NAME, 1, {
    upgrade(db) {
      db.createObjectStore('kept', { keyPath: 'id' }).createIndex('username', 'username')
      db.createObjectStore('drafts', { keyPath: ['username', 'case'] })
      db.createObjectStore('media', { keyPath: 'id' }).createIndex('case', ['username', 'case'])
      // Places only grow, also after the queue was empty.
      db.createObjectStore('queue', { keyPath: 'place', autoIncrement: true }).createIndex('username', 'username')
      db.createObjectStore('sent', { keyPath: 'key' }).createIndex('username', 'username')
    },
  })
}

let opened: Promise<FieldDb> | null = null

/** The one connection of the page. */
export function store(): Promise<FieldDb> {
  opened ??= openStore()
  return opened
}

/** Keep an answer of the server for when there is no network. */
export async function keep(db: FieldDb, username: string, name: string, at: string, value: unknown): Promise<void> {
  // A copy without the proxies of the page, which no store can hold.
  await db.put('kept', { id: `${username}/${name}`, username, at, value: JSON.parse(JSON.stringify(value)) as unknown })
}

/** What was kept under a name, or nothing. */
export async function kept<T>(db: FieldDb, username: string, name: string): Promise<{ at: string; value: T } | null> {
  const found = await db.get('kept', `${username}/${name}`)
  return found ? { at: found.at, value: found.value as T } : null
}

/** Forget the answers kept for a person; drafts and the queue stay. */
export async function forget(db: FieldDb, username: string): Promise<void> {
  const work = db.transaction('kept', 'readwrite')
  for (const id of await work.store.index('username').getAllKeys(username)) await work.store.delete(id)
  await work.done
}

/** Names of what is kept for a person. */
export async function keptNames(db: FieldDb, username: string): Promise<string[]> {
  const ids = await db.getAllKeysFromIndex('kept', 'username', username)
  return ids.map((id) => id.slice(username.length + 1))
}

/** Files of the draft of a case, in the order in which they were made. */
export async function mediaOf(db: FieldDb, username: string, caseId: number): Promise<MediaRow[]> {
  const rows = await db.getAllFromIndex('media', 'case', [username, caseId])
  return rows.filter((one) => !one.queued).sort((a, b) => a.captured_at.localeCompare(b.captured_at) || a.id.localeCompare(b.id))
}

/** Drop a draft with its files. */
export async function dropDraft(db: FieldDb, username: string, caseId: number): Promise<void> {
  const rows = await mediaOf(db, username, caseId)
  const work = db.transaction(['drafts', 'media'], 'readwrite')
  await work.objectStore('drafts').delete([username, caseId])
  for (const one of rows) await work.objectStore('media').delete(one.id)
  await work.done
}

/** Put a finished visit into the queue: its files, then its record; all or nothing, and the draft is gone. */
export async function enqueue(db: FieldDb, draft: Draft, files: MediaRow[], rows: NewQueued[]): Promise<void> {
  const work = db.transaction(['drafts', 'media', 'queue'], 'readwrite')
  await work.objectStore('drafts').delete([draft.username, draft.case])
  for (const one of files) await work.objectStore('media').put({ ...one, queued: 1 })
  for (const one of rows) await work.objectStore('queue').add(one as Queued)
  await work.done
}

/** What waits for a person, in order. */
export function waiting(db: FieldDb, username: string): Promise<Queued[]> {
  return db.getAllFromIndex('queue', 'username', username)
}

/** What was sent by a person from this phone, the newest first. */
export async function sentRows(db: FieldDb, username: string): Promise<SentRow[]> {
  const rows = await db.getAllFromIndex('sent', 'username', username)
  return rows.sort((a, b) => b.place - a.place).slice(0, SHOWN_SENT)
}

/** Take a thing out of the queue that the server has taken; its bytes are no longer needed here. */
export async function settle(db: FieldDb, row: Queued, sent: SentRow, revision: number | null): Promise<void> {
  const work = db.transaction(['queue', 'media', 'sent'], 'readwrite')
  const queue = work.objectStore('queue')
  await queue.delete(row.place)
  if (row.media) await work.objectStore('media').delete(row.media)
  await work.objectStore('sent').put(sent)
  // Our own step moved the case: what waits behind it was written knowing that.
  if (revision !== null && row.body) {
    for (const one of await queue.index('username').getAll(row.username)) {
      if (one.case === row.case && one.body?.revision === row.body.revision) {
        await queue.put({ ...one, body: { ...one.body, revision } })
      }
    }
  }
  await work.done
}

/** Take the case as it is now for a record that was written before it changed: the inspector has looked and says so. */
export async function accept(db: FieldDb, place: number, revision: number, seen_at: string, withStep: boolean): Promise<void> {
  const row = await db.get('queue', place)
  if (!row?.body) return
  const body = { ...row.body, revision, seen_at, step: withStep ? row.body.step : null }
  await db.put('queue', { ...row, body, refused: null })
}

/** Try a refused thing again as it is. */
export async function retry(db: FieldDb, place: number): Promise<void> {
  const row = await db.get('queue', place)
  if (row) await db.put('queue', { ...row, refused: null })
}

/**
 * Take a visit out of the queue and make it a draft again; what was sent of it stays sent.
 *
 * @returns whether it was done: not while another visit of the case is being written
 */
export async function reopen(db: FieldDb, record: Queued): Promise<boolean> {
  if (!record.draft || (await db.get('drafts', [record.username, record.case]))) return false
  const work = db.transaction(['drafts', 'media', 'queue'], 'readwrite')
  const media = work.objectStore('media')
  const back = new Set<string>()
  for (const row of await visitRows(work.objectStore('queue'), record)) {
    const file = row.media ? await media.get(row.media) : undefined
    if (file) {
      back.add(file.sha256)
      await media.put({ ...file, queued: 0 })
    }
    await work.objectStore('queue').delete(row.place)
  }
  const gone = record.draft.gone.filter((one) => !back.has(one.sha256))
  await work.objectStore('drafts').put({ ...record.draft, gone })
  await work.done
  return true
}

/** Drop what still waits of a visit; what was sent of it stays sent. */
export async function discard(db: FieldDb, record: Queued): Promise<void> {
  const work = db.transaction(['media', 'queue'], 'readwrite')
  for (const row of await visitRows(work.objectStore('queue'), record)) {
    if (row.media) await work.objectStore('media').delete(row.media)
    await work.objectStore('queue').delete(row.place)
  }
  await work.done
}

interface Rows {
  index(name: 'username'): { getAll(username: string): Promise<Queued[]> }
}
async function visitRows(queue: Rows, record: Queued): Promise<Queued[]> {
  const rows = await queue.index('username').getAll(record.username)
  return rows.filter((one) => one.visit === record.visit)
}
