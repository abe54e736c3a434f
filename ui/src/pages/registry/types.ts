// The types of registered objects, asked once for all pages.
import { ref } from 'vue'
import { api } from '@/api/calls'
import type { ObjectType } from '@/api/types'

const types = ref<ObjectType[]>([])
let asked: Promise<ObjectType[]> | null = null

/** Every type with its fields and counts; `fresh` counts again. */
export function objectTypes(fresh = false): Promise<ObjectType[]> {
  if (!asked || fresh) {
    asked = api.objectTypes().then((found) => (types.value = found))
    asked.catch(() => (asked = null))
  }
  return asked
}

/** The type of a code, once it is known. */
export const typeOf = (code: string): ObjectType | null => types.value.find((one) => one.type === code) ?? null
