// Tasks with and without a network: the server's answer, or what was taken along and when.
import { api } from '@/api/calls'
import { fieldApi, type FieldKit, type FieldTask } from '@/api/field'
import { asFailure } from '@/api/failure'
import type { CaseDetail } from '@/api/types'
import { metresBetween, type Spot } from '@/pages/field/place'
import { keep, kept, keptNames, type FieldDb } from '@/pages/field/store'

export type Sort = 'deadline' | 'distance'
export type Whose = 'all' | 'mine' | 'open'

/** Something of the server, with the time at which it was so. */
export interface Held<T> {
  value: T
  at: string
  fresh: boolean
}
const MOST = 200
const TASKS = 'tasks'
const KIT = 'kit'
const caseName = (id: number) => `case/${id}`

/** Ask the server and keep the answer; without a network, what was kept. */
async function askOrHeld<T>(db: FieldDb, username: string, name: string, now: () => Date, ask: () => Promise<T>): Promise<Held<T>> {
  try {
    const value = await ask()
    const at = now().toISOString()
    await keep(db, username, name, at, value)
    return { value, at, fresh: true }
  } catch (thrown) {
    const failure = asFailure(thrown)
    const held = failure.kind === 'unreachable' ? await kept<T>(db, username, name) : null
    if (!held) throw failure
    return { ...held, fresh: false }
  }
}

/**
 * The tasks of a person.
 *
 * @param now time of the city: what the server would say now
 */
export function loadTasks(db: FieldDb, username: string, now: () => Date): Promise<Held<FieldTask[]>> {
  return askOrHeld(db, username, TASKS, now, async () => (await fieldApi.tasks({ page_size: MOST })).items)
}

/** Checklists and colleagues. */
export function loadKit(db: FieldDb, username: string, now: () => Date): Promise<Held<FieldKit>> {
  return askOrHeld(db, username, KIT, now, () => fieldApi.kit())
}

/** One case in full. */
export function loadCase(db: FieldDb, username: string, id: number, now: () => Date): Promise<Held<CaseDetail>> {
  return askOrHeld(db, username, caseName(id), now, () => api.case(id))
}

/** The tasks as they are shown: whose, and in which order; a task without a place comes last by distance. */
export function arranged(tasks: readonly FieldTask[], whose: Whose, sort: Sort, here: Spot | null): FieldTask[] {
  const wanted = tasks.filter((one) => whose === 'all' || one.mine === (whose === 'mine'))
  const told = here ? wanted.map((one) => ({ ...one, distance_m: distanceOf(one, here) })) : wanted
  if (sort === 'deadline') return told
  return [...told].sort((a, b) => (a.distance_m ?? Infinity) - (b.distance_m ?? Infinity))
}

function distanceOf(task: FieldTask, here: Spot): number | null {
  if (task.lon === null || task.lat === null) return null
  return metresBetween(Number(here.lon), Number(here.lat), task.lon, task.lat)
}

/**
 * Take tasks along in full, one after the other, those that are not held as they are now.
 *
 * @param told called with how many are held
 * @returns how many could not be taken
 */
export async function takeAlong(
  db: FieldDb,
  username: string,
  tasks: readonly FieldTask[],
  now: () => Date,
  told: (held: number) => void = () => undefined,
): Promise<number> {
  let missing = 0
  let held = 0
  for (const one of tasks) {
    const had = await kept<CaseDetail>(db, username, caseName(one.case.id))
    const right = had?.value.revision === one.revision || (await loadCase(db, username, one.case.id, now).then((got) => got.fresh, () => false))
    if (right) told((held += 1))
    else missing += 1
  }
  return missing
}

/** Cases that are held in full. */
export async function heldCases(db: FieldDb, username: string): Promise<Set<number>> {
  const names = await keptNames(db, username)
  return new Set(names.filter((name) => name.startsWith('case/')).map((name) => Number(name.slice(5))))
}
