import 'fake-indexeddb/auto'
import { IDBFactory } from 'fake-indexeddb'
import { beforeEach, describe, expect, it } from 'vitest'
import type { Sent } from '@/api/field'
import { Failure, failureOf } from '@/api/failure'
import { passes, sendAll, waitMs, type Ports } from '@/pages/field/outbox'
import {
  accept,
  discard,
  dropDraft,
  enqueue,
  forget,
  keep,
  kept,
  keptNames,
  mediaOf,
  openStore,
  reopen,
  sentRows,
  waiting,
  type Draft,
  type FieldDb,
  type MediaRow,
  type NewQueued,
  type Queued,
} from '@/pages/field/store'

const WHO = 'inspector1'
const NOW = '2026-01-01T01:00:00.000Z'
let db: FieldDb

const draft = (caseId = 7): Draft => ({
  username: WHO,
  case: caseId,
  number: `C-${caseId}`,
  title: 'check',
  revision: 3,
  seen_at: NOW,
  began_at: NOW,
  answers: {},
  text: 'seen',
  inspectors: [WHO],
  party_name: '',
  party_says: '',
  unsigned_reason: '',
  step: '',
  step_fields: {},
  step_reason: '',
  gone: [],
})
const file = (id: string, caseId = 7): MediaRow => ({
  id,
  username: WHO,
  case: caseId,
  kind: 'photo',
  line: '',
  by: '',
  bytes: new Uint8Array([1, 2, 3]).buffer,
  type: 'image/png',
  name: `${id}.png`,
  sha256: `sha-${id}`,
  captured_at: NOW,
  spot: null,
  queued: 0,
})
const common = (caseId: number, visit: string) => ({ username: WHO, visit, case: caseId, number: `C-${caseId}`, made_at: NOW, refused: null })
const mediaRow = (id: string, caseId = 7, visit = `visit-${caseId}`): NewQueued => ({ ...common(caseId, visit), key: `key-${id}`, kind: 'media', title: id, media: id, body: null, draft: null })
const recordRow = (caseId = 7, visit = `visit-${caseId}`, from: Draft = draft(caseId)): NewQueued => ({
  ...common(caseId, visit),
  key: `record-${visit}`,
  kind: 'record',
  title: 'record',
  media: '',
  body: { revision: 3, seen_at: NOW, began_at: NOW, ended_at: NOW, inspectors: [WHO], answers: {}, media: [], signatures: [], text: 'seen', party_name: '', party_says: '', unsigned_reason: '', step: { to: 'done', fields: {}, reason: '' } },
  draft: from,
})
const answer = (row: Queued, revision: number | null = null): Sent => ({ key: row.key, kind: row.kind, case: row.case, item: row.place, position: row.place, sha256: `sha-${row.media}`, hash: '', size: 3, number: row.number, state: '', revision, step: '' })

/** A server that takes each key once; `lose` loses that many answers, `refuse` refuses by key. */
function server(rules: { lose?: number; refuse?: Record<string, Failure>; revision?: number } = {}) {
  const took: string[] = []
  const asked: string[] = []
  let lose = rules.lose ?? 0
  const take = (row: Queued): Promise<Sent> => {
    asked.push(row.key)
    const refusal = rules.refuse?.[row.key]
    if (refusal) return Promise.reject(refusal)
    if (!took.includes(row.key)) took.push(row.key)
    if (lose-- > 0) return Promise.reject(new TypeError('Failed to fetch'))
    return Promise.resolve(answer(row, row.kind === 'record' ? (rules.revision ?? 3) : null))
  }
  const ports: Ports = { now: () => new Date(NOW), device: 'phone', media: take, record: take }
  return { took, asked, ports, rules }
}
async function visit(caseId: number, ids: string[], name = `visit-${caseId}`): Promise<void> {
  const files = ids.map((id) => file(id, caseId))
  for (const one of files) await db.put('media', one)
  await enqueue(db, draft(caseId), files, [...ids.map((id) => mediaRow(id, caseId, name)), recordRow(caseId, name)])
}
const keys = async () => (await waiting(db, WHO)).map((one) => one.key)
const moved = () => failureOf(409, { error: { code: 'case_moved', params: { revision: 9 } } })

beforeEach(async () => {
  globalThis.indexedDB = new IDBFactory()
  db = await openStore()
})

