/** What the marks of a map stand for: places that measure, cases, or objects of the register. */
export type LegendOf = 'places' | 'cases' | 'objects'
