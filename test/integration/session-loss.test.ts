import mysql from 'mysql2/promise';
import t from 'tap';
import { FLAVORS } from '../servers/flavor.js';
import { until } from '../servers/replication.js';
import { type Client, errno, type Outcome, sleep, World } from './session-world.js';

/** DESIGN 8, "What a client feels", with a real primary killed under each kind of statement. The promotion is done by hand (`follow`). */
for (const flavor of FLAVORS) {
  t.test(`${flavor}: the primary dies`, { timeout: 200_000 }, async (t) => {
    const world = await World.start(flavor, { cluster: { transactions: { replay: false } } });
    t.teardown(() => world.stop());
    const setup = await world.client();
    await setup.query('CREATE TABLE w (id INT PRIMARY KEY AUTO_INCREMENT, v VARCHAR(40)) ENGINE=InnoDB');
    await setup.query(
      `INSERT INTO w (v) SELECT 'filler' FROM ${flavor === 'mysql' ? 'mysql.help_relation' : 'mysql.help_relation'} LIMIT 1`,
    );

    const clients = new Map<string, Client>();
    for (const name of [
      'idle',
      'read',
      'rows',
      'write',
      'call',
      'tx',
      'txIdle',
      'txRollback',
      'autocommit0',
      'commit',
      'prepared',
      'temp',
      'uservar',
      'overtaken',
      'replica',
    ]) {
      clients.set(name, await world.client(name === 'replica' ? 'replica' : 'primary'));
    }
    const the = (name: string): Client => clients.get(name) as Client;

    // --- before the death: every session into its state
    await the('idle').query("SET SESSION sql_mode='ANSI_QUOTES', time_zone='+02:00', sort_buffer_size=300000");
    await the('idle').query('SET NAMES latin1; SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED; USE test1');
    await the('prepared').execute('SELECT ? + 1 AS n, ? AS s', [41, 'x']);
    await the('temp').query('CREATE TEMPORARY TABLE gone (a INT)');
    await the('uservar').query("SET @known = 'k'");
    await the('uservar').query('SELECT 5 INTO @told');
    // Its ROW_COUNT() could not be put back, so nothing is asked behind it.
    await the('overtaken').query('CREATE TABLE overtaken (a INT)');
    await the('overtaken').query('INSERT INTO overtaken SELECT @lost := 5 UNION ALL SELECT 6');
    for (const name of ['tx', 'txIdle', 'txRollback', 'commit']) {
      await the(name).query('START TRANSACTION');
      await the(name).query(`INSERT INTO w (v) VALUES ('${name}')`);
    }
    await the('autocommit0').query('SET autocommit=0');
    await the('autocommit0').query("INSERT INTO w (v) VALUES ('ac0')");
    await world.set.caughtUp();

    // --- running when it dies; a global read lock keeps COMMIT and the write unanswered for certain
    const lock = await mysql.createConnection({ socketPath: world.primary.socketPath, user: 'root' });
    lock.on('error', () => undefined);
    await lock.query('FLUSH TABLES WITH READ LOCK');
    const running: Record<string, Promise<Outcome>> = {
      commit: the('commit').query('COMMIT'),
      write: the('write').query("INSERT INTO w (v) VALUES ('unanswered')"),
      read: the('read').query('SELECT SLEEP(1.5) AS slept'),
      rows: the('rows').query("SELECT REPEAT('x', 500), SLEEP(0.01) FROM information_schema.COLLATIONS a, information_schema.COLLATIONS b"),
    };
    await sleep(700);
    const dead = world.primary;
    await dead.kill9();
    // What is sent to a socket whose end has not been read yet has no known outcome.
    await until(
      'its death is known',
      async () => ((await world.proxy.get('/api/v1/status')) as { clusters: { primary: string | null }[] }).clusters[0]?.primary === null,
    );

    const waiting = the('call').query("INSERT INTO w (v) VALUES ('held')");
    const first = {
      tx: await the('tx').query("INSERT INTO w (v) VALUES ('more')"),
      txIdle: await the('txIdle').query('BEGIN'),
      txRollback: await the('txRollback').query('ROLLBACK'),
      autocommit0: await the('autocommit0').query('SELECT 1'),
    };
    t.equal(errno(first.tx), 1213, 'statement after the loss in a transaction');
    t.match(first.tx, { sqlState: '40001' });
    t.equal(errno(first.txIdle), 1213, 'also BEGIN');
    t.equal(errno(first.txRollback), 0, 'ROLLBACK is OK');
    t.equal(errno(first.autocommit0), 1213, 'autocommit=0 has a transaction too');
    t.equal(errno(await the('tx').query("UPDATE w SET v='x'")), 1213, 'still refused');
    t.equal(errno(await the('tx').query('COMMIT')), 1213, 'COMMIT never gets OK');
    t.equal(errno((await running['write']) as Outcome), 9501, 'a write that was sent');
    t.match(await running['write'], { sqlState: '08007' });
    t.equal(errno((await running['commit']) as Outcome), 9501, 'a COMMIT that was sent');
    t.equal(errno((await running['rows']) as Outcome), 9507, 'a result under way');

    await world.promote(world.replica);
    t.equal(errno(await waiting), 0, 'a statement that was not sent waited and ran');
    t.match(await running['read'], { rows: [{ slept: 0 }] }, 'a pure read ran once more');

    t.equal(errno(await the('txIdle').query('BEGIN')), 0, 'told once, a new BEGIN works');
    t.equal(errno(await the('txIdle').query('COMMIT')), 0);
    t.equal(errno(await the('autocommit0').query("INSERT INTO w (v) VALUES ('ac0')")), 0, 'the first statement again is a new start');
    t.equal(await the('autocommit0').value('SELECT @@autocommit'), 0, 'autocommit is restored');
    t.equal(errno(await the('autocommit0').query('COMMIT')), 0);
    t.match(
      await the('idle').query('SELECT @@sql_mode m, @@time_zone z, @@sort_buffer_size b, @@character_set_client c, DATABASE() d'),
      { rows: [{ m: 'ANSI_QUOTES', z: '+02:00', b: 300000, c: 'latin1', d: 'test1' }] },
      'session state is restored',
    );
    t.equal(await the('idle').value(`SELECT @@${flavor === 'mysql' ? 'transaction_isolation' : 'tx_isolation'}`), 'READ-COMMITTED');
    t.match(
      await the('prepared').execute('SELECT ? + 1 AS n, ? AS s', [41, 'x']),
      { rows: [{ n: 42, s: 'x' }] },
      'prepared statements stay valid',
    );
    t.equal(errno(await the('temp').query('SELECT * FROM gone')), 9502, 'a lost temporary table is reported');
    t.equal(errno(await the('temp').query('SELECT * FROM gone')), 9502, 'for every statement that names it');
    t.equal(errno(await the('temp').query('SELECT 1')), 0);
    t.equal(errno(await the('temp').query('CREATE TEMPORARY TABLE gone (a INT)')), 0, 'until it is created again');
    t.equal(errno(await the('temp').query('SELECT * FROM gone')), 0);
    t.equal(errno(await the('overtaken').query('SELECT 1')), 9502, 'a user variable that could not be read in time is reported');
    t.equal(errno(await the('overtaken').query('SELECT 1')), 0, 'once');
    t.equal(await the('uservar').value('SELECT @known'), 'k', 'one with a known value is restored');
    t.equal(await the('uservar').value('SELECT @told'), 5, 'one whose value was read from the server too');

    const rows = await world.primary.sql<{ v: string; n: number }>('SELECT v, COUNT(*) n FROM test1.w GROUP BY v');
    const counts = Object.fromEntries(rows.map(({ v, n }) => [v, Number(n)]));
    t.match(counts, { held: 1, ac0: 1 }, 'what was answered OK is there, once');
    t.notOk(
      Object.keys(counts).some((v) => ['tx', 'txIdle', 'more', 'commit', 'unanswered'].includes(v)),
      'what was rolled back is not',
    );

    t.equal(await the('replica').value('SELECT 1'), 1, 'replica sessions go on');
    t.notOk(
      [...clients.values()].some(({ cut }) => cut),
      'no client connection was cut',
    );

    await world.rejoin(dead);
    await until('replica sessions are back on a replica', async () => {
      const fresh = await world.client('replica');
      const port = await fresh.value('SELECT @@port');
      await fresh.connection.end();
      return port === dead.port;
    });
    const report = (await world.proxy.get('/api/v1/failovers')) as unknown[];
    t.ok(JSON.stringify(report).includes('"transaction-lost"'), 'the failover report counts what happened to sessions');
    for (const { connection } of clients.values()) await connection.end();
    await setup.connection.end();
  });
}
