import t from 'tap';
import { awaitCaughtUp, FLAVORS, follow, isReadOnly, PASSWORDS, serverUnavailable, setReadOnly, until } from '../servers/servers.js';
import { run } from '../unit/cli/run.js';
import { HandoverLoad } from './handover-load.js';
import { errno, sleep, World } from './session-world.js';

const TOKEN = 'for-the-operators';

for (const flavor of FLAVORS) {
  const reason = await serverUnavailable(flavor);
  t.test(`${flavor}: operators and other tools move the role`, { skip: reason ?? false }, async (t) => {
    const world = await World.start(flavor, { mode: 'follow', config: { admin: { token: TOKEN } } });
    t.teardown(() => world.stop());
    const cli = (...args: string[]) => run([...args, '--admin', world.proxy.adminUrl], { POINTSMAN_ADMIN_TOKEN: TOKEN });
    const [db1, db2] = world.set.servers as [typeof world.primary, typeof world.primary];

    await t.test('a transaction that stays open: all is as before, or it is ended by force', async (t) => {
      const client = await world.client('split');
      await client.query('CREATE TABLE IF NOT EXISTS test1.stuck (id INT PRIMARY KEY)');
      const other = await world.client('split');
      await client.query('LOCK TABLES test1.stuck WRITE');
      const moving = cli('switchover', '--to', 'db2', '--timeout', '1500ms');
      await sleep(500);
      const held = other.query('CREATE TABLE IF NOT EXISTS test1.held (id INT)');
      const { code, err } = await moving;
      t.equal(code, 1);
      t.match(err, /still open after \d+ ms[\s\S]*--force[\s\S]*db1 is as before/);
      t.equal(errno(await held), 0, 'what was held goes on');
      t.equal(await isReadOnly(db1), false);
      t.same(await db1.sql('SHOW SLAVE STATUS'), [], 'its future source is forgotten');
      t.equal(errno(await client.query('INSERT INTO test1.stuck VALUES (1)')), 0, 'and so does the one that locked');
      await client.query('UNLOCK TABLES');
      for (const each of [client, other]) await each.connection.end();
    });

    await t.test('a drained replica', async (t) => {
      const reader = await world.client('replica');
      const pinned = await world.client('replica');
      await pinned.query("SELECT GET_LOCK('mine', 0)");
      t.equal(await reader.value('SELECT @@port'), db2.port);
      const { code, out } = await cli('drain', 'db2');
      t.equal(code, 0);
      t.match(out, /db2 goes from in traffic to draining[\s\S]*no other replica/);
      t.equal(await reader.value('SELECT @@port'), db1.port, 'its sessions go on elsewhere, without an error');
      t.equal(await pinned.value('SELECT @@port'), db2.port, 'who cannot move stays');
      t.match((await cli('status')).out, /draining/);
      t.match((await cli('drain', 'db1')).err, /db1 is the primary[\s\S]*pointsman switchover/);
      t.match((await cli('switchover')).err, /taken out by an operator/);
      t.match((await cli('undrain', 'db2')).out, /from draining to in traffic/);
      await until('they come back', async () => (await reader.value('SELECT @@port')) === db2.port);
      for (const each of [reader, pinned]) await each.connection.end();
    });

    await t.test('another tool moves read_only', async (t) => {
      const load = new HandoverLoad(world.proxy);
      load.transactionEvery = 4;
      await load.start(8);
      for (const [from, to] of [
        [db1, db2],
        [db2, db1],
      ] as const) {
        await setReadOnly(from, true);
        await awaitCaughtUp(to, from);
        await world.promote(to);
        if (flavor === 'mariadb') await from.sql('SET GLOBAL gtid_slave_pos = @@global.gtid_binlog_pos');
        await follow(from, to);
        await until('it is seen', async () => (await cli('status')).out.includes(`primary ${to.name}`));
        const count = load.acknowledged.length;
        await until('the load goes on', () => load.acknowledged.length > count + 40);
      }
      // Somebody thinks better of it.
      await setReadOnly(db1, true);
      await sleep(30);
      await setReadOnly(db1, false);
      const count = load.acknowledged.length;
      await until('the load goes on', () => load.acknowledged.length > count + 40);
      await load.stop();
      t.same(load.troubles, [], 'no client has seen an error');
      t.same(await load.wrong(db1), [], 'each acknowledged write is there once');
    });

    await t.test('failover by order', async (t) => {
      t.match((await cli('failover', '--to', 'db2')).err, /db1 lives and is primary: pointsman switchover --to db2/);
      const client = await world.client('primary', { password: PASSWORDS.app });
      await db1.kill9();
      await until('it is seen', async () => (await cli('failover', '--to', 'db2', '--dry-run')).code === 0);
      const plan = await cli('failover', '--to', 'db2', '--dry-run');
      t.match(plan.out, /db2 would be made primary in place of db1[\s\S]*read_only = OFF[\s\S]*RESET/);
      const held = client.query('CREATE TABLE test1.after_it (id INT)');
      const { code, out, err } = await cli('failover', '--to', 'db2');
      t.equal(code, 0, err);
      t.match(out, /db2 is primary in place of db1/);
      t.equal(errno(await held), 0);
      await client.connection.end();
    });
  });
}
