import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { cacheFolder } from './cache-folder.js';
import { type ServerBinary, versionAtLeast } from './server-binary.js';

/**
 * Small and fast: durable enough for a killed server (the kernel keeps what was written), not for a crash of the machine.
 * flush-log-at-trx-commit is 2, not 0: with 0 the log of the last second is still in the server's own memory, so a server that
 * was killed came back without transactions that its binlog and its replicas have (seen on MariaDB 10.11).
 */
const SMALL = [
  '--innodb-buffer-pool-size=16M',
  '--innodb-log-file-size=4M',
  '--innodb-log-buffer-size=1M',
  '--innodb-flush-log-at-trx-commit=2',
  '--innodb-doublewrite=0',
  '--key-buffer-size=64K',
  '--max-connections=500',
  '--table-open-cache=256',
  '--table-definition-cache=400',
  '--thread-cache-size=16',
];

/** Flags of every start of this program: place, account, small memory. performance_schema (300 MiB a server) is off. */
export function commonArgs(binary: ServerBinary): string[] {
  const args = [...binary.ownArgs, ...SMALL, '--performance-schema=OFF', '--skip-name-resolve'];
  if (process.getuid?.() === 0) args.push('--user=root');
  if (binary.flavor === 'mysql') {
    args.push('--mysqlx=OFF');
    if (versionAtLeast(binary.version, 8, 4)) args.push('--mysql-native-password=ON');
  }
  return args;
}

/** Where files lie that arguments name (`--ssl-ca=/tmp/ca.pem`). */
function foldersNamed(args: readonly string[]): string[] {
  const files = args.flatMap((arg) => /^--[\w-]+=(\/.+)$/.exec(arg)?.[1] ?? []);
  return files.filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile()).map(dirname);
}

/**
 * The command that runs the server program with these arguments. In a container it shares the host's network and sees `folder`
 * and the cache under the same paths, so that ports, sockets and files are as with a program of this machine.
 */
export function serverCommand(
  binary: ServerBinary,
  args: readonly string[],
  container: { readonly name: string; readonly folder: string },
  program = binary.program,
): { command: string; args: string[] } {
  if (binary.image === undefined) return { command: program, args: [...args] };
  const cache = cacheFolder();
  const user = `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`;
  const run = ['run', '--rm', '-i', '--name', container.name, '--network', 'host', '--user', user, '--workdir', container.folder];
  const mounts: string[] = [];
  for (const folder of [cache, container.folder, ...foldersNamed(args)]) {
    const isThere = ['/usr', ...mounts].some((each) => `${folder}/`.startsWith(`${each}/`));
    if (!isThere) mounts.push(folder);
  }
  run.push(...mounts.flatMap((folder) => ['-v', `${folder}:${folder}`]));
  run.push('--entrypoint', program, binary.image, ...args);
  return { command: 'docker', args: run };
}
