import { mkdir, writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createConnection } from 'mysql2/promise';
import {
  type Account,
  DATABASE,
  type Flavor,
  PASSWORDS,
  type PointsmanProcess,
  type ReplicationSet,
  startPointsman,
  startReplication,
} from '../servers/servers.js';
import { AppClient, type ClientKind } from './app-client.js';
import { barePromotionMs } from './bare-promotion.js';
import { type Comparison, compare } from './compare.js';
import type { DemoOptions } from './demo-options.js';
import { makeDemoTables } from './demo-tables.js';
import { type Fault, injectFault, observeReplicas, wake } from './inject-fault.js';
import { Ledger, longestGap } from './ledger.js';
import type { Progress } from './progress.js';

/** Figures of one run; times in ms. */
export interface RunReport {
  readonly flavor: Flavor;
  readonly version: string;
  readonly fault: string;
  readonly mode: string;
  readonly clients: number;
  readonly failed: readonly string[];
  readonly connectionsCut: number;
  readonly cuts: readonly string[];
  readonly comparison: Comparison;
  readonly errors: Readonly<Record<string, { count: number; message: string }>>;
  readonly wrongAnswers: readonly string[];
  readonly reads: number;
  readonly writesPerSecondBefore: number;
  readonly longestWriteGapMs: number;
  /** From the fault to the first OK of a write that began after it. */
  readonly writesAgainAfterMs: number;
  /** From the moment when the new primary turned writable by somebody else's hand; undefined in promote mode. */
  readonly writesAgainAfterWritableMs: number | undefined;
  readonly longestReadGapMs: { readonly primary: number; readonly replica: number; readonly both: number };
  readonly barePromotionMs: number | undefined;
  readonly loadAverage: number;
}

const WARM_UP_MS = 3000;
const KINDS: readonly ClientKind[] = ['autocommit', 'transaction', 'read-replica', 'prepared', 'read-primary'];

function makeClients(options: DemoOptions, flavor: Flavor, proxy: PointsmanProcess, ledger: Ledger): AppClient[] {
  return Array.from({ length: options.clients }, (_, index) => {
    const user: Account = flavor === 'mysql' && index % 3 === 0 ? 'app_sha2' : 'app';
    return new AppClient({
      index,
      kind: KINDS[index % KINDS.length] ?? 'autocommit',
      flavor,
      ledger,
      connect: (listener) =>
        createConnection({
          host: proxy.host,
          port: options.ports === 'split' ? proxy.splitPort : listener === 'primary' ? proxy.primaryPort : proxy.replicaPort,
          user,
          password: PASSWORDS[user],
          database: DATABASE,
          connectTimeout: 20_000,
        }),
    });
  });
}

interface Traffic {
  readonly ledger: Ledger;
  readonly fault: Fault;
  readonly from: number;
  readonly to: number;
  readonly loadAverage: number;
}

async function runTraffic(options: DemoOptions, set: ReplicationSet, proxy: PointsmanProcess, progress: Progress): Promise<Traffic> {
  const ledger = new Ledger();
  const clients = makeClients(options, set.flavor, proxy, ledger);
  const observers = await observeReplicas(set);
  progress.watch(ledger);
  const ends = clients.map((client) => client.run());
  await sleep(WARM_UP_MS);
  const what = { kill: 'SIGKILL to', freeze: 'SIGSTOP to', switchover: 'read_only moved away from' }[options.fault];
  progress.say(`${what} ${set.primary.name} (pid ${set.primary.pid})`);
  const fault = await injectFault(set, options.fault, options.mode, observers);
  const restMs = options.seconds * 1000;
  if (options.fault === 'freeze') {
    // It wakes under traffic: what waited in its sockets must not count as done.
    await sleep(restMs * 0.6);
    progress.say(`SIGCONT to ${fault.server.name}`);
    await wake(fault.server, options.mode === 'follow');
    await sleep(restMs * 0.4);
  } else await sleep(restMs);
  const to = performance.now();
  const loadAverage = loadavg()[0] ?? 0;
  for (const client of clients) client.stop();
  await Promise.all(ends);
  progress.unwatch();
  for (const { connection } of observers) connection.destroy();
  return { ledger, fault, from: fault.at - WARM_UP_MS / 2, to, loadAverage };
}

