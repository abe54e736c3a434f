// The duty room: notices and their deliveries, rosters, swaps, handover notes.
import { address, client, tidy, unwrap } from '@/api/client'
import type { components, paths } from '@/api/schema'

type Schemas = components['schemas']
type QueryOf<Path extends keyof paths> = paths[Path] extends { get: { parameters: { query?: infer Query } } } ? NonNullable<Query> : never

export type InboxQuery = QueryOf<'/api/v1/notices'>
export type DeliveryQuery = QueryOf<'/api/v1/deliveries'>
export type MonthQuery = QueryOf<'/api/v1/rosters/month'>
export type SwapQuery = QueryOf<'/api/v1/swaps'>
export type HandoverQuery = QueryOf<'/api/v1/handovers'>
export type InboxLine = Schemas['InboxLineOut']
export type InboxPage = Schemas['InboxPage']
export type InboxCounts = Schemas['InboxCounts']
export type NoticeDetail = Schemas['NoticeDetail']
export type Policies = Schemas['PoliciesOut']
export type PolicyStep = Schemas['PolicyStepOut']
export type NoticeKind = Schemas['NoticeKindOut']
export type Delivery = Schemas['DeliveryOut']
export type DeliveryPage = Schemas['DeliveryPage']
export type DeliveryDetail = Schemas['DeliveryDetail']
export type Contact = Schemas['OwnContactOut']
export type ContactIn = Schemas['ContactIn']
export type Roster = Schemas['RosterOut']
export type RosterDetail = Schemas['RosterDetail']
export type RosterMonth = Schemas['RosterMonth']
export type RosterDay = Schemas['RosterDayOut']
export type Shift = Schemas['ShiftOut']
export type Rotation = Schemas['RotationOut']
export type RotationIn = Schemas['RotationIn']
export type RosterIn = Schemas['RosterIn']
export type ExceptionIn = Schemas['RosterExceptionIn']
export type SwapIn = Schemas['SwapIn']
export type Swap = Schemas['SwapOut']
export type SwapPage = Schemas['SwapPage']
export type CalendarLink = Schemas['CalendarLinkOut']
export type CalendarLinkMade = Schemas['CalendarLinkMade']
export type Handover = Schemas['ShiftNoteOut']
export type HandoverPage = Schemas['ShiftNotePage']
export type HandoverDetail = Schemas['ShiftNoteDetail']
export type Changed = Schemas['ChangedOut']

const roster = (code: string) => ({ params: { path: { roster: code } } })
const note = (number: string) => ({ params: { path: { handover: number } } })
const word = (delivery_id: number) => ({ params: { path: { delivery_id } } })

export const notices = {
  list: (query: InboxQuery = {}): Promise<InboxPage> => unwrap(client.GET('/api/v1/notices', { params: { query: tidy(query) } })),
  csv: (query: InboxQuery = {}) => address('/api/v1/notices/export.csv', query),
  waiting: (): Promise<InboxCounts> => unwrap(client.GET('/api/v1/notices/waiting')),
  read: (ids: number[] | null): Promise<Changed> => unwrap(client.POST('/api/v1/notices/read', { body: { notices: ids } })),
  acknowledge: (ids: number[] | null): Promise<Changed> => unwrap(client.POST('/api/v1/notices/acknowledge', { body: { notices: ids } })),
  one: (notice_id: number): Promise<NoticeDetail> => unwrap(client.GET('/api/v1/notices/{notice_id}', { params: { path: { notice_id } } })),
  policies: (): Promise<Policies> => unwrap(client.GET('/api/v1/notices/policies')),
  contact: (): Promise<Contact> => unwrap(client.GET('/api/v1/me/contact')),
  keepContact: (body: ContactIn): Promise<Contact> => unwrap(client.POST('/api/v1/me/contact', { body })),
}

export const deliveries = {
  list: (query: DeliveryQuery = {}): Promise<DeliveryPage> => unwrap(client.GET('/api/v1/deliveries', { params: { query: tidy(query) } })),
  csv: (query: DeliveryQuery = {}) => address('/api/v1/deliveries/export.csv', query),
  one: (id: number): Promise<DeliveryDetail> => unwrap(client.GET('/api/v1/deliveries/{delivery_id}', word(id))),
  again: (id: number): Promise<DeliveryDetail> => unwrap(client.POST('/api/v1/deliveries/{delivery_id}/again', word(id))),
  layAside: (id: number, reason: string): Promise<DeliveryDetail> =>
    unwrap(client.POST('/api/v1/deliveries/{delivery_id}/lay-aside', { ...word(id), body: { reason } })),
}

