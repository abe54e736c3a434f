// Every question that the pages ask the server, by name. Paths, queries and answers are checked against the contract.
import { address, client, tidy, unwrap } from '@/api/client'
import type { paths } from '@/api/schema'
import type {
  Arrivals,
  CaseBoard,
  CaseDetail,
  CaseDocument,
  CaseMap,
  CasePage,
  Catalogue,
  CommandDetail,
  CommandPage,
  ComputeIn,
  DataImport,
  ImportDetail,
  ImportGuess,
  ImportIssue,
  ImportMapping,
  ImportPreview,
  DecisionAnswer,
  DecisionRecord,
  DeviceDetail,
  DevicePage,
  DeviceReadings,
  Duplicate,
  Explanation,
  FigureIn,
  FindingPage,
  FrameDetail,
  FrameList,
  GapPage,
  GeoFeatures,
  HealthReport,
  IndicatorDetail,
  IndicatorPage,
  ManyCases,
  NewcomerDetail,
  NewcomerPage,
  ObjectImport,
  ObjectRevision,
  ObjectType,
  Paged,
  Pasted,
  ProcedureRow,
  Readmission,
  Recomputation,
  RecomputationDetail,
  Recomputed,
  RegistryObjectDetail,
  RegistryObjectPage,
  RejectPage,
  RejectSummary,
  RuleDetail,
  RulePage,
  SurveyMade,
} from '@/api/types'

type QueryOf<Path extends keyof paths> = paths[Path] extends { get: { parameters: { query?: infer Query } } } ? NonNullable<Query> : never

export type FindingQuery = QueryOf<'/api/v1/findings'>
export type CaseQuery = QueryOf<'/api/v1/cases'>
export type StationQuery = QueryOf<'/api/v1/stations'>
export type EnterpriseQuery = QueryOf<'/api/v1/enterprises'>
export type RuleQuery = QueryOf<'/api/v1/rules'>
export type RecomputationQuery = QueryOf<'/api/v1/recomputations'>
export type RecomputedQuery = QueryOf<'/api/v1/recomputations/{run}/answers'>
export type ImportQuery = QueryOf<'/api/v1/imports'>
export type ImportIssueQuery = QueryOf<'/api/v1/imports/{job}/errors'>
export type MappingDraft = Record<string, unknown>
export type DeviceQuery = QueryOf<'/api/v1/devices'>
export type FrameQuery = QueryOf<'/api/v1/devices/{mn}/frames'>
type BodyOf<Operation> = Operation extends { requestBody: { content: { 'application/json': infer Body } } } ? Body : never
export type TryIn = BodyOf<paths['/api/v1/rules/{row_id}/try']['post']>
export type RecomputeIn = BodyOf<paths['/api/v1/recomputations']['post']>
export type DeviceIn = BodyOf<paths['/api/v1/devices']['post']>
export type DeviceChange = BodyOf<paths['/api/v1/devices/{mn}']['patch']>
export type OrderIn = BodyOf<paths['/api/v1/devices/{mn}/commands']['post']>
export type AdoptIn = BodyOf<paths['/api/v1/newcomers/{mn}/adopt']['post']>
export type CommandQuery = QueryOf<'/api/v1/commands'>
export type GapQuery = QueryOf<'/api/v1/gaps'>
export type RejectQuery = QueryOf<'/api/v1/rejects'>
export type NewcomerQuery = QueryOf<'/api/v1/newcomers'>
export type AirQuery = QueryOf<'/api/v1/air/evaluation'>
export type SeriesQuery = paths['/api/v1/series']['get']['parameters']['query']

const session = {
  meta: () => unwrap(client.GET('/api/v1/meta')),
  healthReport: () => unwrap<HealthReport>(client.GET('/api/v1/health/report')),
  session: () => unwrap(client.GET('/api/v1/session')),
  signIn: (username: string, password: string, code = '') => unwrap(client.POST('/api/v1/session', { body: { username, password, code } })),
  signOut: () => unwrap(client.DELETE('/api/v1/session')),
  enterDemo: (username: string) => unwrap(client.POST('/api/v1/demo/session', { body: { username } })),
  setClock: (wish: { speed?: number; paused?: boolean }) => unwrap(client.PUT('/api/v1/demo/clock', { body: wish })),
  people: (object: string) => unwrap(client.GET('/api/v1/people', { params: { query: { object } } })),
}

