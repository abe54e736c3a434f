/** Where the enterprise's door shows what a page of the desk shows; nothing where it has no such page. */
export function doorLink(link: string): string {
  const finding = /^\/desk\/alarms\?id=(\d+)$/.exec(link)
  if (finding) return `/enterprise/findings/${finding[1]}`
  const found = /^\/desk\/(?:(cases)\/(\d+)|obligations\/(occurrences|plans)\/([^/?]+))$/.exec(link)
  if (!found) return ''
  if (found[1]) return `/enterprise/cases/${found[2]}`
  return found[3] === 'plans' ? `/enterprise/plan/${found[4]}` : `/enterprise/duties/${found[4]}`
}
