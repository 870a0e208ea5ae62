import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from './run-command.js';
import { findServerBinary, type ServerBinary } from './server-binary.js';
import { unpackedPackage } from './unpacked-package.js';

const WANTED = 'auth_ed25519.so';
const USUAL = '/usr/lib/mysql/plugin';

async function hasThem({ image }: ServerBinary): Promise<boolean> {
  if (image === undefined) return existsSync(join(USUAL, WANTED));
  const look = runCommand('docker', ['run', '--rm', '--entrypoint', 'test', image, '-e', join(USUAL, WANTED)]);
  return look.then(
    () => true,
    () => false,
  );
}

/**
 * For `--plugin-dir`: the folder with the plugins of this MariaDB server's version. Debian has them in the package with the service, which is
 * unpacked and not installed. Undefined where the server finds its plugins itself. Fails where they cannot be had.
 */
export async function mariadbPluginFolder(binary: ServerBinary): Promise<string | undefined> {
  if (await hasThem(binary)) return undefined;
  const query = ['dpkg-query', '-W', '-f', '${Version}', 'mariadb-server-core'] as const;
  const [program, ...args] = query;
  const { image } = binary;
  const version = await (image === undefined
    ? runCommand(program, args)
    : runCommand('docker', ['run', '--rm', '--entrypoint', program, image, ...args]));
  return join(await unpackedPackage('mariadb-server', version), USUAL);
}

/**
 * What makes a MariaDB server load its plugins for accounts with `VIA ed25519`, as server arguments; or why this machine has none of them.
 * More plugins of the package are there then: name them with `--plugin-load-add=`.
 */
export async function ed25519Args(): Promise<{ readonly args: readonly string[] } | { readonly reason: string }> {
  const load = ['--plugin-maturity=unknown', '--plugin-load-add=auth_ed25519'];
  try {
    const folder = await mariadbPluginFolder(await findServerBinary('mariadb'));
    return { args: folder === undefined ? load : [`--plugin-dir=${folder}`, ...load] };
  } catch (error) {
    return { reason: `MariaDB's plugins cannot be had: ${(error as Error).message.slice(0, 200)}` };
  }
}
