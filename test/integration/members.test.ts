import { connect, createServer, type Server as NetServer } from 'node:net';
import t, { type Test } from 'tap';
import { MemberKeeper, type MemberWishes } from '../../src/health/members/member-keeper.js';
import { Monitor } from '../../src/health/monitor.js';
import {
  isReadOnly,
  type ReplicationSet,
  reservePorts,
  type Server,
  serverUnavailable,
  startReplication,
  until,
} from '../servers/servers.js';
import { monitorSettings, promoting, view, whole } from './health-setup.js';

const names = (monitor: Monitor) => monitor.snapshot.backends.map(({ name }) => name).join(' ');

/** One more way to a server: servers of one name share a port and differ in the address. */
async function way(host: string, port: number, server: Server): Promise<NetServer> {
  const listener = createServer((near) => {
    const far = connect({ host: server.host, port: server.port });
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on('error', () => other.destroy());
      one.on('close', () => other.destroy());
      one.pipe(other);
    }
  });
  await new Promise<void>((resolve, reject) => listener.once('error', reject).listen(port, host, resolve));
  return listener;
}

async function hostNames(t: Test, set: ReplicationSet): Promise<void> {
  const [db1, db2] = set.servers as [Server, Server];
  const [reserved] = await reservePorts(1);
  const port = reserved?.port ?? 0;
  const ways = [await way('127.0.0.11', port, db1), await way('127.0.0.12', port, db2)];
  t.teardown(() => {
    for (const each of ways) each.close();
    reserved?.release();
  });
  const [first, second] = ['127.0.0.11', '127.0.0.12'] as const;
  let answer: readonly string[] | undefined = [first];
  let asked = 0;
  const ask = async () => {
    asked += 1;
    if (answer === undefined) throw new Error('SERVFAIL');
    return answer.map((address) => ({ address, family: 4 }));
  };
  const { lines, ...settings } = monitorSettings([db1], { account: 'pointsman' });
  const [backend] = settings.backends;
  if (backend === undefined) throw new Error('no backend');
  const named = { ...settings, backends: [{ ...backend, name: 'db', address: { host: 'mysql.example', port } }] };
  const monitor = new Monitor(named);
  const wishes: MemberWishes = { expandNames: true, discover: false, intervalMs: 100 };
  const keeper = new MemberKeeper(monitor, named, wishes, ask);
  t.teardown(async () => {
    keeper.stop();
    await monitor.stop();
  });
  await keeper.start();
  await monitor.start();
  await until('the first is primary', () => monitor.snapshot.primary === `db@${first}`);
  answer = [second, first];
  await until('the second is read', () => names(monitor) === `db@${first} db@${second}` && monitor.snapshot.backends[1]?.readable === true);
  const { epoch } = monitor.snapshot;
  answer = undefined;
  const before = asked;
  await until('the name service is dead for a while', () => asked > before + 5);
  t.equal(names(monitor), `db@${first} db@${second}`, 'its last addresses stay');
  t.equal(lines.filter(({ level }) => level === 'error').length, 1, 'told once');
  answer = [second];
  const from = asked;
  await until('long enough to be dropped', () => asked > from + 6);
  t.equal(names(monitor), `db@${first} db@${second}`, 'the primary stays, whatever the name service says');
  answer = [first];
  await until('a replica goes', () => names(monitor) === `db@${first}`);
  t.match(monitor.snapshot, { primary: `db@${first}`, epoch }, 'all the time the same primary');
}

async function discovery(t: Test, set: ReplicationSet): Promise<void> {
  const [db1, db2] = set.servers as [Server, Server];
  const { lines: _, ...settings } = monitorSettings([db1], promoting());
  const monitor = new Monitor(settings);
  const keeper = new MemberKeeper(monitor, settings, { expandNames: false, discover: true, intervalMs: 200 });
  t.teardown(async () => {
    keeper.stop();
    await monitor.stop();
  });
  await keeper.start();
  await monitor.start();
  const found = `127.0.0.1:${db2.port}`;
  await until('the replica is found', () => names(monitor) === `db1 ${found}`);
  await whole(monitor);
  await db1.kill9();
  await until('it is promoted', () => monitor.snapshot.primary === found);
  t.equal(await isReadOnly(db2), false);
  await db1.start();
  await whole(monitor);
  t.equal(view(monitor, db1).role, 'replica');
  keeper.reconfigure(settings, { expandNames: false, discover: true, intervalMs: 150 });
  t.equal(monitor.options.backends.length, 2, 'a reload keeps what was discovered');
  await whole(monitor);
  t.equal(names(monitor), `db1 ${found}`, 'each server once');
}

t.test('servers that come and go', { skip: (await serverUnavailable('mariadb')) ?? false }, async (t) => {
  const set = await startReplication({ flavor: 'mariadb', replicas: 1 });
  t.teardown(() => set.stop());
  await t.test('a host name with several addresses', (t) => hostNames(t, set));
  await t.test('replicas are discovered', (t) => discovery(t, set));
});
