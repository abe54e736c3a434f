// A step of the build: the service worker of the phone at a fixed address, with the files of its shell and their version.
import { createHash } from 'node:crypto'
import type { Plugin } from 'vite'

export const WORKER = 'field-worker'
const PAGES = /\/pages\/(field\/|session\/|NotFound\.vue)/

interface Chunk {
  type: string
  fileName: string
  isEntry?: boolean
  name?: string
  code?: string
  facadeModuleId?: string | null
  imports?: string[]
  dynamicImports?: string[]
  viteMetadata?: { importedCss: Set<string>; importedAssets: Set<string> }
}

/** Files that the door needs to start: its entry and its pages with all that they import. */
export function shellFiles(bundle: Record<string, Chunk>): string[] {
  const entry = Object.values(bundle).find((one) => one.isEntry && one.name === 'desk')
  if (!entry) throw new Error('the bundle has no entry desk')
  const pages = Object.values(bundle).filter((one) => one.facadeModuleId && PAGES.test(one.facadeModuleId) && one.name !== WORKER)
  if (!pages.length) throw new Error('the bundle has no page of the field')
  const found = new Set<string>()
  const walk = (name: string): void => {
    const chunk = bundle[name]
    if (found.has(name) || !chunk) return
    found.add(name)
    for (const file of [...(chunk.viteMetadata?.importedCss ?? []), ...(chunk.viteMetadata?.importedAssets ?? [])]) found.add(file)
    for (const next of chunk.imports ?? []) walk(next)
  }
  for (const one of [entry, ...pages]) walk(one.fileName)
  return [...found].sort().map((name) => `/${name}`)
}

/** Put the list of files and its fingerprint into the worker. */
export function fieldWorker(): Plugin {
  return {
    name: 'qingtian-field-worker',
    apply: 'build',
    enforce: 'post',
    generateBundle(_options, bundle) {
      const all = bundle as unknown as Record<string, Chunk>
      const worker = Object.values(all).find((one) => one.name === WORKER && one.code)
      if (!worker?.code) throw new Error('the bundle has no worker of the field')
      const files = shellFiles(all)
      const version = createHash('sha256').update(files.join('\n')).update(worker.code).digest('hex').slice(0, 16)
      worker.code = worker.code.replace('__QINGTIAN_FIELD_VERSION__', version).replace('__QINGTIAN_FIELD_FILES__', JSON.stringify(files))
    },
  }
}
