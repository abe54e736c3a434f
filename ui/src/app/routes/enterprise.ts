import type { RouteRecordRaw } from 'vue-router'

const meta = { door: 'enterprise' } as const

/** Pages of the door /enterprise/. */
export const enterpriseRoutes: RouteRecordRaw[] = [
  { path: '/enterprise/session', name: 'enterprise-session', component: () => import('@/pages/session/SessionPage.vue'), meta: { ...meta, open: true } },
  { path: '/enterprise/:rest(.*)*', name: 'enterprise-nowhere', component: () => import('@/pages/NotFound.vue'), meta },
]
