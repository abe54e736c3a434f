import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { mediaForm, type CheckLine, type Checklist, type FieldTask } from '@/api/field'
import type { NextStep } from '@/api/types'
import { shellFiles } from '../fieldWorker'
import { recall, remember, unremember, worksOffline } from '@/app/remembered'
import { useSession } from '@/app/stores/session'
import { deviceName, sha256 } from '@/pages/field/hash'
import { distanceText, mapLink, metresBetween, spotOf } from '@/pages/field/place'
import { useShell } from '@/pages/field/shell'
import type { MediaRow } from '@/pages/field/store'
import { arranged } from '@/pages/field/tasks'
import { begin, kindOf, lacks, listsOf, parcelsOf, stepsOnSite, type VisitFacts } from '@/pages/field/visit'

const NOW = new Date('2026-01-01T01:00:00Z')
const line = (item: string, more: Partial<CheckLine> = {}): CheckLine => ({
  checklist: 'general',
  item,
  text_zh: item,
  text_en: `the ${item}`,
  answer: 'yes_no',
  unit: '',
  problem_on: 'no',
  photo_on_problem: true,
  required: true,
  row: '',
  ...more,
})
const step = (code: string, more: Partial<NextStep> = {}) => ({ code, role_allowed: true, automatic: false, fields: [], reason_required: false, unmet: [], ...more }) as unknown as NextStep
const draft = () => begin('a', { id: 7, number: 'C-7', title: 'check', revision: 3 }, '2025-11-24T10:00:00Z', NOW)
const file = (id: string, more: Partial<MediaRow> = {}) =>
  ({ id, kind: 'photo', line: '', by: '', sha256: `sha-${id}`, captured_at: NOW.toISOString(), name: `${id}.png`, ...more }) as MediaRow
const signature = (by: string) => file(`s-${by}`, { kind: 'signature', by })
const facts = (more: Partial<VisitFacts> = {}): VisitFacts => ({ lines: [line('sign')], least: 2, files: [], step: null, ...more })
const whole = () => ({ ...draft(), answers: { sign: { value: 'yes', note: '' } }, text: 'seen', inspectors: ['a', 'b'] })
const signed = [signature('a'), signature('b'), signature('party')]

describe('a visit', () => {
  it('says everything that is missing, in the order of the page', () => {
    expect(lacks(draft(), facts()).map((one) => `${one.at}:${one.key}`)).toEqual(['line-sign:answer', 'text:text', 'people:inspectors', 'sign-a:signature', 'sign-party:party'])
    expect(lacks(whole(), facts({ files: signed }))).toEqual([])
  })

  it('wants words and a picture of a problem', () => {
    const bad = { ...whole(), answers: { sign: { value: 'no', note: '' } } }
    expect(lacks(bad, facts({ files: signed })).map((one) => one.key)).toEqual(['note', 'picture'])
    const told = { ...bad, answers: { sign: { value: 'no', note: 'gone' } } }
    expect(lacks(told, facts({ files: [...signed, file('p', { line: 'sign' })] }))).toEqual([])
    expect(lacks(told, facts({ lines: [line('sign', { photo_on_problem: false })], files: signed }))).toEqual([])
  })

  it('may lack the signature of the party with a reason only', () => {
    const files = [signature('a'), signature('b')]
    expect(lacks(whole(), facts({ files })).map((one) => one.key)).toEqual(['party'])
    expect(lacks({ ...whole(), unsigned_reason: 'refused' }, facts({ files }))).toEqual([])
  })

  it('wants the fields and the reason of the step', () => {
    const next = step('done', { fields: [{ name: 'result', type: 'text', required: true, label_zh: '', label_en: 'Result' }] as never, reason_required: true })
    expect(lacks(whole(), facts({ files: signed, step: next })).map((one) => one.key)).toEqual(['field', 'reason'])
    const filled = { ...whole(), step: 'done', step_fields: { result: 'fine' }, step_reason: 'because' }
    expect(lacks(filled, facts({ files: signed, step: next }))).toEqual([])
    const record = parcelsOf(filled, facts({ files: signed, step: next }), NOW, null, () => 'k').at(-1)
    expect(record?.body?.step).toEqual({ to: 'done', fields: { result: 'fine' }, reason: 'because' })
  })

  it('becomes its files as they were made, then its record, each with a key of its own', () => {
    let n = 0
    const files = [file('p', { line: 'sign' }), ...signed]
    const rows = parcelsOf({ ...whole(), answers: { sign: { value: 'yes', note: '' }, other: { value: 'yes', note: '' } } }, facts({ files }), NOW, { lon: '114.3', lat: '30.6', accuracy_m: '5.0' }, () => `key-${(n += 1)}`)
    expect(rows.map((one) => [one.kind, one.media])).toEqual([['media', 'p'], ['media', 's-a'], ['media', 's-b'], ['media', 's-party'], ['record', '']])
    expect(new Set(rows.map((one) => one.key)).size).toBe(5)
    const body = rows.at(-1)?.body
    expect(body?.media).toEqual([{ sha256: 'sha-p', line: 'sign' }])
    expect(body?.signatures?.map((one) => one.by)).toEqual(['a', 'b', 'party'])
    expect(Object.keys(body?.answers ?? {})).toEqual(['sign']) // not a line of another list
    expect([body?.revision, body?.lon, body?.seen_at]).toEqual([3, '114.3', '2025-11-24T10:00:00Z'])
  })

  it('offers the steps of the person, whatever their guards', () => {
    const steps = [step('mine', { allowed: false }), step('theirs', { role_allowed: false }), step('own', { automatic: true })]
    expect(stepsOnSite(steps).map((one) => one.code)).toEqual(['mine'])
  })

  it('has the lists of its task in their order', () => {
    const lists = [{ checklist: 'water' }, { checklist: 'general' }] as Checklist[]
    expect(listsOf({ checklists: ['general', 'water', 'gone'] }, lists).map((one) => one.checklist)).toEqual(['general', 'water'])
    expect(listsOf(null, lists)).toEqual([])
  })

  it('knows what a file is', () => {
    expect(['image/png', 'video/mp4', 'audio/webm;codecs=opus'].map(kindOf)).toEqual(['photo', 'video', 'sound'])
  })
})

