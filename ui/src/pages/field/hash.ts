// Fingerprints and names that only this phone makes.

/** SHA-256 of bytes in hexadecimal; needs a secure address (https, or this machine). */
export async function sha256(bytes: ArrayBuffer): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return [...digest].map((one) => one.toString(16).padStart(2, '0')).join('')
}

/** Whether the address is one where browsers allow fingerprints, places and work off line. */
export const secure = () => typeof isSecureContext === 'undefined' || isSecureContext

const DEVICE = 'qingtian.field.device'

/** The name that this browser gave itself; made once. */
export function deviceName(box: Pick<Storage, 'getItem' | 'setItem'> = localStorage): string {
  const held = box.getItem(DEVICE)
  if (held) return held
  const made = crypto.randomUUID()
  box.setItem(DEVICE, made)
  return made
}
