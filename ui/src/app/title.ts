import { watchEffect } from 'vue'
import { i18n } from '@/app/i18n'

/** Keep the title of the window equal to what the page shows. */
export function useTitle(text: () => string): void {
  watchEffect(() => {
    const name = i18n.global.t('app.name')
    document.title = text() ? `${text()} · ${name}` : name
  })
}
