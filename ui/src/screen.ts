import { createPinia } from 'pinia'
import { createApp } from 'vue'
import '@/design/tokens.css'
import '@/design/base.css'
import { i18n } from '@/app/i18n'
import { useLive } from '@/app/stores/live'
import { useMeta } from '@/app/stores/meta'
import { usePrefs } from '@/app/stores/prefs'
import { useSession } from '@/app/stores/session'
import ScreenPage from '@/pages/screen/ScreenPage.vue'

const app = createApp(ScreenPage)
app.use(createPinia()).use(i18n)
usePrefs().forcedTheme = 'dark'
await Promise.all([useMeta().start(), useSession().refresh()])
if (useSession().signedIn) useLive().start()
app.mount('#app')