describe('places', () => {
  it('are as far apart as the server says', () => {
    expect(metresBetween(114.3, 30.6, 114.3, 31.6)).toBe(111195)
    expect(Math.abs(metresBetween(114.3, 30.6, 114.305438, 30.597584) - 586)).toBeLessThanOrEqual(2)
  })

  it('are written as the server reads them', () => {
    expect(spotOf({ longitude: 114.30551234567, latitude: 30, accuracy: 12.04 })).toEqual({ lon: '114.3055123', lat: '30.0000000', accuracy_m: '12.0' })
    expect([distanceText(850), distanceText(3210), distanceText(null)]).toEqual(['850 m', '3.2 km', ''])
    expect(mapLink(114.3, 30.6)).toBe('geo:30.6,114.3?q=30.6,114.3')
  })

  it('order tasks by distance, what has none last', () => {
    const task = (id: number, lon: number | null, mine = false) => ({ case: { id }, lon, lat: lon === null ? null : 30, mine, distance_m: null }) as unknown as FieldTask
    const tasks = [task(1, 115), task(2, null), task(3, 114.1, true)]
    const here = { lon: '114', lat: '30', accuracy_m: '5' }
    expect(arranged(tasks, 'all', 'distance', here).map((one) => one.case.id)).toEqual([3, 1, 2])
    expect(arranged(tasks, 'all', 'deadline', here).map((one) => one.case.id)).toEqual([1, 2, 3])
    expect(arranged(tasks, 'mine', 'distance', null).map((one) => one.case.id)).toEqual([3])
    expect(arranged(tasks, 'open', 'deadline', null).map((one) => one.case.id)).toEqual([1, 2])
  })
})

describe('fingerprints', () => {
  it('are SHA-256 in hexadecimal', async () => {
    expect(await sha256(new TextEncoder().encode('abc').buffer as ArrayBuffer)).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  })

  it('name the phone once', () => {
    const box = new Map<string, string>()
    const port = { getItem: (key: string) => box.get(key) ?? null, setItem: (key: string, value: string) => void box.set(key, value) }
    expect(deviceName(port)).toMatch(/^[A-Za-z0-9-]{36}$/)
    expect(deviceName(port)).toBe(deviceName(port))
  })
})

describe('a file that is sent', () => {
  it('says what is known and leaves out the rest', () => {
    const note = { kind: 'photo', sha256: 'x', captured_at: 't', title: '', line: '', key: 'k', device: 'd', place: 1, made_at: 't', clock_at: 't', lon: null } as const
    const form = mediaForm(new Blob(['x'], { type: 'image/png' }), 'a.png', note)
    expect([...form.keys()].sort()).toEqual(['captured_at', 'clock_at', 'device', 'file', 'key', 'kind', 'made_at', 'place', 'sha256'])
  })
})

