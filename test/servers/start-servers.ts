import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCertificates } from './certificates.js';
import type { Flavor } from './flavor.js';
import { reservePorts } from './free-port.js';
import { runCommand } from './run-command.js';
import { Server } from './server.js';
import { findServerBinary, type ServerBinary, versionAtLeast } from './server-binary.js';
import { commonArgs } from './server-command.js';
import { dataTemplate } from './template.js';
import { buryLater } from './undertaker.js';

export interface StartOptions {
  readonly flavor: Flavor;
  /** Given to every server after our own flags, so they win. */
  readonly extraArgs?: readonly string[];
  /** true: our own certificates (CA, SAN 127.0.0.1 and localhost) on both flavors; false: no TLS; absent: as the server comes (MySQL makes its own certificate, MariaDB has none). */
  readonly tls?: boolean;
  /** performance_schema costs about 300 MiB a server. Default: off. */
  readonly performanceSchema?: boolean;
  /** Told what takes long the first time. */
  readonly progress?: (text: string) => void;
}

/** Servers that were started together, with what has to be taken away together. */
export interface ServerGroup {
  readonly servers: readonly Server[];
  readonly folder: string;
  /** Kills every server and removes the folder and the ports. */
  stop(): Promise<void>;
}

async function tlsArgs(options: StartOptions, binary: ServerBinary): Promise<string[]> {
  if (options.tls === undefined) return [];
  if (!options.tls) return binary.flavor === 'mysql' && versionAtLeast(binary.version, 8, 4) ? ['--tls-version='] : ['--skip-ssl'];
  const files = await makeCertificates();
  return [`--ssl-ca=${files.ca}`, `--ssl-cert=${files.serverCert}`, `--ssl-key=${files.serverKey}`];
}

/** Place, id, binary log of one server. */
export function roleArgs(server: { port: number; serverId: number; folder: string }, binary: ServerBinary): string[] {
  const { port, serverId, folder } = server;
  const args = [`--datadir=${join(folder, 'data')}`, `--socket=${join(folder, 's.sock')}`, `--pid-file=${join(folder, 'pid')}`];
  // A MariaDB that starts deletes every #sql file in its tmpdir: in a shared /tmp those of the others, whose queries then fail.
  args.push(`--tmpdir=${server.folder}`);
  // 127.0.0.2 is the proxy's way to the server where a test wants to cut that way alone (packet-filter.ts).
  args.push('--bind-address=127.0.0.1,127.0.0.2', `--port=${port}`, `--server-id=${serverId}`, '--log-bin=bin', '--sync-binlog=0');
  args.push('--log-slave-updates=ON', '--relay-log=relay', '--relay-log-recovery=ON', '--report-host=127.0.0.1', `--report-port=${port}`);
  if (binary.flavor === 'mysql') args.push('--gtid-mode=ON', '--enforce-gtid-consistency=ON');
  else args.push('--gtid-strict-mode=ON');
  return args;
}

/** Starts `count` servers side by side, none of which knows of the others. Ids are 1, 2, ...; names db1, db2, ... */
export async function startServers(options: StartOptions, count: number): Promise<ServerGroup> {
  const binary = await findServerBinary(options.flavor, options.progress);
  const template = await dataTemplate(binary, options.progress);
  const tls = await tlsArgs(options, binary);
  const folder = await mkdtemp(join(tmpdir(), 'pointsman-'));
  const kept = buryLater({ kind: 'folder', path: folder });
  const ports = await reservePorts(count);
  const more = [...tls, ...(options.performanceSchema === true ? ['--performance-schema=ON'] : []), ...(options.extraArgs ?? [])];
  const servers = ports.map(({ port }, i) => {
    const place = { name: `db${i + 1}`, port, serverId: i + 1, folder: join(folder, `db${i + 1}`) };
    return new Server(binary, { ...place, args: [...commonArgs(binary), ...roleArgs(place, binary), ...more] });
  });
  const stop = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.kill9()));
    await rm(folder, { recursive: true, force: true });
    for (const port of ports) port.release();
    kept();
  };
  const one = async (server: Server): Promise<void> => {
    await mkdir(server.folder);
    await runCommand('cp', ['-a', '--reflink=auto', template, server.dataDir]);
    await server.start();
  };
  const started = await Promise.allSettled(servers.map(one));
  for (const result of started) {
    if (result.status === 'fulfilled') continue;
    await stop();
    throw result.reason;
  }
  return { servers, folder, stop };
}
