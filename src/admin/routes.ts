import type { AdminRoute } from './admin-route.js';
import { BACKEND_ROUTES } from './routes/backend-routes.js';
import { CLUSTER_ROUTES } from './routes/cluster-routes.js';
import { CONFIG_ROUTES } from './routes/config-routes.js';
import { EVENT_ROUTES } from './routes/event-routes.js';
import { LOG_ROUTES } from './routes/log-routes.js';
import { loginRoutes } from './routes/login-routes.js';
import { openRoutes } from './routes/open-routes.js';
import { PAGE_ROUTES } from './routes/page-routes.js';
import { PROCESS_ROUTES } from './routes/process-routes.js';
import { READING_ROUTES } from './routes/reading-routes.js';
import { SESSION_ROUTES } from './routes/session-routes.js';
import { TRACE_ROUTES } from './routes/trace-routes.js';

/** Everything the admin address serves. */
export const ROUTES: readonly AdminRoute[] = [
  ...PAGE_ROUTES,
  ...openRoutes(() => ROUTES),
  ...READING_ROUTES,
  ...CONFIG_ROUTES,
  ...PROCESS_ROUTES,
  ...LOG_ROUTES,
  ...SESSION_ROUTES,
  ...TRACE_ROUTES,
  ...BACKEND_ROUTES,
  ...CLUSTER_ROUTES,
  ...EVENT_ROUTES,
  ...loginRoutes(() => ROUTES),
];
