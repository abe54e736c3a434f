// The doors of the one application: each has its own layout, home and sign-in address.
import { defineAsyncComponent, type Component } from 'vue'
import type { RouteLocationNormalizedLoaded } from 'vue-router'

export type Door = 'desk' | 'field' | 'enterprise'

declare module 'vue-router' {
  interface RouteMeta {
    /** Whose layout frames the page; the desk's where nothing is said. */
    door?: Door
    /** Whether the page is for people who have not signed in. */
    open?: boolean
  }
}

const DOORS: readonly Door[] = ['desk', 'field', 'enterprise']
export const HOMES: Readonly<Record<Door, string>> = { desk: '/desk/alarms', field: '/field/tasks', enterprise: '/enterprise/todo' }

/** Layouts, loaded when their door is opened: a phone does not load the desk. */
export const LAYOUTS: Readonly<Record<Door, Component>> = {
  desk: defineAsyncComponent(() => import('@/app/DeskLayout.vue')),
  field: defineAsyncComponent(() => import('@/pages/field/FieldLayout.vue')),
  enterprise: defineAsyncComponent(() => import('@/pages/enterprise/EnterpriseLayout.vue')),
}

/** Door of an address: its first part. */
export function doorOfPath(path: string): Door {
  return DOORS.find((door) => path === `/${door}` || path.startsWith(`/${door}/`)) ?? 'desk'
}

/** Door of a route; before the first route is known, of the address in the window. */
export function doorOf(route: RouteLocationNormalizedLoaded): Door {
  if (!route.matched.length) return doorOfPath(location.pathname)
  return route.meta.door ?? 'desk'
}

/** An address of our own below a door, or the home: never an address that came with a link from elsewhere. */
export function safeNext(next: unknown, door: Door): string {
  return typeof next === 'string' && /^\/(?:desk|field|enterprise)\/[^/\\]/.test(next) ? next : HOMES[door]
}
