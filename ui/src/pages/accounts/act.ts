import { ref } from 'vue'
import { asFailure } from '@/api/failure'
import { useFailureText } from '@/app/failureText'

/** One step at a time with its failure in words; true when it was done. */
export function useAct() {
  const failureText = useFailureText()
  const busy = ref(false)
  const failure = ref('')
  async function act(run: () => Promise<unknown>): Promise<boolean> {
    busy.value = true
    failure.value = ''
    try {
      await run()
      return true
    } catch (thrown) {
      failure.value = failureText(asFailure(thrown))
      return false
    } finally {
      busy.value = false
    }
  }
  return { busy, failure, act }
}

/** Address of an account on the desk. */
export const userPath = (username: string) => `/desk/accounts/${encodeURIComponent(username)}`

/** Roles that a person may hold, in the order of the work. */
export const ROLES = [
  'citizen',
  'enterprise_user',
  'window',
  'dispatcher',
  'handler',
  'inspector',
  'legal_reviewer',
  'approver',
  'supervisor',
  'auditor',
  'data_steward',
] as const
export type Role = (typeof ROLES)[number]
