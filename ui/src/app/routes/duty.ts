import type { RouteRecordRaw } from 'vue-router'

/** Pages of the duty room. */
export const dutyRoutes: RouteRecordRaw[] = [
  { path: '/desk/notices', name: 'notices', component: () => import('@/pages/notices/InboxPage.vue') },
  { path: '/desk/notices/policies', name: 'notice-policies', component: () => import('@/pages/notices/PolicyPage.vue') },
  { path: '/desk/notices/deliveries', name: 'deliveries', component: () => import('@/pages/notices/DeliveryList.vue') },
  { path: '/desk/notices/deliveries/:id', name: 'delivery', component: () => import('@/pages/notices/DeliveryPage.vue') },
  { path: '/desk/notices/contact', name: 'contact', component: () => import('@/pages/notices/ContactPage.vue') },
  { path: '/desk/notices/:id', name: 'notice', component: () => import('@/pages/notices/NoticePage.vue') },
  { path: '/desk/rosters', name: 'rosters', component: () => import('@/pages/rosters/RosterCalendar.vue') },
  { path: '/desk/rosters/swaps', name: 'swaps', component: () => import('@/pages/rosters/SwapList.vue') },
  { path: '/desk/rosters/:code', name: 'roster', component: () => import('@/pages/rosters/RosterPage.vue') },
  { path: '/desk/handovers', name: 'handovers', component: () => import('@/pages/rosters/HandoverList.vue') },
  { path: '/desk/handovers/:number', name: 'handover', component: () => import('@/pages/rosters/HandoverPage.vue') },
]
