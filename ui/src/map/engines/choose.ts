// Which engine draws: WebGL only where a real GPU draws it fast enough.
import type { EngineChoice } from '@/app/stores/prefs'
import type { EngineKind } from '@/map/engines/engine'

export const SLOW_FRAME_MS = 60

/** Whether this browser gives a WebGL context without a major performance caveat. */
export function hasFastWebgl(makeCanvas: () => HTMLCanvasElement = () => document.createElement('canvas')): boolean {
  try {
    const canvas = makeCanvas()
    const context = canvas.getContext('webgl2', { failIfMajorPerformanceCaveat: true }) as WebGL2RenderingContext | null
    context?.getExtension('WEBGL_lose_context')?.loseContext()
    return context !== null
  } catch {
    return false
  }
}

/** The engine to start with; `auto` may still fall back when its first frames are slow. */
export function firstEngine(choice: EngineChoice, fastWebgl: () => boolean): EngineKind {
  if (choice !== 'auto') return choice
  return fastWebgl() ? 'webgl' : 'canvas'
}

/** Whether an automatically chosen WebGL engine must give way. */
export function mustFallBack(choice: EngineChoice, kind: EngineKind, frameMs: number): boolean {
  return choice === 'auto' && kind === 'webgl' && frameMs >= SLOW_FRAME_MS
}
