import { createConnection } from 'mysql2/promise';
import t, { type Test } from 'tap';
import { AuthClient } from '../proxy/auth-client.js';
import { startPointsman } from '../proxy/start-pointsman.js';
import { ed25519Args, FLAVORS, PASSWORDS, reservePorts, type Server, serverUnavailable, startStandalone } from '../servers/servers.js';
import {
  ACCOUNT_KINDS,
  type AccountKind,
  CLIENT_KINDS,
  exists,
  expectedDirectly,
  expectedThrough,
  PASSWORD,
  type Row,
  SOURCES,
  type Source,
} from './login-matrix.js';

/** Towards the server: as the client's link, or the other way round. */
const LINKS = ['mirror', 'off', 'require'] as const;
type Link = (typeof LINKS)[number];
const CLUSTERS = LINKS.flatMap((link) => [`${link}_read`, `${link}_asked`]);
/** `main` is there anyway. */
const nameIn = (cluster: string) => (cluster === CLUSTERS[0] ? 'main' : cluster);
const HOSTS = CLUSTERS.map((_, index) => `127.0.0.${index + 2}`);

interface Case extends Row {
  readonly user: string;
  readonly way: 'directly' | Source;
  readonly link: Link;
}

/** Every row gets an account of its own, so that none is remembered from another and all may run side by side. */
function casesOf(server: Server): Case[] {
  const cases: Case[] = [];
  const ways: [Case['way'], Link][] = [['directly', 'mirror'], ...SOURCES.map((source): [Source, Link] => [source, 'mirror'])];
  for (const source of ['clear', 'read', 'asked'] as const) ways.push([source, 'off'], [source, 'require']);
  for (const account of ACCOUNT_KINDS.filter(({ flavor }) => flavor === server.flavor)) {
    for (const client of CLIENT_KINDS) {
      for (const tls of [false, true]) {
        for (const cold of account.plugins.includes('caching_sha2_password') ? [true, false] : [true]) {
          for (const [way, link] of ways) {
            const row = { account, client, tls, cold, user: `m${cases.length}`, way, link };
            // A crossed link only: TLS here and none there, or the reverse.
            if (!exists(row) || (way === 'hash' && !account.hasHash) || link === (tls ? 'require' : 'off')) continue;
            cases.push(row);
          }
        }
      }
    }
  }
  return cases;
}

const nameOf = ({ account, client, tls, cold, way, link }: Case) =>
  `${account.name} account, ${client.name} client${tls ? ', TLS' : ''}${cold ? '' : ', warm'}: ${way}${link === 'mirror' ? '' : `, TLS to the server ${link}`}`;

async function makeAccounts(server: Server, cases: readonly Case[]): Promise<void> {
  const admin = await server.connect('admin', { multipleStatements: true });
  const made = (user: string, account: AccountKind) => `CREATE USER ${user}@'%' ${account.identified(PASSWORD)}`;
  for (let at = 0; at < cases.length; at += 50) {
    await admin.query(
      `SET sql_log_bin = 0; ${cases
        .slice(at, at + 50)
        .map(({ user, account }) => made(user, account))
        .join(';')}`,
    );
  }
  await admin.query("CREATE USER blind@'%' IDENTIFIED BY 'blind'; GRANT REPLICATION CLIENT, REPLICATION SLAVE ON *.* TO blind@'%'");
  if (server.flavor === 'mysql') await admin.query("ALTER USER blind@'%' IDENTIFIED WITH mysql_native_password BY 'blind'");
  await admin.query("GRANT SELECT ON mysql.* TO pointsman@'%'");
  await admin.end();
}

async function hashesOf(server: Server): Promise<Map<string, string>> {
  const admin = await server.connect('admin');
  const [rows] = await admin.query("SELECT user AS name, authentication_string AS kept FROM mysql.user WHERE user LIKE 'm%'");
  await admin.end();
  return new Map((rows as { name: string; kept: string }[]).map(({ name, kept }) => [name, kept]));
}

