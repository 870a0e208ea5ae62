import type mysql from 'mysql2/promise';
import t from 'tap';
import { FLAVORS } from '../servers/flavor.js';
import { replicaStatement, until } from '../servers/replication.js';
import { serverUnavailable } from '../servers/servers.js';
import type { ReplicationSet } from '../servers/start-replication.js';
import { startReplication } from '../servers/start-replication.js';
import { delay, Front, first, run, sleep } from './consistency-world.js';

const SESSIONS = 8;
/** Of each session. */
const ROUNDS = 100;

type How = 'query' | 'execute';

function random(below: number): number {
  return Math.floor(Math.random() * below);
}

const how = (): How => (random(2) === 0 ? 'query' : 'execute');

/** One write of `value` to row `k`, in one of the ways in which applications write. */
async function write(connection: mysql.Connection, k: number, value: number): Promise<void> {
  const update = `UPDATE c SET v=${value} WHERE k=${k}`;
  switch (random(5)) {
    case 0:
      await connection.execute('UPDATE c SET v=? WHERE k=?', [value, k]);
      break;
    case 1:
      await connection.beginTransaction();
      await run(connection, `SELECT v FROM c WHERE k=${k}`, how());
      await run(connection, update, how());
      await connection.commit();
      break;
    case 2:
      await connection.query('SET autocommit=0');
      await connection.query(update);
      await connection.query('COMMIT');
      await connection.query('SET autocommit=1');
      break;
    case 3:
      await connection.query(`BEGIN; ${update}; COMMIT`);
      break;
    default:
      await connection.query(update);
  }
}

/** Many sessions that write and read their own row; gives the reads that were wrong. */
async function readYourWrites(front: Front, rounds: number): Promise<string[]> {
  const wrong: string[] = [];
  const session = async (k: number) => {
    const connection = await front.client();
    for (let round = 1; round <= rounds; round += 1) {
      const value = round * 10 + k;
      await write(connection, k, value);
      for (let reads = random(4); reads >= 0; reads -= 1) {
        const text = random(8) === 0 ? `SELECT v FROM c WHERE k=${k} UNION SELECT v FROM c WHERE k=${k}` : `SELECT v FROM c WHERE k=${k}`;
        const seen = await first(connection, text, how());
        if (Number(seen) !== value) wrong.push(`session ${k} round ${round}: wrote ${value}, read ${seen}`);
      }
      if (random(10) === 0) await sleep(random(40));
    }
    await connection.end();
  };
  await Promise.all(Array.from({ length: SESSIONS }, (_, k) => session(k)));
  return wrong;
}

/** A table that has other contents on each server: its name. */
async function nameServers({ servers, primary, flavor }: ReplicationSet): Promise<void> {
  for (const server of servers) {
    const connection = await server.connectAsRoot({ multipleStatements: true });
    const isLocked = flavor === 'mysql' && server !== primary;
    if (isLocked) await connection.query('SET GLOBAL super_read_only=OFF');
    await connection.query(
      `SET sql_log_bin=0; CREATE TABLE test1.here (name VARCHAR(20)); INSERT INTO test1.here VALUES ('${server.name}')`,
    );
    if (isLocked) await connection.query('SET GLOBAL super_read_only=ON');
    await connection.end();
  }
}

