// The port of a map engine. MapView draws through it; a contract test holds both engines to it.
import type { Tokens } from '@/design/theme'
import type { Basemap } from '@/map/basemap'
import type { View } from '@/map/coords'
import type { Mark } from '@/map/layers/marks'
import type { Outline } from '@/map/layers/outlines'
import type { Lang } from '@/text/format'

export type EngineKind = 'webgl' | 'canvas'

export interface EngineEvents {
  select(id: string | null): void
  move(view: View): void
}

export interface EngineOptions {
  container: HTMLElement
  basemap: Basemap
  tokens: Tokens
  lang: Lang
  view: View
  scale: number
  events: EngineEvents
}

export interface MapEngine {
  readonly kind: EngineKind
  /** Draw exactly these marks, the last on top. */
  setMarks(marks: readonly Mark[]): void
  /** Draw exactly these areas and lines, below the marks; that of the selected mark is drawn stronger. */
  setOutlines(outlines: readonly Outline[]): void
  /** Put a ring round one mark; null takes it away. */
  setSelected(id: string | null): void
  /** Follow the theme and the language. */
  setLook(tokens: Tokens, lang: Lang): void
  setView(view: View): void
  view(): View
  resize(): void
  /** Mean milliseconds of a few frames, to judge whether the engine is fast enough here. */
  frameTime(): Promise<number>
  destroy(): void
}

export type EngineFactory = (options: EngineOptions) => Promise<MapEngine>
