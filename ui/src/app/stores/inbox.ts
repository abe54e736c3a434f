import { defineStore } from 'pinia'
import { ref } from 'vue'
import { notices, type InboxCounts } from '@/api/duty'
import { paced } from '@/app/load'
import { useLive } from '@/app/stores/live'
import { useSession } from '@/app/stores/session'

const NOTHING: InboxCounts = { unread: 0, unanswered: 0, severity: 0 }
const AT_MOST_EVERY_MS = 3000

/** What waits in the inbox: the bell. Told by the live stream, which polls by itself when it cannot be heard. */
export const useInbox = defineStore('inbox', () => {
  const counts = ref<InboxCounts>(NOTHING)
  let listening = false

  async function refresh(): Promise<void> {
    if (!useSession().signedIn) {
      counts.value = NOTHING
      return
    }
    try {
      counts.value = await notices.waiting()
    } catch {
      // The link bar tells that the server does not answer; the last counts stay.
    }
  }

  function start(): void {
    if (!listening) useLive().listen(['notices'], paced(refresh, AT_MOST_EVERY_MS))
    listening = true
    void refresh()
  }

  /** What a change of one's own left. */
  function set(now: InboxCounts): void {
    counts.value = now
  }
  return { counts, refresh, start, set }
})
