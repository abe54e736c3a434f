// The typed client: same origin, CSRF header from the cookie, one failure shape.
import createClient, { type Middleware } from 'openapi-fetch'
import { asFailure, failureOf } from '@/api/failure'
import type { paths } from '@/api/schema'

const CSRF_COOKIE = 'csrftoken'

/** Value of the CSRF cookie, which the header must repeat. */
export function csrfToken(cookies: string = document.cookie): string {
  const found = cookies.split('; ').find((one) => one.startsWith(`${CSRF_COOKIE}=`))
  return found ? decodeURIComponent(found.slice(CSRF_COOKIE.length + 1)) : ''
}

const changes: Middleware = {
  onRequest({ request }) {
    if (request.method !== 'GET') request.headers.set('X-CSRFToken', csrfToken())
    return request
  },
}

const origin = typeof location === 'undefined' ? '' : location.origin
export const client = createClient<paths>({
  baseUrl: origin,
  credentials: 'same-origin',
  fetch: (request) => globalThis.fetch(request),
})
client.use(changes)

interface Answer<T> {
  data?: T
  error?: unknown
  response: Response
}

/** The body of an answer; anything but success is thrown as a Failure. */
export async function unwrap<T>(asked: Promise<Answer<T>>): Promise<T> {
  let answer: Answer<T>
  try {
    answer = await asked
  } catch (thrown) {
    throw asFailure(thrown)
  }
  if (!answer.response.ok) throw failureOf(answer.response.status, answer.error)
  return answer.data as T
}

export type QueryValue = string | number | boolean | null | undefined | readonly (string | number)[]

/** A query without empty values, so that addresses stay short and filters are not sent blank. */
export function tidy<T extends object>(query: T): T {
  const kept = Object.entries(query).filter(
    ([, value]) => value !== undefined && value !== null && value !== '' && !(Array.isArray(value) && value.length === 0),
  )
  return Object.fromEntries(kept) as T
}

/** Address of a file that the browser downloads by itself. */
export function address(path: keyof paths, query: object = {}): string {
  const pairs = Object.entries(tidy(query)).flatMap(([key, value]) =>
    (Array.isArray(value) ? value : [value]).map((one): [string, string] => [key, String(one)]),
  )
  const text = new URLSearchParams(pairs).toString()
  return text ? `${path}?${text}` : path
}
