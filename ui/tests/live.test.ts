import { describe, expect, it } from 'vitest'
import { LiveLink, TOPICS, type LinkState, type LiveBatch } from '@/app/live'

class FakeSource {
  onopen: (() => void) | null = null
  onerror: (() => void) | null = null
  closed = false
  private readonly hearers = new Map<string, (event: { data: string }) => void>()
  addEventListener(name: string, hearer: (event: { data: string }) => void): void {
    this.hearers.set(name, hearer)
  }
  close(): void {
    this.closed = true
  }
  send(name: string, data: unknown): void {
    this.hearers.get(name)?.({ data: typeof data === 'string' ? data : JSON.stringify(data) })
  }
}

function rig(up = true) {
  let time = 0
  let serial = 0
  const timers = new Map<number, { at: number; run: () => void }>()
  const sources: FakeSource[] = []
  const batches: LiveBatch[] = []
  const states: LinkState[] = []
  const server = { up }
  const link = new LiveLink(
    '/live',
    {
      open: () => {
        const source = new FakeSource()
        sources.push(source)
        return source as never
      },
      probe: () => Promise.resolve(server.up),
      now: () => time,
      setTimeout: (run, ms) => {
        timers.set(++serial, { at: time + ms, run })
        return serial
      },
      clearTimeout: (handle) => timers.delete(handle as number),
    },
    (batch) => batches.push(batch),
    (state) => states.push(state),
  )
  async function pass(ms: number): Promise<void> {
    const until = time + ms
    for (;;) {
      const due = [...timers].filter(([, timer]) => timer.at <= until).sort((a, b) => a[1].at - b[1].at)[0]
      if (!due) break
      timers.delete(due[0])
      time = due[1].at
      due[1].run()
      await Promise.resolve()
      await Promise.resolve()
    }
    time = until
  }
  link.start()
  return { link, sources, batches, states, server, pass, last: () => sources.at(-1) as FakeSource }
}

describe('live link', () => {
  it('gathers what arrives and applies it once a second', async () => {
    const { batches, pass, last } = rig()
    last().onopen?.()
    for (const id of [1, 2, 3]) last().send('findings', { topic: 'findings', ids: [id] })
    last().send('cases', { topic: 'cases', ids: ['7'] })
    expect(batches).toHaveLength(0)
    await pass(999)
    expect(batches).toHaveLength(0)
    await pass(1)
    expect(batches).toHaveLength(1)
    expect(batches[0]?.ids.get('findings')).toEqual(['1', '2', '3'])
    expect([...(batches[0]?.topics ?? [])].sort()).toEqual(['cases', 'findings'])
  })

  it('hears a topic even when its message cannot be read', async () => {
    const { batches, pass, last } = rig()
    last().onopen?.()
    last().send('clock', 'not json')
    await pass(1000)
    expect(batches[0]?.topics.has('clock')).toBe(true)
  })

  it('waits longer after every failure, up to half a minute', () => {
    expect([1, 2, 3, 4, 5, 6, 9].map((n) => LiveLink.backoff(n))).toEqual([1000, 2000, 4000, 8000, 16000, 30000, 30000])
  })

  it('reconnects and then asks for everything that it may have missed', async () => {
    const { sources, batches, states, pass, last } = rig()
    last().onopen?.()
    last().onerror?.()
    expect(sources[0]?.closed).toBe(true)
    await pass(1000)
    expect(sources).toHaveLength(2)
    last().onopen?.()
    await pass(1000)
    expect([...(batches.at(-1)?.topics ?? [])].sort()).toEqual([...TOPICS].sort())
    expect(states.at(-1)).toBe('live')
  })

  it('polls when the stream does not come back but the server answers', async () => {
    const { batches, states, pass, last } = rig(true)
    last().onopen?.()
    for (const wait of [1000, 2000, 4000]) {
      last().onerror?.()
      await pass(wait)
    }
    expect(states.at(-1)).toBe('polling')
    const before = batches.length
    await pass(11_000)
    expect(batches.length).toBeGreaterThan(before)
  })

  it('says that the server is lost, and comes back to life', async () => {
    const { states, server, pass, last } = rig(false)
    last().onopen?.()
    last().onerror?.()
    await pass(10)
    expect(states.at(-1)).toBe('lost')
    server.up = true
    await pass(1000)
    last().onopen?.()
    expect(states.at(-1)).toBe('live')
  })

  it('takes long silence for a broken link when the server does not answer', async () => {
    const { states, server, sources, pass, last } = rig(true)
    last().onopen?.()
    server.up = false
    await pass(61_000)
    expect(states).toContain('lost')
    expect(sources.length).toBeGreaterThan(1)
  })

  it('stops for good', async () => {
    const { link, sources, batches, pass, last } = rig()
    last().onopen?.()
    last().send('cases', { ids: [] })
    link.stop()
    await pass(60_000)
    expect(sources).toHaveLength(1)
    expect(batches).toHaveLength(0)
  })
})
