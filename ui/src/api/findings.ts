// Questions about findings beyond the alarm list: entries, answers, merges, windows, leaks, key figures.
import { address, client, tidy, unwrap } from '@/api/client'
import type { components, paths } from '@/api/schema'
import type { Finding, FindingDetail } from '@/api/types'

type Schemas = components['schemas']
type QueryOf<Path extends keyof paths> = paths[Path] extends { get: { parameters: { query?: infer Query } } } ? NonNullable<Query> : never

export type Vocabulary = Schemas['VocabularyOut']
export type FindingKind = Schemas['FindingKindOut']
export type Entry = Schemas['FindingEntryIn']
export type EntryCheck = Schemas['FindingEntryCheckOut']
export type Figures = Schemas['FindingFiguresOut']
export type FindingKpi = Schemas['FindingKpiOut']
export type Interval = Schemas['AlarmIntervalOut']
export type Window = Schemas['WindowOut']
export type WindowPage = Schemas['WindowPage']
export type WindowDetail = Schemas['WindowDetail']
export type WindowIn = Schemas['WindowIn']
export type Component = Schemas['ComponentOut']
export type ComponentPage = Schemas['ComponentPage']
export type ComponentDetail = Schemas['ComponentDetail']
export type LeakCheck = Schemas['LeakCheckIn']
export type LeakReport = Schemas['LeakReportOut']
export type WindowQuery = QueryOf<'/api/v1/windows'>
export type LeakQuery = QueryOf<'/api/v1/leaks'>
export type KpiQuery = QueryOf<'/api/v1/findings/kpi'>

const of = (finding_id: number) => ({ params: { path: { finding_id } } })
const window = (window_id: number) => ({ params: { path: { window_id } } })

export const findingApi = {
  vocabulary: (): Promise<Vocabulary> => unwrap(client.GET('/api/v1/findings/vocabulary')),
  enter: (body: Entry): Promise<FindingDetail> => unwrap(client.POST('/api/v1/findings/entries', { body })),
  checkEntry: (body: Entry): Promise<EntryCheck> => unwrap(client.POST('/api/v1/findings/entries/check', { body })),
  dismissMany: (ids: number[], reason: string, note: string): Promise<Finding[]> =>
    unwrap(client.POST('/api/v1/findings/dismiss', { body: { ids, reason, note } })),
  merge: (id: number, into: number, reason: string): Promise<FindingDetail> =>
    unwrap(client.POST('/api/v1/findings/{finding_id}/merge', { ...of(id), body: { into, reason } })),
  unmerge: (id: number, reason: string): Promise<FindingDetail> =>
    unwrap(client.POST('/api/v1/findings/{finding_id}/unmerge', { ...of(id), body: { reason } })),
  ask: (id: number, question: string, hours: string): Promise<FindingDetail> =>
    unwrap(client.POST('/api/v1/findings/{finding_id}/ask', { ...of(id), body: { question, hours: hours || null } })),
  refuseAnswer: (id: number, reason: string): Promise<FindingDetail> =>
    unwrap(client.POST('/api/v1/findings/{finding_id}/refuse-answer', { ...of(id), body: { reason } })),
  attachProof: (id: number, file: File, title: string): Promise<unknown> => {
    const form = new FormData()
    form.append('file', file)
    form.append('kind', file.type.startsWith('image/') ? 'photo' : 'document')
    form.append('title', title)
    return unwrap(
      client.POST('/api/v1/evidence/{kind}/{subject_id}/files', {
        params: { path: { kind: 'finding', subject_id: id } } as never,
        body: form as never,
        bodySerializer: (body: unknown) => body as FormData,
      }),
    )
  },
  proofs: (id: number) => unwrap(client.GET('/api/v1/evidence/{kind}/{subject_id}', { params: { path: { kind: 'finding', subject_id: id } } as never })),
  kpi: (query: KpiQuery = {}): Promise<FindingKpi> => unwrap(client.GET('/api/v1/findings/kpi', { params: { query: tidy(query) } })),
  kpiCsv: (query: KpiQuery = {}) => address('/api/v1/findings/kpi/export.csv', query),
  windows: (query: WindowQuery = {}): Promise<WindowPage> => unwrap(client.GET('/api/v1/windows', { params: { query: tidy(query) } })),
  windowsCsv: (query: WindowQuery = {}) => address('/api/v1/windows/export.csv', query),
  window: (id: number): Promise<WindowDetail> => unwrap(client.GET('/api/v1/windows/{window_id}', window(id))),
  announce: (body: WindowIn): Promise<WindowDetail> => unwrap(client.POST('/api/v1/windows', { body })),
  approve: (id: number, note: string): Promise<WindowDetail> => unwrap(client.POST('/api/v1/windows/{window_id}/approve', { ...window(id), body: { note } })),
  refuse: (id: number, note: string): Promise<WindowDetail> => unwrap(client.POST('/api/v1/windows/{window_id}/refuse', { ...window(id), body: { note } })),
  withdraw: (id: number, reason: string): Promise<WindowDetail> =>
    unwrap(client.POST('/api/v1/windows/{window_id}/withdraw', { ...window(id), body: { reason } })),
  leaks: (query: LeakQuery = {}): Promise<ComponentPage> => unwrap(client.GET('/api/v1/leaks', { params: { query: tidy(query) } })),
  leaksCsv: (query: LeakQuery = {}) => address('/api/v1/leaks/export.csv', query),
  component: (code: string): Promise<ComponentDetail> => unwrap(client.GET('/api/v1/leaks/{code}', { params: { path: { code } } })),
  recordLeak: (body: LeakCheck): Promise<ComponentDetail> => unwrap(client.POST('/api/v1/leaks/checks', { body })),
  takeBack: (check_id: number, reason: string): Promise<ComponentDetail> =>
    unwrap(client.POST('/api/v1/leaks/checks/{check_id}/take-back', { params: { path: { check_id } }, body: { reason } })),
  importLeaks: (csv: string, dry_run: boolean): Promise<LeakReport> => unwrap(client.POST('/api/v1/leaks/import', { body: { csv, dry_run } })),
}