const places = {
  categories: () => unwrap(client.GET('/api/v1/air/categories')),
  airEvaluation: (query: AirQuery = {}) => unwrap(client.GET('/api/v1/air/evaluation', { params: { query: tidy(query) } })),
  airEvaluationCsv: (query: AirQuery = {}) => address('/api/v1/air/evaluation/export.csv', query),
  overview: () => unwrap(client.GET('/api/v1/overview')),
  mapPoints: () => unwrap(client.GET('/api/v1/map/points')),
  regions: () => unwrap(client.GET('/api/v1/regions')),
  stations: (query: StationQuery = {}) => unwrap(client.GET('/api/v1/stations', { params: { query: tidy(query) } })),
  station: (code: string) => unwrap(client.GET('/api/v1/stations/{code}', { params: { path: { code } } })),
  stationsCsv: (query: StationQuery = {}) => address('/api/v1/stations/export.csv', query),
  enterprises: (query: EnterpriseQuery = {}) => unwrap(client.GET('/api/v1/enterprises', { params: { query: tidy(query) } })),
  enterprise: (code: string) => unwrap(client.GET('/api/v1/enterprises/{code}', { params: { path: { code } } })),
  outlet: (code: string) => unwrap(client.GET('/api/v1/outlets/{code}', { params: { path: { code } } })),
  series: (query: SeriesQuery) => unwrap(client.GET('/api/v1/series', { params: { query: tidy(query) } })),
  seriesCsv: (query: SeriesQuery) => address('/api/v1/series/export.csv', query),
}

const law = {
  rules: (query: RuleQuery = {}): Promise<RulePage> => unwrap(client.GET('/api/v1/rules', { params: { query: tidy(query) } })),
  rulesCsv: (query: RuleQuery = {}) => address('/api/v1/rules/export.csv', query),
  rule: (row_id: string): Promise<RuleDetail> => unwrap(client.GET('/api/v1/rules/{row_id}', { params: { path: { row_id } } })),
  tryRule: (row_id: string, body: TryIn): Promise<Recomputation> =>
    unwrap(client.POST('/api/v1/rules/{row_id}/try', { params: { path: { row_id } }, body })),
  judgement: (judgement_id: number): Promise<Explanation> =>
    unwrap(client.GET('/api/v1/judgements/{judgement_id}', { params: { path: { judgement_id } } })),
  recomputations: (query: RecomputationQuery = {}): Promise<Paged<Recomputation>> =>
    unwrap(client.GET('/api/v1/recomputations', { params: { query: tidy(query) } })),
  recomputation: (run: string): Promise<RecomputationDetail> =>
    unwrap(client.GET('/api/v1/recomputations/{run}', { params: { path: { run } } })),
  recomputed: (run: string, query: RecomputedQuery = {}): Promise<Paged<Recomputed>> =>
    unwrap(client.GET('/api/v1/recomputations/{run}/answers', { params: { path: { run }, query: tidy(query) } })),
  recompute: (body: RecomputeIn): Promise<Recomputation> => unwrap(client.POST('/api/v1/recomputations', { body })),
  cancelRecomputation: (run: string): Promise<RecomputationDetail> =>
    unwrap(client.POST('/api/v1/recomputations/{run}/cancel', { params: { path: { run } } })),
  resumeRecomputation: (run: string): Promise<RecomputationDetail> =>
    unwrap(client.POST('/api/v1/recomputations/{run}/resume', { params: { path: { run } } })),
}

