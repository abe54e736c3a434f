import { flushPromises, mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it } from 'vitest'
import { defineComponent } from 'vue'
import { createMemoryHistory, createRouter } from 'vue-router'
import { i18n } from '@/app/i18n'
import { useListPage, type ListFilters, type ListQuery } from '@/app/listPage'
import ListPager from '@/parts/ListPager.vue'
import SearchField from '@/parts/SearchField.vue'
import SelectField from '@/parts/SelectField.vue'
import type { FilterShape } from '@/text/query'

interface Filters extends ListFilters {
  state: string
  id: string
}
const SHAPE: FilterShape<Filters> = {
  q: { kind: 'text', fallback: '' },
  state: { kind: 'text', fallback: '' },
  sort: { kind: 'text', fallback: '-age' },
  page: { kind: 'number', fallback: 1 },
  id: { kind: 'text', fallback: '' },
}
const NOTHING = { items: [] as { id: string }[], total: 0, page: 1, page_size: 50 }

async function show(path: string, answer: () => Promise<typeof NOTHING>, ready?: () => boolean) {
  const asked: [Filters, ListQuery][] = []
  let list!: ReturnType<typeof useListPage<Filters, typeof NOTHING>>
  const page = defineComponent({
    setup() {
      list = useListPage<Filters, typeof NOTHING>({
        name: 'things',
        title: () => 'Things',
        shape: SHAPE,
        ask: (filters, query) => {
          asked.push([filters, query])
          return answer()
        },
        ready,
      })
      return () => null
    },
  })
  const router = createRouter({ history: createMemoryHistory(), routes: [{ path: '/things', component: page }] })
  await router.push(path)
  mount(page, { global: { plugins: [router, i18n] } })
  await flushPromises()
  return { list, asked, router }
}

describe('a list page', () => {
  beforeEach(() => {
    setActivePinia(createPinia())
    delete document.body.dataset.ready
  })

  it('asks what its address says, says so, and counts as ready with the answer', async () => {
    const { list, asked } = await show('/things?q=%E9%9D%92&page=3', () => Promise.resolve({ ...NOTHING, total: 7, items: [{ id: 'a' }] }))
    expect(asked).toHaveLength(1)
    expect(asked[0]?.[1]).toEqual({ q: '青', sort: '-age', page: 3, page_size: 50 })
    expect([list.total.value, list.block.state.value]).toEqual([7, 'ready'])
    expect(document.body.dataset.ready).toBe('things')
    expect(document.title).toContain('Things')
  })

  it('goes back to the first page and drops the selection when a filter changes', async () => {
    const { list, asked, router } = await show('/things?page=3&id=x', () => Promise.resolve(NOTHING))
    list.narrow({ state: 'late' })
    await flushPromises()
    expect(router.currentRoute.value.query).toEqual({ state: 'late' })
    expect(asked.at(-1)?.[0]).toMatchObject({ state: 'late', page: 1, id: '' })
    expect(list.block.state.value).toBe('empty')
  })

  it('asks again for another order or page, and not for another selected row', async () => {
    const { list, asked } = await show('/things', () => Promise.resolve({ ...NOTHING, total: 120 }))
    list.sortBy('name')
    await flushPromises()
    list.change({ page: 2 })
    await flushPromises()
    expect(asked.slice(1).map(([, query]) => [query.sort, query.page])).toEqual([['name', 1], ['name', 2]])
    list.step(1, ['a', 'b'])
    await flushPromises()
    list.step(1, ['a', 'b'])
    await flushPromises()
    list.step(1, ['a', 'b'])
    await flushPromises()
    expect(list.filters.value.id).toBe('b')
    expect(asked).toHaveLength(3)
  })

  it('shows a refusal as such, and is not ready while something else is missing', async () => {
    const { list } = await show('/things', () => Promise.reject(new TypeError('network')), () => false)
    expect(list.block.state.value).toBe('error')
    expect(document.body.dataset.ready).toBeUndefined()
  })
})

describe('the parts of a list', () => {
  const global = { plugins: [i18n] }
  it('turn what a person types and chooses into filters', async () => {
    const search = mount(SearchField, { props: { value: 'old' }, global })
    await search.find('input').setValue('  new ')
    await search.find('input').trigger('change')
    expect(search.emitted('change')?.at(-1)).toEqual(['new'])
    const select = mount(SelectField, { props: { label: 'State', name: 'state', value: '', options: [['late', 'Late']] as const }, global })
    await select.find('select').setValue('late')
    expect(select.emitted('change')?.at(-1)).toEqual(['late'])
    expect(select.findAll('option').map((one) => one.element.value)).toEqual(['', 'late'])
  })
  it('show a pager only where there is more than one page', () => {
    expect(mount(ListPager, { props: { total: 50, page: 1 }, global }).find('.el-pagination').exists()).toBe(false)
    expect(mount(ListPager, { props: { total: null, page: 1 }, global }).find('.el-pagination').exists()).toBe(false)
    const many = mount(ListPager, { props: { total: 51, page: 1 }, global })
    expect(many.findAll('.el-pager li')).toHaveLength(2)
  })
})
