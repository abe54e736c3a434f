import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import en from '@/locales/en.json'
import zh from '@/locales/zh.json'

type Tree = { [key: string]: string | Tree }

function flat(tree: Tree, before = ''): Record<string, string> {
  return Object.entries(tree).reduce<Record<string, string>>((found, [key, value]) => {
    const name = before ? `${before}.${key}` : key
    return typeof value === 'string' ? { ...found, [name]: value } : { ...found, ...flat(value, name) }
  }, {})
}

function files(folder: string, ending: RegExp): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => ending.test(name))
    .map((name) => join(folder, name))
}

const words = { zh: flat(zh as Tree), en: flat(en as Tree) }
const parameters = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((found) => found[1]).sort()

describe('locales', () => {
  it('have the same keys', () => {
    expect(Object.keys(words.en).sort()).toEqual(Object.keys(words.zh).sort())
  })

  it('take the same parameters', () => {
    for (const [key, text] of Object.entries(words.zh)) expect([key, parameters(words.en[key] ?? '')]).toEqual([key, parameters(text)])
  })

  it('leave nothing empty, and no Chinese in the English text but the name of the other language', () => {
    for (const [key, text] of Object.entries(words.en)) {
      expect(text, key).not.toBe('')
      if (key !== 'prefs.otherLang') expect(text, key).not.toMatch(/[\u4e00-\u9fff]/)
    }
  })

  it('hold every key that the application names in full', () => {
    const used = files('src', /\.(vue|ts)$/).flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/\bt\('([a-z][\w]*(?:\.[\w]+)+)'/gi)].map((found) => `${found[1]}`),
    )
    expect(used.length).toBeGreaterThan(150)
    expect([...new Set(used)].filter((key) => !(key in words.zh))).toEqual([])
  })
})

describe('components', () => {
  it('hold no Chinese text of their own', () => {
    for (const file of files('src', /\.vue$/)) expect(readFileSync(file, 'utf8'), file).not.toMatch(/[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]/)
  })

  it('hold no inline style attribute and no raw HTML: the security policy refuses them', () => {
    for (const file of files('src', /\.vue$/)) {
      const source = readFileSync(file, 'utf8')
      expect(source, file).not.toMatch(/\sstyle="/)
      expect(source, file).not.toMatch(/v-html/)
    }
  })

  it('hold no category colour: those come from the API', () => {
    for (const file of files('src', /\.(vue|ts|css)$/)) {
      expect(readFileSync(file, 'utf8').toLowerCase(), file).not.toMatch(/#00e400|#ffff00|#ff7e00|#ff0000|#99004c|#7e0023/)
    }
  })
})