const at = (mn: string) => ({ params: { path: { mn } } })
const devices = {
  devices: (query: DeviceQuery = {}): Promise<DevicePage> => unwrap(client.GET('/api/v1/devices', { params: { query: tidy(query) } })),
  devicesCsv: (query: DeviceQuery = {}) => address('/api/v1/devices/export.csv', query),
  device: (mn: string): Promise<DeviceDetail> => unwrap(client.GET('/api/v1/devices/{mn}', at(mn))),
  deviceForm: () => unwrap(client.GET('/api/v1/devices/form')),
  deviceSites: (q: string) => unwrap(client.GET('/api/v1/devices/sites', { params: { query: tidy({ q }) } })),
  registerDevice: (body: DeviceIn): Promise<DeviceDetail> => unwrap(client.POST('/api/v1/devices', { body })),
  changeDevice: (mn: string, body: DeviceChange): Promise<DeviceDetail> =>
    unwrap(client.PATCH('/api/v1/devices/{mn}', { ...at(mn), body })),
  frames: (mn: string, query: FrameQuery = {}): Promise<FrameList> =>
    unwrap(client.GET('/api/v1/devices/{mn}/frames', { params: { path: { mn }, query: tidy(query) } })),
  frame: (frame: string): Promise<FrameDetail> => unwrap(client.GET('/api/v1/frames/{frame}', { params: { path: { frame } } })),
  verifyFrame: (frame: string) => unwrap(client.GET('/api/v1/frames/{frame}/verify', { params: { path: { frame } } })),
  explain: (body: { text?: string; hex?: string }): Promise<Pasted> => unwrap(client.POST('/api/v1/frames/explain', { body })),
}

const ordered = (number: string) => ({ params: { path: { number } } })
const commands = {
  catalogue: (mn: string): Promise<Catalogue> => unwrap(client.GET('/api/v1/devices/{mn}/catalogue', at(mn))),
  orderCommand: (mn: string, body: OrderIn): Promise<CommandDetail> => unwrap(client.POST('/api/v1/devices/{mn}/commands', { ...at(mn), body })),
  commands: (query: CommandQuery = {}): Promise<CommandPage> => unwrap(client.GET('/api/v1/commands', { params: { query: tidy(query) } })),
  commandsCsv: (query: CommandQuery = {}) => address('/api/v1/commands/export.csv', query),
  command: (number: string): Promise<CommandDetail> => unwrap(client.GET('/api/v1/commands/{number}', ordered(number))),
  cancelCommand: (number: string, note: string): Promise<CommandDetail> =>
    unwrap(client.POST('/api/v1/commands/{number}/cancel', { ...ordered(number), body: { note } })),
  firstContact: (mn: string) => unwrap(client.POST('/api/v1/devices/{mn}/first-contact', at(mn))),
  readings: (mn: string): Promise<DeviceReadings> => unwrap(client.GET('/api/v1/devices/{mn}/readings', at(mn))),
  gaps: (query: GapQuery = {}): Promise<GapPage> => unwrap(client.GET('/api/v1/gaps', { params: { query: tidy(query) } })),
  gapsCsv: (query: GapQuery = {}) => address('/api/v1/gaps/export.csv', query),
  arrivals: (mn: string, cycle: string): Promise<Arrivals> =>
    unwrap(client.GET('/api/v1/devices/{mn}/arrivals', { params: { path: { mn }, query: tidy({ cycle: (cycle || undefined) as 'hour' | undefined }) } })),
}

