// One error shape from the server becomes one failure in the application.

export type FailureKind = 'forbidden' | 'unauthenticated' | 'missing' | 'refused' | 'invalid' | 'unreachable' | 'server'

export interface UnmetGuard {
  guard: string
  label_zh?: string | null
  label_en?: string | null
  detail?: string | null
  remedy?: string | null
}

export interface ErrorBody {
  code?: string
  message?: string
  message_key?: string
  field?: string | null
  remedy?: string | null
  params?: Record<string, unknown>
  request_id?: string | null
}

/** A request that did not do what was asked; carries what the person needs to go on. */
export class Failure extends Error {
  constructor(
    readonly kind: FailureKind,
    readonly status: number,
    readonly body: ErrorBody,
  ) {
    super(body.message ?? kind)
    this.name = 'Failure'
  }

  get requestId(): string {
    return this.body.request_id ?? ''
  }

  get unmet(): UnmetGuard[] {
    const unmet = this.body.params?.unmet
    return Array.isArray(unmet) ? (unmet as UnmetGuard[]) : []
  }
}

/** Failure of an HTTP status and the error body of the API. */
export function failureOf(status: number, payload: unknown): Failure {
  const body = ((payload as { error?: ErrorBody } | undefined)?.error ?? {}) as ErrorBody
  const kinds: Record<number, FailureKind> = {
    401: 'unauthenticated',
    403: 'forbidden',
    404: 'missing',
    409: 'refused',
    422: 'invalid',
    502: 'unreachable',
    503: 'unreachable',
    504: 'unreachable',
  }
  return new Failure(kinds[status] ?? (status === 0 ? 'unreachable' : 'server'), status, body)
}

/** Any thrown thing as a Failure; a failed fetch means that the server cannot be reached. */
export function asFailure(thrown: unknown): Failure {
  if (thrown instanceof Failure) return thrown
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return new Failure(thrown instanceof TypeError ? 'unreachable' : 'server', 0, { message })
}
