import { useI18n } from 'vue-i18n'
import type { Failure } from '@/api/failure'

/** What went wrong in the words of the language, then the server's reason and the remedy. */
export function useFailureText(): (failure: Failure) => string {
  const { t, te } = useI18n()
  return (failure) => {
    const code = failure.body.code ?? ''
    const key = te(`error.${code}`) ? `error.${code}` : `error.kind.${failure.kind}`
    return [t(key), failure.body.message ?? '', failure.body.remedy ?? ''].filter(Boolean).join(' · ')
  }
}
