import { computed, type ComputedRef } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import { readQuery, writeQuery, type FilterShape } from '@/text/query'

/** Filters of a page that live in its address; `change` writes the address, reading follows it. */
export function useFilters<T extends object>(
  shape: FilterShape<T>,
): { filters: ComputedRef<T>; change: (some: Partial<T>, push?: boolean) => void } {
  const route = useRoute()
  const router = useRouter()
  const filters = computed(() => readQuery(route.query as never, shape))
  function change(some: Partial<T>, push = false): void {
    const target = { path: route.path, query: writeQuery({ ...filters.value, ...some }, shape) }
    void (push ? router.push(target) : router.replace(target))
  }
  return { filters, change }
}
