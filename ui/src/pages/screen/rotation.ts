// Focus of the screen: one alarm after the other for 15 seconds, pausable, off for people who want no motion.

export const FOCUS_MS = 15_000
export const REST_AFTER_INPUT_MS = 60_000

export interface RotationState {
  index: number
  since: number
  pausedUntil: number
  on: boolean
}

/** The state at the start. */
export function startRotation(now: number, on: boolean): RotationState {
  return { index: 0, since: now, pausedUntil: 0, on }
}

/** Any key or pointer rests the rotation. */
export function touched(state: RotationState, now: number): RotationState {
  return { ...state, pausedUntil: now + REST_AFTER_INPUT_MS }
}

/** The state after time went by; `count` alarms are there to be focused. */
export function advance(state: RotationState, now: number, count: number): RotationState {
  if (count === 0) return { ...state, index: 0, since: now }
  const inside = state.index % count
  if (!state.on || now < state.pausedUntil) return { ...state, index: inside, since: now }
  if (now - state.since < FOCUS_MS) return { ...state, index: inside }
  return { ...state, index: (inside + 1) % count, since: now }
}
