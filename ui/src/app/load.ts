import { computed, getCurrentScope, onScopeDispose, ref, shallowRef, type ComputedRef, type Ref, type ShallowRef } from 'vue'
import { asFailure, Failure } from '@/api/failure'

export type BlockState = 'loading' | 'empty' | 'partial' | 'stale' | 'error' | 'forbidden' | 'ready'

export interface Loaded<T> {
  data: ShallowRef<T | null>
  failure: ShallowRef<Failure | null>
  loading: Ref<boolean>
  state: ComputedRef<BlockState>
  load: () => Promise<void>
}

/**
 * One block of data: loads, keeps the old data while it reloads, drops answers that come too late.
 *
 * @param fetchIt asks the server
 * @param isEmpty whether an answer has nothing to show
 */
export function useBlock<T>(fetchIt: () => Promise<T>, isEmpty: (data: T) => boolean = () => false): Loaded<T> {
  const data = shallowRef<T | null>(null)
  const failure = shallowRef<Failure | null>(null)
  const loading = ref(true)
  let turn = 0
  let gone = false
  if (getCurrentScope()) onScopeDispose(() => (gone = true))

  async function load(): Promise<void> {
    const mine = ++turn
    loading.value = true
    try {
      const answer = await fetchIt()
      if (mine !== turn || gone) return
      data.value = answer
      failure.value = null
    } catch (thrown) {
      if (mine !== turn || gone) return
      failure.value = asFailure(thrown)
    }
    loading.value = false
  }

  const state = computed<BlockState>(() => {
    if (failure.value) {
      const kind = failure.value.kind
      if (kind === 'forbidden' || kind === 'unauthenticated') return 'forbidden'
      return data.value !== null && kind === 'unreachable' ? 'stale' : 'error'
    }
    if (data.value === null) return 'loading'
    return isEmpty(data.value) ? 'empty' : 'ready'
  })
  return { data, failure, loading, state, load }
}

/** Mark the page as loaded for browser tests and assistive tools: <body data-ready="name">. */
export function markReady(name: string): void {
  document.body.dataset.ready = name
}

/** A page that is loading is not ready. */
export function markLoading(): void {
  delete document.body.dataset.ready
}

/**
 * A function that runs at most once per interval, and once more at the end if it was asked for meanwhile.
 * The next run waits for the present one, so that a slow server is never asked twice at a time.
 */
export function paced(run: () => Promise<unknown> | void, everyMs: number): () => void {
  let busy = false
  let again = false
  async function go(): Promise<void> {
    busy = true
    again = false
    const started = Date.now()
    await Promise.resolve(run()).catch(() => undefined)
    setTimeout(
      () => {
        busy = false
        if (again) void go()
      },
      Math.max(0, everyMs - (Date.now() - started)),
    )
  }
  return () => {
    if (busy) again = true
    else void go()
  }
}
