import { createPinia } from 'pinia'
import { createApp } from 'vue'
import '@/design/element'
import '@/design/tokens.css'
import '@/design/base.css'
import DeskApp from '@/app/DeskApp.vue'
import { i18n } from '@/app/i18n'
import { makeRouter } from '@/app/router'
import { useLive } from '@/app/stores/live'
import { useMeta } from '@/app/stores/meta'
import { usePrefs } from '@/app/stores/prefs'
import { useSession } from '@/app/stores/session'

const app = createApp(DeskApp)
app.use(createPinia()).use(i18n)
usePrefs()
await Promise.all([useMeta().start(), useSession().refresh()])
app.use(makeRouter())
// The stream is for signed-in people; signing in starts it.
if (useSession().signedIn) useLive().start()
useLive().listen(['clock'], () => void useMeta().refresh())
app.mount('#app')
