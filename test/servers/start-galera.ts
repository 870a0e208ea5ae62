import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { installPackages } from './debian-packages.js';
import { reservePorts } from './free-port.js';
import { TRANSFER_METHOD, writeTransfer } from './galera-transfer.js';
import { until } from './replication.js';
import { runCommand } from './run-command.js';
import { Server } from './server.js';
import { findServerBinary } from './server-binary.js';
import { commonArgs } from './server-command.js';
import { roleArgs, type ServerGroup } from './start-servers.js';
import { dataTemplate } from './template.js';
import { buryLater } from './undertaker.js';

const LIBRARY = '/usr/lib/galera/libgalera_smm.so';

/** Three nodes that know each other; what happens to one is what an administrator or a fault would do. */
export interface GaleraSet extends ServerGroup {
  readonly flavor: 'mariadb';
  /** The node that made the cluster. */
  readonly primary: Server;
  /** Starts a node that was stopped or killed and waits until it is Synced again. */
  rejoin(node: Server): Promise<void>;
  /** Starts the first node of a cluster of which none runs. */
  bootstrap(node: Server): Promise<void>;
}

/** Timers short, so that a killed node is out after two seconds. */
function galeraArgs(id: number, port: number, [group = 0, ist = 0, sst = 0]: readonly number[], members: readonly number[]): string[] {
  const timers =
    'evs.join_retrans_period=PT0.2S;evs.inactive_check_period=PT0.2S;evs.keepalive_period=PT0.3S;evs.suspect_timeout=PT2S;evs.inactive_timeout=PT5S;pc.announce_timeout=PT1S';
  return [
    '--wsrep-on=ON',
    `--wsrep-provider=${LIBRARY}`,
    '--wsrep-cluster-name=test',
    `--wsrep-cluster-address=gcomm://${members.map((each) => `127.0.0.1:${each}`).join(',')}`,
    `--wsrep-node-name=db${id}`,
    '--wsrep-node-address=127.0.0.1',
    `--wsrep-node-incoming-address=127.0.0.1:${port}`,
    `--wsrep-provider-options=gmcast.listen_addr=tcp://127.0.0.1:${group};ist.recv_addr=127.0.0.1:${ist};gcache.size=16M;${timers}`,
    `--wsrep-sst-receive-address=127.0.0.1:${sst}`,
    `--wsrep-sst-method=${TRANSFER_METHOD}`,
    '--binlog-format=ROW',
    '--innodb-autoinc-lock-mode=2',
  ];
}

/** The others have agreed that it is gone: one that comes back before may find only their old view of it, and give up. */
async function forgotten(node: Server, servers: readonly Server[]): Promise<void> {
  const others = servers.filter((each) => each !== node && each.running);
  await until(`${node.name} is out of the group`, async () => {
    const sizes = await Promise.all(
      others.map(async (other) => {
        const [row] = await other.sql<{ Value?: string }>("SHOW STATUS LIKE 'wsrep_cluster_size'").catch(() => []);
        return Number(row?.Value);
      }),
    );
    return sizes.every((size) => size === others.length);
  });
}

async function synced(node: Server): Promise<void> {
  await until(`${node.name} is Synced`, async () => {
    const [row] = await node.sql<{ Value?: string }>("SHOW STATUS LIKE 'wsrep_local_state_comment'").catch(() => []);
    return row?.Value === 'Synced';
  });
}

/** Starts a Galera cluster (packages `galera-4`, `mariadb-server-core`): db1 makes it, the others join one after the other. */
export async function startGalera(count = 3): Promise<GaleraSet> {
  const binary = await findServerBinary('mariadb');
  await installPackages(['galera-4'], () => undefined);
  const template = await dataTemplate(binary);
  const folder = await mkdtemp(join(tmpdir(), 'pointsman-'));
  const kept = buryLater({ kind: 'folder', path: folder });
  await writeTransfer(folder);
  const ports = await reservePorts(count);
  // For each node: the group, and two ways of state transfer.
  const groups = await Promise.all(ports.map(() => reservePorts(3)));
  const members = groups.map(([first]) => first?.port ?? 0);
  const env = { PATH: `${folder}${delimiter}${process.env['PATH'] ?? ''}` };
  const servers = ports.map(({ port }, i) => {
    const place = { name: `db${i + 1}`, port, serverId: i + 1, folder: join(folder, `db${i + 1}`) };
    const role = roleArgs(place, binary).filter((arg) => !arg.startsWith('--gtid-strict-mode'));
    const own = groups[i]?.map((each) => each.port) ?? [];
    return new Server(binary, { ...place, env, args: [...commonArgs(binary), ...role, ...galeraArgs(i + 1, port, own, members)] });
  });
  const stop = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.kill9()));
    await rm(folder, { recursive: true, force: true });
    for (const port of [...ports, ...groups.flat()]) port.release();
    kept();
  };
  const rejoin = async (node: Server): Promise<void> => {
    await forgotten(node, servers);
    // One that finds no primary component in time ends itself; an administrator, or systemd, starts it again.
    await node.start().catch(() => node.start());
    await synced(node);
  };
  const bootstrap = async (node: Server): Promise<void> => {
    await node.start(['--wsrep-new-cluster']);
    await synced(node);
  };
  const [primary] = servers;
  if (primary === undefined) throw new Error('a cluster has nodes');
  try {
    for (const [i, server] of servers.entries()) {
      await mkdir(server.folder);
      await runCommand('cp', ['-a', '--reflink=auto', template, server.dataDir]);
      // Two that join at once delay each other by seconds.
      await (i === 0 ? bootstrap(server) : rejoin(server));
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { flavor: 'mariadb', primary, servers, folder, stop, rejoin, bootstrap };
}
