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
app.use(createPinia()).use(i18n).use(makeRouter())
usePrefs()
await Promise.all([useMeta().start(), useSession().refresh()])
useLive().start()
useLive().listen(['clock'], () => void useMeta().refresh())
app.mount('#app')
