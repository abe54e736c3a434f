// Holds the bundle to its size: gzip kilobytes of what each part of the application loads first or lazily.
import { readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

const DIST = fileURLToPath(new URL('../../src/qingtian/web/dist/', import.meta.url))
const kb = (file) => gzipSync(readFileSync(join(DIST, file))).length / 1000
const files = readdirSync(join(DIST, 'assets')).map((name) => `assets/${name}`)

/** Scripts and styles that an HTML page names itself. */
function first(page) {
  const html = readFileSync(join(DIST, page), 'utf8')
  return [...new Set([...html.matchAll(/(?:src|href)="\/(assets\/[^"]+)"/g)].map((found) => found[1]))]
}
const matching = (pattern) => files.filter((file) => pattern.test(file))
const sum = (list) => list.reduce((total, file) => total + kb(file), 0)

const rows = [
  ['desk shell', first('index.html'), 350],
  ['screen shell', first('screen.html'), 350],
  ['map (MapLibre and its worker)', matching(/maplibre/), 450],
  ['charts', matching(/assets\/(series|installCanvasRenderer|canvas)-.*\.js$/), 260],
]
let broken = 0
for (const [name, list, limit] of rows) {
  const size = sum(list)
  if (!list.length || size > limit) broken += 1
  console.log(`${name}: ${size.toFixed(0)} kB gzip of ${limit} kB${size > limit ? '  TOO BIG' : ''}${list.length ? '' : '  NO FILES'}`)
}
const whole = files.reduce((total, file) => total + statSync(join(DIST, file)).size, 0) / 1e6
const packed = sum(files) / 1000
console.log(`all assets: ${whole.toFixed(1)} MB, ${packed.toFixed(2)} MB gzip of 2 MB`)
process.exit(broken || packed > 2 ? 1 : 0)
