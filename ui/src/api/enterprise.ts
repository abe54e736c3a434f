// The enterprise's door and dossiers: what their pages ask the server.
import { address, client, tidy, unwrap } from '@/api/client'
import type { components, paths } from '@/api/schema'

type Schemas = components['schemas']
type QueryOf<Path extends keyof paths> = paths[Path] extends { get: { parameters: { query?: infer Query } } } ? NonNullable<Query> : never

export type TodoQuery = QueryOf<'/api/v1/enterprise/todo'>
export type Todo = Schemas['TodoItem']
export type TodoPage = Schemas['TodoPage']
export type EnterpriseHome = Schemas['EnterpriseHome']
export type OwnEnterprise = Schemas['OwnEnterprise']
export type Contact = Schemas['ContactOut']
export type Score = Schemas['ScoreOut']
export type EnterpriseScores = Schemas['EnterpriseScores']
export type ResultsReport = Schemas['ResultsReport']
export type Dossier = Schemas['DossierOut']
export type DossierSection = Schemas['DossierSection']
export type DossierCell = Schemas['DossierCell']
export type DossierType = Dossier['type']

const own = (code: string) => ({ params: { path: { code } } })

export const door = {
  home: (enterprise?: string): Promise<EnterpriseHome> => unwrap(client.GET('/api/v1/enterprise/home', { params: { query: tidy({ enterprise }) } })),
  todo: (query: TodoQuery = {}): Promise<TodoPage> => unwrap(client.GET('/api/v1/enterprise/todo', { params: { query: tidy(query) } })),
  todoCsv: (query: TodoQuery = {}) => address('/api/v1/enterprise/todo/export.csv', query),
  scores: (code: string): Promise<EnterpriseScores> => unwrap(client.GET('/api/v1/enterprise/{code}/scores', own(code))),
  resultsTemplate: (code: string) => `/api/v1/enterprise/${encodeURIComponent(code)}/results/template.csv`,
  sendResults: (code: string, file: File, dry_run: boolean): Promise<ResultsReport> => {
    const form = new FormData()
    form.append('file', file)
    return unwrap(
      client.POST('/api/v1/enterprise/{code}/results', {
        params: { path: { code }, query: { dry_run } },
        body: form as never,
        bodySerializer: (body: unknown) => body as FormData,
      }),
    )
  },
  dossier: (type: DossierType, code: string): Promise<Dossier> => unwrap(client.GET('/api/v1/dossiers/{type}/{code}', { params: { path: { type, code } } })),
  dossierPdf: (type: DossierType, code: string, lang: 'zh' | 'en') =>
    `/api/v1/dossiers/${type}/${encodeURIComponent(code)}/print.pdf?language=${lang}`,
}
