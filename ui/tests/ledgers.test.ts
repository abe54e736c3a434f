import { describe, expect, it } from 'vitest'
import { accountPath, entryPath, sum, toneOf } from '@/pages/ledgers/words'
import { chainPath, filled, moment, subjectPath, UPLOADS } from '@/pages/evidence/words'

describe('the sum of amounts', () => {
  it.each([
    [['-12.0', '12'], '0'],
    [['0.1', '0.2'], '0.3'], // 0.30000000000000004 in binary
    [['-0.1', '0.09'], '-0.01'],
    [['33.34', '33.33', '33.33', '-100'], '0'],
    [['99999999999999999999.000000001', '-0.000000001'], '99999999999999999999'],
    [['+5', '-5.50'], '-0.5'],
    [[], '0'],
    [['1.', '2'], null],
    [['1e3'], null],
    [['一'], null],
    [[' 7 '], '7'],
  ])('%j is %s', (amounts, found) => expect(sum(amounts)).toBe(found))
})

describe('paths', () => {
  it('lead to accounts, entries and chains', () => {
    expect(accountPath(3)).toBe('/desk/ledgers/accounts/3')
    expect(entryPath(4)).toBe('/desk/ledgers/entries/4')
    expect(chainPath('ledger_entry', 4)).toBe('/desk/evidence/ledger_entry/4')
  })
  it.each([
    ['case', '/desk/cases/7'],
    ['finding', '/desk/alarms?id=7'],
    ['occurrence', '/desk/obligations/occurrences/7'],
    ['ledger_entry', '/desk/ledgers/entries/7'],
  ])('of a %s lead to its page', (kind, path) => expect(subjectPath(kind, 7)).toBe(path))
})

describe('a written record', () => {
  const fields = [
    { field: 'what', type: 'text' },
    { field: 'of', type: 'position' },
    { field: 'at', type: 'moment' },
  ]
  it('leaves blank fields out and counts items from one for people', () => {
    expect(filled(fields, { what: ' x ', of: '3', at: '2025-11-24T09:30', other: 'y' })).toEqual({
      what: 'x',
      of: 2,
      at: '2025-11-24T09:30:00+08:00',
    })
    expect(filled(fields, { what: ' ' })).toEqual({})
  })
  it.each([
    ['2025-11-24T09:30', '2025-11-24T09:30:00+08:00'],
    ['2025-11-24T09:30:15', '2025-11-24T09:30:15+08:00'],
    ['2025-11-24T09:30:15+09:00', '2025-11-24T09:30:15+09:00'],
    ['2025-11-24T01:30:15Z', '2025-11-24T01:30:15Z'],
  ])('takes %s as city time', (typed, sent) => expect(moment(typed)).toBe(sent))
  it('is no upload', () => expect(UPLOADS).not.toContain('review'))
})

describe('a state', () => {
  it('has a tone of its own', () => {
    expect(['draft', 'approved', 'posted', 'refused', 'withdrawn'].map((one) => toneOf(one as never))).toEqual(['info', 'warning', 'success', 'danger', 'none'])
  })
})
