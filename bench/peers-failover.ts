/**
 * Failover as clients see it, with the scenarios and the clients of the peers' measurements: an outside script promotes, Pointsman follows.
 * `node .build/bench/peers-failover.js [mysql|mariadb] [rounds] [FILE.json]`, after `npm run build` and a build of the tests.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { startPointsman } from '../test/proxy/start-pointsman.js';
import { type Flavor, type ReplicationSet, type Server, setReadOnly, startReplication } from '../test/servers/servers.js';
import { median } from './median.js';
import { OneClient, type Seen } from './one-client.js';
import { table } from './table.js';

const [, , flavor = 'mysql', rounds = '1', file] = process.argv;
/** How long clients work before and after the event. */
const BEFORE_MS = 1_000;
const AFTER_MS = 3_000;

/** What the outside script does; gives when the new primary turned writable (`performance.now()`), where there is a new one. */
const SCENARIOS: Readonly<Record<string, (set: ReplicationSet) => Promise<number | undefined>>> = {
  'primary killed, promoted 2 s later': (set) => killed(set, 2_000),
  'primary killed, promoted 12 s later': (set) => killed(set, 12_000),
  'planned switch, 0.5 s between the steps': async (set) => {
    await setReadOnly(set.primary, true);
    await sleep(500);
    return (await set.switchOver(set.replicas[0] as Server)).writableAt;
  },
  'replica killed': async (set) => {
    await (set.replicas[1] as Server).kill9();
    return undefined;
  },
  'primary hangs, promoted 2 s later': async (set) => {
    set.primary.freeze();
    await sleep(2_000);
    return (await set.promote(set.replicas[0] as Server)).writableAt;
  },
};

async function killed(set: ReplicationSet, promoteMs: number): Promise<number> {
  await set.primary.kill9();
  await sleep(promoteMs);
  return (await set.promote(set.replicas[0] as Server)).writableAt;
}

interface Result {
  readonly scenario: string;
  /** When the new primary was writable, after the event, ms. */
  readonly promotedMs: number | undefined;
  /** Longest time without a success, ms. */
  readonly writeGapMs: number;
  readonly readGapMs: number;
  /** From the new primary being writable to the first write of any client, ms. */
  readonly writesAfterMs: number | undefined;
  readonly cut: number;
  readonly errors: Readonly<Record<string, number>>;
  readonly load: number;
}

async function run(scenario: string): Promise<Result> {
  const set = await startReplication({ flavor: flavor as Flavor });
  const hold = scenario.includes('12 s') ? { timeout: '20s' } : {};
  const proxy = await startPointsman({ servers: set, config: { clusters: { main: { hold } } } });
  try {
    await set.primary.sql('CREATE TABLE test1.f (id BIGINT PRIMARY KEY AUTO_INCREMENT, who VARCHAR(20), n INT)');
    await set.caughtUp();
    const kinds = ['write', 'read', 'read', 'read', 'read', 'both', 'trx'] as const;
    const clients = await Promise.all(kinds.map(async (kind) => new OneClient(kind, await proxy.connect('split'))));
    await sleep(BEFORE_MS);
    const eventAt = performance.now();
    const writableAt = await (SCENARIOS[scenario] as (set: ReplicationSet) => Promise<number | undefined>)(set);
    await sleep(AFTER_MS);
    const seen = await Promise.all(clients.map((client) => client.stop()));
    return { scenario, ...judge(seen, eventAt, writableAt), load: Number((loadavg()[0] ?? 0).toFixed(1)) };
  } finally {
    for (const server of set.servers) server.thaw();
    await proxy.stop();
    await set.stop();
  }
}

function judge(seen: readonly Seen[], eventAt: number, writableAt: number | undefined): Omit<Result, 'scenario' | 'load'> {
  const errors: Record<string, number> = {};
  for (const { errors: each } of seen) for (const code of each) errors[code] = (errors[code] ?? 0) + 1;
  const gap = (of: (one: Seen) => boolean): number => Math.round(Math.max(...seen.filter(of).map(longestGap)));
  const writers = seen.filter(({ kind }) => kind !== 'read');
  const first = Math.min(...writers.map(({ doneAt }) => doneAt.find((at) => at > (writableAt ?? 0)) ?? Number.POSITIVE_INFINITY));
  return {
    promotedMs: writableAt === undefined ? undefined : Math.round(writableAt - eventAt),
    writeGapMs: gap(({ kind }) => kind !== 'read'),
    readGapMs: gap(({ kind }) => kind === 'read'),
    writesAfterMs: writableAt === undefined ? undefined : Math.round(first - writableAt),
    cut: seen.filter(({ cut }) => cut).length,
    errors,
  };
}

function longestGap({ doneAt }: Seen): number {
  return Math.max(0, ...doneAt.slice(1).map((at, n) => at - (doneAt[n] as number)));
}

const results: Result[] = [];
for (let round = 0; round < Number(rounds); round += 1)
  for (const scenario of Object.keys(SCENARIOS)) {
    results.push(await run(scenario));
    console.log(JSON.stringify(results.at(-1)));
  }

const line = (scenario: string): string[] => {
  const of = results.filter((each) => each.scenario === scenario);
  const middle = (value: (each: Result) => number | undefined): string => {
    const known = of.map(value).filter((each) => each !== undefined);
    return known.length === 0 ? '-' : `${Math.round(median(known))}`;
  };
  const errors = of.flatMap((each) => Object.entries(each.errors).map(([code, count]) => `${count} x ${code}`));
  return [
    scenario,
    middle((each) => each.promotedMs),
    middle((each) => each.writeGapMs),
    middle((each) => each.writesAfterMs),
    middle((each) => each.readGapMs),
    String(of.reduce((sum, each) => sum + each.cut, 0)),
    errors.length === 0 ? 'none' : errors.join(', '),
  ];
};
const head = ['scenario', 'promoted ms', 'write gap ms', 'writes after promotion ms', 'read gap ms', 'cut', 'errors'];
console.log(`${flavor}, ${rounds} rounds, medians; load ${loadavg()[0]?.toFixed(1)}`);
console.log(table([head, ...Object.keys(SCENARIOS).map(line)]));
if (file !== undefined) {
  const commit = execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8' }).trim();
  writeFileSync(file, `${JSON.stringify({ flavor, commit, date: new Date().toISOString(), rounds: Number(rounds), results }, null, 2)}\n`);
}
