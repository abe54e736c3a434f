// Marks drawn to a small canvas, for the engine that wants images.
import { ringWidth, type Mark, type Shape } from '@/map/layers/marks'

export const PIXEL_RATIO = 2

/** One image per look; marks that look the same share it. */
export function iconKey(mark: Mark): string {
  return ['mark', mark.shape, mark.radius, mark.fill, mark.stroke, mark.strokeWidth, mark.glyph, mark.ring].join('|')
}

function path(context: CanvasRenderingContext2D, shape: Shape, centre: number, radius: number): void {
  context.beginPath()
  if (shape === 'circle' || shape === 'pin') context.arc(centre, centre, radius, 0, 2 * Math.PI)
  else if (shape === 'square') context.rect(centre - radius, centre - radius, 2 * radius, 2 * radius)
  else polygon(context, shape === 'triangle' ? 3 : shape === 'diamond' ? 4 : 5, centre, radius)
  context.closePath()
}

function polygon(context: CanvasRenderingContext2D, corners: number, centre: number, radius: number): void {
  for (let corner = 0; corner < corners; corner += 1) {
    const angle = (corner * 2 * Math.PI) / corners - Math.PI / 2
    context.lineTo(centre + radius * 1.2 * Math.cos(angle), centre + radius * 1.2 * Math.sin(angle))
  }
}

/** The picture of a mark at twice the size for sharp screens. */
export function drawIcon(mark: Mark): ImageData | null {
  const half = Math.ceil(mark.radius * 1.3 + mark.strokeWidth + 2 * ringWidth(mark) + 1)
  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = half * 2 * PIXEL_RATIO
  const context = canvas.getContext('2d')
  if (!context) return null
  context.scale(PIXEL_RATIO, PIXEL_RATIO)
  if (mark.ring) {
    path(context, mark.shape, half, mark.radius + mark.strokeWidth + ringWidth(mark))
    context.strokeStyle = mark.ring
    context.lineWidth = ringWidth(mark)
    context.stroke()
  }
  path(context, mark.shape, half, mark.radius)
  context.fillStyle = mark.fill
  context.fill()
  context.strokeStyle = mark.stroke
  context.lineWidth = mark.strokeWidth
  if (mark.hollow) context.setLineDash([3, 2])
  context.stroke()
  context.setLineDash([])
  if (mark.glyph === '/') diagonal(context, half, mark)
  if (mark.glyph === '!') bang(context, half, mark)
  return context.getImageData(0, 0, canvas.width, canvas.height)
}

function diagonal(context: CanvasRenderingContext2D, half: number, mark: Mark): void {
  const reach = mark.radius * 0.7
  context.beginPath()
  context.moveTo(half - reach, half + reach)
  context.lineTo(half + reach, half - reach)
  context.stroke()
}

function bang(context: CanvasRenderingContext2D, half: number, mark: Mark): void {
  context.fillStyle = mark.ink
  context.font = `600 ${Math.round(mark.radius * 1.6)}px sans-serif`
  context.textAlign = 'center'
  context.textBaseline = 'middle'
  context.fillText('!', half, half)
}
