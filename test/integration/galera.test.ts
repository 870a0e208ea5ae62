import { createConnection } from 'mysql2/promise';
import t from 'tap';
import { PASSWORDS } from '../servers/accounts.js';
import { setReadOnly, until } from '../servers/replication.js';
import { type PointsmanProcess, type Server, serverUnavailable, startGalera, startPointsman } from '../servers/servers.js';
import { run } from '../unit/cli/run.js';
import { clusterStatus } from './cluster-status.js';
import { HandoverLoad } from './handover-load.js';
import { Client, errno } from './session-world.js';

const TOKEN = 'for-the-operators';

const seen = (proxy: PointsmanProcess) => clusterStatus(proxy, TOKEN);

async function client(port: number): Promise<Client> {
  return new Client(await createConnection({ host: '127.0.0.1', port, user: 'app', password: PASSWORDS.app, database: 'test1' }));
}

t.test('a Galera cluster', { skip: (await serverUnavailable('mariadb')) ?? false }, async (t) => {
  const set = await startGalera();
  t.teardown(() => set.stop());
  const cluster = { failover: { mode: 'follow' }, hold: { timeout: '30s' }, replicas: { waitBudget: '1s' } };
  const proxy = await startPointsman({ set, mode: 'follow', cluster, config: { admin: { token: TOKEN } } });
  const cli = (...args: string[]) => run([...args, '--admin', proxy.adminUrl], { POINTSMAN_ADMIN_TOKEN: TOKEN });
  t.teardown(() => proxy.stop());
  const named = (name: string | null): Server => {
    const server = set.servers.find((each) => each.name === name);
    if (server === undefined) throw new Error(`no server ${name}`);
    return server;
  };
  const writer = async () => named((await seen(proxy)).primary);
  const isSettled = (readable: number) =>
    until(`a writer and ${readable} nodes that are read`, async () => {
      const { primary, backends } = await seen(proxy);
      return primary !== null && backends.filter((each) => each.readable).length === readable;
    });
  await isSettled(2);
  const one = await client(proxy.splitPort);
  t.teardown(() => one.connection.destroy());
  await one.query('CREATE TABLE g (id INT AUTO_INCREMENT PRIMARY KEY, token VARCHAR(40) UNIQUE)');

  await t.test('is found out, and one node takes the writes', async (t) => {
    const found = await seen(proxy);
    t.equal(found.topology, 'galera');
    t.match(found.topologyReason, /wsrep_on/);
    const again = await startPointsman({ set, mode: 'follow', cluster, config: { admin: { token: TOKEN } } });
    t.equal((await seen(again)).primary, found.primary, 'another proxy chooses the same');
    await again.stop();
  });

  await t.test('reads on other nodes see what the session wrote', async (t) => {
    const home = await writer();
    const others = set.servers.filter((each) => each !== home);
    const selects = async () => {
      let sum = 0;
      for (const each of others) {
        const [row] = await each.sql<{ Value: string }>("SHOW GLOBAL STATUS LIKE 'Com_select'");
        sum += Number(row?.Value);
      }
      return sum;
    };
    const before = await selects();
    for (let i = 0; i < 50; i += 1) {
      t.equal(errno(await one.query(`INSERT INTO g (token) VALUES ('r${i}')`)), 0);
      t.equal(await one.value(`SELECT COUNT(*) FROM g WHERE token = 'r${i}'`), 1, 'its own write');
    }
    // Each is at least a wait and a read; the health checks ask a few times a second as well.
    t.ok((await selects()) - before >= 90, 'the reads were on other nodes');
  });

  await t.test('a conflict between nodes passes through as 1213', async (t) => {
    const home = await writer();
    const rival = set.servers.find((each) => each !== home) as Server;
    await one.query("INSERT INTO g (token) VALUES ('conflict')");
    await one.query('BEGIN');
    await one.query("UPDATE g SET token = 'mine' WHERE token = 'conflict'");
    await rival.sql('SET wsrep_sync_wait = 7');
    await until('the row is there', async () => (await rival.value("SELECT COUNT(*) FROM test1.g WHERE token = 'conflict'")) === '1');
    await rival.sql("UPDATE test1.g SET token = 'theirs' WHERE token = 'conflict'");
    await until(
      'it is certified at the writer',
      async () => (await home.value("SELECT COUNT(*) FROM test1.g WHERE token = 'theirs'")) === '1',
    );
    t.equal(errno(await one.query('COMMIT')), 1213);
    t.equal(errno(await one.query('ROLLBACK')), 0);
    t.notOk(one.cut);
  });

  await t.test('the role is moved by an operator, and by a read_only flag: no error', async (t) => {
    const load = new HandoverLoad(proxy);
    await load.start(6);
    const goesOn = async () => {
      const count = load.acknowledged.length;
      await until('the load goes on', () => load.acknowledged.length > count + 30);
    };
    const old = await writer();
    const next = set.servers.find((each) => each !== old) as Server;
    const moved = await cli('switchover', '--to', next.name);
    t.equal(moved.code, 0, moved.err);
    t.match(moved.out, /drain[\s\S]*catch-up[\s\S]*release[\s\S]*is primary; new writes were held for \d+ ms/);
    t.match(moved.err, /other proxies of main choose for themselves/);
    t.comment(moved.out.trim().split('\n').at(-1));
    t.equal((await writer()).name, next.name);
    await goesOn();
    t.same(load.troubles, [], 'by an operator');
    await setReadOnly(next, true);
    await until('another writer', async () => ![next.name, null].includes((await seen(proxy)).primary));
    await goesOn();
    await setReadOnly(next, false);
    await goesOn();
    await load.stop();
    t.same(load.troubles, [], 'by a flag');
    const home = await writer();
    await home.sql('SET wsrep_sync_wait = 7');
    t.same(await load.wrong(home), [], 'each acknowledged write is there once');
    t.match((await cli('switchover', '--to', home.name)).err, /is the primary already/);
    t.match((await cli('failover', '--to', old.name)).err, /lives and is primary/);
  });

  await t.test('the writer is desynced: the role moves without an error', async (t) => {
    const old = await writer();
    const failed: unknown[] = [];
    let going = true;
    let count = 0;
    const load = (async () => {
      while (going) {
        const result = await one.query(`INSERT INTO g (token) VALUES ('d${count++}')`);
        if ('errno' in result) failed.push(result);
      }
    })();
    await old.sql('SET GLOBAL wsrep_desync = ON');
    await until('another writer', async () => ![old.name, null].includes((await seen(proxy)).primary));
    t.match((await seen(proxy)).backends.find(({ name }) => name === old.name)?.reason, /Donor/);
    const now = await writer();
    await old.sql('SET GLOBAL wsrep_desync = OFF');
    await isSettled(2);
    t.equal((await writer()).name, now.name, 'the one that is back takes nothing away');
    going = false;
    await load;
    t.same(failed, []);
    t.notOk(one.cut);
  });

  await t.test('a node that is read is killed, and comes back', async (t) => {
    const home = await writer();
    const victim = set.servers.find((each) => each !== home) as Server;
    await victim.kill9();
    await isSettled(1);
    for (let i = 0; i < 10; i += 1) t.equal(errno(await one.query('SELECT COUNT(*) FROM g')), 0);
    await set.rejoin(victim);
    await isSettled(2);
    // The donor of its transfer may have been the writer, which then gave the role away.
    t.equal(errno(await one.query(`INSERT INTO g (token) VALUES ('${home.name} back')`)), 0);
  });

  await t.test('the writer is killed: held, then written elsewhere; without a majority nobody writes', async (t) => {
    const dead = await writer();
    await one.query('SELECT 1');
    await dead.kill9();
    t.equal(errno(await one.query("INSERT INTO g (token) VALUES ('after')")) % 9501, 0, 'written, or outcome unknown');
    await isSettled(1);
    t.equal(errno(await one.query("INSERT INTO g (token) VALUES ('later')")), 0);
    await (await writer()).kill9();
    await until('no primary component', async () => {
      const { primary, backends } = await seen(proxy);
      return primary === null && backends.some(({ reason }) => reason.includes('1047'));
    });
    t.notOk(one.cut, 'its connection stayed all the time');
  });
});
