// Judgements that late, corrected or withdrawn data changed.
import { client, unwrap } from '@/api/client'
import type { components } from '@/api/schema'

export type Correction = components['schemas']['JudgementChangeOut']
export type CorrectionPage = components['schemas']['JudgementChangePage']

/** Those about the periods of one finding, oldest period first. */
export const correctionsOf = (finding: number): Promise<CorrectionPage> =>
  unwrap(client.GET('/api/v1/corrections', { params: { query: { finding, page_size: 200 } } }))