type ObjectQuery = QueryOf<'/api/v1/registry/objects'>
export type ObjectIn = BodyOf<paths['/api/v1/registry/objects']['post']>
export type ObjectChange = BodyOf<paths['/api/v1/registry/objects/{type}/{code}']['patch']>
export type RelationIn = BodyOf<paths['/api/v1/registry/objects/{type}/{code}/relations']['post']>
const named = (type: string, code: string) => ({ params: { path: { type, code } } })
const registry = {
  objectTypes: (): Promise<ObjectType[]> => unwrap(client.GET('/api/v1/registry/types')),
  objects: (query: ObjectQuery = {}): Promise<RegistryObjectPage> => unwrap(client.GET('/api/v1/registry/objects', { params: { query: tidy(query) } })),
  objectsCsv: (query: ObjectQuery = {}) => address('/api/v1/registry/objects/export.csv', query),
  objectFeatures: (query: ObjectQuery = {}): Promise<GeoFeatures> => unwrap(client.GET('/api/v1/registry/objects/features', { params: { query: tidy(query) } })),
  object: (type: string, code: string): Promise<RegistryObjectDetail> => unwrap(client.GET('/api/v1/registry/objects/{type}/{code}', named(type, code))),
  objectHistory: (type: string, code: string): Promise<ObjectRevision[]> =>
    unwrap(client.GET('/api/v1/registry/objects/{type}/{code}/history', named(type, code))),
  registerObject: (body: ObjectIn): Promise<RegistryObjectDetail> => unwrap(client.POST('/api/v1/registry/objects', { body })),
  changeObject: (type: string, code: string, body: ObjectChange): Promise<RegistryObjectDetail> =>
    unwrap(client.PATCH('/api/v1/registry/objects/{type}/{code}', { ...named(type, code), body })),
  mergeObjects: (type: string, code: string, body: { duplicate: string; reason: string }): Promise<RegistryObjectDetail> =>
    unwrap(client.POST('/api/v1/registry/objects/{type}/{code}/merge', { ...named(type, code), body })),
  partObjects: (type: string, code: string, reason: string): Promise<RegistryObjectDetail> =>
    unwrap(client.POST('/api/v1/registry/objects/{type}/{code}/part', { ...named(type, code), body: { reason } })),
  relateObjects: (type: string, code: string, body: RelationIn): Promise<RegistryObjectDetail> =>
    unwrap(client.POST('/api/v1/registry/objects/{type}/{code}/relations', { ...named(type, code), body })),
  endRelation: (type: string, code: string, relation_id: number, reason: string): Promise<RegistryObjectDetail> =>
    unwrap(client.POST('/api/v1/registry/objects/{type}/{code}/relations/{relation_id}/end', { params: { path: { type, code, relation_id } }, body: { reason } })),
  duplicates: (type: string): Promise<Duplicate[]> => unwrap(client.GET('/api/v1/registry/duplicates', { params: { query: { type } } })),
  objectTemplate: (type: string, format: 'csv' | 'xlsx', language: string) => `/api/v1/registry/templates/${encodeURIComponent(type)}.${format}?language=${language}`,
  importObjects: (file: File, wish: { type: string; dry_run: boolean; update: boolean; skip_faulty: boolean }): Promise<ObjectImport> => {
    const form = new FormData()
    form.append('file', file)
    for (const [name, value] of Object.entries(wish)) form.append(name, String(value))
    return unwrap(client.POST('/api/v1/registry/imports', { body: form as never, bodySerializer: (body: unknown) => body as FormData }))
  },
}

const ofJob = (job: string) => ({ params: { path: { job } } })
const imports = {
  imports: (query: ImportQuery = {}): Promise<Paged<DataImport>> => unwrap(client.GET('/api/v1/imports', { params: { query: tidy(query) } })),
  importsCsv: (query: ImportQuery = {}) => address('/api/v1/imports/export.csv', query),
  uploadImport: (file: File): Promise<ImportGuess> => {
    const form = new FormData()
    form.append('file', file)
    return unwrap(client.POST('/api/v1/imports', { body: form as never, bodySerializer: (body: unknown) => body as FormData }))
  },
  importMappings: (): Promise<ImportMapping[]> => unwrap(client.GET('/api/v1/imports/mappings')),
  saveMapping: (mapping: MappingDraft): Promise<ImportMapping[]> => unwrap(client.POST('/api/v1/imports/mappings', { body: { mapping } })),
  importJob: (job: string): Promise<ImportDetail> => unwrap(client.GET('/api/v1/imports/{job}', ofJob(job))),
  importGuess: (job: string): Promise<ImportGuess> => unwrap(client.GET('/api/v1/imports/{job}/guess', ofJob(job))),
  importPreview: (job: string, mapping: MappingDraft): Promise<ImportPreview> =>
    unwrap(client.POST('/api/v1/imports/{job}/preview', { ...ofJob(job), body: { mapping } })),
  checkImport: (job: string, mapping: MappingDraft): Promise<ImportDetail> =>
    unwrap(client.POST('/api/v1/imports/{job}/check', { ...ofJob(job), body: { mapping } })),
  startImport: (job: string): Promise<ImportDetail> => unwrap(client.POST('/api/v1/imports/{job}/start', ofJob(job))),
  cancelImport: (job: string): Promise<ImportDetail> => unwrap(client.POST('/api/v1/imports/{job}/cancel', ofJob(job))),
  resumeImport: (job: string): Promise<ImportDetail> => unwrap(client.POST('/api/v1/imports/{job}/resume', ofJob(job))),
  withdrawImport: (job: string, reason: string): Promise<ImportDetail> =>
    unwrap(client.POST('/api/v1/imports/{job}/withdraw', { ...ofJob(job), body: { reason } })),
  importErrors: (job: string, query: ImportIssueQuery = {}): Promise<Paged<ImportIssue>> =>
    unwrap(client.GET('/api/v1/imports/{job}/errors', { params: { path: { job }, query: tidy(query) } })),
  importErrorsCsv: (job: string) => `/api/v1/imports/${encodeURIComponent(job)}/errors.csv`,
  importFile: (job: string) => `/api/v1/imports/${encodeURIComponent(job)}/content`,
}

