import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { api } from '@/api/calls'
import type { Category, Meta, Region } from '@/api/types'
import { recall, remember } from '@/app/remembered'
import { usePrefs } from '@/app/stores/prefs'
import { pick } from '@/text/format'

interface Read {
  meta: Meta
  at: number
}
const READ = 'meta'
const TICK_MS = 1000
const REFRESH_MS = 30_000

/** What the deployment is: mode, city, label of the data, city time, air categories. */
export const useMeta = defineStore('meta', () => {
  const meta = shallowRef<Meta | null>(null)
  const categories = shallowRef<Category[]>([])
  const regions = shallowRef<Region[]>([])
  const readAt = ref(0)
  const machineNow = ref(Date.now())
  const failed = ref(false)

  async function refresh(): Promise<void> {
    try {
      meta.value = await api.meta()
      readAt.value = machineNow.value = Date.now()
      failed.value = false
      remember(READ, { meta: meta.value, at: readAt.value } satisfies Read)
    } catch {
      failed.value = true
      if (!meta.value) restore()
    }
  }

  // The label of the data and the city's clock also hold on a phone that starts without a network.
  function restore(): void {
    const last = recall<Read>(READ)
    if (!last) return
    meta.value = last.meta
    readAt.value = last.at
    machineNow.value = Date.now()
  }

  async function start(): Promise<void> {
    await refresh()
    void loadCategories()
    setInterval(() => (machineNow.value = Date.now()), TICK_MS)
    setInterval(() => void refresh(), REFRESH_MS)
  }

  async function loadCategories(): Promise<void> {
    try {
      categories.value = await api.categories()
    } catch {
      categories.value = []
    }
  }

  /** Districts for filters, asked once. */
  async function loadRegions(): Promise<void> {
    if (!regions.value.length) regions.value = await api.regions().catch(() => [])
  }

  /** City time now, carried on from the last answer at the speed of the clock. */
  const now = computed<Date>(() => {
    const clock = meta.value?.clock
    if (!clock) return new Date(machineNow.value)
    const passed = clock.paused ? 0 : (machineNow.value - readAt.value) * clock.speed
    return new Date(new Date(clock.now).getTime() + Math.max(passed, 0))
  })
  const label = computed(() => {
    const clock = meta.value?.clock
    return clock ? pick(usePrefs().lang, clock.label_zh, clock.label_en) : ''
  })
  const demo = computed(() => meta.value?.mode === 'demo')
  return { meta, categories, regions, loadRegions, now, label, demo, failed, start, refresh, loadCategories }
})