/** What makes a run a failure, in words; empty when all is well. */
function judge(comparison: Comparison, ledger: Ledger, writes: { againAfterMs: number; restMs: number }): string[] {
  const failed: string[] = [];
  const need = (list: readonly string[], what: string): void => {
    if (list.length > 0) failed.push(`${what}: ${list.length}, e.g. ${list[0]}`);
  };
  need(ledger.cuts, 'connections cut');
  need(comparison.missingReplicated, 'acknowledged writes that had been replicated are missing');
  need(comparison.twice, 'writes done twice');
  need(comparison.halfDone, 'writes half done');
  need(comparison.doneThoughRefused, 'writes done though the client was told they were not');
  need(ledger.wrongAnswers, 'reads with a wrong answer');
  if (comparison.acknowledged === 0) failed.push('no write was acknowledged at all');
  if (writes.againAfterMs >= writes.restMs - 100) failed.push('writes did not go on after the fault');
  return failed;
}

function report(options: DemoOptions, set: ReplicationSet, traffic: Traffic, comparison: Comparison, bare: number | undefined): RunReport {
  const { ledger, fault, from, to } = traffic;
  const both = [...ledger.readTimes.primary, ...ledger.readTimes.replica].sort((a, b) => a - b);
  // Only the new primary can acknowledge what began after a death; in a switchover the old one still may, until read_only is set.
  const first = ledger.acknowledgements.find(({ begunAt, at }) =>
    options.fault === 'switchover' ? at > (fault.writableAt ?? 0) : begunAt > fault.at,
  );
  const againAt = first?.at ?? to;
  const againAfterMs = againAt - fault.at;
  const before = ledger.writeTimes.filter((time) => time > from && time < fault.at).length;
  return {
    flavor: set.flavor,
    version: fault.server.version,
    fault: options.fault,
    mode: options.mode,
    clients: options.clients,
    failed: judge(comparison, ledger, { againAfterMs, restMs: to - fault.at }),
    connectionsCut: ledger.cuts.length,
    cuts: ledger.cuts,
    comparison,
    errors: Object.fromEntries(ledger.errors),
    wrongAnswers: ledger.wrongAnswers,
    reads: ledger.readCount,
    writesPerSecondBefore: before / ((fault.at - from) / 1000),
    longestWriteGapMs: longestGap(ledger.writeTimes, from, to).ms,
    writesAgainAfterMs: againAfterMs,
    writesAgainAfterWritableMs: fault.writableAt === undefined ? undefined : Math.max(0, againAt - fault.writableAt),
    longestReadGapMs: {
      primary: longestGap(ledger.readTimes.primary, from, to).ms,
      replica: longestGap(ledger.readTimes.replica, from, to).ms,
      both: longestGap(both, from, to).ms,
    },
    barePromotionMs: bare,
    loadAverage: traffic.loadAverage,
  };
}

/** One run on new servers, from their start to their end. `start` is something else than Pointsman only where this code itself is tested. */
export async function runFailover(
  options: DemoOptions,
  flavor: Flavor,
  run: number,
  progress: Progress,
  start: typeof startPointsman = startPointsman,
): Promise<RunReport> {
  progress.say(`starting ${flavor}: a primary and two replicas`);
  const set = await startReplication({ flavor, progress: (text) => progress.say(text) });
  let proxy: PointsmanProcess | undefined;
  try {
    await makeDemoTables(set.primary, options.clients);
    await set.caughtUp();
    const workers = options.workers === undefined ? {} : { process: { workers: options.workers } };
    proxy = await start({ set, mode: options.mode, config: workers });
    progress.say(
      `Pointsman listens on ${proxy.host}:${proxy.splitPort} (split), :${proxy.primaryPort} (primary) and :${proxy.replicaPort} (replica), pid ${proxy.pid}`,
    );
    const traffic = await runTraffic(options, set, proxy, progress);
    progress.say('comparing with the new primary');
    const except = options.fault === 'freeze' && options.mode === 'promote' ? undefined : traffic.fault.server;
    const comparison = await compare(set, traffic.ledger, traffic.fault, options.fault === 'switchover' ? undefined : except);
    await keepLog(options, proxy, `${flavor}-${options.fault}-${options.mode}-${run}`);
    await proxy.stop();
    proxy = undefined;
    const bare = await barePromotionMs(set, comparison, traffic.fault).catch(() => undefined);
    return report(options, set, traffic, comparison, bare);
  } catch (error) {
    if (proxy !== undefined) {
      await keepLog(options, proxy, `${flavor}-${options.fault}-${options.mode}-${run}`);
      progress.say(`end of Pointsman's log:\n${proxy.log().slice(-6000)}`);
    }
    throw error;
  } finally {
    progress.unwatch();
    await proxy?.stop();
    await set.stop();
  }
}

async function keepLog(options: DemoOptions, proxy: PointsmanProcess, name: string): Promise<void> {
  if (options.keepLogs === undefined) return;
  await mkdir(options.keepLogs, { recursive: true });
  await writeFile(join(options.keepLogs, `${name}.log`), proxy.log());
}