describe('the queue', () => {
  it('takes the draft away and keeps its files until they are sent', async () => {
    await db.put('drafts', draft())
    await visit(7, ['a', 'b'])
    expect(await db.get('drafts', [WHO, 7])).toBeUndefined()
    expect(await mediaOf(db, WHO, 7)).toEqual([])
    expect((await db.getAll('media')).map((one) => one.queued)).toEqual([1, 1])
    expect(await keys()).toEqual(['key-a', 'key-b', 'record-visit-7'])
  })

  it('sends in the order in which things were put in, and forgets the bytes', async () => {
    await visit(7, ['a', 'b'])
    await visit(8, ['c'])
    const one = server()
    expect(await sendAll(db, WHO, one.ports)).toBe('done')
    expect(one.asked).toEqual(['key-a', 'key-b', 'record-visit-7', 'key-c', 'record-visit-8'])
    expect(await keys()).toEqual([])
    expect(await db.count('media')).toBe(0)
    expect((await sentRows(db, WHO)).map((row) => row.place)).toEqual([5, 4, 3, 2, 1])
  })

  it('asks again with the same key when an answer is lost, so that the server takes it once', async () => {
    await visit(7, ['a'])
    const one = server({ lose: 2 })
    expect(await sendAll(db, WHO, one.ports)).toBe('unreachable')
    expect(await sendAll(db, WHO, one.ports)).toBe('unreachable')
    expect(await sendAll(db, WHO, one.ports)).toBe('done')
    expect(one.asked).toEqual(['key-a', 'key-a', 'key-a', 'record-visit-7'])
    expect(one.took).toEqual(['key-a', 'record-visit-7'])
  })

  it('stops at a lost network and keeps everything', async () => {
    await visit(7, ['a'])
    const one = server({ lose: 99 })
    expect(await sendAll(db, WHO, one.ports)).toBe('unreachable')
    expect(await keys()).toEqual(['key-a', 'record-visit-7'])
    expect(await db.count('media')).toBe(1)
  })

  it('holds back what follows a refused thing in its case, and nothing else', async () => {
    await visit(7, ['a'])
    await visit(8, ['c'])
    const one = server({ refuse: { 'key-a': failureOf(422, { error: { code: 'invalid_input', field: 'file', message: 'no' } }) } })
    expect(await sendAll(db, WHO, one.ports)).toBe('refused')
    expect(await keys()).toEqual(['key-a', 'record-visit-7'])
    expect((await waiting(db, WHO))[0]?.refused).toMatchObject({ code: 'invalid_input', field: 'file', message: 'no' })
    await sendAll(db, WHO, one.ports)
    expect(one.asked.filter((key) => key === 'key-a')).toHaveLength(1) // not again before somebody decided
  })

  it('says that the session has ended and refuses nothing', async () => {
    await visit(7, ['a'])
    const one = server({ refuse: { 'key-a': failureOf(401, {}) } })
    expect(await sendAll(db, WHO, one.ports)).toBe('signin')
    expect((await waiting(db, WHO)).every((row) => row.refused === null)).toBe(true)
  })

  it('sends only what belongs to who is signed in', async () => {
    await visit(7, ['a'])
    const one = server()
    expect(await sendAll(db, 'inspector2', one.ports)).toBe('done')
    expect(one.asked).toEqual([])
    expect(await keys()).toHaveLength(2)
  })

  it('knows that its own step moved the case', async () => {
    await visit(7, ['a'], 'first')
    await visit(7, ['b'], 'second')
    const seen: (number | undefined)[] = []
    const one = server({ revision: 4 })
    const ports = { ...one.ports, record: (row: Queued, at: string) => (seen.push(row.body?.revision), one.ports.record(row, at)) }
    await sendAll(db, WHO, ports)
    expect(seen).toEqual([3, 4])
  })
})

