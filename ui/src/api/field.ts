// What the phone of an inspector asks the server, and what it sends.
import { client, tidy, unwrap } from '@/api/client'
import type { components, paths } from '@/api/schema'

type Schemas = components['schemas']
type QueryOf<Path extends keyof paths> = paths[Path] extends { get: { parameters: { query?: infer Query } } } ? NonNullable<Query> : never

export type TaskQuery = QueryOf<'/api/v1/field/tasks'>
export type SendingQuery = QueryOf<'/api/v1/field/sendings'>
export type FieldTask = Schemas['FieldTask']
export type FieldTaskPage = Schemas['FieldTaskPage']
export type FieldKit = Schemas['FieldKitOut']
export type Checklist = Schemas['ChecklistOut']
export type CheckLine = Schemas['CheckItemOut']
export type Colleague = Schemas['ColleagueOut']
export type VisitBody = Schemas['VisitIn']
export type Sent = Schemas['SentOut']
export type SendingPage = Schemas['SendingPage']
export type MediaKind = 'photo' | 'video' | 'sound' | 'signature'

/** What is said of a file when it is sent. */
export interface MediaNote {
  kind: MediaKind
  sha256: string
  captured_at: string
  title: string
  line: string
  key: string
  device: string
  place: number
  made_at: string
  clock_at: string
  lon?: string | null
  lat?: string | null
  accuracy_m?: string | null
}

const inCase = (case_id: number) => ({ params: { path: { case_id } } })

/** The form of a file and what is said of it; what is unknown is left out. */
export function mediaForm(file: Blob, name: string, note: MediaNote): FormData {
  const form = new FormData()
  form.append('file', file, name)
  for (const [key, value] of Object.entries(tidy(note))) form.append(key, String(value))
  return form
}

export const fieldApi = {
  tasks: (query: TaskQuery = {}): Promise<FieldTaskPage> => unwrap(client.GET('/api/v1/field/tasks', { params: { query: tidy(query) } })),
  kit: (): Promise<FieldKit> => unwrap(client.GET('/api/v1/field/kit')),
  sendings: (query: SendingQuery = {}): Promise<SendingPage> => unwrap(client.GET('/api/v1/field/sendings', { params: { query: tidy(query) } })),
  sendMedia: (case_id: number, file: Blob, name: string, note: MediaNote): Promise<Sent> =>
    unwrap(
      client.POST('/api/v1/field/cases/{case_id}/media', {
        ...inCase(case_id),
        body: mediaForm(file, name, note) as never,
        bodySerializer: (body: unknown) => body as FormData,
      }),
    ),
  sendRecord: (case_id: number, body: VisitBody): Promise<Sent> => unwrap(client.POST('/api/v1/field/cases/{case_id}/records', { ...inCase(case_id), body })),
}
