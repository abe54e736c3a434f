// Links of shared pages, as the door in which they stand has them.
import { useRoute } from 'vue-router'
import { doorOf } from '@/app/doors'

const RULES: readonly (readonly [RegExp, (part: string) => string])[] = [
  [/^\/desk\/alarms\?(?:.*&)?id=(\d+)$/, (id) => `/enterprise/findings/${id}`],
  [/^\/desk\/cases\/(\d+)$/, (id) => `/enterprise/cases/${id}`],
  [/^\/desk\/cases\?(?:.*&)?template=(\w+)/, (template) => `/enterprise/cases?template=${template}`],
  [/^\/desk\/cases(\?)/, () => '/enterprise/cases'],
  [/^\/desk\/obligations\/occurrences\/(\d+)$/, (id) => `/enterprise/duties/${id}`],
  [/^\/desk\/obligations\/(list)\b/, () => '/enterprise/todo?kind=duty'],
  [/^\/desk\/obligations\/plans\/([^/?]+)$/, (code) => `/enterprise/plan/${code}`],
  [/^\/desk\/(enterprises)\//, () => '/enterprise/dossier'],
]

/** Where the enterprise's door shows what a page of the desk shows; nothing where it has no such page. */
export function doorLink(link: string): string {
  for (const [form, make] of RULES) {
    const found = form.exec(link)
    if (found) return make(found[1] ?? '')
  }
  return ''
}

/** Links of the desk stay at the desk; in the enterprise's door they lead to its own pages, or are none. */
export function useDoorLink(): (link: string) => string {
  const route = useRoute()
  return (link) => (doorOf(route) === 'enterprise' ? doorLink(link) : link)
}
