// Questions about the ledgers: accounts, entries, statements.
import { address, client, tidy, unwrap } from '@/api/client'
import type { components, paths } from '@/api/schema'

type Schemas = components['schemas']
type QueryOf<Path extends keyof paths> = paths[Path] extends { get: { parameters: { query?: infer Query } } } ? NonNullable<Query> : never

export type LedgerKind = Schemas['LedgerOut']
export type Account = Schemas['AccountOut']
export type AccountPage = Schemas['AccountPage']
export type AccountIn = Schemas['AccountIn']
export type Entry = Schemas['EntryOut']
export type EntryRow = Schemas['EntryRow']
export type EntryPage = Schemas['EntryPage']
export type EntryIn = Schemas['EntryIn']
export type AllocationIn = Schemas['AllocationIn']
export type SplitIn = Schemas['RevenueIn']
export type TermsIn = Schemas['TermsIn']
export type Statement = Schemas['StatementOut']
export type LedgerReport = Schemas['LedgerReportOut']
export type Licence = Schemas['LicenceOut']
export type LicencePage = Schemas['LicencePage']
export type LicenceIn = Schemas['LicenceIn']
export type DataUse = Schemas['DataUseOut']
export type UsePage = Schemas['UsePage']
export type UseIn = Schemas['UseIn']
export type RightsQuery = QueryOf<'/api/v1/ledgers/licences'>
export type AccountQuery = QueryOf<'/api/v1/ledgers/accounts'>
export type EntryQuery = QueryOf<'/api/v1/ledgers/entries'>
export type StatementQuery = QueryOf<'/api/v1/ledgers/accounts/{account}/statement'>

const ENTRY = '/api/v1/ledgers/entries/{entry}'
const of = (entry: number) => ({ params: { path: { entry } } })

export const ledgerApi = {
  ledgers: (): Promise<LedgerKind[]> => unwrap(client.GET('/api/v1/ledgers')),
  verify: (ledger: string): Promise<LedgerReport> => unwrap(client.GET('/api/v1/ledgers/{ledger}/verify', { params: { path: { ledger } } })),
  accounts: (query: AccountQuery = {}): Promise<AccountPage> => unwrap(client.GET('/api/v1/ledgers/accounts', { params: { query: tidy(query) } })),
  accountsCsv: (query: AccountQuery = {}) => address('/api/v1/ledgers/accounts/export.csv', query),
  openAccount: (body: AccountIn): Promise<Account> => unwrap(client.POST('/api/v1/ledgers/accounts', { body })),
  statement: (account: number, query: StatementQuery = {}): Promise<Statement> =>
    unwrap(client.GET('/api/v1/ledgers/accounts/{account}/statement', { params: { path: { account }, query: tidy(query) } })),
  statementCsv: (account: number, query: StatementQuery = {}) => {
    const text = new URLSearchParams(tidy(query) as Record<string, string>).toString()
    return `/api/v1/ledgers/accounts/${account}/statement.csv${text ? `?${text}` : ''}`
  },
  entries: (query: EntryQuery = {}): Promise<EntryPage> => unwrap(client.GET('/api/v1/ledgers/entries', { params: { query: tidy(query) } })),
  entriesCsv: (query: EntryQuery = {}) => address('/api/v1/ledgers/entries/export.csv', query),
  entry: (entry: number): Promise<Entry> => unwrap(client.GET(ENTRY, of(entry))),
  draft: (body: EntryIn): Promise<Entry> => unwrap(client.POST('/api/v1/ledgers/entries', { body })),
  allocate: (body: AllocationIn): Promise<Entry> => unwrap(client.POST('/api/v1/ledgers/allocations', { body })),
  split: (body: SplitIn): Promise<Entry> => unwrap(client.POST('/api/v1/ledgers/splits', { body })),
  approve: (entry: number, note: string): Promise<Entry> => unwrap(client.POST(`${ENTRY}/approve`, { ...of(entry), body: { note } })),
  refuse: (entry: number, note: string): Promise<Entry> => unwrap(client.POST(`${ENTRY}/refuse`, { ...of(entry), body: { note } })),
  withdraw: (entry: number, note: string): Promise<Entry> => unwrap(client.POST(`${ENTRY}/withdraw`, { ...of(entry), body: { note } })),
  post: (entry: number, note: string): Promise<Entry> => unwrap(client.POST(`${ENTRY}/post`, { ...of(entry), body: { note } })),
  reverse: (entry: number, body: TermsIn): Promise<Entry> => unwrap(client.POST(`${ENTRY}/reverse`, { ...of(entry), body })),
  licences: (query: RightsQuery = {}): Promise<LicencePage> => unwrap(client.GET('/api/v1/ledgers/licences', { params: { query: tidy(query) } })),
  grant: (body: LicenceIn): Promise<Licence> => unwrap(client.POST('/api/v1/ledgers/licences', { body })),
  uses: (query: RightsQuery = {}): Promise<UsePage> => unwrap(client.GET('/api/v1/ledgers/uses', { params: { query: tidy(query) } })),
  use: (body: UseIn): Promise<DataUse> => unwrap(client.POST('/api/v1/ledgers/uses', { body })),
}
