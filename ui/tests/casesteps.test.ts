import { mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { CaseDetail, NextStep, Unmet } from '@/api/types'
import { i18n } from '@/app/i18n'
import { usePrefs } from '@/app/stores/prefs'
import CaseSteps from '@/pages/cases/CaseSteps.vue'

const guard = (name: string, fields: string[] = []): Unmet => ({
  guard: name,
  label_zh: name,
  label_en: `needs ${name}`,
  detail: '3 of 24 hours', detail_zh: '',
  remedy: '',
  remedy_zh: '',
  remedy_en: 'wait for data',
  fields,
})
const step = (code: string, rest: Partial<NextStep> = {}): NextStep => ({
  code,
  to: `${code}_done`,
  to_zh: '',
  to_en: `${code} done`,
  label_zh: '',
  label_en: `Do ${code}`,
  roles: ['handler'],
  role: 'handler',
  role_allowed: true,
  allowed: true,
  automatic: false,
  reason_required: false,
  unmet: [],
  fields: [],
  ...rest,
})
const field = (name: string, required = true) => ({
  name,
  type: 'text',
  required,
  private: false,
  label_zh: name,
  label_en: `the ${name}`,
  choices: [],
  options: [],
  value: null,
})
const detail = (steps: NextStep[]) =>
  ({ id: 7, revision: 4, state: 'rectifying', object: { type: 'outlet', code: 'O-1' }, next_steps: steps }) as never as CaseDetail

describe('the next legal step', () => {
  const act = vi.fn(() => Promise.resolve(true))
  const show = (steps: NextStep[]) => mount(CaseSteps, { props: { detail: detail(steps), act }, global: { plugins: [i18n] } })
  beforeEach(() => {
    setActivePinia(createPinia())
    usePrefs().lang = 'en'
    act.mockClear()
    sessionStorage.clear()
  })
  afterEach(() => {
    usePrefs().lang = 'zh'
  })

  it('gives a form only to the step that may be taken', () => {
    const page = show([step('apply'), step('verify', { allowed: false, unmet: [guard('effect')] }), step('approve', { allowed: false, role_allowed: false, roles: ['approver'] })])
    expect(page.findAll('form').map((form) => form.attributes('data-step-form'))).toEqual(['apply'])
    const shut = page.findAll('[data-testid="shut-steps"] [data-step]')
    expect(shut.map((one) => one.attributes('data-step'))).toEqual(['verify', 'approve'])
    expect(shut.every((one) => one.find('button').attributes('disabled') !== undefined)).toBe(true)
  })

  it('says of every other step what is missing, with detail and remedy, or whose it is', () => {
    const page = show([step('verify', { allowed: false, unmet: [guard('effect'), guard('cause')] }), step('approve', { allowed: false, role_allowed: false, roles: ['approver'] })])
    expect(page.findAll('[data-guard]').map((one) => one.attributes('data-guard'))).toEqual(['effect', 'cause'])
    expect(page.find('[data-guard="effect"]').text()).toContain('needs effect')
    expect(page.find('[data-guard="effect"]').text()).toContain('3 of 24 hours')
    expect(page.find('[data-guard="effect"]').text()).toContain('wait for data')
    expect(page.find('[data-step="approve"]').text()).toContain('Needs the role: Approver')
  })

  it('opens a step whose missing facts its own form asks for, but not one that the data must meet', () => {
    const fillable = step('write_off', { allowed: false, unmet: [guard('acceptor', ['acceptor'])], fields: [field('acceptor')] })
    const barred = step('verify', { allowed: false, unmet: [guard('acceptor', ['acceptor']), guard('effect')], fields: [field('acceptor')] })
    const page = show([fillable, barred])
    expect(page.find('form').attributes('data-step-form')).toBe('write_off')
    expect(page.find('[data-testid="shut-steps"] [data-step="verify"]').exists()).toBe(true)
  })

  it('never offers what the system takes by itself', () => {
    const page = show([step('settle', { automatic: true })])
    expect(page.find('form').exists()).toBe(false)
    expect(page.find('[data-step="settle"]').text()).toContain('The system takes it')
  })

  it('names the missing answers and sends nothing until they are there', async () => {
    const page = show([step('plan', { fields: [field('cause'), field('note', false)], reason_required: true })])
    await page.find('[role="group"] [data-step="plan"]').trigger('click')
    await page.find('form').trigger('submit')
    expect(act).not.toHaveBeenCalled()
    expect(page.find('form [role="alert"]').text()).toContain('2 required answers')
    expect(page.find('[name="cause"]').attributes('aria-invalid')).toBe('true')
    expect(page.find('[name="note"]').attributes('aria-invalid')).not.toBe('true')
  })

  it('sends the step with its form, the reason and the revision that was seen', async () => {
    const page = show([step('plan', { fields: [field('cause'), field('note', false)] })])
    await page.find('[name="cause"]').setValue(' old filter ')
    await page.find('[name="reason"]').setValue('because')
    await page.find('form').trigger('submit')
    expect(act).toHaveBeenCalledWith({ to: 'plan', fields: { cause: 'old filter' }, reason: 'because', revision: 4 })
  })

  it('brings an unsent form back', async () => {
    await show([step('plan', { fields: [field('cause')] })]).find('[name="cause"]').setValue('half a sentence')
    const again = show([step('plan', { fields: [field('cause')] })])
    expect((again.find('[name="cause"]').element as HTMLInputElement).value).toBe('half a sentence')
    expect(again.text()).toContain('unsent draft')
  })

  it('lets a person choose between two steps that are open', async () => {
    const page = show([step('apply'), step('extend')])
    expect(page.find('form').attributes('data-step-form')).toBe('apply')
    await page.find('[role="group"] [data-step="extend"]').trigger('click')
    expect(page.find('form').attributes('data-step-form')).toBe('extend')
  })

  it('does not offer first what needs a reason, such as sending the case back', async () => {
    const page = show([step('return', { reason_required: true }), step('write_off', { allowed: false, unmet: [guard('effect')] })])
    expect(page.find('form').exists()).toBe(false)
    await page.find('[role="group"] [data-step="return"]').trigger('click')
    expect(page.find('form').attributes('data-step-form')).toBe('return')
  })

  it('says when nothing more is expected', () => {
    expect(show([]).text()).toContain('Nothing more is expected')
  })
})