const held = {
  rejects: (query: RejectQuery = {}): Promise<RejectPage> => unwrap(client.GET('/api/v1/rejects', { params: { query: tidy(query) } })),
  rejectsCsv: (query: RejectQuery = {}) => address('/api/v1/rejects/export.csv', query),
  rejectSummary: (query: RejectQuery = {}): Promise<RejectSummary> =>
    unwrap(client.GET('/api/v1/rejects/summary', { params: { query: tidy(query) } })),
  readmit: (mn: string, why: string): Promise<Readmission> => unwrap(client.POST('/api/v1/readmissions', { body: { mn, why } })),
  readmission: (order_id: number): Promise<Readmission> =>
    unwrap(client.GET('/api/v1/readmissions/{order_id}', { params: { path: { order_id } } })),
  newcomers: (query: NewcomerQuery = {}): Promise<NewcomerPage> => unwrap(client.GET('/api/v1/newcomers', { params: { query: tidy(query) } })),
  newcomersCsv: (query: NewcomerQuery = {}) => address('/api/v1/newcomers/export.csv', query),
  newcomer: (mn: string): Promise<NewcomerDetail> => unwrap(client.GET('/api/v1/newcomers/{mn}', at(mn))),
  adopt: (mn: string, body: AdoptIn): Promise<Readmission> => unwrap(client.POST('/api/v1/newcomers/{mn}/adopt', { ...at(mn), body })),
}

const of = (finding_id: number) => ({ params: { path: { finding_id } } })
const findings = {
  findings: (query: FindingQuery = {}): Promise<FindingPage> =>
    unwrap(client.GET('/api/v1/findings', { params: { query: tidy(query) } })),
  finding: (id: number) => unwrap(client.GET('/api/v1/findings/{finding_id}', of(id))),
  findingsCsv: (query: FindingQuery = {}) => address('/api/v1/findings/export.csv', query),
  confirmFindings: (ids: number[]) => unwrap(client.POST('/api/v1/findings/confirm', { body: { ids } })),
  confirmFinding: (id: number) => unwrap(client.POST('/api/v1/findings/{finding_id}/confirm', of(id))),
  dismissFinding: (id: number, reason: string, note: string) =>
    unwrap(client.POST('/api/v1/findings/{finding_id}/dismiss', { ...of(id), body: { reason: reason as never, note } })),
  answerFinding: (id: number, answer: string) =>
    unwrap(client.POST('/api/v1/findings/{finding_id}/answer', { ...of(id), body: { answer } })),
  selfCorrect: (id: number, note: string) =>
    unwrap(client.POST('/api/v1/findings/{finding_id}/self-correct', { ...of(id), body: { note } })),
  openCase: (id: number, wish: { template: string; title: string; responsible: string }): Promise<CaseDetail> =>
    unwrap(client.POST('/api/v1/findings/{finding_id}/open-case', { ...of(id), body: wish })),
}


