import type { AdminContext } from '../admin/admin-route.js';
import type { AdminServer } from '../admin/admin-server.js';
import { openConsole } from '../admin/console/console-server.js';
import type { Config } from '../config/config.js';
import { openAdminWithTls } from './admin-tls.js';

/**
 * Opens what operators use: the admin addresses, and the SQL console where somebody may log in there.
 * @throws AdminListenError, ListenError when an address cannot be opened; nothing is left open then
 */
export async function openForOperators(config: Pick<Config, 'admin' | 'console'>, context: AdminContext): Promise<AdminServer> {
  const admin = await openAdminWithTls(config, context);
  if (config.console.users.length === 0) return admin;
  try {
    const server = await openConsole({ ...config.console, tls: { mode: 'off' } }, context);
    context.log.info({ console: true, address: server.address }, 'the SQL console listens');
    return {
      ...admin,
      async close() {
        await server.close();
        await admin.close();
      },
    };
  } catch (error) {
    await admin.close();
    throw error;
  }
}
