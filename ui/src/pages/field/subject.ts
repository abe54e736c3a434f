/**
 * Page of the phone for the matter of a notice: a case is a task there, everything else keeps its page at the desk.
 *
 * @param link page that the notice names; empty where there is none
 */
export function subjectPath(link: string): string {
  const found = /^\/desk\/cases\/(\d+)$/.exec(link)
  return found ? `/field/tasks/${found[1]}` : link
}
