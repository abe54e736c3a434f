import { describe, expect, it } from 'vitest'
import { ALARM_SHAPE, queryOf, type AlarmFilters } from '@/pages/alarms/filters'
import { readQuery, writeQuery, type FilterShape } from '@/text/query'

interface Sample {
  words: string
  page: number
  open: boolean
  kinds: string[]
}
const SHAPE: FilterShape<Sample> = {
  words: { kind: 'text', fallback: '' },
  page: { kind: 'number', fallback: 1 },
  open: { kind: 'flag', fallback: true },
  kinds: { kind: 'list', fallback: [] },
}

describe('filters in the address', () => {
  it.each([
    { words: '', page: 1, open: true, kinds: [] },
    { words: '青山 & co=1', page: 7, open: false, kinds: ['exceedance', 'rebound'] },
    { words: '0', page: 0, open: true, kinds: ['x'] },
  ] as Sample[])('round-trip %j', (filters) => {
    const text = new URLSearchParams(writeQuery(filters, SHAPE)).toString()
    expect(readQuery(Object.fromEntries(new URLSearchParams(text)), SHAPE)).toEqual(filters)
  })

  it('leave the defaults out', () => {
    expect(writeQuery({ words: '', page: 1, open: true, kinds: [] }, SHAPE)).toEqual({})
    expect(writeQuery({ words: '', page: 1, open: false, kinds: [] }, SHAPE)).toEqual({ open: '0' })
  })

  it('fall back where the address is broken, and ignore what they do not know', () => {
    const found = readQuery({ page: 'many', open: 'perhaps', kinds: ',', other: 'x' }, SHAPE)
    expect(found).toEqual({ words: '', page: 1, open: true, kinds: [] })
    expect(readQuery({ words: ['a', 'b'], page: ['3'] }, SHAPE)).toMatchObject({ words: 'a', page: 3 })
  })
})

describe('the alarm desk', () => {
  const base = readQuery({}, ALARM_SHAPE)
  it('asks for what is to be dealt with unless told otherwise', () => {
    expect(queryOf(base).open).toBe(true)
    expect(queryOf({ ...base, open: 'no' }).open).toBe(false)
    expect(queryOf({ ...base, open: 'all' }).open).toBeUndefined()
  })
  it('turns each filter into the parameter of the API', () => {
    const filters: AlarmFilters = { ...base, confirmation: 'unconfirmed', kind: 'rebound', severity: '4', region: '420107', page: 2 }
    expect(queryOf(filters)).toMatchObject({ confirmation: 'unconfirmed', kind: ['rebound'], severity: 4, region: '420107', page: 2 })
  })
  it('keeps the selected alarm in the address', () => {
    expect(readQuery(writeQuery({ ...base, id: '17' }, ALARM_SHAPE), ALARM_SHAPE).id).toBe('17')
  })
})
