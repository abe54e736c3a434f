import { computed, type ComputedRef } from 'vue'
import { useRoute } from 'vue-router'
import { doorOfPath } from '@/app/doors'
import type { Tone } from '@/parts/StatusChip.vue'

export const ROOT = '/desk/notices'

/** Where the inbox lies at the door through which the page was opened. */
export function useNoticeRoot(): ComputedRef<string> {
  const route = useRoute()
  return computed(() => (doorOfPath(route.path) === 'enterprise' ? '/enterprise/notices' : ROOT))
}

export const VIEWS = ['unread', 'unanswered'] as const
export const STATES = ['sending', 'sent', 'retry', 'dead', 'laid_aside'] as const
export const CHANNELS = ['email', 'sms', 'endpoint'] as const

/** How loud the state of a word to the outside is. */
export function deliveryTone(state: string): Tone {
  if (state === 'dead') return 'danger'
  if (state === 'retry') return 'warning'
  if (state === 'sent') return 'success'
  return state === 'laid_aside' ? 'none' : 'info'
}

/** The form and the name of a target such as `role:dispatcher`. */
export function target(word: string): { form: string; name: string } {
  const [form = '', name = ''] = word.split(':')
  return { form, name }
}
