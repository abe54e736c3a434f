import { computed, onMounted, watch, type ComputedRef } from 'vue'
import type { Paged } from '@/api/types'
import type { Topic } from '@/app/live'
import { markReady, paced, useBlock, type Loaded } from '@/app/load'
import { useFilters } from '@/app/query'
import { useLive } from '@/app/stores/live'
import { useTitle } from '@/app/title'
import type { FilterShape } from '@/text/query'

export const PAGE_SIZE = 50
const RELOAD_MS = 2000

/** What every list has in its address besides its own filters. */
export interface ListFilters {
  q: string
  sort: string
  page: number
  id?: string
}

/** The part of a question that every list asks alike; empty texts are left out. */
export interface ListQuery {
  q: string | undefined
  sort: string | undefined
  page: number
  page_size: number
}

export interface ListPage<F extends ListFilters, P> {
  filters: ComputedRef<F>
  change: (some: Partial<F>, push?: boolean) => void
  narrow: (some: Partial<F>) => void
  query: ComputedRef<ListQuery>
  block: Loaded<P>
  total: ComputedRef<number | null>
  sortBy: (sort: string) => void
  step: (by: number, ids: string[]) => void
}

export interface ListOptions<F extends ListFilters, P> {
  /** word of `body[data-ready]` */
  name: string
  title: () => string
  shape: FilterShape<F>
  ask: (filters: F, query: ListQuery) => Promise<P>
  pageSize?: number
  /** live topics after which the list is asked again */
  topics?: Topic[]
  /** what else must be there before the page counts as ready */
  ready?: () => boolean
  /** what else is asked again with the list */
  also?: () => Promise<unknown>
}

/** A list whose filters, order, page and selected row live in its address, asked again when one of them changes. */
export function useListPage<F extends ListFilters, P extends Paged<unknown>>(options: ListOptions<F, P>): ListPage<F, P> {
  const { filters, change } = useFilters(options.shape)
  const query = computed<ListQuery>(() => ({
    q: filters.value.q || undefined,
    sort: filters.value.sort || undefined,
    page: filters.value.page,
    page_size: options.pageSize ?? PAGE_SIZE,
  }))
  const block = useBlock(
    () => options.ask(filters.value, query.value),
    (page) => page.total === 0,
  )
  const reload = () => Promise.all([block.load(), options.also?.()])
  useTitle(options.title)

  /** Another filter shows another list: begin at its first page, with nothing selected. */
  function narrow(some: Partial<F>): void {
    change({ page: 1, ...('id' in options.shape ? { id: '' } : {}), ...some } as Partial<F>)
  }
  /** Move the selection, from the keyboard. */
  function step(by: number, ids: string[]): void {
    const at = ids.indexOf(filters.value.id ?? '')
    const next = ids[Math.min(Math.max(at + by, 0), ids.length - 1)]
    if (next !== undefined) change({ id: next } as Partial<F>)
  }

  if (options.topics?.length) useLive().listen(options.topics, paced(reload, RELOAD_MS))
  watch(
    () => JSON.stringify({ ...filters.value, id: '' }),
    () => void block.load(),
  )
  watch([block.loading, () => options.ready?.() ?? true], ([loading, ready]) => {
    if (!loading && ready) markReady(options.name)
  })
  onMounted(() => void reload())
  return {
    filters,
    change,
    narrow,
    query,
    block,
    total: computed(() => block.data.value?.total ?? null),
    sortBy: (sort) => change({ sort, page: 1 } as Partial<F>),
    step,
  }
}
