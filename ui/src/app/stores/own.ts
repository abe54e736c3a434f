import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import { door, type EnterpriseHome } from '@/api/enterprise'
import { asFailure, type Failure } from '@/api/failure'

/** The enterprises that the reader speaks for, and which of them the pages are about. */
export const useOwn = defineStore('own', () => {
  const home = shallowRef<EnterpriseHome | null>(null)
  const failure = shallowRef<Failure | null>(null)
  const chosen = shallowRef('')

  /** Ask again; what was known stays when the server cannot be reached. */
  async function load(): Promise<void> {
    try {
      home.value = await door.home()
      failure.value = null
    } catch (thrown) {
      failure.value = asFailure(thrown)
    }
  }
  function forget(): void {
    home.value = null
    chosen.value = ''
  }
  const list = computed(() => home.value?.enterprises ?? [])
  const now = computed(() => list.value.find((one) => one.place.code === chosen.value) ?? list.value[0] ?? null)
  const code = computed(() => now.value?.place.code ?? '')
  return { home, failure, chosen, list, now, code, load, forget }
})
