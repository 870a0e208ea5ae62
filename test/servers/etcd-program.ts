import { join } from 'node:path';
import { onPath } from './server-binary.js';
import { unpackedPackage } from './unpacked-package.js';

/** The path of an etcd program, or why this machine has none (for `t.skip`). */
export async function etcdProgram(): Promise<{ readonly program: string } | { readonly reason: string }> {
  const own = onPath('etcd');
  if (own !== undefined) return { program: own };
  try {
    return { program: join(await unpackedPackage('etcd-server'), 'usr/bin/etcd') };
  } catch (error) {
    return { reason: `etcd-server cannot be had: ${(error as Error).message.slice(0, 200)}` };
  }
}
