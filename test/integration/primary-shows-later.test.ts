/** A MariaDB primary has sent a transaction to its replicas and does not show it yet: lossless semi-synchronous replication, and nobody acknowledges. */
import t from 'tap';
import { replicaStatement, until } from '../servers/replication.js';
import { serverUnavailable } from '../servers/servers.js';
import { startReplication } from '../servers/start-replication.js';
import { Front, first } from './consistency-world.js';

const reason = await serverUnavailable('mariadb');
t.test('mariadb', { skip: reason ?? false, timeout: 120_000 }, async (t) => {
  const set = await startReplication({ flavor: 'mariadb', replicas: 2 });
  t.teardown(() => set.stop());
  const { primary } = set;
  const [acknowledger, reader] = set.replicas;
  if (acknowledger === undefined || reader === undefined) throw new Error('two replicas are needed');
  await primary.sql('CREATE TABLE test1.later (v INT) ENGINE=InnoDB');
  await primary.sql('INSERT INTO test1.later VALUES (1)');
  await acknowledger.sql('SET GLOBAL rpl_semi_sync_slave_enabled=ON');
  await acknowledger.sql(replicaStatement(acknowledger, 'STOP'));
  await acknowledger.sql(replicaStatement(acknowledger, 'START'));
  await primary.sql('SET GLOBAL rpl_semi_sync_master_wait_point=AFTER_SYNC');
  await primary.sql('SET GLOBAL rpl_semi_sync_master_timeout=60000');
  await primary.sql('SET GLOBAL rpl_semi_sync_master_enabled=ON');
  await until('one acknowledges', async () => {
    const [row] = await primary.sql<{ Value: string }>("SHOW STATUS LIKE 'Rpl_semi_sync_master_clients'");
    return row?.Value === '1';
  });
  await set.caughtUp();

  for (const workers of [1, 2]) {
    await t.test(`${workers} process${workers === 1 ? '' : 'es'}`, async (t) => {
      const front = await Front.start(set, 'session', { workers, replicas: { waitBudget: '20s' } });
      t.teardown(() => front.proxy.stop());
      await front.readable(2);
      const [before] = await primary.sql<{ v: number }>('SELECT v FROM test1.later');
      const old = before?.v ?? 0;
      const client = await front.client();
      const patient = await front.client();
      for (const each of [client, patient]) await each.query('SET @x = 1');
      acknowledger.freeze();
      const written = primary.sql(`UPDATE test1.later SET v=${old + 1}`);
      try {
        await until('a replica shows it', async () => (await reader.value('SELECT v FROM test1.later')) === String(old + 1));
        t.equal(await primary.value('SELECT v FROM test1.later'), String(old), 'and the primary does not');
        const onReplica = '/* pointsman: backend=db3 */';
        t.equal(await first(client, `SELECT ${onReplica} v FROM later`), old + 1);
        t.equal(await first(patient, 'SELECT v, @@port FROM later'), old, 'who has not seen it need not wait');
        let answered: unknown;
        const asked = first(client, 'SELECT v, @@port FROM later').then((v) => {
          answered = v;
        });
        await new Promise((resolve) => setTimeout(resolve, 500));
        t.equal(answered, undefined, 'who has seen it waits for the primary');
        acknowledger.thaw();
        await asked;
        t.equal(answered, old + 1, 'and does not go back');
      } finally {
        acknowledger.thaw();
        await written;
      }
      await client.end();
      await patient.end();
    });
  }

  await t.test('the time that reads may wait goes by, and is waited once', async (t) => {
    const front = await Front.start(set, 'session', { replicas: { waitBudget: '300ms' } });
    t.teardown(() => front.proxy.stop());
    await front.readable(2);
    const clients = await Promise.all([front.client(), front.client()]);
    acknowledger.freeze();
    const written = primary.sql('UPDATE test1.later SET v=v+1');
    try {
      await until('a replica shows it', async () => (await reader.value('SELECT MAX(v) FROM test1.later')) === '4');
      const took: number[] = [];
      for (const client of clients) {
        t.equal(await first(client, 'SELECT /* pointsman: backend=db3 */ v FROM later'), 4);
        const beganMs = performance.now();
        t.equal(await first(client, 'SELECT v, @@port FROM later'), 3);
        took.push(performance.now() - beganMs);
      }
      t.ok((took[0] ?? 0) >= 300);
      t.comment(`${took.map(Math.round)} ms`);
    } finally {
      acknowledger.thaw();
      await written;
    }
    for (const client of clients) await client.end();
  });
});
