// Questions about accounts: one's own (second factor, browsers, keys, deputies), everybody's, and rights.
import { address, client, tidy, unwrap } from '@/api/client'
import type { components, paths } from '@/api/schema'

type Schemas = components['schemas']
type QueryOf<Path extends keyof paths> = paths[Path] extends { get: { parameters: { query?: infer Query } } } ? NonNullable<Query> : never

export type FactorState = Schemas['SecondFactorState']
export type FactorOffer = Schemas['SecondFactorOffer']
export type Browser = Schemas['BrowserOut']
export type ApiKey = Schemas['KeyOut']
export type NewKey = Schemas['NewKeyOut']
export type KeyIn = Schemas['KeyIn']
export type Delegation = Schemas['DelegationOut']
export type DelegationIn = Schemas['DelegationIn']
export type AccountRow = Schemas['UserAccountRow']
export type AccountDetail = Schemas['UserAccountDetail']
export type AccountPage = Schemas['UserAccountPage']
export type AccountIn = Schemas['UserAccountIn']
export type AccountPatch = Schemas['UserAccountPatch']
export type Grant = Schemas['GrantIn']
export type Rights = Schemas['RightsOut']
export type ReadRow = Schemas['ReadRow']
export type ReadPage = Schemas['ReadPage']
export type AccountQuery = QueryOf<'/api/v1/accounts'>
export type ReadQuery = QueryOf<'/api/v1/reads'>

const USER = '/api/v1/accounts/{username}'
const of = (username: string) => ({ params: { path: { username } } })

export const accountApi = {
  factor: (): Promise<FactorState> => unwrap(client.GET('/api/v1/me/second-factor')),
  beginFactor: (): Promise<FactorOffer> => unwrap(client.POST('/api/v1/me/second-factor')),
  confirmFactor: (code: string) => unwrap(client.POST('/api/v1/me/second-factor/confirm', { body: { code } })),
  proveFactor: (code: string) => unwrap(client.POST('/api/v1/me/second-factor/prove', { body: { code } })),
  renewCodes: (code: string) => unwrap(client.POST('/api/v1/me/second-factor/recovery-codes', { body: { code } })),
  removeFactor: (code: string): Promise<FactorState> => unwrap(client.POST('/api/v1/me/second-factor/remove', { body: { code } })),
  changePassword: (old: string, fresh: string) => unwrap(client.POST('/api/v1/me/password', { body: { old, new: fresh } })),
  browsers: (): Promise<Browser[]> => unwrap(client.GET('/api/v1/me/sessions')),
  endBrowser: (session_id: number): Promise<Browser[]> =>
    unwrap(client.DELETE('/api/v1/me/sessions/{session_id}', { params: { path: { session_id } } })),
  endOthers: () => unwrap(client.POST('/api/v1/me/sessions/end-others')),
  keys: (): Promise<ApiKey[]> => unwrap(client.GET('/api/v1/me/keys')),
  makeKey: (body: KeyIn): Promise<NewKey> => unwrap(client.POST('/api/v1/me/keys', { body })),
  revokeKey: (key_id: number): Promise<ApiKey[]> => unwrap(client.DELETE('/api/v1/me/keys/{key_id}', { params: { path: { key_id } } })),
  delegations: (): Promise<Delegation[]> => unwrap(client.GET('/api/v1/me/delegations')),
  delegate: (body: DelegationIn): Promise<Delegation> => unwrap(client.POST('/api/v1/me/delegations', { body })),
  endDelegation: (delegation_id: number): Promise<Delegation[]> =>
    unwrap(client.POST('/api/v1/me/delegations/{delegation_id}/end', { params: { path: { delegation_id } } })),
  actFor: (username: string) => unwrap(client.POST('/api/v1/me/acting', { body: { username } })),
  accounts: (query: AccountQuery = {}): Promise<AccountPage> => unwrap(client.GET('/api/v1/accounts', { params: { query: tidy(query) } })),
  accountsCsv: (query: AccountQuery = {}) => address('/api/v1/accounts/export.csv', query),
  account: (username: string): Promise<AccountDetail> => unwrap(client.GET(USER, of(username))),
  makeAccount: (body: AccountIn): Promise<AccountDetail> => unwrap(client.POST('/api/v1/accounts', { body })),
  changeAccount: (username: string, body: AccountPatch): Promise<AccountDetail> => unwrap(client.PATCH(USER, { ...of(username), body })),
  takeFactor: (username: string, reason: string): Promise<AccountDetail> =>
    unwrap(client.POST(`${USER}/take-second-factor`, { ...of(username), body: { reason } })),
  endSessions: (username: string) => unwrap(client.POST(`${USER}/end-sessions`, of(username))),
  rights: (): Promise<Rights> => unwrap(client.GET('/api/v1/rights')),
  reads: (query: ReadQuery = {}): Promise<ReadPage> => unwrap(client.GET('/api/v1/reads', { params: { query: tidy(query) } })),
  readsCsv: (query: ReadQuery = {}) => address('/api/v1/reads/export.csv', query),
}
