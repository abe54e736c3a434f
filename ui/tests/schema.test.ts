// @vitest-environment node
import { readFileSync } from 'node:fs'
import openapiTS, { astToString } from 'openapi-typescript'
import { describe, expect, it } from 'vitest'

const bare = (text: string) => text.slice(text.indexOf('export interface paths')).trim()

describe('the types of the API', () => {
  it('are those of the contract file (else: python tools/ui.py types)', async () => {
    const ast = await openapiTS(new URL('../../docs/api/openapi.json', import.meta.url))
    expect(bare(readFileSync('src/api/schema.d.ts', 'utf8')) === bare(astToString(ast))).toBe(true)
  })
})

describe('the lock file', () => {
  it('names no registry', () => {
    const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as { packages: Record<string, { resolved?: string; integrity?: string }> }
    const named = Object.entries(lock.packages).filter(([name]) => name !== '')
    expect(named.length).toBeGreaterThan(100)
    expect(named.filter(([, entry]) => entry.resolved !== undefined)).toEqual([])
  })
  it('pins every package by its hash', () => {
    const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as { packages: Record<string, { integrity?: string; inBundle?: boolean }> }
    const loose = Object.entries(lock.packages).filter(([name, entry]) => name !== '' && !entry.integrity && !entry.inBundle)
    expect(loose.map(([name]) => name)).toEqual([])
  })
})
