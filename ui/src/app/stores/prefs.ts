import { defineStore } from 'pinia'
import { computed, ref, watch } from 'vue'
import { applyLang } from '@/app/i18n'
import { tokensOf, type ThemeName } from '@/design/theme'
import type { Lang } from '@/text/format'

export type ThemeChoice = 'system' | ThemeName
export type EngineChoice = 'auto' | 'webgl' | 'canvas'

interface Saved {
  lang: Lang
  theme: ThemeChoice
  engine: EngineChoice
  colourSafe: boolean
  singleKeys: boolean
}

const KEY = 'qingtian.prefs'
const DEFAULTS: Saved = { lang: 'zh', theme: 'system', engine: 'auto', colourSafe: false, singleKeys: true }

function load(): Saved {
  try {
    return { ...DEFAULTS, ...(JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Saved>) }
  } catch {
    return { ...DEFAULTS }
  }
}

/** What a person chose for this browser: language, theme, map engine, colour-safe, single keys. */
export const usePrefs = defineStore('prefs', () => {
  const saved = load()
  const lang = ref<Lang>(saved.lang)
  const theme = ref<ThemeChoice>(saved.theme)
  const engine = ref<EngineChoice>(saved.engine)
  const colourSafe = ref(saved.colourSafe)
  const singleKeys = ref(saved.singleKeys)
  const forcedTheme = ref<ThemeName | null>(null)

  const systemDark = ref(false)
  const media = typeof matchMedia === 'function' ? matchMedia('(prefers-color-scheme: dark)') : null
  systemDark.value = media?.matches ?? false
  media?.addEventListener?.('change', (event) => (systemDark.value = event.matches))

  const themeName = computed<ThemeName>(() => {
    if (forcedTheme.value) return forcedTheme.value
    if (theme.value !== 'system') return theme.value
    return systemDark.value ? 'dark' : 'light'
  })
  const tokens = computed(() => tokensOf(themeName.value))

  watch(lang, applyLang, { immediate: true })
  watch(themeName, (name) => (document.documentElement.dataset.theme = name), { immediate: true })
  watch([lang, theme, engine, colourSafe, singleKeys], () => {
    const now: Saved = {
      lang: lang.value,
      theme: theme.value,
      engine: engine.value,
      colourSafe: colourSafe.value,
      singleKeys: singleKeys.value,
    }
    try {
      localStorage.setItem(KEY, JSON.stringify(now))
    } catch {
      // Private windows may refuse storage; the choice then lasts for this page only.
    }
  })
  return { lang, theme, engine, colourSafe, singleKeys, forcedTheme, themeName, tokens }
})