/** Readers of a row that only grows, while replicas stop, go on and swap their delays; gives the steps back. */
async function neverBack(front: Front, set: ReplicationSet, forMs: number): Promise<{ back: string[]; reads: number }> {
  const back: string[] = [];
  const untilMs = Date.now() + forMs;
  let reads = 0;
  const writer = async () => {
    const connection = await front.client(front.proxy.primaryPort);
    while (Date.now() < untilMs) {
      await connection.query('UPDATE c SET v=v+1 WHERE k=100');
      await sleep(2);
    }
    await connection.end();
  };
  const reader = async () => {
    const connection = await front.client();
    let last = { v: 0, name: '' };
    while (Date.now() < untilMs) {
      const begin = ['', '', '', '', 'START TRANSACTION READ ONLY', 'BEGIN'][random(6)] ?? '';
      if (begin !== '') await connection.query(begin);
      // The second one depends on the server, and so runs on the primary outside READ ONLY transactions.
      const dependent = random(4) === 0 ? ', @@port' : '';
      const text = `SELECT v, (SELECT name FROM here) AS name${dependent} FROM c WHERE k=100`;
      const [rows] = await run(connection, text, how());
      const [seen] = rows as { v: number; name: string }[];
      if (begin !== '') await connection.query('COMMIT');
      if (seen === undefined) throw new Error('no row');
      if (seen.v < last.v)
        back.push(`${last.v} on ${last.name} and then ${seen.v} on ${seen.name}${begin && ` after ${begin}`}${dependent}`);
      last = seen;
      reads += 1;
      await sleep(random(5));
    }
    await connection.end();
  };
  const disturber = async () => {
    const [one, two] = set.replicas;
    if (one === undefined || two === undefined) return;
    for (let turn = 0; Date.now() < untilMs; turn += 1) {
      const replica = turn % 2 === 0 ? one : two;
      await replica.sql(replicaStatement(replica, 'STOP', 'SQL_THREAD'));
      await sleep(400 + random(800));
      await replica.sql(replicaStatement(replica, 'START', 'SQL_THREAD'));
      await sleep(300);
    }
  };
  await Promise.all([writer(), disturber(), ...Array.from({ length: 4 }, reader)]);
  return { back, reads };
}

/** Writes in one session and reads in another right after; gives how many reads did not show it. */
async function acrossSessions(front: Front, rounds: number, k: number): Promise<number> {
  const sessions = await Promise.all(Array.from({ length: 6 }, () => front.client()));
  let stale = 0;
  for (let round = 1; round <= rounds; round += 1) {
    const writer = random(sessions.length);
    const reader = (writer + 1 + random(sessions.length - 1)) % sessions.length;
    await sessions[writer]?.query(`UPDATE c SET v=${round} WHERE k=${k}`);
    const seen = await first(sessions[reader] as mysql.Connection, `SELECT v FROM c WHERE k=${k}`, how());
    if (Number(seen) !== round) stale += 1;
  }
  await Promise.all(sessions.map((session) => session.end()));
  return stale;
}

