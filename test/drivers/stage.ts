import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type RunningPointsman, startPointsman } from '../proxy/start-pointsman.js';
import { mariadbPluginFolder } from '../servers/mariadb-plugins.js';
import { type Flavor, findServerBinary, type ReplicationSet, type Server, startReplication } from '../servers/servers.js';
import { SCENARIOS } from './scenarios.js';
import { schemaStatements } from './schema.js';

/** Where a program connects to. */
export type Way = 'direct' | 'proxy';

export const WAYS: readonly Way[] = ['direct', 'proxy'];

const PASSWORD = 'Matrix-pass_1';

/** Accounts and database of one client on one way, made anew for each run, so that no run finds another's caches warm. */
interface Names {
  readonly database: string;
  readonly user: string;
  readonly native: string;
  readonly sha256: string;
  readonly ed25519: string;
}

function namesOf(client: string, way: Way): Names {
  const base = `${client.replaceAll(/[^a-z0-9]+/g, '_')}_${way[0]}`;
  return { database: `m_${base}`, user: base, native: `${base}_n`, sha256: `${base}_s`, ed25519: `${base}_e` };
}

function accountsOf(flavor: Flavor, names: Names, ed25519: boolean): [user: string, how: string][] {
  if (flavor === 'mysql') {
    return [
      [names.user, `IDENTIFIED WITH caching_sha2_password BY '${PASSWORD}'`],
      [names.native, `IDENTIFIED WITH mysql_native_password BY '${PASSWORD}'`],
      [names.sha256, `IDENTIFIED WITH sha256_password BY '${PASSWORD}'`],
    ];
  }
  const native: [string, string] = [names.user, `IDENTIFIED BY '${PASSWORD}'`];
  return ed25519 ? [native, [names.ed25519, `IDENTIFIED VIA ed25519 USING PASSWORD('${PASSWORD}')`]] : [native];
}

/** A primary, a replica and Pointsman in front of them, for all clients of a run. */
export interface Stage {
  readonly flavor: Flavor;
  readonly version: string;
  readonly proxy: RunningPointsman;
  /** Scenarios that this server knows. */
  readonly scenarios: readonly string[];
  /** Makes accounts, database and tables; gives the environment for the program, which it is told everything by. */
  prepare(client: string, way: Way): Promise<Readonly<Record<string, string>>>;
  stop(): Promise<void>;
}

async function runAll(server: Server, statements: readonly string[]): Promise<void> {
  const connection = await server.connectAsRoot();
  try {
    for (const statement of statements) await connection.query(statement);
  } finally {
    connection.destroy();
  }
}

/** Whether the server has MariaDB's ed25519 plugin; Debian has it in another package than the server program. */
async function hasEd25519(server: Server): Promise<boolean> {
  if (server.flavor !== 'mariadb') return false;
  return server.sql("INSTALL SONAME 'auth_ed25519'").then(
    () => true,
    (error: Error) => /already/.test(error.message),
  );
}

async function startServers(flavor: Flavor): Promise<ReplicationSet> {
  const plugins = flavor === 'mysql' ? undefined : await mariadbPluginFolder(await findServerBinary(flavor)).catch(() => undefined);
  const args = ['--local-infile=ON', '--max-allowed-packet=64M', '--default-time-zone=+00:00'];
  // MySQL 8.0.15 stands still for minutes while it rolls 20 MiB back through redo logs of 4 MiB.
  args.push('--innodb-log-file-size=64M', '--innodb-log-buffer-size=16M', '--innodb-buffer-pool-size=128M');
  if (plugins !== undefined) args.push(`--plugin-dir=${plugins}`);
  return startReplication({ flavor, replicas: 1, tls: true, extraArgs: args });
}

export async function setStage(flavor: Flavor): Promise<Stage> {
  const set = await startServers(flavor);
  const { primary } = set;
  const ed25519 = (await Promise.all(set.servers.map(hasEd25519))).every(Boolean);
  // The README's grant for the monitor account: without it logins of mysql_native_password are relayed, and libmysqlclient cannot change the user.
  await primary.sql("GRANT SELECT ON mysql.user TO pointsman@'%'");
  await set.caughtUp();
  // As the smallest configuration has it: servers and monitor account, no user, no certificate.
  const proxy = await startPointsman({ servers: set, config: { users: [] } });
  const infile = join(set.folder, 'lines.tsv');
  await writeFile(infile, Array.from({ length: 1000 }, (_, i) => `${i + 1}\tline ${i + 1} äöü 漢字\n`).join(''));
  return {
    flavor,
    version: primary.version,
    proxy,
    scenarios: SCENARIOS.filter((one) => (one.flavor ?? flavor) === flavor && (ed25519 || one.name !== 'login-ed25519')).map(
      ({ name }) => name,
    ),
    prepare: async (client, way) => {
      const names = namesOf(client, way);
      const statements = accountsOf(flavor, names, ed25519).flatMap(([user, how]) => [
        `DROP USER IF EXISTS '${user}'@'%'`,
        `CREATE USER '${user}'@'%' ${how}`,
        `GRANT ALL ON \`m\\_%\`.* TO '${user}'@'%'`,
        // MySQL shows a procedure's body to who may read mysql.proc or all tables (mysqldump --routines).
        ...(flavor === 'mysql' ? [`GRANT SELECT ON *.* TO '${user}'@'%'`] : [`GRANT SELECT ON mysql.proc TO '${user}'@'%'`]),
        `GRANT RELOAD, PROCESS, REPLICATION CLIENT, REPLICATION SLAVE ON *.* TO '${user}'@'%'`,
      ]);
      await runAll(primary, [...statements, ...schemaStatements(names.database)]);
      await set.caughtUp();
      return {
        DB_HOST: '127.0.0.1',
        DB_PORT: String(way === 'direct' ? primary.port : proxy.ports.primary),
        DB_NAME: names.database,
        DB_PASSWORD: PASSWORD,
        DB_USER: names.user,
        DB_USER_NATIVE: flavor === 'mysql' ? names.native : names.user,
        DB_USER_SHA256: names.sha256,
        DB_USER_ED25519: names.ed25519,
        DB_FLAVOR: flavor,
        DB_INFILE: infile,
      };
    },
    stop: async () => {
      try {
        await proxy.stop();
      } finally {
        await set.stop();
      }
    },
  };
}
