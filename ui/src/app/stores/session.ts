import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import { api } from '@/api/calls'
import { asFailure } from '@/api/failure'
import type { Session } from '@/api/types'
import { recall, remember, unremember } from '@/app/remembered'
import { useLive } from '@/app/stores/live'
import { usePrefs } from '@/app/stores/prefs'
import { pick } from '@/text/format'

const NOBODY: Session = { authenticated: false, challenge: '', acting_for: null, may_act_for: [], user: null, csrf_token: '' }
const PERSON = 'person'

/** Without a network the phone goes on for the person who was signed in last; the server checks all that is sent later. */
function lastPerson(thrown: unknown): Session {
  const user = asFailure(thrown).kind === 'unreachable' ? recall<Session['user']>(PERSON) : null
  return user ? { ...NOBODY, authenticated: true, user } : NOBODY
}

/** Who is signed in. Rights are the server's business; this only shows the name. */
export const useSession = defineStore('session', () => {
  const session = shallowRef<Session>(NOBODY)
  const known = shallowRef(false)

  async function refresh(): Promise<void> {
    session.value = await api.session().catch(lastPerson)
    if (session.value.user) remember(PERSON, session.value.user)
    known.value = true
  }
  /** Right name and password may not be enough: the session then says what it still needs. */
  async function signIn(username: string, password: string, code = ''): Promise<void> {
    await take(await api.signIn(username, password, code))
  }
  /** Another answer about who this is: after a second factor, or when somebody stands in. */
  async function take(fresh: Session): Promise<void> {
    session.value = fresh
    if (!fresh.authenticated) return
    remember(PERSON, session.value.user)
    useLive().restart()
  }
  async function enterDemo(username: string): Promise<void> {
    session.value = await api.enterDemo(username)
    remember(PERSON, session.value.user)
    useLive().restart()
  }
  async function signOut(): Promise<void> {
    await api.signOut()
    session.value = NOBODY
    unremember(PERSON)
    useLive().stop()
  }
  const signedIn = computed(() => session.value.authenticated)
  const name = computed(() => {
    const user = session.value.user
    return user ? pick(usePrefs().lang, user.display_name, user.display_name_en) || user.username : ''
  })
  // A hint for what to offer; the server decides each time.
  const official = computed(() => (session.value.user?.roles ?? []).some((role) => role !== 'enterprise_user' && role !== 'citizen'))
  const may = (verb: string) => session.value.user?.permissions.includes(verb) ?? false
  return { session, known, signedIn, name, official, may, refresh, signIn, take, enterDemo, signOut }
})