export const rosters = {
  list: (retired = false): Promise<Roster[]> => unwrap(client.GET('/api/v1/rosters', { params: { query: { retired } } })),
  setUp: (body: RosterIn): Promise<RosterDetail> => unwrap(client.POST('/api/v1/rosters', { body })),
  month: (query: MonthQuery = {}): Promise<RosterMonth> => unwrap(client.GET('/api/v1/rosters/month', { params: { query: tidy(query) } })),
  monthCsv: (query: MonthQuery = {}) => address('/api/v1/rosters/month/export.csv', query),
  one: (code: string): Promise<RosterDetail> => unwrap(client.GET('/api/v1/rosters/{roster}', roster(code))),
  retire: (code: string, reason: string): Promise<RosterDetail> =>
    unwrap(client.POST('/api/v1/rosters/{roster}/retire', { ...roster(code), body: { reason } })),
  addRotation: (code: string, body: RotationIn): Promise<RosterDetail> =>
    unwrap(client.POST('/api/v1/rosters/{roster}/rotations', { ...roster(code), body })),
  endRotation: (code: string, rotation_id: number, until: string): Promise<RosterDetail> =>
    unwrap(client.POST('/api/v1/rosters/{roster}/rotations/{rotation_id}/end', { params: { path: { roster: code, rotation_id } }, body: { until } })),
  addException: (code: string, body: ExceptionIn): Promise<RosterDetail> =>
    unwrap(client.POST('/api/v1/rosters/{roster}/exceptions', { ...roster(code), body })),
  withdrawException: (code: string, exception_id: number): Promise<RosterDetail> =>
    unwrap(client.POST('/api/v1/rosters/{roster}/exceptions/{exception_id}/withdraw', { params: { path: { roster: code, exception_id } } })),
  swaps: (query: SwapQuery = {}): Promise<SwapPage> => unwrap(client.GET('/api/v1/swaps', { params: { query: tidy(query) } })),
  askSwap: (code: string, body: SwapIn): Promise<Swap> => unwrap(client.POST('/api/v1/rosters/{roster}/swaps', { ...roster(code), body })),
  answerSwap: (swap_id: number, accept: boolean): Promise<Swap> =>
    unwrap(client.POST('/api/v1/swaps/{swap_id}/answer', { params: { path: { swap_id } }, body: { accept } })),
  withdrawSwap: (swap_id: number): Promise<Swap> => unwrap(client.POST('/api/v1/swaps/{swap_id}/withdraw', { params: { path: { swap_id } } })),
  links: (): Promise<CalendarLink[]> => unwrap(client.GET('/api/v1/me/calendars')),
  makeLink: (code: string): Promise<CalendarLinkMade> => unwrap(client.POST('/api/v1/me/calendars', { body: { roster: code } })),
  revokeLink: (link_id: number): Promise<CalendarLink> =>
    unwrap(client.POST('/api/v1/me/calendars/{link_id}/revoke', { params: { path: { link_id } } })),
}

export const handovers = {
  list: (query: HandoverQuery = {}): Promise<HandoverPage> => unwrap(client.GET('/api/v1/handovers', { params: { query: tidy(query) } })),
  compose: (code: string): Promise<HandoverDetail> => unwrap(client.POST('/api/v1/handovers', { body: { roster: code } })),
  one: (number: string): Promise<HandoverDetail> => unwrap(client.GET('/api/v1/handovers/{handover}', note(number))),
  edit: (number: string, text: string, revision: number, taker: string): Promise<HandoverDetail> =>
    unwrap(client.POST('/api/v1/handovers/{handover}/edit', { ...note(number), body: { text, revision, taker } })),
  give: (number: string): Promise<HandoverDetail> => unwrap(client.POST('/api/v1/handovers/{handover}/give', note(number))),
  accept: (number: string, answer: string): Promise<HandoverDetail> =>
    unwrap(client.POST('/api/v1/handovers/{handover}/accept', { ...note(number), body: { answer } })),
}
