import type { RouteRecordRaw } from 'vue-router'

const meta = { door: 'enterprise' } as const

/** Pages of the door /enterprise/, and the dossiers at the desk. */
export const enterpriseRoutes: RouteRecordRaw[] = [
  { path: '/desk/dossiers/:type/:code', name: 'dossier', component: () => import('@/pages/dossiers/DossierPage.vue') },
  { path: '/enterprise', redirect: '/enterprise/todo' },
  { path: '/enterprise/todo', name: 'enterprise-todo', component: () => import('@/pages/enterprise/TodoPage.vue'), meta },
  { path: '/enterprise/findings/:id', name: 'enterprise-finding', component: () => import('@/pages/enterprise/AnswerPage.vue'), meta },
  { path: '/enterprise/duties/:id', name: 'enterprise-duty', component: () => import('@/pages/enterprise/DutyPage.vue'), meta },
  { path: '/enterprise/cases', name: 'enterprise-cases', component: () => import('@/pages/enterprise/CaseList.vue'), meta },
  { path: '/enterprise/cases/:id', name: 'enterprise-case', component: () => import('@/pages/enterprise/CasePage.vue'), meta },
  { path: '/enterprise/windows', name: 'enterprise-windows', component: () => import('@/pages/enterprise/WindowsPage.vue'), meta },
  { path: '/enterprise/results', name: 'enterprise-results', component: () => import('@/pages/enterprise/ResultsPage.vue'), meta },
  { path: '/enterprise/plan/:code', name: 'enterprise-plan', component: () => import('@/pages/obligations/PlanPage.vue'), meta },
  { path: '/enterprise/dossier', name: 'enterprise-dossier', component: () => import('@/pages/enterprise/OwnDossier.vue'), meta },
  { path: '/enterprise/scores', name: 'enterprise-scores', component: () => import('@/pages/enterprise/ScoresPage.vue'), meta },
  { path: '/enterprise/services', name: 'enterprise-services', component: () => import('@/pages/enterprise/ServicesPage.vue'), meta },
  { path: '/enterprise/notices', name: 'enterprise-notices', component: () => import('@/pages/notices/InboxPage.vue'), meta },
  { path: '/enterprise/notices/contact', name: 'enterprise-contact', component: () => import('@/pages/notices/ContactPage.vue'), meta },
  { path: '/enterprise/notices/:id', name: 'enterprise-notice', component: () => import('@/pages/notices/NoticePage.vue'), meta },
  { path: '/enterprise/session', name: 'enterprise-session', component: () => import('@/pages/session/SessionPage.vue'), meta: { ...meta, open: true } },
  { path: '/enterprise/:rest(.*)*', name: 'enterprise-nowhere', component: () => import('@/pages/NotFound.vue'), meta },
]