/** A listener and a cluster for each way towards the server and each right of the monitor. */
async function startProxy(t: Test, server: Server, cases: readonly Case[]): Promise<(one: Case) => number> {
  const hashes = await hashesOf(server);
  const users = cases
    .filter(({ way }) => way === 'clear' || way === 'hash')
    .map(({ user, way }) => ({
      name: user,
      ...(way === 'clear' ? { password: PASSWORD } : { passwordHash: hashes.get(user)?.replaceAll('${', () => '$${') }),
    }));
  const ports = await reservePorts(CLUSTERS.length);
  t.teardown(() => {
    for (const port of ports) port.release();
  });
  const portOf = new Map(CLUSTERS.map((kind, index) => [kind, ports[index]?.port ?? 0]));
  const monitor = (kind: string) =>
    kind.endsWith('_read') ? { user: 'pointsman', password: PASSWORDS.pointsman } : { user: 'blind', password: 'blind' };
  const cluster = (kind: string) => ({
    // One server is in one cluster only, so it has an address for each.
    backends: [{ name: kind, address: `${HOSTS[CLUSTERS.indexOf(kind)]}:${server.port}` }],
    monitor: monitor(kind),
    tls: { mode: kind.split('_')[0] },
  });
  const proxy = await startPointsman({
    servers: [server],
    listenerTls: 'prefer',
    config: {
      auth: { mode: 'auto' },
      users,
      listeners: CLUSTERS.map((kind) => ({
        name: kind,
        address: `127.0.0.1:${portOf.get(kind)}`,
        cluster: nameIn(kind),
        route: 'primary',
      })),
      clusters: Object.fromEntries(CLUSTERS.map((kind) => [nameIn(kind), cluster(kind)])),
    },
  });
  t.teardown(() => proxy.stop());
  return ({ way, link }) => (way === 'directly' ? server.port : (portOf.get(`${link}_${way === 'asked' ? 'asked' : 'read'}`) ?? 0));
}

/** At most `limit` at a time. */
async function each<T>(list: readonly T[], limit: number, work: (one: T) => Promise<void>): Promise<void> {
  const left = [...list];
  const worker = async () => {
    for (let one = left.shift(); one !== undefined; one = left.shift()) await work(one);
  };
  await Promise.all(Array.from({ length: limit }, worker));
}

for (const flavor of FLAVORS) {
  const reason = await serverUnavailable(flavor);
  t.test(`logins: ${flavor}`, { skip: reason ?? false }, async (t) => {
    const plugins = flavor === 'mariadb' ? await ed25519Args() : { args: [] };
    if ('reason' in plugins) {
      await t.test('plugins', { skip: plugins.reason }, async () => undefined);
      return;
    }
    const { server, stop } = await startStandalone({
      flavor,
      tls: true,
      extraArgs: [...plugins.args, `--bind-address=${['127.0.0.1', ...HOSTS].join(',')}`],
    });
    t.teardown(stop);
    const cases = casesOf(server);
    await makeAccounts(server, cases);
    const portOf = await startProxy(t, server, cases);
    const admin = await server.connect('admin');
    const login = (one: Case, password = PASSWORD) =>
      AuthClient.tryOut({ port: portOf(one), user: one.user, password, tls: one.tls, ...one.client.how });

    await t.test('earlier logins', async (t) => {
      const early = cases.filter(({ way }) => way === 'remembered');
      await each(early, 8, async (one) => {
        const how = await AuthClient.tryOut({ ...one, port: portOf(one), password: PASSWORD, tls: true, plugin: 'caching_sha2_password' });
        if (how !== 'in') t.fail(`${nameOf(one)}: ${how}`);
      });
    });
    for (const cold of [true, false]) {
      await t.test(cold ? 'cold' : 'warm', async (t) => {
        const rows = cases.filter((one) => one.cold === cold);
        if (cold) await admin.query('FLUSH PRIVILEGES');
        else await each(rows, 8, async ({ user }) => (await direct(server, user)).destroy());
        await each(rows, 8, async (one) => {
          const wanted = one.way === 'directly' ? expectedDirectly(one) : expectedThrough(one, one.way);
          t.equal(await login(one), wanted, nameOf(one));
        });
      });
    }
    await t.test('wrong passwords', async (t) => {
      const rows = cases.filter(({ link, cold }) => link === 'mirror' && cold);
      await each(rows, 40, async (one) => {
        const how = await login(one, 'not this one');
        t.match(how, /^(1045|1251|gives up at .*)$/, nameOf(one));
      });
    });
    await admin.end();
  });
}

async function direct(server: Server, user: string) {
  return await createConnection({
    host: server.host,
    port: server.port,
    user,
    password: PASSWORD,
    ssl: { rejectUnauthorized: false },
  });
}
