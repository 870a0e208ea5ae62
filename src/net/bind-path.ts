import net from 'node:net';
import { getSystemErrorName } from 'node:util';

/** What node:cluster itself binds with; Node's documentation does not name it. */
const bind = (
  net as unknown as {
    _createServerHandle(address: string, port: number, addressType: number): number | { readonly fd: number };
  }
)._createServerHandle;

/**
 * Binds a unix socket without listening yet.
 *
 * A server that is told the path removes the file when it closes, also when another process goes on with the same socket. One that is given
 * this descriptor does not: whoever binds here removes the file itself.
 * @returns the descriptor, for `server.listen({ fd })`, which then owns it
 * @throws an error with `code`, such as EADDRINUSE
 */
export function bindPath(path: string): number {
  const handle = bind(path, -1, -1);
  if (typeof handle === 'number') {
    const code = getSystemErrorName(handle);
    throw Object.assign(new Error(`bind ${code} ${path}`), { code, syscall: 'bind' });
  }
  return handle.fd;
}