describe('a case that moved meanwhile', () => {
  async function conflict(): Promise<Queued> {
    await visit(7, ['a'])
    const one = server({ refuse: { 'record-visit-7': moved() } })
    await sendAll(db, WHO, one.ports)
    const row = (await waiting(db, WHO))[0]
    expect(row?.refused?.code).toBe('case_moved')
    return row as Queued
  }

  it('is sent with the new revision only after somebody said so, with the same key', async () => {
    const row = await conflict()
    await accept(db, row.place, 9, '2026-01-01T02:00:00Z', false)
    const sent: Queued[] = []
    const one = server()
    await sendAll(db, WHO, { ...one.ports, record: (asked, at) => (sent.push(asked), one.ports.record(asked, at)) })
    expect(sent.map((asked) => [asked.key, asked.body?.revision, asked.body?.step, asked.body?.seen_at])).toEqual([
      ['record-visit-7', 9, null, '2026-01-01T02:00:00Z'],
    ])
    expect(await keys()).toEqual([])
  })

  it('keeps the step where that was chosen', async () => {
    const row = await conflict()
    await accept(db, row.place, 9, NOW, true)
    expect((await waiting(db, WHO))[0]?.body?.step?.to).toBe('done')
  })

  it('becomes a draft again, with what was sent of it', async () => {
    const from = { ...draft(), gone: [{ kind: 'photo', line: '', by: '', sha256: 'sha-a', captured_at: NOW }] } as Draft
    await db.put('media', file('a'))
    await enqueue(db, from, [file('a')], [mediaRow('a'), recordRow(7, 'visit-7', from)])
    await sendAll(db, WHO, server({ refuse: { 'record-visit-7': moved() } }).ports)
    const row = (await waiting(db, WHO))[0] as Queued
    expect(await reopen(db, row)).toBe(true)
    expect(await keys()).toEqual([])
    expect((await db.get('drafts', [WHO, 7]))?.gone.map((one) => one.sha256)).toEqual(['sha-a'])
  })

  it('gives unsent files back to the draft, each once', async () => {
    const from = { ...draft(), gone: [{ kind: 'photo', line: '', by: '', sha256: 'sha-a', captured_at: NOW }] } as Draft
    await db.put('media', file('a'))
    await enqueue(db, from, [file('a')], [mediaRow('a'), recordRow(7, 'visit-7', from)])
    const row = (await waiting(db, WHO)).at(-1) as Queued
    expect(await reopen(db, row)).toBe(true)
    expect((await mediaOf(db, WHO, 7)).map((one) => one.id)).toEqual(['a'])
    expect((await db.get('drafts', [WHO, 7]))?.gone).toEqual([])
  })

  it('overwrites no other draft of the case', async () => {
    const row = await conflict()
    await db.put('drafts', { ...draft(), text: 'another' })
    expect(await reopen(db, row)).toBe(false)
    expect((await db.get('drafts', [WHO, 7]))?.text).toBe('another')
    expect(await keys()).toEqual(['record-visit-7'])
  })

  it('is dropped with its unsent files only when that was chosen', async () => {
    await visit(7, ['a'])
    await visit(8, ['c'])
    await discard(db, (await waiting(db, WHO))[1] as Queued)
    expect(await keys()).toEqual(['key-c', 'record-visit-8'])
    expect((await db.getAll('media')).map((one) => one.id)).toEqual(['c'])
  })
})

describe('what is kept', () => {
  it('is a copy, by person, and forgotten by person', async () => {
    await keep(db, WHO, 'tasks', NOW, [{ id: 1 }])
    await keep(db, WHO, 'case/7', NOW, { id: 7 })
    await keep(db, 'other', 'tasks', NOW, [])
    expect(await kept(db, WHO, 'tasks')).toEqual({ at: NOW, value: [{ id: 1 }] })
    expect((await keptNames(db, WHO)).sort()).toEqual(['case/7', 'tasks'])
    await forget(db, WHO)
    expect(await keptNames(db, WHO)).toEqual([])
    expect(await keptNames(db, 'other')).toEqual(['tasks'])
  })

  it('loses a draft with its files, but not what is in the queue', async () => {
    await visit(7, ['a'])
    await db.put('drafts', draft())
    await db.put('media', file('b'))
    await dropDraft(db, WHO, 7)
    expect((await db.getAll('media')).map((one) => one.id)).toEqual(['a'])
  })
})

describe('failures', () => {
  it.each([
    [0, true],
    [401, true],
    [429, true],
    [500, true],
    [503, true],
    [409, false],
    [422, false],
    [403, false],
    [404, false],
    [413, false],
  ])('%i is tried again as it is: %s', (status, again) => {
    expect(passes(failureOf(status, {}))).toBe(again)
  })

  it('are waited for longer each time, at most five minutes', () => {
    expect([1, 2, 3, 20].map(waitMs)).toEqual([5000, 10_000, 20_000, 300_000])
  })
})
