import type { RouteRecordRaw } from 'vue-router'

const meta = { door: 'field' } as const

/** Pages of the door /field/. */
export const fieldRoutes: RouteRecordRaw[] = [
  { path: '/field/session', name: 'field-session', component: () => import('@/pages/session/SessionPage.vue'), meta: { ...meta, open: true } },
  { path: '/field/:rest(.*)*', name: 'field-nowhere', component: () => import('@/pages/NotFound.vue'), meta },
]
