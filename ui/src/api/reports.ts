// Questions about reports: snapshots, their texts and files, the templates that set them.
import { address, client, tidy, unwrap } from '@/api/client'
import type { components, paths } from '@/api/schema'

type Schemas = components['schemas']
type QueryOf<Path extends keyof paths> = paths[Path] extends { get: { parameters: { query?: infer Query } } } ? NonNullable<Query> : never

export type ReportRow = Schemas['ReportRow']
export type ReportPage = Schemas['ReportPage']
export type ReportDetail = Schemas['ReportDetail']
export type ReportKind = Schemas['ReportKindOut']
export type Paragraph = Schemas['ParagraphOut']
export type TextVersion = Schemas['TextVersionOut']
export type MakeReport = Schemas['MakeReportIn']
export type Remake = Schemas['RemakeOut']
export type WordTemplate = Schemas['WordTemplateOut']
export type TemplateTrial = Schemas['TemplateTrialOut']
export type TemplateTag = Schemas['TemplateTag']
export type ReportQuery = QueryOf<'/api/v1/reports'>
export type PaperLanguage = 'zh' | 'en'

const REPORT = '/api/v1/reports/{report}'
const of = (report: string) => ({ params: { path: { report } } })
const at = (report: string, paragraph: string) => ({ params: { path: { report, paragraph } } })
const urlOf = (report: string) => `/api/v1/reports/${encodeURIComponent(report)}`

function withFile(file: File, fields: Record<string, string>): { body: never; bodySerializer: (body: unknown) => FormData } {
  const form = new FormData()
  form.append('file', file)
  for (const [name, value] of Object.entries(fields)) form.append(name, value)
  return { body: form as never, bodySerializer: (body: unknown) => body as FormData }
}

export const reportApi = {
  list: (query: ReportQuery = {}): Promise<ReportPage> => unwrap(client.GET('/api/v1/reports', { params: { query: tidy(query) } })),
  csv: (query: ReportQuery = {}) => address('/api/v1/reports/export.csv', query),
  kinds: (): Promise<ReportKind[]> => unwrap(client.GET('/api/v1/reports/kinds')),
  make: (body: MakeReport): Promise<ReportDetail> => unwrap(client.POST('/api/v1/reports', { body })),
  one: (report: string): Promise<ReportDetail> => unwrap(client.GET(REPORT, of(report))),
  write: (report: string, paragraph: string, body: Schemas['ReportTextIn']): Promise<ReportDetail> =>
    unwrap(client.POST(`${REPORT}/texts/{paragraph}`, { ...at(report, paragraph), body })),
  versions: (report: string, paragraph: string): Promise<TextVersion[]> => unwrap(client.GET(`${REPORT}/texts/{paragraph}`, at(report, paragraph))),
  issue: (report: string, issue_number: string): Promise<ReportDetail> => unwrap(client.POST(`${REPORT}/issue`, { ...of(report), body: { issue_number } })),
  withdraw: (report: string, reason: string): Promise<ReportDetail> => unwrap(client.POST(`${REPORT}/withdraw`, { ...of(report), body: { reason } })),
  remake: (report: string): Promise<Remake> => unwrap(client.GET(`${REPORT}/remake`, of(report))),
  preview: (report: string, language: PaperLanguage) => `${urlOf(report)}/preview?language=${language}`,
  file: (report: string, format: 'pdf' | 'docx', language: PaperLanguage) => `${urlOf(report)}/report.${format}?language=${language}`,
  snapshot: (report: string) => `${urlOf(report)}/snapshot.json`,
  templates: (): Promise<WordTemplate[]> => unwrap(client.GET('/api/v1/reports/templates')),
  tags: (kind: string): Promise<TemplateTag[]> => unwrap(client.GET('/api/v1/reports/templates/tags', { params: { query: { kind } } })),
  tryTemplate: (file: File, kind: string): Promise<TemplateTrial> => unwrap(client.POST('/api/v1/reports/templates/trial', withFile(file, { kind }))),
  upload: (file: File, kind: string, note: string): Promise<WordTemplate> => unwrap(client.POST('/api/v1/reports/templates', withFile(file, { kind, note }))),
  retire: (report_kind: string, version: number): Promise<WordTemplate[]> =>
    unwrap(client.POST('/api/v1/reports/templates/{report_kind}/{version}/retire', { params: { path: { report_kind, version } } })),
  templateFile: (kind: string, version: number) => `/api/v1/reports/templates/${encodeURIComponent(kind)}/${version}/file.docx`,
}
