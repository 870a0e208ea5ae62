import { unlink } from 'node:fs/promises';
import type { AdminContext } from '../admin/admin-route.js';
import { type AdminServer, type AdminTls, openAdmin } from '../admin/admin-server.js';
import type { Address } from '../config/address.js';
import type { Config } from '../config/config.js';
import { bindPath } from '../net/bind-path.js';
import { removeLeftSocket } from '../net/listener.js';
import { WatchedFiles } from '../net/watched-files.js';
import type { Handover } from './handover.js';
import { readPair } from './tls-material.js';

/** The admin addresses of a process group. */
export interface AdminDoor extends Omit<AdminServer, 'close'> {
  /** @param passedOn another process listens on the same sockets: their files stay */
  close(passedOn?: boolean): Promise<void>;
}

/**
 * Opens the admin addresses, with TLS where it is configured; its certificate is read again when its files change.
 * @param handover sockets that another process has passed on
 * @throws AdminListenError; Error that names the file which cannot be used
 */
export async function openAdminDoor({ admin }: Pick<Config, 'admin'>, context: AdminContext, handover: Handover): Promise<AdminDoor> {
  const { certFile, keyFile, minVersion } = admin.tls;
  const { address, metricsAddress } = admin;
  const isTls = certFile !== undefined && keyFile !== undefined;
  const read = (): AdminTls | undefined => (isTls ? { ...readPair(certFile, keyFile), minVersion } : undefined);
  const tls = read();
  const descriptors = {
    address: handover.take('admin.address', address) ?? (await boundPath(address)),
    metricsAddress:
      metricsAddress === undefined
        ? undefined
        : (handover.take('admin.metricsAddress', metricsAddress) ?? (await boundPath(metricsAddress))),
  };
  const server = await openAdmin({ ...admin, tls, descriptors }, context);
  const files = isTls ? [certFile, keyFile] : [];
  const watch = new WatchedFiles(files, () => reread(server, read, files, context));
  return {
    ...server,
    async close(passedOn = false) {
      watch.close();
      await server.close();
      if (!passedOn)
        for (const path of [address.path, metricsAddress?.path]) if (path !== undefined) await unlink(path).catch(() => undefined);
    },
  };
}

function reread(server: AdminServer, read: () => AdminTls | undefined, files: readonly string[], { log }: AdminContext): void {
  try {
    const tls = read();
    if (tls !== undefined) server.renew(tls);
    log.info({ files }, "the admin address's TLS files have changed: new connections use them");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    log.error({ files, reason }, "the admin address's TLS files have changed and cannot be used; what was read before stays in use");
  }
}

/** A server that opens the path itself would remove the file when it closes, also when another process goes on with the socket. */
async function boundPath({ path }: Address): Promise<number | undefined> {
  if (path === undefined) return undefined;
  await removeLeftSocket(path);
  try {
    return bindPath(path);
  } catch {
    // The server meets the same, and knows the words for it.
    return undefined;
  }
}
