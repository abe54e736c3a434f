// How sure a rule row is: codes (V P M D) and phrases of the packs become one of five words.

export type Confidence = 'verified' | 'partly' | 'secondhand' | 'memory' | 'decision' | 'unknown'

/** The word of a confidence; whatever is not plainly verified counts as unverified. */
export function confidenceOf(text: string): Confidence {
  const words = text.trim().toLowerCase()
  if (words === 'v') return 'verified'
  if (words === 'p') return 'secondhand'
  if (words === 'm' || words === 'memory' || words === 'unverified') return 'memory'
  if (words === 'd' || words.startsWith('decision')) return 'decision'
  if (/^verified by \d+ sources?$/.test(words)) return 'verified'
  if (words.includes('verified') && words.includes('memory')) return 'partly'
  return words ? 'memory' : 'unknown'
}
