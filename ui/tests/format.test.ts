import { describe, expect, it } from 'vitest'
import { citation, formulaText, isValidMark, percentText, pick, shortHash, showValue, unitText, withUnit } from '@/text/format'

const words = { missing: '—', invalid: 'invalid', notDetected: 'not detected' }

describe('units and formulas', () => {
  it('write real superscripts and the micro sign', () => {
    expect(unitText('ug/m3')).toBe('µg/m³')
    expect(unitText('mg/m3')).toBe('mg/m³')
    expect(unitText('m3/h')).toBe('m³/h')
    expect(unitText('degC')).toBe('°C')
    expect(unitText('kW')).toBe('kW')
    expect(unitText('1')).toBe('')
    expect(unitText(null)).toBe('')
  })

  it('write real subscripts and leave other names alone', () => {
    expect(formulaText('PM2.5')).toBe('PM₂.₅')
    expect(formulaText('PM10')).toBe('PM₁₀')
    expect(formulaText('SO2, NO2, O3')).toBe('SO₂, NO₂, O₃')
    expect(formulaText('NOx')).toBe('NOₓ')
    expect(formulaText('NH3-N')).toBe('NH₃-N')
    expect(formulaText('CO')).toBe('CO')
    expect(formulaText('COD')).toBe('COD')
  })

  it('join a value with its unit, and nothing with a pure number', () => {
    expect(withUnit('35', 'ug/m3')).toBe('35 µg/m³')
    expect(withUnit('118', '1')).toBe('118')
  })
})

describe('measured values', () => {
  it('show zero, missing, below detection and invalid in four different ways', () => {
    const shown = [
      showValue('0', words),
      showValue(null, words),
      showValue('<0.005', words),
      showValue('35', words, { mark: 'D' }),
    ]
    expect(shown.map((one) => one.kind)).toEqual(['value', 'missing', 'below', 'invalid'])
    expect(new Set(shown.map((one) => one.text)).size).toBe(4)
    expect(shown[0]?.text).toBe('0')
    expect(shown[2]?.text).toBe('<0.005')
    expect(shown[3]?.text).toBe('35 (invalid)')
  })

  it('show "not detected" in the words of the language', () => {
    expect(showValue('ND', words)).toEqual({ kind: 'below', text: 'not detected' })
  })

  it('never round what the server sent', () => {
    expect(showValue('35.50', words).text).toBe('35.50')
    expect(showValue('0.0049999', words).text).toBe('0.0049999')
  })

  it('believe the validity of the server before the mark', () => {
    expect(showValue('35', words, { valid: false, mark: 'N' }).kind).toBe('invalid')
    expect(showValue('35', words, { valid: true, mark: 'C' }).kind).toBe('value')
  })

  it('count only N and no mark as measured', () => {
    expect(['N', '', null].map(isValidMark)).toEqual([true, true, true])
    expect(['F', 'M', 'D', 'C', 'T', 'B'].map(isValidMark)).toEqual(Array(6).fill(false))
  })
})

describe('small texts', () => {
  it('cite the standard once', () => {
    expect(citation('GB 3095-2012', 'table 1')).toBe('GB 3095-2012 table 1')
    expect(citation('HJ 633-2012', 'HJ 633-2012 4.2')).toBe('HJ 633-2012 4.2')
    expect(citation('HJ 633-2012', '')).toBe('HJ 633-2012')
  })

  it('write a share as per cent', () => {
    expect(percentText('0.983')).toBe('98 %')
    expect(percentText('0')).toBe('0 %')
    expect(percentText(null)).toBe('')
  })

  it('shorten a hash but keep both ends', () => {
    expect(shortHash(`abcdef12${'0'.repeat(50)}345678`)).toBe('abcdef12…345678')
    expect(shortHash('short')).toBe('short')
    expect(shortHash(null)).toBe('')
  })

  it('pick the language and fall back to the other', () => {
    expect(pick('zh', '武汉', 'Wuhan')).toBe('武汉')
    expect(pick('en', '武汉', '')).toBe('武汉')
    expect(pick('zh', '', 'Wuhan')).toBe('Wuhan')
    expect(pick('en', null, undefined)).toBe('')
  })
})