export type BoardQuery = QueryOf<'/api/v1/cases/board'>
export type CaseMapQuery = QueryOf<'/api/v1/cases/map'>
export type FileCaseIn = BodyOf<paths['/api/v1/cases']['post']>
export type ChildIn = BodyOf<paths['/api/v1/cases/{case_id}/children']['post']>
export type SurveyIn = BodyOf<paths['/api/v1/cases/{case_id}/survey']['post']>
export type ManyIn = BodyOf<paths['/api/v1/cases/many']['post']>
const inCase = (case_id: number) => ({ params: { path: { case_id } } })
const cases = {
  cases: (query: CaseQuery = {}): Promise<CasePage> => unwrap(client.GET('/api/v1/cases', { params: { query: tidy(query) } })),
  case: (id: number) => unwrap(client.GET('/api/v1/cases/{case_id}', inCase(id))),
  caseBoard: (query: BoardQuery = {}): Promise<CaseBoard> => unwrap(client.GET('/api/v1/cases/board', { params: { query: tidy(query) } })),
  caseMap: (query: CaseMapQuery = {}): Promise<CaseMap> => unwrap(client.GET('/api/v1/cases/map', { params: { query: tidy(query) } })),
  procedures: (): Promise<ProcedureRow[]> => unwrap(client.GET('/api/v1/procedures')),
  fileCase: (body: FileCaseIn): Promise<CaseDetail> => unwrap(client.POST('/api/v1/cases', { body })),
  manyCases: (body: ManyIn): Promise<ManyCases> => unwrap(client.POST('/api/v1/cases/many', { body })),
  openChild: (id: number, body: ChildIn): Promise<CaseDetail> => unwrap(client.POST('/api/v1/cases/{case_id}/children', { ...inCase(id), body })),
  surveyCase: (id: number, body: SurveyIn): Promise<SurveyMade> => unwrap(client.POST('/api/v1/cases/{case_id}/survey', { ...inCase(id), body })),
  addPart: (id: number, body: { org: string; task: string }): Promise<CaseDetail> => unwrap(client.POST('/api/v1/cases/{case_id}/parts', { ...inCase(id), body })),
  reportPart: (case_id: number, org: string, result: string): Promise<CaseDetail> =>
    unwrap(client.POST('/api/v1/cases/{case_id}/parts/{org}', { params: { path: { case_id, org } }, body: { result } })),
  mergeCase: (id: number, into: number): Promise<CaseDetail> => unwrap(client.POST('/api/v1/cases/{case_id}/duplicate', { ...inCase(id), body: { of: into } })),
  unmergeCase: (id: number, reason: string): Promise<CaseDetail> => unwrap(client.POST('/api/v1/cases/{case_id}/duplicate/undo', { ...inCase(id), body: { reason } })),
  migrateCase: (id: number, version: string, reason: string): Promise<CaseDetail> => unwrap(client.POST('/api/v1/cases/{case_id}/migrate', { ...inCase(id), body: { version, reason } })),
  pauseClock: (case_id: number, code: string, reason: string): Promise<CaseDetail> =>
    unwrap(client.POST('/api/v1/cases/{case_id}/clocks/{code}/pause', { params: { path: { case_id, code } }, body: { reason } })),
  resumeClock: (case_id: number, code: string): Promise<CaseDetail> =>
    unwrap(client.POST('/api/v1/cases/{case_id}/clocks/{code}/resume', { params: { path: { case_id, code } } })),
  caseDocument: (case_id: number, code: string): Promise<CaseDocument> =>
    unwrap(client.GET('/api/v1/cases/{case_id}/documents/{code}', { params: { path: { case_id, code } } })),
  casePrivate: (id: number) => unwrap(client.POST('/api/v1/cases/{case_id}/private', inCase(id))),
  casesCsv: (query: CaseQuery = {}) => address('/api/v1/cases/export.csv', query),
  moveCase: (id: number, step: { to: string; fields: Record<string, unknown>; reason: string; revision: number }) =>
    unwrap(client.POST('/api/v1/cases/{case_id}/transitions', { ...inCase(id), body: step })),
  assignCase: (id: number, responsible: string) =>
    unwrap(client.POST('/api/v1/cases/{case_id}/assign', { ...inCase(id), body: { responsible } })),
  recordFields: (id: number, fields: Record<string, unknown>) =>
    unwrap(client.POST('/api/v1/cases/{case_id}/fields', { ...inCase(id), body: { fields } })),
  uploadEvidence: (id: number, file: File, kind: string, title: string) => {
    const form = new FormData()
    form.append('file', file)
    form.append('kind', kind)
    form.append('title', title)
    return unwrap(
      client.POST('/api/v1/cases/{case_id}/evidence', { ...inCase(id), body: form as never, bodySerializer: (body) => body as never }),
    )
  },
  attachObservation: (id: number, observation: { site: string; pollutant: string; cycle: string; period_start: string }, title: string) =>
    unwrap(client.POST('/api/v1/cases/{case_id}/evidence/observation', { ...inCase(id), body: { observation, title } })),
  reviewEvidence: (id: number, position: number, result: string, note: string) =>
    unwrap(
      client.POST('/api/v1/cases/{case_id}/evidence/{position}/review', {
        params: { path: { case_id: id, position } },
        body: { result: result as never, note },
      }),
    ),
  evidencePackage: (id: number) => `/api/v1/cases/${id}/evidence/package`,
  verifyEvidence: (id: number) => unwrap(client.GET('/api/v1/cases/{case_id}/evidence/verify', inCase(id))),
}

