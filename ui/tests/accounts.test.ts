import { readFileSync } from 'node:fs'
import { flushPromises, mount } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { createMemoryHistory, createRouter } from 'vue-router'
import { accountApi, type Rights } from '@/api/accounts'
import { api } from '@/api/calls'
import { failureOf } from '@/api/failure'
import type { Session } from '@/api/types'
import { i18n } from '@/app/i18n'
import { usePrefs } from '@/app/stores/prefs'
import { useSession } from '@/app/stores/session'
import FactorPanel from '@/pages/accounts/FactorPanel.vue'
import KeyPanel from '@/pages/accounts/KeyPanel.vue'
import RightsPage from '@/pages/accounts/RightsPage.vue'
import { ROLES, userPath } from '@/pages/accounts/act'

const session = (rest: Partial<Session> = {}): Session => ({ authenticated: false, challenge: '', acting_for: null, may_act_for: [], user: null, csrf_token: 'x', ...rest })
const user = { username: 'li', display_name: '李', display_name_en: 'Li', roles: ['handler'], grants: [], permissions: ['make_key', 'delegate', 'move_case'], simulated: true }

beforeEach(() => {
  setActivePinia(createPinia())
  usePrefs().lang = 'en'
  i18n.global.locale.value = 'en'
  vi.restoreAllMocks()
})

describe('roles', () => {
  it('are those that the contract lets people hold', () => {
    const contract = JSON.parse(readFileSync('../docs/api/openapi.json', 'utf8')) as { components: { schemas: { Role: { enum: string[] } } } }
    expect([...ROLES, 'system'].sort()).toEqual([...contract.components.schemas.Role.enum].sort())
  })
  it('of an odd name lead to its page', () => expect(userPath('a/b c')).toBe('/desk/accounts/a%2Fb%20c'))
})

describe('signing in', () => {
  it('is not done while a code is missing, and is with it', async () => {
    const asked = vi.spyOn(api, 'signIn').mockResolvedValueOnce(session({ challenge: 'code' }))
    const store = useSession()
    await store.signIn('li', 'secret')
    expect([store.signedIn, store.session.challenge]).toEqual([false, 'code'])
    asked.mockResolvedValueOnce(session({ authenticated: true, user }))
    await store.signIn('li', 'secret', '123456')
    expect(asked).toHaveBeenLastCalledWith('li', 'secret', '123456')
    expect([store.signedIn, store.may('move_case'), store.may('manage_accounts')]).toEqual([true, true, false])
  })
})

describe('the second factor', () => {
  it('shows the picture as a picture, then the recovery codes, and goes on when they are noted', async () => {
    vi.spyOn(accountApi, 'factor').mockResolvedValue({ enrolled: false, required: true, recovery_left: 0 })
    vi.spyOn(accountApi, 'beginFactor').mockResolvedValue({ secret: 'ABC', uri: 'otpauth://x', picture: '<svg onload="x"/>' })
    const confirm = vi.spyOn(accountApi, 'confirmFactor').mockRejectedValueOnce(failureOf(422, { error: { code: 'invalid_input', message: 'this is not the code of now', field: 'code' } }))
    vi.spyOn(api, 'session').mockResolvedValue(session({ authenticated: true, user }))
    const panel = mount(FactorPanel, { global: { plugins: [i18n] } })
    await flushPromises()
    await panel.get('[data-testid=begin-factor]').trigger('click')
    await flushPromises()
    expect(panel.get('img').attributes('src')).toBe(`data:image/svg+xml,${encodeURIComponent('<svg onload="x"/>')}`)
    await panel.get('[name=code]').setValue('000000')
    await panel.get('form').trigger('submit')
    await flushPromises()
    expect(panel.get('[role=alert]').text()).toContain('not the code of now')
    confirm.mockResolvedValueOnce({ codes: ['1a2b3-c4d5e', 'f0f0f-00000'] })
    await panel.get('form').trigger('submit')
    await flushPromises()
    expect(panel.findAll('[data-testid=recovery-codes] li').map((one) => one.text())).toEqual(['1a2b3-c4d5e', 'f0f0f-00000'])
    expect(panel.emitted('enrolled')).toBeUndefined()
    await panel.get('[data-testid=noted]').trigger('click')
    await flushPromises()
    expect(panel.emitted('enrolled')).toHaveLength(1)
  })
})

describe('a key', () => {
  it('is shown once, and offers no scope that keys never have', async () => {
    useSession().session = session({ authenticated: true, user })
    vi.spyOn(accountApi, 'keys').mockResolvedValue([])
    const made = { id: 1, name: 'park', owner: 'li', prefix: 'abc', scopes: ['read'], made_at: '2025-11-24T09:00:00+08:00', expires_at: '2026-02-22T09:00:00+08:00', used_at: null, used_from: '', state: 'valid' as const, key: 'qt_abc_secret' }
    const make = vi.spyOn(accountApi, 'makeKey').mockResolvedValue(made)
    const panel = mount(KeyPanel, { global: { plugins: [i18n] } })
    await flushPromises()
    expect(panel.findAll('[name=scope]').map((one) => (one.element as HTMLInputElement).value)).toEqual(['read', 'move_case'])
    await panel.get('[name=name]').setValue('park')
    await panel.get('form').trigger('submit')
    await flushPromises()
    expect(make).toHaveBeenCalledWith({ name: 'park', scopes: ['read'], days: 90 })
    expect(panel.get('[data-testid=new-key]').text()).toBe('qt_abc_secret')
  })
})

describe('the matrix of rights', () => {
  const rights: Rights = {
    roles: ['handler', 'auditor'],
    actions: [
      { object_type: 'case', object_zh: '案件', object_en: 'Case', verb: 'move_case', action_zh: '推进', action_en: 'move case', cells: { handler: true, auditor: false } },
      { object_type: 'journal', object_zh: '日志', object_en: 'Journal', verb: 'read_journal', action_zh: '查看', action_en: 'read journal', cells: { handler: false, auditor: true } },
    ],
    sights: [{ object_type: 'case', object_zh: '案件', object_en: 'Case', cells: { handler: 'scope', auditor: 'none' } }],
  }
  async function at(path: string) {
    vi.spyOn(accountApi, 'rights').mockResolvedValue(rights)
    const router = createRouter({ history: createMemoryHistory(), routes: [{ path: '/desk/rights', component: RightsPage }] })
    await router.push(path)
    const page = mount(RightsPage, { global: { plugins: [i18n, router] } })
    await flushPromises()
    return page
  }
  it('says yes and no in every cell, not by colour', async () => {
    const page = await at('/desk/rights')
    expect(page.findAll('[data-cell]').map((one) => [one.attributes('data-cell'), one.get('.sr-only').text()])).toEqual([
      ['move_case handler', 'yes'],
      ['move_case auditor', 'no'],
      ['read_journal handler', 'no'],
      ['read_journal auditor', 'yes'],
    ])
    expect(page.get('[data-sight="case auditor"]').text()).toBe('none')
  })
  it('of one role is what that role may', async () => {
    const page = await at('/desk/rights?role=auditor')
    expect(page.findAll('[data-cell]').map((one) => one.attributes('data-cell'))).toEqual(['read_journal auditor'])
  })
})
