import { defineStore } from 'pinia'
import { ref } from 'vue'
import type { Notice } from '@/api/types'

const EVERY_MS = 10_000

/** What everybody should know now: a full disk, a lost database, a clock in doubt. Asked every ten seconds. */
export const useNotices = defineStore('notices', () => {
  const notices = ref<Notice[]>([])
  let timer: ReturnType<typeof setInterval> | null = null

  /** Ask once; a broken deployment answers 503 with the same body, and no answer leaves what was known. */
  async function refresh(): Promise<void> {
    try {
      const answer = await fetch('/api/v1/health', { credentials: 'same-origin' })
      const body = (await answer.json()) as { notices?: Notice[] }
      if (Array.isArray(body.notices)) notices.value = body.notices
    } catch {
      // The link bar tells that the server does not answer.
    }
  }

  function start(): void {
    if (timer !== null) return
    void refresh()
    timer = setInterval(() => void refresh(), EVERY_MS)
  }

  function stop(): void {
    if (timer !== null) clearInterval(timer)
    timer = null
  }
  return { notices, refresh, start, stop }
})
