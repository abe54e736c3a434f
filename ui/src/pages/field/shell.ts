// Registers the service worker and says when a new version of the application waits.
import { defineStore } from 'pinia'
import { ref } from 'vue'

const ADDRESS = '/field/worker.js'
const LOOK_EVERY_MS = 3_600_000

export type ShellState = 'none' | 'keeping' | 'kept' | 'failed'

/** Whether the application works without a network, and whether a newer one waits. */
export const useShell = defineStore('shell', () => {
  const state = ref<ShellState>('none')
  const update = ref(false)
  let registration: ServiceWorkerRegistration | null = null
  let started = false

  async function start(): Promise<void> {
    const workers = typeof navigator === 'undefined' ? undefined : navigator.serviceWorker
    if (started || !workers) return
    started = true
    try {
      state.value = 'keeping'
      registration = await workers.register(ADDRESS, { scope: '/field/' })
      watch(registration)
      await workers.ready
      state.value = 'kept'
      setInterval(() => void registration?.update().catch(() => undefined), LOOK_EVERY_MS)
    } catch {
      state.value = 'failed'
    }
  }

  function watch(found: ServiceWorkerRegistration): void {
    update.value = found.waiting !== null
    found.addEventListener('updatefound', () => {
      const coming = found.installing
      coming?.addEventListener('statechange', () => {
        // The first worker of a browser is no update: nothing older runs.
        if (coming.state === 'installed' && navigator.serviceWorker.controller) update.value = true
      })
    })
  }

  /** Let the new version take over and open the page with it. */
  function take(): void {
    navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true })
    registration?.waiting?.postMessage('skip-waiting')
  }
  return { state, update, start, take }
})
