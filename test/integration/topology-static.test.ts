import t from 'tap';
import {
  follow,
  isReadOnly,
  type PointsmanProcess,
  type Server,
  serverUnavailable,
  setReadOnly,
  startPointsman,
  startServers,
  until,
} from '../servers/servers.js';
import { run } from '../unit/cli/run.js';
import { clusterStatus } from './cluster-status.js';
import { HandoverLoad } from './handover-load.js';

const TOKEN = 'for-the-operators';

async function primaryOf(proxy: PointsmanProcess): Promise<string | null> {
  return (await clusterStatus(proxy, TOKEN)).primary;
}

function applicationConnections(server: Server): Promise<string | undefined> {
  return server.value("SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'app'");
}

t.test('redundant copies: one at a time', { skip: (await serverUnavailable('mariadb')) ?? false }, async (t) => {
  // Two servers that somebody keeps equal, here by a ring; both are writable all the time.
  const group = await startServers({ flavor: 'mariadb' }, 2);
  t.teardown(() => group.stop());
  const [db1, db2] = group.servers as [Server, Server];
  await follow(db1, db2);
  await follow(db2, db1);
  const set = { flavor: 'mariadb', servers: group.servers, primary: db1 } as const;
  const admin = { token: TOKEN };
  const proxy = await startPointsman({ set, mode: 'follow', cluster: { topology: 'static', hold: { timeout: '20s' } }, config: { admin } });
  t.teardown(() => proxy.stop());
  const cli = (...args: string[]) => run([...args, '--admin', proxy.adminUrl], { POINTSMAN_ADMIN_TOKEN: TOKEN });
  const load = new HandoverLoad(proxy);
  await load.start(6);
  const goesOn = async () => {
    const count = load.acknowledged.length;
    await until('the load goes on', () => load.acknowledged.length > count + 30);
  };
  const aloneAt = (server: Server, other: Server) =>
    until(`only ${server.name} is used`, async () => {
      const [there, elsewhere] = await Promise.all([applicationConnections(server), applicationConnections(other)]);
      return Number(there) > 0 && elsewhere === '0' && (await primaryOf(proxy)) === server.name;
    });

  await t.test('the first has all traffic, reads too', async (t) => {
    await goesOn();
    t.equal(await primaryOf(proxy), 'db1');
    t.equal(await applicationConnections(db2), '0', 'the other one has none');
  });

  await t.test('an operator moves the role: no error', async (t) => {
    const plan = await cli('switchover', '--dry-run');
    t.match(plan.out, /db2 would take over from db1[\s\S]*choose db2/);
    const moved = await cli('switchover');
    t.equal(moved.code, 0, moved.err);
    t.match(moved.out, /drain[\s\S]*release[\s\S]*db2 is primary; new writes were held for \d+ ms/);
    t.match(moved.err, /this is for one proxy/);
    await aloneAt(db2, db1);
    await goesOn();
    t.same(load.troubles, []);
    t.equal(await isReadOnly(db1), false, 'nothing was changed on the servers');
    t.match((await cli('failovers')).out, /switchover/);
  });

  await t.test('somebody makes it read-only: no error', async (t) => {
    await setReadOnly(db2, true);
    await aloneAt(db1, db2);
    await goesOn();
    await setReadOnly(db2, false);
    await goesOn();
    t.equal(await primaryOf(proxy), 'db1', 'sticky: what is back takes nothing away');
    t.same(load.troubles, []);
  });

  await t.test('it dies: the other takes over; sticky when it returns', async (t) => {
    await db1.kill9();
    await until('db2 has it', async () => (await primaryOf(proxy)) === 'db2');
    await goesOn();
    t.match((await cli('switchover')).err, /no other server can take the writes: db1: it does not answer/);
    await db1.start();
    await until('db1 stands by', async () => (await cli('status')).out.includes('stands by for db2'));
    await goesOn();
    t.equal(await primaryOf(proxy), 'db2');
    t.same(
      load.troubles.filter(({ errno }) => errno !== 9501),
      [],
      'only outcomes that nobody knows',
    );
    await load.stop();
  });

  await t.test('with failBack the first gets it back', async (t) => {
    const other = await startPointsman({
      set,
      mode: 'follow',
      cluster: { topology: 'static', static: { failBack: true } },
      config: { admin },
    });
    t.teardown(() => other.stop());
    t.equal(await primaryOf(other), 'db1');
    await db1.kill9();
    await until('db2 has it', async () => (await primaryOf(other)) === 'db2');
    await db1.start();
    await until('db1 has it back', async () => (await primaryOf(other)) === 'db1');
  });
});
