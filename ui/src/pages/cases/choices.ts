// Who and which organisation a legal form can name.
import { api } from '@/api/calls'
import type { OrgChoice, Person, Place, StepField } from '@/api/types'

/** People that a form can name; nobody is asked for when no field needs them. */
export async function peopleFor(fields: readonly StepField[], object: Pick<Place, 'type' | 'code'> | null): Promise<Person[]> {
  if (!fields.some((field) => field.type === 'user' || field.type === 'users')) return []
  return people(object)
}

/** People who work at an object, or anywhere when a case has none. */
export function people(object: Pick<Place, 'type' | 'code'> | null): Promise<Person[]> {
  return api.people(object?.code ? `${object.type}:${object.code}` : '').catch(() => [])
}

/** Organisations that a form can name. */
export async function orgsFor(fields: readonly StepField[]): Promise<OrgChoice[]> {
  return fields.some((field) => field.type === 'org') ? orgs() : []
}

/** Every organisation of the register. */
export async function orgs(): Promise<OrgChoice[]> {
  const found = await api.objects({ type: 'organisation', page_size: 200, sort: 'name' }).catch(() => null)
  return found?.items ?? []
}
