// The visit that is being written: loads its task, keeps each change, takes in files, puts it all into the queue.
import { computed, ref, shallowRef, watch } from 'vue'
import type { MediaKind } from '@/api/field'
import { useBlock } from '@/app/load'
import { useMeta } from '@/app/stores/meta'
import { sha256 } from '@/pages/field/hash'
import { useOutbox } from '@/pages/field/outboxStore'
import type { Position } from '@/pages/field/place'
import { dropDraft, enqueue, mediaOf, store, type Draft, type MediaRow } from '@/pages/field/store'
import { loadCase, loadKit, loadTasks } from '@/pages/field/tasks'
import { begin, filesOf, kindOf, lacks, listsOf, parcelsOf, stepsOnSite, type Lack, type VisitFacts } from '@/pages/field/visit'

const LEAST = 1
const SAVE_AFTER_MS = 300

/** A copy without the proxies of the page, which no store can hold. */
const plain = (draft: Draft): Draft => JSON.parse(JSON.stringify(draft)) as Draft

export function useVisit(id: () => number, position: Position) {
  const meta = useMeta()
  const outbox = useOutbox()
  const now = () => meta.now
  const draft = ref<Draft | null>(null)
  const files = shallowRef<MediaRow[]>([])
  const saved = ref('')
  const failure = ref('')
  let timer: ReturnType<typeof setTimeout> | null = null

  const block = useBlock(async () => {
    const db = await store()
    const who = outbox.username
    const [detail, kit, tasks] = await Promise.all([loadCase(db, who, id(), now), loadKit(db, who, now), loadTasks(db, who, now)])
    const task = tasks.value.find((one) => one.case.id === id()) ?? null
    draft.value = (await db.get('drafts', [who, id()])) ?? null
    files.value = await mediaOf(db, who, id())
    return { detail, kit, task }
  })
  const detail = computed(() => block.data.value?.detail.value ?? null)
  const lists = computed(() => listsOf(block.data.value?.task ?? null, block.data.value?.kit.value.checklists ?? []))
  const steps = computed(() => stepsOnSite(detail.value?.next_steps ?? []))
  const facts = computed<VisitFacts>(() => ({
    lines: lists.value.flatMap((one) => one.items),
    least: Math.max(LEAST, ...lists.value.map((one) => one.inspectors)),
    files: files.value,
    step: steps.value.find((one) => one.code === draft.value?.step) ?? null,
  }))
  const all = computed(() => (draft.value ? filesOf(draft.value, files.value) : []))
  const missing = computed<Lack[]>(() => (draft.value ? lacks(draft.value, facts.value) : []))
  // The case went on after the draft was begun: the writer is told, and decides.
  const moved = computed(() => Boolean(draft.value && detail.value && draft.value.revision !== detail.value.revision))

  /** Begin a visit with the case as it is shown. */
  async function start(): Promise<void> {
    const one = detail.value
    if (!one) return
    draft.value = begin(outbox.username, one, block.data.value?.detail.at ?? now().toISOString(), new Date())
    void navigator.storage?.persist?.()
    await save()
  }

  /** Go on with the case as it is now. */
  function acceptCase(): void {
    const one = detail.value
    if (draft.value && one) draft.value = { ...draft.value, revision: one.revision, seen_at: block.data.value?.detail.at ?? draft.value.seen_at }
  }

  async function save(): Promise<void> {
    if (timer !== null) clearTimeout(timer)
    timer = null
    const one = draft.value
    if (!one) return
    await (await store()).put('drafts', plain(one))
    saved.value = new Date().toISOString()
  }
  watch(
    draft,
    (one) => {
      if (!one) return
      if (timer !== null) clearTimeout(timer)
      timer = setTimeout(() => void save(), SAVE_AFTER_MS)
    },
    { deep: true },
  )

  /** Take in a file with its fingerprint, the place of the phone, and the time at which it was made. */
  async function add(file: File, line: string, kind: MediaKind = kindOf(file.type), by = ''): Promise<void> {
    failure.value = ''
    try {
      const made = Math.min(file.lastModified || Date.now(), Date.now())
      const bytes = await file.arrayBuffer()
      const row: MediaRow = {
        id: crypto.randomUUID(),
        username: outbox.username,
        case: id(),
        kind,
        line,
        by,
        bytes,
        type: file.type,
        name: file.name,
        sha256: await sha256(bytes),
        captured_at: new Date(made).toISOString(),
        spot: position.spot.value,
        queued: 0,
      }
      const db = await store()
      await db.put('media', row)
      files.value = await mediaOf(db, outbox.username, id())
    } catch (thrown) {
      failure.value = thrown instanceof Error ? thrown.message : String(thrown)
    }
  }
  async function remove(wanted: (one: MediaRow) => boolean): Promise<void> {
    const db = await store()
    for (const one of files.value.filter(wanted)) await db.delete('media', one.id)
    files.value = await mediaOf(db, outbox.username, id())
  }
  async function unsign(by: string): Promise<void> {
    await remove((one) => one.kind === 'signature' && one.by === by)
    if (draft.value) draft.value = { ...draft.value, gone: draft.value.gone.filter((one) => one.kind !== 'signature' || one.by !== by) }
  }

  /** Put the visit into the queue; it is sent at once where there is a network. */
  async function finish(): Promise<void> {
    if (!draft.value) return
    const one = plain(draft.value)
    if (timer !== null) clearTimeout(timer)
    const rows = parcelsOf(one, facts.value, new Date(), position.spot.value, () => crypto.randomUUID())
    await enqueue(await store(), one, [...facts.value.files], rows)
    draft.value = null
    files.value = []
    await outbox.refresh()
    void outbox.flush()
  }
  async function drop(): Promise<void> {
    if (timer !== null) clearTimeout(timer)
    await dropDraft(await store(), outbox.username, id())
    draft.value = null
    files.value = []
  }
  return { block, detail, lists, steps, facts, draft, files, all, missing, moved, saved, failure, start, save, acceptCase, add, remove, unsign, finish, drop }
}
