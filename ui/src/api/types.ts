// Short names for the shapes of the API contract (schema.d.ts is generated from docs/api/openapi.json).
import type { components } from '@/api/schema'

type Schemas = components['schemas']

export interface Paged<T> {
  items: T[]
  total: number
  page: number
  page_size: number
}

export type Meta = Schemas['MetaOut']
export type DemoAccount = Schemas['DemoAccount']
export type Session = Schemas['SessionOut']
export type Person = Schemas['PersonOut']
export type Category = Schemas['AirCategoryOut']
export type Overview = Schemas['OverviewOut']
export type Kpi = Schemas['KpiOut']
export type Trend = Schemas['TrendOut']
export type Place = Schemas['PlaceOut']
export type Limit = Schemas['LimitOut']
export type Aqi = Schemas['AqiOut']
export type MapPlace = Schemas['MapPoint']
export type Station = Schemas['StationOut']
export type StationDetail = Schemas['StationDetail']
export type StationValue = Schemas['StationValue']
export type Series = Schemas['SeriesOut']
export type SeriesPoint = Schemas['SeriesPoint']
export type Finding = Schemas['FindingRow']
export type FindingDetail = Schemas['FindingDetail']
export type FindingPage = Paged<Finding> & { unconfirmed: number; ongoing: number }
export type CaseRow = Schemas['CaseRow']
export type CaseDetail = Schemas['CaseDetail']
export type CaseClock = Schemas['ClockRow']
export type NextStep = Schemas['NextStepOut']
export type StepField = Schemas['FieldOut']
export type Unmet = Schemas['UnmetOut']
export type Evidence = Schemas['EvidenceOut']
export type JournalEvent = Schemas['EventOut']
export type EvidenceReport = Schemas['EvidenceReportOut']
export type Enterprise = Schemas['EnterpriseOut']
export type EnterpriseDetail = Schemas['EnterpriseDetail']
export type Outlet = Schemas['OutletOut']
export type OutletDetail = Schemas['OutletDetail']
export type OutletValue = Schemas['OutletValue']
export type Region = Schemas['RegionOut']
export type Rule = Schemas['RuleOut']
export type RulePage = Paged<Rule> & { kinds: string[] }
