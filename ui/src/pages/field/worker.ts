// The service worker of the phone: keeps the shell of the application for when there is no network. It never keeps an
// answer of the API: what the pages know of tasks lies in the store of the phone (store.ts), with its age.

interface WorkerEvent extends Event {
  waitUntil(what: Promise<unknown>): void
}
interface AskedEvent extends WorkerEvent {
  readonly request: Request
  respondWith(answer: Promise<Response>): void
}
interface WorkerScope {
  addEventListener(type: string, listener: (event: never) => void): void
  skipWaiting(): Promise<void>
  readonly clients: { claim(): Promise<void> }
  readonly location: Location
}
const scope = self as unknown as WorkerScope

// The build puts the version and the files of the shell here.
const VERSION = '__QINGTIAN_FIELD_VERSION__'
const FILES = JSON.parse('__QINGTIAN_FIELD_FILES__') as string[]
const PREFIX = 'qingtian-field-'
const CACHE = PREFIX + VERSION
const SHELL = '/field/'
const PATIENCE_MS = 4000

async function install(): Promise<void> {
  const cache = await caches.open(CACHE)
  await cache.addAll(FILES)
  // Asked anew: the page that the browser holds may be of the version before.
  await cache.add(new Request(SHELL, { cache: 'reload', credentials: 'same-origin' }))
}

async function activate(): Promise<void> {
  const old = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== CACHE)
  await Promise.all(old.map((name) => caches.delete(name)))
  await scope.clients.claim()
}

const later = (ms: number) => new Promise<null>((resolve) => setTimeout(() => resolve(null), ms))

/** The page from the server; the kept shell when it does not answer in time. */
async function page(request: Request): Promise<Response> {
  const fresh = fetch(request).catch(() => null)
  const answer = await Promise.race([fresh, later(PATIENCE_MS)])
  if (answer && answer.status < 500) return answer
  const held = await (await caches.open(CACHE)).match(SHELL)
  return held ?? (await fresh) ?? Response.error()
}

/** A file whose name changes with its content: the kept one is as good as the server's. */
async function file(request: Request): Promise<Response> {
  return (await (await caches.open(CACHE)).match(request.url)) ?? fetch(request)
}

scope.addEventListener('install', (event: WorkerEvent) => event.waitUntil(install()))
scope.addEventListener('activate', (event: WorkerEvent) => event.waitUntil(activate()))
scope.addEventListener('message', (event: MessageEvent) => {
  if (event.data === 'skip-waiting') void scope.skipWaiting()
})
scope.addEventListener('fetch', (event: AskedEvent) => {
  const url = new URL(event.request.url)
  if (url.origin !== scope.location.origin || event.request.method !== 'GET') return
  if (event.request.mode === 'navigate' && url.pathname.startsWith(SHELL)) event.respondWith(page(event.request))
  else if (url.pathname.startsWith('/assets/')) event.respondWith(file(event.request))
})
