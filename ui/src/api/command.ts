// Command: what waits, who could take it, how well it is done; what their pages ask the server.
import { address, client, tidy, unwrap } from '@/api/client'
import type { components, paths } from '@/api/schema'

type Schemas = components['schemas']
type QueryOf<Path extends keyof paths> = paths[Path] extends { get: { parameters: { query?: infer Query } } } ? NonNullable<Query> : never

export type WaitingQuery = QueryOf<'/api/v1/todo'>
export type WaitingRow = Schemas['TodoRow']
export type WaitingPage = Schemas['WaitingPage']
export type WaitingKind = WaitingRow['kind']
export type WaitingTabs = Schemas['TodoTabs']
export type DispatchQuery = QueryOf<'/api/v1/dispatch'>
export type Dispatch = Schemas['DispatchOut']
export type DispatchPerson = Schemas['DispatchPerson']
export type Candidate = Schemas['CandidateOut']
export type Candidates = Schemas['CandidatesOut']
export type RateQuery = QueryOf<'/api/v1/board'>
export type RateBoard = Schemas['RateBoardOut']
export type RateGroup = Schemas['RateGroupOut']
export type RateFigure = Schemas['RateFigureOut']
export type RateRule = Schemas['RateRuleOut']
export type Rate = RateRule['rate']
export type RateThing = Schemas['RateThing']
export type RateThingPage = Schemas['RateThingPage']
export type BehindQuery = paths['/api/v1/board/cases']['get']['parameters']['query']

/** An empty key is a group too, that of nobody named; without a key all groups are meant. */
const ofGroup = (query: BehindQuery): BehindQuery => ({ ...tidy(query), ...(query.key === '' ? { key: '' } : {}) })

export const command = {
  todo: (query: WaitingQuery = {}): Promise<WaitingPage> => unwrap(client.GET('/api/v1/todo', { params: { query: tidy(query) } })),
  todoCsv: (query: WaitingQuery = {}) => address('/api/v1/todo/export.csv', query),
  tabs: (): Promise<WaitingTabs> => unwrap(client.GET('/api/v1/todo/tabs')),
  dispatch: (query: DispatchQuery = {}): Promise<Dispatch> => unwrap(client.GET('/api/v1/dispatch', { params: { query: tidy(query) } })),
  candidates: (id: number): Promise<Candidates> => unwrap(client.GET('/api/v1/dispatch/candidates', { params: { query: { case: id } } })),
  board: (query: RateQuery = {}): Promise<RateBoard> => unwrap(client.GET('/api/v1/board', { params: { query: tidy(query) } })),
  boardCsv: (query: RateQuery = {}) => address('/api/v1/board/export.csv', query),
  behind: (query: BehindQuery): Promise<RateThingPage> => unwrap(client.GET('/api/v1/board/cases', { params: { query: ofGroup(query) } })),
  behindCsv: (query: BehindQuery) => address('/api/v1/board/cases/export.csv', query) + (query.key === '' ? '&key=' : ''),
}
