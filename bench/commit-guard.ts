/**
 * What `transactions.commitGuard` costs: latency of a write with autocommit and of a small transaction through two proxies to one server,
 * one with and one without, turn by turn. `node .build/bench/commit-guard.js [mysql|mariadb] [seconds] [clients]`, after `npm run build`
 * and a build of the tests.
 */
import { loadavg } from 'node:os';
import type { Connection } from 'mysql2/promise';
import { type RunningPointsman, startPointsman } from '../test/proxy/start-pointsman.js';
import { type Flavor, startStandalone, until } from '../test/servers/servers.js';
import { median } from './median.js';
import { table } from './table.js';

const [, , flavor = 'mysql', seconds = '20', clients = '1'] = process.argv;
const { server, stop } = await startStandalone({ flavor: flavor as Flavor });
await server.sql('CREATE DATABASE pointsman');
await server.sql("GRANT CREATE, SELECT, DELETE ON pointsman.* TO pointsman@'%'");
await server.sql('CREATE TABLE test1.bench (id INT PRIMARY KEY AUTO_INCREMENT, n INT NOT NULL) ENGINE=InnoDB');
await server.sql('INSERT INTO test1.bench (n) VALUES (0), (0), (0), (0)');
const start = (commitGuard: boolean): Promise<RunningPointsman> =>
  startPointsman({ servers: [server], config: { clusters: { main: { transactions: { commitGuard } } } } });
const [plain, guarded] = [await start(false), await start(true)];
await until('the table is made', async () => (await server.sql("SHOW TABLES FROM pointsman LIKE 'commit_guard'")).length === 1);
await server.sql("GRANT INSERT ON pointsman.commit_guard TO app@'%'");

/** What a client waits for, each a unit of its own. */
const UNITS: Readonly<Record<string, (client: Connection) => Promise<unknown>>> = {
  'INSERT, autocommit': (client) => client.query('INSERT INTO bench (n) VALUES (1)'),
  'BEGIN, UPDATE, INSERT, COMMIT': async (client) => {
    await client.query('BEGIN');
    await client.query('UPDATE bench SET n = n + 1 WHERE id = 1');
    await client.query('INSERT INTO bench (n) VALUES (2)');
    await client.query('COMMIT');
  },
};

const ways = { server: () => server.connect(), plain: () => plain.connect('primary'), guarded: () => guarded.connect('primary') };
type Way = keyof typeof ways;
const taken = new Map<string, number[]>();

async function measure(way: Way, unit: string, forMs: number): Promise<void> {
  const run = UNITS[unit] as (client: Connection) => Promise<unknown>;
  const found = taken.get(`${way} ${unit}`) ?? [];
  taken.set(`${way} ${unit}`, found);
  const opened = await Promise.all(Array.from({ length: Number(clients) }, () => ways[way]()));
  await Promise.all(
    opened.map(async (client) => {
      for (let warm = 0; warm < 20; warm += 1) await run(client);
      const untilMs = performance.now() + forMs;
      while (performance.now() < untilMs) {
        const beganMs = performance.now();
        await run(client);
        found.push(performance.now() - beganMs);
      }
    }),
  );
  await Promise.all(opened.map((client) => client.end()));
}

const TURN_MS = 1_000;
for (let turn = 0; turn < Number(seconds); turn += 1)
  for (const unit of Object.keys(UNITS)) for (const way of Object.keys(ways) as Way[]) await measure(way, unit, TURN_MS);

const rows = Object.keys(UNITS).flatMap((unit) =>
  (Object.keys(ways) as Way[]).map((way) => {
    const sorted = (taken.get(`${way} ${unit}`) ?? []).sort((a, b) => a - b);
    const at = (part: number): string => (sorted[Math.floor(sorted.length * part)] ?? Number.NaN).toFixed(2);
    return [unit, way, String(sorted.length), median(sorted).toFixed(2), at(0.95)];
  }),
);
console.log(`${flavor} ${server.version}, ${clients} clients, load ${loadavg()[0]?.toFixed(1)}`);
console.log(table([['unit', 'through', 'runs', 'median ms', 'p95 ms'], ...rows]));
await Promise.all([plain.stop(), guarded.stop()]);
await stop();
