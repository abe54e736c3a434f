import { defineStore } from 'pinia'
import { computed, shallowRef } from 'vue'
import { api } from '@/api/calls'
import type { Session } from '@/api/types'
import { useLive } from '@/app/stores/live'
import { usePrefs } from '@/app/stores/prefs'
import { pick } from '@/text/format'

const NOBODY: Session = { authenticated: false, user: null, csrf_token: '' }

/** Who is signed in. Rights are the server's business; this only shows the name. */
export const useSession = defineStore('session', () => {
  const session = shallowRef<Session>(NOBODY)
  const known = shallowRef(false)

  async function refresh(): Promise<void> {
    session.value = await api.session().catch(() => NOBODY)
    known.value = true
  }
  async function signIn(username: string, password: string): Promise<void> {
    session.value = await api.signIn(username, password)
    useLive().restart()
  }
  async function enterDemo(username: string): Promise<void> {
    session.value = await api.enterDemo(username)
    useLive().restart()
  }
  async function signOut(): Promise<void> {
    await api.signOut()
    session.value = NOBODY
    useLive().stop()
  }
  const signedIn = computed(() => session.value.authenticated)
  const name = computed(() => {
    const user = session.value.user
    return user ? pick(usePrefs().lang, user.display_name, user.display_name_en) || user.username : ''
  })
  // A hint for what to offer; the server decides each time.
  const official = computed(() => (session.value.user?.roles ?? []).some((role) => role !== 'enterprise_user' && role !== 'citizen'))
  return { session, known, signedIn, name, official, refresh, signIn, enterDemo, signOut }
})
