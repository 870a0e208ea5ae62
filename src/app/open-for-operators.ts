import type { AdminContext } from '../admin/admin-route.js';
import { openConsole } from '../admin/console/console-server.js';
import type { Config } from '../config/config.js';
import { type AdminDoor, openAdminDoor } from './admin-door.js';
import type { Handover } from './handover.js';

/**
 * Opens what operators use: the admin addresses, and the SQL console where somebody may log in there.
 * @param handover sockets that another process has passed on
 * @throws AdminListenError, ListenError when an address cannot be opened; nothing is left open then
 */
export async function openForOperators(
  config: Pick<Config, 'admin' | 'console'>,
  context: AdminContext,
  handover: Handover,
): Promise<AdminDoor> {
  const admin = await openAdminDoor(config, context, handover);
  if (config.console.users.length === 0) return admin;
  try {
    const fd = handover.take('console.address', config.console.address);
    const server = await openConsole({ ...config.console, tls: { mode: 'off' }, fd }, context);
    context.log.info({ console: true, address: server.address }, 'the SQL console listens');
    return {
      ...admin,
      descriptors: { ...admin.descriptors, console: server.fd },
      async close(passedOn = false) {
        await server.close(passedOn);
        await admin.close(passedOn);
      },
    };
  } catch (error) {
    await admin.close(handover.expected);
    throw error;
  }
}
