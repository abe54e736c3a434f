// How the state of a leak component looks.
type Tone = 'danger' | 'warning' | 'info' | 'success'

const TONES: Record<string, Tone> = { overdue: 'danger', leaking: 'warning', delayed: 'info', tight: 'success' }

export const leakTone = (state: string): Tone => TONES[state] ?? 'info'
