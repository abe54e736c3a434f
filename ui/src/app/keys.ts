import { onMounted, onScopeDispose } from 'vue'
import { usePrefs } from '@/app/stores/prefs'

export type KeyMap = Record<string, (event: KeyboardEvent) => void>

/** Whether a key press belongs to a field or a dialog and must not become a command. */
export function isTyping(target: EventTarget | null): boolean {
  const element = target as HTMLElement | null
  if (!element?.closest) return false
  return Boolean(element.closest('input, textarea, select, [contenteditable="true"], [role="dialog"]'))
}

/** Single-key commands of a page; off while typing, with modifiers, or when the person switched them off. */
export function useKeys(keys: KeyMap): void {
  const prefs = usePrefs()
  function onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return
    const name = event.key.length === 1 ? event.key.toLowerCase() : event.key
    const single = name.length === 1
    const run = keys[name]
    if (!run || (single && !prefs.singleKeys)) return
    const onControl = (event.target as HTMLElement | null)?.closest?.('a, button, summary')
    if (name === 'Enter' && onControl) return
    event.preventDefault()
    run(event)
  }
  onMounted(() => window.addEventListener('keydown', onKey))
  onScopeDispose(() => window.removeEventListener('keydown', onKey))
}