export type IndicatorQuery = QueryOf<'/api/v1/indicators'>
export type IndicatorPeriod = QueryOf<'/api/v1/indicators/{code}'>
export type DecisionRecordQuery = QueryOf<'/api/v1/decision-records'>

const coded = (code: string) => ({ params: { path: { code } } })
const indicators = {
  indicators: (query: IndicatorQuery = {}): Promise<IndicatorPage> => unwrap(client.GET('/api/v1/indicators', { params: { query: tidy(query) } })),
  indicatorsCsv: (query: IndicatorQuery = {}) => address('/api/v1/indicators/export.csv', query),
  indicator: (code: string, query: IndicatorPeriod = {}): Promise<IndicatorDetail> =>
    unwrap(client.GET('/api/v1/indicators/{code}', { params: { path: { code }, query: tidy(query) } })),
  computeIndicator: (code: string, body: ComputeIn): Promise<IndicatorDetail> =>
    unwrap(client.POST('/api/v1/indicators/{code}/compute', { ...coded(code), body })),
  reportFigure: (code: string, body: FigureIn): Promise<IndicatorDetail> =>
    unwrap(client.POST('/api/v1/indicators/{code}/figures', { ...coded(code), body })),
  decisionTables: () => unwrap(client.GET('/api/v1/decisions')),
  decisionTable: (code: string) => unwrap(client.GET('/api/v1/decisions/{code}', coded(code))),
  decisionSheet: (code: string) => `/api/v1/decisions/${encodeURIComponent(code)}/sheet.csv`,
  tryDecision: (code: string, body: { facts: Record<string, string> }): Promise<DecisionAnswer> =>
    unwrap(client.POST('/api/v1/decisions/{code}/try', { ...coded(code), body })),
  keepDecision: (code: string, body: { facts: Record<string, string>; subject: string }): Promise<DecisionRecord> =>
    unwrap(client.POST('/api/v1/decisions/{code}/records', { ...coded(code), body })),
  decisionRecords: (query: DecisionRecordQuery = {}): Promise<Paged<DecisionRecord>> =>
    unwrap(client.GET('/api/v1/decision-records', { params: { query: tidy(query) } })),
  decisionRecordsCsv: (query: DecisionRecordQuery = {}) => address('/api/v1/decision-records/export.csv', query),
}

export const api = { ...session, ...places, ...law, ...devices, ...commands, ...held, ...imports, ...findings, ...cases, ...indicators, ...registry }
