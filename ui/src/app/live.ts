// One event stream with reconnect, back-off and polling; listeners hear at most once a second.

export type Topic = 'observations' | 'judgements' | 'findings' | 'cases' | 'commands' | 'notices' | 'clock'
export const TOPICS: readonly Topic[] = ['observations', 'judgements', 'findings', 'cases', 'commands', 'notices', 'clock']
export type LinkState = 'connecting' | 'live' | 'polling' | 'lost'

export interface LiveBatch {
  topics: Set<Topic>
  ids: Map<Topic, string[]>
}

export interface LivePorts {
  open(url: string): EventSource
  probe(): Promise<boolean>
  now(): number
  setTimeout(run: () => void, ms: number): unknown
  clearTimeout(handle: unknown): void
}

const APPLY_EVERY_MS = 1000
const FIRST_RETRY_MS = 1000
const LAST_RETRY_MS = 30_000
const POLL_EVERY_MS = 10_000
const FAILURES_BEFORE_POLLING = 3
const SILENCE_MS = 45_000

/** Keeps the stream alive and tells `onBatch` what changed, `onState` how the link stands. */
export class LiveLink {
  private source: EventSource | null = null
  private failures = 0
  private heardAt = 0
  private pending: LiveBatch = { topics: new Set(), ids: new Map() }
  private flushTimer: unknown = null
  private retryTimer: unknown = null
  private pollTimer: unknown = null
  private watchTimer: unknown = null
  private closed = false
  state: LinkState = 'connecting'

  constructor(
    private readonly url: string,
    private readonly ports: LivePorts,
    private readonly onBatch: (batch: LiveBatch) => void,
    private readonly onState: (state: LinkState) => void,
  ) {}

  start(): void {
    this.connect()
    this.watchSilence()
  }

  stop(): void {
    this.closed = true
    this.source?.close()
    for (const timer of [this.flushTimer, this.retryTimer, this.pollTimer, this.watchTimer]) this.ports.clearTimeout(timer)
  }

  /** Wait before the next attempt: 1, 2, 4 ... 30 seconds. */
  static backoff(failures: number): number {
    return Math.min(FIRST_RETRY_MS * 2 ** Math.max(failures - 1, 0), LAST_RETRY_MS)
  }

  private connect(): void {
    if (this.closed) return
    const source = this.ports.open(this.url)
    this.source = source
    source.onopen = () => this.opened()
    source.onerror = () => this.failed()
    for (const topic of TOPICS) {
      source.addEventListener(topic, (event) => this.heard(topic, (event as MessageEvent<string>).data))
    }
    for (const name of ['heartbeat', 'hello', 'message']) {
      source.addEventListener(name, () => (this.heardAt = this.ports.now()))
    }
  }

  private opened(): void {
    const again = this.failures > 0
    this.failures = 0
    this.heardAt = this.ports.now()
    this.ports.clearTimeout(this.pollTimer)
    this.pollTimer = null
    this.enter('live')
    // What happened while the stream was down was not sent to us: ask for everything once.
    if (again) this.queueAll()
  }

  private failed(): void {
    this.source?.close()
    this.source = null
    if (this.closed) return
    this.failures += 1
    if (this.failures >= FAILURES_BEFORE_POLLING && this.pollTimer === null) void this.poll()
    else if (this.state === 'live') this.enter('connecting')
    this.ports.clearTimeout(this.retryTimer)
    this.retryTimer = this.ports.setTimeout(() => this.connect(), LiveLink.backoff(this.failures))
    if (this.failures === 1) void this.ports.probe().then((up) => !up && this.state !== 'live' && this.enter('lost'))
  }

  private async poll(): Promise<void> {
    const up = await this.ports.probe()
    if (this.closed || this.state === 'live') return
    this.enter(up ? 'polling' : 'lost')
    if (up) this.queueAll()
    this.pollTimer = this.ports.setTimeout(() => void this.poll(), POLL_EVERY_MS)
  }

  private watchSilence(): void {
    this.watchTimer = this.ports.setTimeout(() => {
      if (this.state === 'live' && this.ports.now() - this.heardAt > SILENCE_MS) {
        void this.ports.probe().then((up) => (up ? (this.heardAt = this.ports.now()) : this.failed()))
      }
      if (!this.closed) this.watchSilence()
    }, SILENCE_MS / 3)
  }

  private heard(topic: Topic, data: string): void {
    this.heardAt = this.ports.now()
    let ids: unknown[] = []
    try {
      ids = (JSON.parse(data) as { ids?: unknown[] }).ids ?? []
    } catch {
      // A message without a readable body still says that the topic changed.
    }
    this.queue(topic, ids.map(String))
  }

  private queueAll(): void {
    for (const topic of TOPICS) this.queue(topic, [])
  }

  private queue(topic: Topic, ids: string[]): void {
    this.pending.topics.add(topic)
    this.pending.ids.set(topic, [...(this.pending.ids.get(topic) ?? []), ...ids])
    if (this.flushTimer !== null) return
    this.flushTimer = this.ports.setTimeout(() => this.flush(), APPLY_EVERY_MS)
  }

  private flush(): void {
    this.flushTimer = null
    const batch = this.pending
    this.pending = { topics: new Set(), ids: new Map() }
    if (!this.closed) this.onBatch(batch)
  }

  private enter(state: LinkState): void {
    if (this.state === state) return
    this.state = state
    this.onState(state)
  }
}