for (const flavor of FLAVORS) {
  const reason = await serverUnavailable(flavor);
  t.test(flavor, { skip: reason ?? false, timeout: 240_000 }, async (t) => {
    const set = await startReplication({ flavor, replicas: 2 });
    const fronts: Front[] = [];
    t.teardown(async () => {
      await Promise.all(fronts.map(({ proxy }) => proxy.stop()));
      await set.stop();
    });
    const start = async (...args: Parameters<typeof Front.start> extends [unknown, ...infer Rest] ? Rest : never) => {
      const front = await Front.start(set, ...args);
      fronts.push(front);
      await front.readable(2);
      return front;
    };
    const [slow, fast] = set.replicas;
    if (slow === undefined || fast === undefined) throw new Error('two replicas are needed');
    await set.primary.sql('CREATE TABLE test1.c (k INT PRIMARY KEY, v INT)');
    await set.primary.sql(`INSERT INTO test1.c VALUES ${Array.from({ length: 110 }, (_, k) => `(${k}, 0)`).join(',')}`);
    await set.caughtUp();
    await nameServers(set);
    const front = await start('session', { workers: 2 });

    await t.test('replicas that are fresh serve the reads', async (t) => {
      const connection = await front.client();
      const before = await front.settledCounts();
      for (let n = 0; n < 100; n += 1) await run(connection, 'SELECT v FROM c WHERE k=1', how());
      const counts = await front.settledCounts(before);
      t.equal(counts.onPrimary, 0);
      t.ok(counts.onReplicas >= 100);
      await connection.end();
    });

    await t.test('own writes are read, by waiting for them for a moment', async (t) => {
      const before = await front.settledCounts();
      t.same(await readYourWrites(front, ROUNDS), []);
      const counts = await front.settledCounts(before);
      t.ok(counts.onReplicas > counts.onPrimary, 'most of them on replicas');
      t.ok(counts.waited > 0);
      t.comment(JSON.stringify(counts));
    });

    await t.test('own writes are read with a delayed replica beside', async (t) => {
      await delay(slow, 1);
      const before = await front.settledCounts();
      t.same(await readYourWrites(front, ROUNDS / 2), []);
      const counts = await front.settledCounts(before);
      t.ok(counts.onReplicas > 0);
      t.comment(JSON.stringify(counts));
    });

    await t.test('global: what others wrote', async (t) => {
      const global = await start('global', { workers: 2 });
      const before = await global.settledCounts();
      const beganMs = performance.now();
      t.equal(await acrossSessions(global, 300, 101), 0);
      t.comment(`${Math.round(performance.now() - beganMs)} ms`);
      const counts = await global.settledCounts(before);
      t.ok(counts.onReplicas > 0);
      t.comment(JSON.stringify(counts));
    });

    await t.test('with both delayed: own writes from the primary, others not yet, eventual not even its own', async (t) => {
      // Longer than a busy machine needs for the statements that must not see it yet.
      await Promise.all([delay(fast, 3), delay(slow, 3)]);
      t.same(await readYourWrites(front, 10), []);
      await front.readable(2);
      t.ok((await acrossSessions(front, 20, 102)) > 0, 'so replicas do answer');
      const hinted = await front.client();
      await hinted.query('UPDATE c SET v=7 WHERE k=104');
      t.equal(await first(hinted, 'SELECT v FROM c WHERE k=104'), 7);
      t.equal(
        await first(hinted, 'SELECT /* pointsman: consistency=eventual */ v FROM c WHERE k=104'),
        0,
        'a statement may be promised less',
      );
      t.equal(await first(hinted, 'SELECT v FROM c WHERE k=104'), 7, 'and the next one has its promise again');
      await hinted.end();
      const eventual = await start('eventual');
      const connection = await eventual.client();
      await connection.query('UPDATE c SET v=7 WHERE k=103');
      t.equal(await first(connection, 'SELECT v FROM c WHERE k=103'), 0, 'old data, as it was ordered');
      await until('in the end it is there', async () => (await first(connection, 'SELECT v FROM c WHERE k=103')) === 7);
      await connection.end();
      await Promise.all([delay(fast, 0), delay(slow, 0)]);
      await set.caughtUp();
    });

    // MariaDB lists a transaction before it shows it.
    if (flavor === 'mysql')
      await t.test('a transaction that the primary is about to commit may have been seen there', async (t) => {
        const committing = await set.primary.connectAsRoot();
        const [[row]] = await committing.query<mysql.RowDataPacket[]>('SELECT @@server_uuid AS id');
        await committing.query(`SET gtid_next='${row?.['id']}:900000'`);
        const connection = await front.client();
        const read = () => first(connection, 'SELECT v FROM c WHERE k=1', how());
        await connection.query('START TRANSACTION');
        await read();
        await connection.query('COMMIT');
        const before = await front.settledCounts();
        for (let n = 0; n < 10; n += 1) {
          await read();
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
        const counts = await front.settledCounts(before);
        t.match(counts, { onReplicas: 0, onPrimary: 10 }, 'no replica has it');
        await committing.query('ROLLBACK');
        await committing.query("SET gtid_next='AUTOMATIC'");
        await committing.end();
        await until('replicas are read again', async () => {
          await read();
          return (await front.settledCounts(before)).onReplicas > 0;
        });
        await connection.end();
      });

    await t.test('reads never go back in time while replicas stop and go', async (t) => {
      await front.readable(2);
      const before = await front.settledCounts();
      const { back, reads } = await neverBack(front, set, 5_000);
      t.same(back, []);
      const counts = await front.settledCounts(before);
      t.ok(counts.onReplicas > 0);
      t.comment(`${reads} reads: ${JSON.stringify(counts)}`);
    });
  });
}
