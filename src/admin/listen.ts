import type { Server } from 'node:net';
import { type AdminAddress, formatAdminAddress } from './admin-address.js';

/** An admin address could not be opened; the message names it and the way out. */
export class AdminListenError extends Error {
  readonly code: 'PM_ADMIN_ADDRESS_IN_USE' | 'PM_ADMIN_LISTEN';

  constructor(key: string, address: string, cause: NodeJS.ErrnoException) {
    super(`${key} ${address} cannot be opened: ${wayOut(cause)}`, { cause });
    this.name = 'AdminListenError';
    this.code = cause.code === 'EADDRINUSE' ? 'PM_ADMIN_ADDRESS_IN_USE' : 'PM_ADMIN_LISTEN';
  }
}

function wayOut(cause: NodeJS.ErrnoException): string {
  switch (cause.code) {
    case 'EADDRINUSE':
      return 'another program (perhaps another Pointsman) listens there; stop it, or choose another port';
    case 'EACCES':
      return 'this user may not open it; choose a port from 1024 up';
    case 'EADDRNOTAVAIL':
      return 'this machine has no such address';
    default:
      return cause.message;
  }
}

/**
 * Opens `server` at `address` and returns the address as text, with the real port where 0 was asked for.
 * @param key for messages
 * @param fd a descriptor of a socket that is bound to the address already
 */
export function listen(server: Server, address: AdminAddress, key: string, fd?: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException) => reject(new AdminListenError(key, formatAdminAddress(address), error));
    server.once('error', failed);
    const opened = () => {
      server.removeListener('error', failed);
      const bound = server.address();
      resolve(formatAdminAddress(address, typeof bound === 'object' && bound !== null ? bound.port : address.port));
    };
    // `exclusive`: in a node:cluster worker the address must not be shared with others.
    if (fd !== undefined) server.listen({ fd, exclusive: true }, opened);
    else if (address.path !== undefined) server.listen({ path: address.path, exclusive: true }, opened);
    else server.listen({ host: address.host, port: address.port, exclusive: true }, opened);
  });
}
