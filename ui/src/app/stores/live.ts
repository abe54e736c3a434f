import { defineStore } from 'pinia'
import { getCurrentScope, onScopeDispose, ref } from 'vue'
import { LiveLink, type LinkState, type LiveBatch, type Topic } from '@/app/live'

type Listener = (batch: LiveBatch) => void

/** The one live link of the page and those who listen to it. */
export const useLive = defineStore('live', () => {
  const state = ref<LinkState>('connecting')
  const listeners = new Map<Listener, Set<Topic>>()
  let link: LiveLink | null = null

  function start(): void {
    if (link || typeof EventSource === 'undefined') return
    link = new LiveLink(
      '/api/v1/live',
      {
        open: (url) => new EventSource(url, { withCredentials: true }),
        probe: () =>
          fetch('/api/v1/meta', { credentials: 'same-origin' }).then(
            (answer) => answer.ok,
            () => false,
          ),
        now: () => Date.now(),
        setTimeout: (run, ms) => setTimeout(run, ms),
        clearTimeout: (handle) => clearTimeout(handle as ReturnType<typeof setTimeout>),
      },
      (batch) => {
        for (const [listener, topics] of listeners) {
          if ([...batch.topics].some((topic) => topics.has(topic))) listener(batch)
        }
      },
      (next) => {
        state.value = next
      },
    )
    link.start()
  }

  function stop(): void {
    link?.stop()
    link = null
    state.value = 'connecting'
  }

  /** Ask again after the session changed: another person sees other things. */
  function restart(): void {
    stop()
    start()
  }

  /** Hear about topics until the component is gone. */
  function listen(topics: Topic[], listener: Listener): void {
    listeners.set(listener, new Set(topics))
    if (getCurrentScope()) onScopeDispose(() => listeners.delete(listener))
  }
  return { state, start, stop, restart, listen }
})
