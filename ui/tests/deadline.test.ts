import { mount } from '@vue/test-utils'
import { createPinia } from 'pinia'
import { describe, expect, it } from 'vitest'
import { i18n } from '@/app/i18n'
import DeadlineText from '@/parts/DeadlineText.vue'
import { deadline, type DeadlineFacts } from '@/text/deadline'

const due = (rest: Partial<DeadlineFacts>): DeadlineFacts => ({ due_on: '2025-12-01', remaining_working_days: 5, ...rest })

describe('deadline', () => {
  it.each([
    [due({}), 'running', 'deadline.left', 5],
    [due({ remaining_working_days: 3 }), 'running', 'deadline.left', 3],
    [due({ remaining_working_days: 2 }), 'soon', 'deadline.left', 2],
    [due({ remaining_working_days: 1 }), 'soon', 'deadline.left', 1],
    [due({ remaining_working_days: 0 }), 'today', 'deadline.today', 0],
    [due({ remaining_working_days: -1 }), 'overdue', 'deadline.overdue', 1],
    [due({ remaining_working_days: 4, breached: true }), 'overdue', 'deadline.overdue', 4],
    [due({ remaining_working_days: -3, paused: true }), 'paused', 'deadline.paused', -3],
    [due({ remaining_working_days: null }), 'running', 'deadline.due', 0],
    [due({ due_on: null }), 'none', 'deadline.none', 0],
  ])('%j is %s', (facts, state, key, days) => {
    expect(deadline(facts)).toEqual({ state, key, days })
  })

  it('says the day, the workdays and that a year without calendar is provisional', () => {
    i18n.global.locale.value = 'en'
    const text = mount(DeadlineText, {
      props: { facts: due({ due_on: '2026-02-03T00:00:00+08:00', remaining_working_days: -2, provisional: true }) },
      global: { plugins: [createPinia(), i18n] },
    }).text()
    expect(text).toContain('2 workdays over')
    expect(text).toContain('2026-02-03')
    expect(text).toContain('provisional')
    i18n.global.locale.value = 'zh'
  })
})
