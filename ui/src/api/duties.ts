// Duties, dated occurrences, streams and monitoring plans: what their pages ask the server.
import { address, client, tidy, unwrap } from '@/api/client'
import type { components, paths } from '@/api/schema'

type Schemas = components['schemas']
type QueryOf<Path extends keyof paths> = paths[Path] extends { get: { parameters: { query?: infer Query } } } ? NonNullable<Query> : never

export type OccurrenceQuery = QueryOf<'/api/v1/occurrences'>
export type DutyQuery = QueryOf<'/api/v1/obligations'>
export type CalendarQuery = QueryOf<'/api/v1/obligations/calendar'>
export type StreamQuery = QueryOf<'/api/v1/streams'>
export type PlanQuery = QueryOf<'/api/v1/monitoring-plans'>
export type Occurrence = Schemas['OccurrenceOut']
export type OccurrenceDetail = Schemas['OccurrenceDetail']
export type OccurrencePage = Schemas['OccurrencePage']
export type Duty = Schemas['StandingDutyOut']
export type DutyDetail = Schemas['DutyDetail']
export type DutyPage = Schemas['DutyPage']
export type DutyMonth = Schemas['DutyMonth']
export type DutyDay = Schemas['DayOut']
export type DutyRates = Schemas['DutyRates']
export type Rate = Schemas['RateOut']
export type ObligationTemplate = Schemas['ObligationTemplateOut']
export type ProofField = Schemas['ProofFieldOut']
export type Stream = Schemas['StreamOut']
export type StreamPage = Schemas['StreamPage']
export type StreamDay = Schemas['StreamDayOut']
export type Plan = Schemas['PlanRowOut']
export type PlanDetail = Schemas['PlanDetail']
export type PlanPage = Schemas['PlanPage']
export type PlanLine = Schemas['PlanLineOut']
export type PlanIn = Schemas['PlanIn']
export type DutyIn = Schemas['DutyIn']

const at = (occurrence_id: number) => ({ params: { path: { occurrence_id } } })
const of = (obligation_id: number) => ({ params: { path: { obligation_id } } })

export const duties = {
  templates: (): Promise<ObligationTemplate[]> => unwrap(client.GET('/api/v1/obligation-templates')),
  list: (query: DutyQuery = {}): Promise<DutyPage> => unwrap(client.GET('/api/v1/obligations', { params: { query: tidy(query) } })),
  duty: (id: number): Promise<DutyDetail> => unwrap(client.GET('/api/v1/obligations/{obligation_id}', of(id))),
  setUp: (body: DutyIn): Promise<DutyDetail> => unwrap(client.POST('/api/v1/obligations', { body })),
  end: (id: number, ground: string): Promise<DutyDetail> =>
    unwrap(client.POST('/api/v1/obligations/{obligation_id}/end', { ...of(id), body: { ground } })),
  recordEvent: (id: number, event_at: string, title: string): Promise<OccurrenceDetail> =>
    unwrap(client.POST('/api/v1/obligations/{obligation_id}/events', { ...of(id), body: { event_at, title } })),
  calendar: (query: CalendarQuery = {}): Promise<DutyMonth> =>
    unwrap(client.GET('/api/v1/obligations/calendar', { params: { query: tidy(query) } })),
  rates: (query: CalendarQuery = {}): Promise<DutyRates> => unwrap(client.GET('/api/v1/obligations/rates', { params: { query: tidy(query) } })),
  occurrences: (query: OccurrenceQuery = {}): Promise<OccurrencePage> =>
    unwrap(client.GET('/api/v1/occurrences', { params: { query: tidy(query) } })),
  occurrencesCsv: (query: OccurrenceQuery = {}) => address('/api/v1/occurrences/export.csv', query),
  occurrence: (id: number): Promise<OccurrenceDetail> => unwrap(client.GET('/api/v1/occurrences/{occurrence_id}', at(id))),
  fulfil: (id: number, fields: Record<string, string | string[]>, note: string): Promise<OccurrenceDetail> =>
    unwrap(client.POST('/api/v1/occurrences/{occurrence_id}/fulfil', { ...at(id), body: { fields, note } })),
  refuse: (id: number, reason: string): Promise<OccurrenceDetail> =>
    unwrap(client.POST('/api/v1/occurrences/{occurrence_id}/refuse', { ...at(id), body: { reason } })),
  waive: (id: number, reason: string, note: string): Promise<OccurrenceDetail> =>
    unwrap(client.POST('/api/v1/occurrences/{occurrence_id}/waive', { ...at(id), body: { reason, note } })),
  attach: (id: number, file: File, kind: string, title: string) => {
    const form = new FormData()
    form.append('file', file)
    form.append('kind', kind)
    form.append('title', title)
    return unwrap(
      client.POST('/api/v1/evidence/{kind}/{subject_id}/files', {
        params: { path: { kind: 'occurrence', subject_id: id } },
        body: form as never,
        bodySerializer: (body: unknown) => body as FormData,
      }),
    )
  },
  streams: (query: StreamQuery = {}): Promise<StreamPage> => unwrap(client.GET('/api/v1/streams', { params: { query: tidy(query) } })),
  streamsCsv: (query: StreamQuery = {}) => address('/api/v1/streams/export.csv', query),
  plans: (query: PlanQuery = {}): Promise<PlanPage> => unwrap(client.GET('/api/v1/monitoring-plans', { params: { query: tidy(query) } })),
  plansCsv: (query: PlanQuery = {}) => address('/api/v1/monitoring-plans/export.csv', query),
  plan: (code: string): Promise<PlanDetail> => unwrap(client.GET('/api/v1/monitoring-plans/{code}', { params: { path: { code } } })),
  submitPlan: (code: string, body: PlanIn): Promise<PlanDetail> =>
    unwrap(client.POST('/api/v1/monitoring-plans/{code}', { params: { path: { code } }, body })),
}
