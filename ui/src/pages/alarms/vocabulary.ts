// The closed lists of findings, asked once.
import { shallowRef } from 'vue'
import { findingApi, type Vocabulary } from '@/api/findings'

const held = shallowRef<Vocabulary | null>(null)
let asking: Promise<void> | null = null

export function useVocabulary() {
  asking ??= findingApi
    .vocabulary()
    .then((lists) => void (held.value = lists))
    .catch(() => void (asking = null))
  return held
}
