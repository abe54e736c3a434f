// Questions about evidence of any subject: chains, records, redactions, custody, daily roots.
import { address, client, tidy, unwrap } from '@/api/client'
import type { components, paths } from '@/api/schema'
import type { Evidence, EvidenceReport } from '@/api/types'

type Schemas = components['schemas']
type QueryOf<Path extends keyof paths> = paths[Path] extends { get: { parameters: { query?: infer Query } } } ? NonNullable<Query> : never

export type SubjectKind = Schemas['SubjectKind']
export type EvidenceRow = Schemas['EvidenceRow']
export type EvidencePage = Schemas['EvidencePage']
export type Chain = Schemas['SubjectOut']
export type RecordForm = Schemas['RecordFormOut']
export type RecordField = Schemas['RecordFieldOut']
export type RecordIn = Schemas['RecordIn']
export type Admissibility = Schemas['AdmissibilityOut']
export type Custody = Schemas['CustodyOut']
export type DailyRoot = Schemas['RootOut']
export type RootPage = Schemas['RootPage']
export type RootReport = Schemas['RootReportOut']
export type EvidenceQuery = QueryOf<'/api/v1/evidence'>

const AT = '/api/v1/evidence/{kind}/{subject_id}'
const of = (kind: SubjectKind, subject_id: number) => ({ params: { path: { kind, subject_id } } })
const item = (kind: SubjectKind, subject_id: number, position: number) => ({ params: { path: { kind, subject_id, position } } })
const sent = (values: Record<string, string | File>) => {
  const form = new FormData()
  for (const [name, value] of Object.entries(values)) form.append(name, value)
  return { body: form as never, bodySerializer: (body: unknown) => body as FormData }
}

export const evidenceApi = {
  list: (query: EvidenceQuery = {}): Promise<EvidencePage> => unwrap(client.GET('/api/v1/evidence', { params: { query: tidy(query) } })),
  csv: (query: EvidenceQuery = {}) => address('/api/v1/evidence/export.csv', query),
  forms: (): Promise<RecordForm[]> => unwrap(client.GET('/api/v1/evidence/record-forms')),
  chain: (kind: SubjectKind, id: number): Promise<Chain> => unwrap(client.GET(AT, of(kind, id))),
  upload: (kind: SubjectKind, id: number, file: File, as: string, title: string): Promise<Evidence> =>
    unwrap(client.POST(`${AT}/files`, { ...of(kind, id), ...sent({ file, kind: as, title }) })),
  write: (kind: SubjectKind, id: number, body: RecordIn): Promise<Evidence> => unwrap(client.POST(`${AT}/record`, { ...of(kind, id), body })),
  review: (kind: SubjectKind, id: number, position: number, result: 'pass' | 'fail', note: string): Promise<Evidence> =>
    unwrap(client.POST(`${AT}/{position}/review`, { ...item(kind, id, position), body: { result, note } })),
  redact: (kind: SubjectKind, id: number, position: number, file: File, reason: string): Promise<Evidence> =>
    unwrap(client.POST(`${AT}/{position}/redaction`, { ...item(kind, id, position), ...sent({ file, reason }) })),
  verify: (kind: SubjectKind, id: number): Promise<EvidenceReport> => unwrap(client.GET(`${AT}/verify`, of(kind, id))),
  admissibility: (kind: SubjectKind, id: number): Promise<Admissibility[]> => unwrap(client.GET(`${AT}/admissibility`, of(kind, id))),
  custody: (kind: SubjectKind, id: number): Promise<Custody[]> => unwrap(client.GET(`${AT}/custody`, of(kind, id))),
  packageOf: (kind: SubjectKind, id: number, originals: boolean) => `/api/v1/evidence/${kind}/${id}/package?originals=${originals}`,
  roots: (page: number): Promise<RootPage> => unwrap(client.GET('/api/v1/evidence/roots', { params: { query: { page } } })),
  checkRoots: (): Promise<RootReport> => unwrap(client.GET('/api/v1/evidence/roots/verify')),
  rootsFile: '/api/v1/evidence/daily-roots.jsonl',
}
