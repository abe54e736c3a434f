import { mount } from '@vue/test-utils'
import { createPinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { nextTick } from 'vue'
import { failureOf } from '@/api/failure'
import { i18n } from '@/app/i18n'
import StateBox from '@/parts/StateBox.vue'

const show = (props: InstanceType<typeof StateBox>['$props']) =>
  mount(StateBox, { props, slots: { default: '<b class="inside">content</b>' }, global: { plugins: [createPinia(), i18n] } })

describe('StateBox', () => {
  beforeEach(() => {
    vi.useFakeTimers()
    i18n.global.locale.value = 'en'
  })
  afterEach(() => {
    vi.useRealTimers()
    i18n.global.locale.value = 'zh'
  })

  it('waits 200 ms before the skeleton, so that quick answers do not flicker', async () => {
    const box = show({ state: 'loading' })
    expect(box.find('.el-skeleton').exists()).toBe(false)
    expect(box.attributes('aria-busy')).toBe('true')
    vi.advanceTimersByTime(199)
    await nextTick()
    expect(box.find('.el-skeleton').exists()).toBe(false)
    vi.advanceTimersByTime(1)
    await nextTick()
    expect(box.find('.el-skeleton').exists()).toBe(true)
    expect(box.find('.inside').exists()).toBe(false)
  })

  it('says why it is empty and what to do', () => {
    const box = show({ state: 'empty', emptyWhy: 'No alarm matches', emptyDo: 'Loosen the filters' })
    expect(box.text()).toContain('No alarm matches')
    expect(box.text()).toContain('Loosen the filters')
    expect(box.find('.inside').exists()).toBe(false)
  })

  it('shows a partial block with its coverage', () => {
    const box = show({ state: 'partial', coverage: '50 %' })
    expect(box.text()).toContain('Not enough valid data 50 %')
    expect(box.find('.inside').exists()).toBe(true)
  })

  it('greys a stale block and says how old it is', async () => {
    const box = show({ state: 'stale', age: '90 min' })
    expect(box.text()).toContain('Old data 90 min')
    expect(box.find('.grey .inside').exists()).toBe(true)
    await box.find('button').trigger('click')
    expect(box.emitted('retry')).toHaveLength(1)
  })

  it('names what failed, the remedy and the request, and offers to try again', async () => {
    const failure = failureOf(500, { error: { message: 'the lake is locked', remedy: 'wait a minute', request_id: 'r-17' } })
    const box = show({ state: 'error', failure })
    expect(box.text()).toContain('the lake is locked')
    expect(box.text()).toContain('wait a minute')
    expect(box.text()).toContain('r-17')
    expect(box.find('[role="alert"]').exists()).toBe(true)
    await box.find('button').trigger('click')
    expect(box.emitted('retry')).toHaveLength(1)
  })

  it('says which right is needed', () => {
    const failure = failureOf(403, { error: { message: 'not permitted', remedy: 'ask one of: auditor' } })
    const box = show({ state: 'forbidden', failure })
    expect(box.text()).toContain('You may not see this')
    expect(box.text()).toContain('auditor')
  })

  it('leads visitors to the sign-in page', () => {
    const box = show({ state: 'forbidden', failure: failureOf(401, { error: { message: 'sign in' } }) })
    expect(box.find('a').attributes('href')).toMatch(/^\/desk\/session\?next=/)
  })

  it('shows the content when it is ready', () => {
    const box = show({ state: 'ready' })
    expect(box.find('.inside').exists()).toBe(true)
    expect(box.find('.grey').exists()).toBe(false)
  })
})
