import { createRouter, createWebHistory, type RouteRecordRaw } from 'vue-router'
import { doorOfPath } from '@/app/doors'
import { markLoading } from '@/app/load'
import { dutyRoutes } from '@/app/routes/duty'
import { enterpriseRoutes } from '@/app/routes/enterprise'
import { fieldRoutes } from '@/app/routes/field'
import { useSession } from '@/app/stores/session'

const routes: RouteRecordRaw[] = [
  { path: '/', redirect: '/desk/alarms' },
  { path: '/desk', redirect: '/desk/alarms' },
  { path: '/desk/alarms', name: 'alarms', component: () => import('@/pages/alarms/AlarmDesk.vue') },
  { path: '/desk/alarms/:id', redirect: (to) => ({ path: '/desk/alarms', query: { ...to.query, id: String(to.params.id) } }) },
  { path: '/desk/findings/new', name: 'finding-entry', component: () => import('@/pages/alarms/EntryForm.vue') },
  { path: '/desk/findings/kpi', name: 'finding-kpi', component: () => import('@/pages/alarms/KpiPage.vue') },
  { path: '/desk/todo', name: 'todo', component: () => import('@/pages/todo/TodoList.vue') },
  { path: '/desk/dispatch', name: 'dispatch', component: () => import('@/pages/dispatch/DispatchPage.vue') },
  { path: '/desk/board', name: 'board', component: () => import('@/pages/board/BoardPage.vue') },
  { path: '/desk/board/cases', name: 'board-cases', component: () => import('@/pages/board/BehindPage.vue') },
  { path: '/desk/windows', name: 'windows', component: () => import('@/pages/alarms/WindowCalendar.vue') },
  { path: '/desk/leaks', name: 'leaks', component: () => import('@/pages/alarms/LeakList.vue') },
  { path: '/desk/leaks/:code', name: 'leak', component: () => import('@/pages/alarms/LeakPage.vue') },
  { path: '/desk/cases', name: 'cases', component: () => import('@/pages/cases/CaseList.vue') },
  { path: '/desk/cases/new', name: 'case-new', component: () => import('@/pages/cases/CaseNew.vue') },
  { path: '/desk/cases/:id', name: 'case', component: () => import('@/pages/cases/CasePage.vue') },
  { path: '/desk/stations', name: 'stations', component: () => import('@/pages/stations/StationList.vue') },
  { path: '/desk/stations/:code', name: 'station', component: () => import('@/pages/stations/StationPage.vue') },
  { path: '/desk/air', name: 'air', component: () => import('@/pages/air/AirPage.vue') },
  { path: '/desk/enterprises', name: 'enterprises', component: () => import('@/pages/enterprises/EnterpriseList.vue') },
  { path: '/desk/enterprises/:code', name: 'enterprise', component: () => import('@/pages/enterprises/EnterprisePage.vue') },
  { path: '/desk/outlets/:code', name: 'outlet', component: () => import('@/pages/enterprises/OutletPage.vue') },
  { path: '/desk/devices', name: 'devices', component: () => import('@/pages/devices/DeviceList.vue') },
  { path: '/desk/devices/new', name: 'device-new', component: () => import('@/pages/devices/DeviceForm.vue') },
  { path: '/desk/devices/:mn', name: 'device', component: () => import('@/pages/devices/DevicePage.vue') },
  { path: '/desk/devices/:mn/edit', name: 'device-edit', component: () => import('@/pages/devices/DeviceForm.vue') },
  { path: '/desk/newcomers', name: 'newcomers', component: () => import('@/pages/devices/NewcomerList.vue') },
  { path: '/desk/newcomers/:mn', name: 'newcomer', component: () => import('@/pages/devices/NewcomerPage.vue') },
  { path: '/desk/rejects', name: 'rejects', component: () => import('@/pages/devices/RejectList.vue') },
  { path: '/desk/commands', name: 'commands', component: () => import('@/pages/devices/CommandList.vue') },
  { path: '/desk/commands/:number', name: 'command', component: () => import('@/pages/devices/CommandPage.vue') },
  { path: '/desk/frames', name: 'explain', component: () => import('@/pages/devices/ExplainPage.vue') },
  { path: '/desk/frames/:frame', name: 'frame', component: () => import('@/pages/devices/FramePage.vue') },
  { path: '/desk/indicators', name: 'indicators', component: () => import('@/pages/indicators/IndicatorList.vue') },
  { path: '/desk/indicators/:code', name: 'indicator', component: () => import('@/pages/indicators/IndicatorPage.vue') },
  { path: '/desk/decisions', name: 'decisions', component: () => import('@/pages/decisions/DecisionList.vue') },
  { path: '/desk/decisions/:code', name: 'decision', component: () => import('@/pages/decisions/DecisionPage.vue') },
  { path: '/desk/registry', name: 'registry', component: () => import('@/pages/registry/ObjectList.vue') },
  { path: '/desk/registry/new', name: 'object-new', component: () => import('@/pages/registry/ObjectForm.vue') },
  { path: '/desk/registry/import', name: 'registry-import', component: () => import('@/pages/registry/ImportPage.vue') },
  { path: '/desk/registry/duplicates', name: 'registry-duplicates', component: () => import('@/pages/registry/DuplicateList.vue') },
  { path: '/desk/registry/:type/:code', name: 'object', component: () => import('@/pages/registry/ObjectPage.vue') },
  { path: '/desk/registry/:type/:code/edit', name: 'object-edit', component: () => import('@/pages/registry/ObjectForm.vue') },
  { path: '/desk/imports', name: 'imports', component: () => import('@/pages/imports/ImportList.vue') },
  { path: '/desk/imports/:job', name: 'import', component: () => import('@/pages/imports/ImportPage.vue') },
  { path: '/desk/obligations', name: 'duty-calendar', component: () => import('@/pages/obligations/DutyCalendar.vue') },
  { path: '/desk/obligations/list', name: 'occurrences', component: () => import('@/pages/obligations/OccurrenceList.vue') },
  { path: '/desk/obligations/occurrences/:id', name: 'occurrence', component: () => import('@/pages/obligations/OccurrencePage.vue') },
  { path: '/desk/obligations/duties', name: 'duties', component: () => import('@/pages/obligations/DutyList.vue') },
  { path: '/desk/obligations/duties/:id', name: 'duty', component: () => import('@/pages/obligations/DutyPage.vue') },
  { path: '/desk/obligations/streams', name: 'streams', component: () => import('@/pages/obligations/StreamCalendar.vue') },
  { path: '/desk/obligations/plans', name: 'plans', component: () => import('@/pages/obligations/PlanList.vue') },
  { path: '/desk/obligations/plans/:code', name: 'plan', component: () => import('@/pages/obligations/PlanPage.vue') },
  { path: '/desk/evidence', name: 'evidence', component: () => import('@/pages/evidence/EvidenceList.vue') },
  { path: '/desk/evidence/roots', name: 'evidence-roots', component: () => import('@/pages/evidence/RootList.vue') },
  { path: '/desk/evidence/:kind/:id', name: 'chain', component: () => import('@/pages/evidence/ChainPage.vue') },
  { path: '/desk/ledgers', name: 'ledgers', component: () => import('@/pages/ledgers/LedgerList.vue') },
  { path: '/desk/ledgers/accounts/:id', name: 'statement', component: () => import('@/pages/ledgers/StatementPage.vue') },
  { path: '/desk/ledgers/entries', name: 'ledger-entries', component: () => import('@/pages/ledgers/EntryList.vue') },
  { path: '/desk/ledgers/entries/:id', name: 'ledger-entry', component: () => import('@/pages/ledgers/EntryPage.vue') },
  { path: '/desk/ledgers/licences', name: 'licences', component: () => import('@/pages/ledgers/LicenceList.vue') },
  { path: '/desk/ledgers/uses', name: 'data-uses', component: () => import('@/pages/ledgers/UseList.vue') },
  { path: '/desk/ledgers/new', name: 'ledger-new', component: () => import('@/pages/ledgers/EntryForm.vue') },
  { path: '/desk/reports', name: 'reports', component: () => import('@/pages/reports/ReportList.vue') },
  { path: '/desk/reports/templates', name: 'report-templates', component: () => import('@/pages/reports/TemplateList.vue') },
  { path: '/desk/reports/:number', name: 'report', component: () => import('@/pages/reports/ReportPage.vue') },
  { path: '/desk/rules', name: 'rules', component: () => import('@/pages/rules/RulesPage.vue') },
  { path: '/desk/rules/recomputations', name: 'recomputations', component: () => import('@/pages/rules/RecomputationList.vue') },
  { path: '/desk/rules/recomputations/:run', name: 'recomputation', component: () => import('@/pages/rules/RecomputationPage.vue') },
  { path: '/desk/rules/:row', name: 'rule', component: () => import('@/pages/rules/RulePage.vue') },
  { path: '/desk/health', name: 'health', component: () => import('@/pages/health/HealthPage.vue') },
  { path: '/desk/me', name: 'me', component: () => import('@/pages/accounts/MyAccount.vue') },
  { path: '/desk/accounts', name: 'accounts', component: () => import('@/pages/accounts/AccountList.vue') },
  { path: '/desk/accounts/new', name: 'account-new', component: () => import('@/pages/accounts/AccountForm.vue') },
  { path: '/desk/accounts/:username', name: 'account', component: () => import('@/pages/accounts/AccountPage.vue') },
  { path: '/desk/accounts/:username/edit', name: 'account-edit', component: () => import('@/pages/accounts/AccountForm.vue') },
  { path: '/desk/rights', name: 'rights', component: () => import('@/pages/accounts/RightsPage.vue') },
  { path: '/desk/reads', name: 'reads', component: () => import('@/pages/accounts/ReadList.vue') },
  { path: '/desk/session', name: 'session', component: () => import('@/pages/session/SessionPage.vue'), meta: { open: true } },
  ...dutyRoutes,
  ...fieldRoutes,
  ...enterpriseRoutes,
  { path: '/desk/:rest(.*)*', name: 'nowhere', component: () => import('@/pages/NotFound.vue') },
]

/** The routes of all doors; a page that is left is no longer ready. */
export function makeRouter() {
  const router = createRouter({ history: createWebHistory('/'), routes, scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 } })
  router.beforeEach((to, from) => {
    if (to.path !== from.path) markLoading()
    // Nothing below is readable without a session: the server says so too, this only saves a page of refusals.
    if (!to.meta.open && !useSession().signedIn) return { path: `/${doorOfPath(to.path)}/session`, query: { next: to.fullPath } }
    return true
  })
  return router
}