describe('the door without a network', () => {
  beforeEach(() => {
    setActivePinia(createPinia())
    localStorage.clear()
  })
  afterEach(() => vi.unstubAllGlobals())
  const user = { username: 'inspector1', display_name: 'Chen', display_name_en: 'Chen', roles: ['inspector'] }
  const unreachable = () => vi.stubGlobal('fetch', () => Promise.reject(new TypeError('Failed to fetch')))
  const says = (body: unknown) => vi.stubGlobal('fetch', () => Promise.resolve(new Response(JSON.stringify(body), { headers: { 'Content-Type': 'application/json' } })))

  it('goes on for who was signed in, at the door of the phone only', async () => {
    history.replaceState(null, '', '/field/tasks')
    says({ authenticated: true, user, csrf_token: 'x' })
    await useSession().refresh()
    unreachable()
    setActivePinia(createPinia())
    await useSession().refresh()
    expect([useSession().signedIn, useSession().session.user?.username, useSession().session.csrf_token]).toEqual([true, 'inspector1', ''])
    expect(JSON.stringify({ ...localStorage })).not.toContain('csrf')
    history.replaceState(null, '', '/desk/alarms')
    setActivePinia(createPinia())
    await useSession().refresh()
    expect(useSession().signedIn).toBe(false)
  })

  it('goes on for nobody when the server says that nobody is signed in', async () => {
    history.replaceState(null, '', '/field/tasks')
    remember('person', user)
    says({ authenticated: false, user: null, csrf_token: '' })
    await useSession().refresh()
    expect(useSession().signedIn).toBe(false)
  })

  it('remembers nothing elsewhere and forgets when told', () => {
    history.replaceState(null, '', '/desk/alarms')
    remember('x', 1)
    expect(localStorage.length).toBe(0)
    history.replaceState(null, '', '/field/queue')
    remember('x', { a: 1 })
    expect([worksOffline(), recall('x')]).toEqual([true, { a: 1 }])
    unremember('x')
    expect(recall('x')).toBeNull()
  })
})

describe('the shell', () => {
  class Target extends EventTarget {
    state = 'installing'
  }
  const on = (target: EventTarget, name: string) => target.dispatchEvent(new Event(name))
  let workers: EventTarget & { controller: object | null; register: () => Promise<unknown>; ready: Promise<unknown> }
  let registration: EventTarget & { waiting: { postMessage: (word: string) => void } | null; installing: Target | null; update: () => Promise<void> }

  beforeEach(() => {
    setActivePinia(createPinia())
    registration = Object.assign(new EventTarget(), { waiting: null, installing: null, update: () => Promise.resolve() })
    workers = Object.assign(new EventTarget(), { controller: null, register: vi.fn(() => Promise.resolve(registration)), ready: Promise.resolve() })
    vi.stubGlobal('navigator', { serviceWorker: workers })
  })
  afterEach(() => vi.unstubAllGlobals())

  it('says that it is kept, and that the first worker is no update', async () => {
    const shell = useShell()
    await shell.start()
    expect(workers.register).toHaveBeenCalledWith('/field/worker.js', { scope: '/field/' })
    registration.installing = Object.assign(new Target(), { state: 'installed' })
    on(registration, 'updatefound')
    on(registration.installing, 'statechange')
    expect([shell.state, shell.update]).toEqual(['kept', false])
  })

  it('says that a newer one waits, and lets it take over only when told', async () => {
    workers.controller = {}
    const told: string[] = []
    const shell = useShell()
    await shell.start()
    registration.installing = Object.assign(new Target(), { state: 'installed' })
    registration.waiting = { postMessage: (word) => void told.push(word) }
    on(registration, 'updatefound')
    on(registration.installing, 'statechange')
    expect([shell.update, told]).toEqual([true, []])
    shell.take()
    expect(told).toEqual(['skip-waiting'])
  })

  it('says that it could not be kept', async () => {
    workers.register = () => Promise.reject(new Error('no'))
    await useShell().start()
    expect(useShell().state).toBe('failed')
  })
})

describe('the files of the shell', () => {
  const chunk = (fileName: string, more: object = {}) => ({ type: 'chunk', fileName, imports: [], dynamicImports: [], ...more })
  const css = (...names: string[]) => ({ viteMetadata: { importedCss: new Set(names), importedAssets: new Set<string>() } })
  const chunks = [
    chunk('assets/desk.js', { isEntry: true, name: 'desk', imports: ['assets/vue.js'], dynamicImports: ['assets/map.js'], ...css('assets/desk.css') }),
    chunk('assets/vue.js'),
    chunk('assets/map.js', { facadeModuleId: '/ui/src/map/MapView.vue' }),
    chunk('assets/tasks.js', { facadeModuleId: '/ui/src/pages/field/TaskList.vue', imports: ['assets/part.js'], ...css('assets/tasks.css') }),
    chunk('assets/part.js'),
    chunk('field-worker.js', { name: 'field-worker', facadeModuleId: '/ui/src/pages/field/worker.ts' }),
  ]
  const bundle = Object.fromEntries(chunks.map((one) => [one.fileName, one]))

  it('are what the door needs to start, and no page of another door', () => {
    const names = ['desk.css', 'desk.js', 'part.js', 'tasks.css', 'tasks.js', 'vue.js']
    expect(shellFiles(bundle)).toEqual(names.map((name) => `/assets/${name}`))
  })

  it('need an entry and pages', () => {
    expect(() => shellFiles({})).toThrow('no entry')
    expect(() => shellFiles(Object.fromEntries(chunks.slice(0, 1).map((one) => [one.fileName, one])))).toThrow('no page of the field')
  })
})
