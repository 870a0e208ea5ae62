import type { AdminContext } from '../admin/admin-route.js';
import { type AdminServer, type AdminTls, openAdmin } from '../admin/admin-server.js';
import type { Config } from '../config/config.js';
import { WatchedFiles } from '../net/watched-files.js';
import { readPair } from './tls-material.js';

/**
 * Opens the admin addresses, with TLS where it is configured; its certificate is read again when its files change.
 * @throws AdminListenError; Error that names the file which cannot be used
 */
export async function openAdminWithTls({ admin }: Pick<Config, 'admin'>, context: AdminContext): Promise<AdminServer> {
  const { certFile, keyFile, minVersion } = admin.tls;
  if (certFile === undefined || keyFile === undefined) return openAdmin({ ...admin, tls: undefined }, context);
  const read = (): AdminTls => ({ ...readPair(certFile, keyFile), minVersion });
  const server = await openAdmin({ ...admin, tls: read() }, context);
  const watch = new WatchedFiles([certFile, keyFile], () => {
    const files = [certFile, keyFile];
    try {
      server.renew(read());
      context.log.info({ files }, "the admin address's TLS files have changed: new connections use them");
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      context.log.error(
        { files, reason },
        "the admin address's TLS files have changed and cannot be used; what was read before stays in use",
      );
    }
  });
  return {
    ...server,
    async close() {
      watch.close();
      await server.close();
    },
  };
}
