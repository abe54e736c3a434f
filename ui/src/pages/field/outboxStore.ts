// The queue as the pages see it: what waits, what is refused, when it is tried again.
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { useSession } from '@/app/stores/session'
import { deviceName } from '@/pages/field/hash'
import { sendAll, serverPorts, waitMs, type Outcome } from '@/pages/field/outbox'
import { sentRows, store, waiting, type Queued, type SentRow } from '@/pages/field/store'

const LOCK = 'qingtian.field.send'

export const useOutbox = defineStore('outbox', () => {
  const rows = shallowRef<Queued[]>([])
  const sent = shallowRef<SentRow[]>([])
  const others = ref(0)
  const busy = ref(false)
  const online = ref(typeof navigator === 'undefined' ? true : navigator.onLine)
  const outcome = ref<Outcome | null>(null)
  let failures = 0
  let timer: ReturnType<typeof setTimeout> | null = null
  let started = false
  const username = computed(() => useSession().session.user?.username ?? '')
  const refused = computed(() => rows.value.filter((one) => one.refused))

  /** Read the queue again. */
  async function refresh(): Promise<void> {
    const db = await store()
    rows.value = await waiting(db, username.value)
    sent.value = await sentRows(db, username.value)
    others.value = (await db.count('queue')) - rows.value.length
  }

  /** Send what waits; two windows never send at a time. */
  async function flush(): Promise<void> {
    if (!username.value || busy.value || !online.value) return
    busy.value = true
    try {
      await alone(async () => {
        const db = await store()
        outcome.value = await sendAll(db, username.value, serverPorts(db, deviceName()), refresh)
      })
    } finally {
      busy.value = false
      await refresh()
      plan()
    }
  }

  function plan(): void {
    if (timer !== null) clearTimeout(timer)
    timer = null
    failures = outcome.value === 'unreachable' ? failures + 1 : 0
    if (failures) timer = setTimeout(() => void flush(), waitMs(failures))
  }

  function heard(): void {
    online.value = navigator.onLine
    if (online.value) void flush()
  }

  /** Begin to watch the network; once. */
  async function start(): Promise<void> {
    await refresh()
    if (!started) {
      started = true
      addEventListener('online', heard)
      addEventListener('offline', heard)
      document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && void flush())
    }
    void flush()
  }
  return { rows, sent, others, busy, online, outcome, refused, username, refresh, flush, start }
})

async function alone(work: () => Promise<void>): Promise<void> {
  const locks = typeof navigator === 'undefined' ? undefined : navigator.locks
  if (!locks) return work()
  await locks.request(LOCK, { ifAvailable: true }, async (lock) => {
    if (lock) await work()
  })
}
