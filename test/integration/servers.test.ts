import { existsSync } from 'node:fs';
import t from 'tap';
import { executedGtids, FLAVORS, isReadOnly, replicationStatus, serverUnavailable, startReplication, until } from '../servers/servers.js';

for (const flavor of FLAVORS) {
  const reason = await serverUnavailable(flavor);
  t.test(`${flavor}: a replication set`, { skip: reason ?? false }, async (t) => {
    const set = await startReplication({ flavor });
    t.teardown(() => set.stop());
    const [first, second, third] = set.servers;
    if (first === undefined || second === undefined || third === undefined) throw new Error('three servers expected');

    await t.test('replicates what an application writes', async (t) => {
      const app = await first.connect('app');
      await app.query('CREATE TABLE t (id INT PRIMARY KEY)');
      await app.query('INSERT INTO t VALUES (1)');
      await app.end();
      await set.caughtUp();
      for (const replica of set.replicas) {
        t.equal(await replica.value('SELECT id FROM test1.t'), '1');
        t.equal(await isReadOnly(replica), true);
        t.equal((await replicationStatus(replica))?.sourcePort, first.port);
      }
      t.equal(await isReadOnly(first), false);
    });

    await t.test('a replica can be promoted when the primary was killed, and the others follow it', async (t) => {
      await first.kill9();
      t.equal(first.running, false);
      await t.rejects(first.connect('app'), { code: 'ECONNREFUSED' });
      await set.promote(second);
      await second.sql('INSERT INTO test1.t VALUES (2)');
      await set.caughtUp();
      t.equal(await third.value('SELECT COUNT(*) FROM test1.t'), '2');
      await first.start();
      t.equal(await first.value('SELECT COUNT(*) FROM test1.t'), '1', 'the former primary comes back with what it had');
    });

    await t.test('the primary can be moved in order', async (t) => {
      await set.switchOver(third);
      t.equal(await isReadOnly(second), true);
      await third.sql('INSERT INTO test1.t VALUES (3)');
      await set.caughtUp();
      t.equal(await second.value('SELECT COUNT(*) FROM test1.t'), '3');
      t.equal(await first.value('SELECT COUNT(*) FROM test1.t'), '3');
      t.equal(await executedGtids(second), await executedGtids(third));
    });

    await t.test('a frozen server takes connections and answers nothing until it is thawed', async (t) => {
      first.freeze();
      await t.rejects(first.connect('app', { connectTimeout: 300 }), { code: 'ETIMEDOUT' });
      first.thaw();
      await until('it answers', async () => (await first.value('SELECT 1')) === '1');
    });

    await set.stop();
    t.notOk(existsSync(set.folder), 'nothing is left behind');
  });
}
