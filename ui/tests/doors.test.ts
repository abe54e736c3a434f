import { describe, expect, it } from 'vitest'
import { doorOf, doorOfPath, safeNext } from '@/app/doors'

const at = (path: string, meta: object, matched = 1) => ({ path, meta, matched: Array(matched).fill({}) }) as unknown as Parameters<typeof doorOf>[0]

describe('doors', () => {
  it('knows the door of an address by its first part, whole', () => {
    expect(doorOfPath('/field/tasks/7')).toBe('field')
    expect(doorOfPath('/enterprise')).toBe('enterprise')
    expect(doorOfPath('/fields/1')).toBe('desk')
    expect(doorOfPath('/desk/alarms')).toBe('desk')
  })

  it('follows the route, and the window until a route is known', () => {
    expect(doorOf(at('/x', { door: 'enterprise' }))).toBe('enterprise')
    expect(doorOf(at('/x', {}))).toBe('desk')
    history.replaceState(null, '', '/field/tasks')
    expect(doorOf(at('/', {}, 0))).toBe('field')
  })

  it('goes on to addresses of our own only', () => {
    expect(safeNext('/field/tasks?near=1', 'desk')).toBe('/field/tasks?near=1')
    for (const bad of ['https://evil.test/field/', '//evil.test', '/field//evil.test', '/field/\\evil.test', '/public/x', ['/field/a'], undefined]) {
      expect(safeNext(bad, 'field')).toBe('/field/tasks')
    }
  })
})
