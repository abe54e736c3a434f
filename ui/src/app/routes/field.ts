import type { RouteRecordRaw } from 'vue-router'

const meta = { door: 'field' } as const

/** Pages of the door /field/. */
export const fieldRoutes: RouteRecordRaw[] = [
  { path: '/field', redirect: '/field/tasks' },
  { path: '/field/tasks', name: 'field-tasks', component: () => import('@/pages/field/TaskList.vue'), meta },
  { path: '/field/tasks/:id', name: 'field-visit', component: () => import('@/pages/field/VisitPage.vue'), meta },
  { path: '/field/queue', name: 'field-queue', component: () => import('@/pages/field/QueuePage.vue'), meta },
  { path: '/field/notices', name: 'field-notices', component: () => import('@/pages/field/NoticeList.vue'), meta },
  { path: '/field/me', name: 'field-me', component: () => import('@/pages/field/MePage.vue'), meta },
  { path: '/field/session', name: 'field-session', component: () => import('@/pages/session/SessionPage.vue'), meta: { ...meta, open: true } },
  { path: '/field/:rest(.*)*', name: 'field-nowhere', component: () => import('@/pages/NotFound.vue'), meta },
]
