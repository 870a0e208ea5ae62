import { createServer, connect as tcpConnect } from 'node:net';
import t from 'tap';
import { compare } from '../demo/compare.js';
import { readDemoOptions } from '../demo/demo-options.js';
import { makeDemoTables } from '../demo/demo-tables.js';
import type { Fault } from '../demo/inject-fault.js';
import { Ledger } from '../demo/ledger.js';
import { Progress } from '../demo/progress.js';
import { runFailover } from '../demo/scenario.js';
import {
  availableFlavors,
  FLAVORS,
  type PointsmanOptions,
  type PointsmanProcess,
  serverUnavailable,
  startReplication,
} from '../servers/servers.js';

/** What a plain TCP balancer does: connections to the present primary, all cut when it dies. The demo must find that out. */
async function startRelay({ set }: PointsmanOptions): Promise<PointsmanProcess> {
  const relay = createServer((client) => {
    const server = tcpConnect(set.primary.port, set.primary.host);
    client.on('error', () => server.destroy());
    server.on('error', () => client.destroy());
    client.pipe(server).pipe(client);
  });
  await new Promise<void>((done) => relay.listen(0, '127.0.0.1', () => done()));
  const address = relay.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const stop = async (): Promise<number> => {
    relay.close();
    return 0;
  };
  const nothing = { host: '127.0.0.1', adminUrl: '', pid: 0, configPath: '', logPath: '', running: true };
  return { ...nothing, primaryPort: port, replicaPort: port, splitPort: port, log: () => '', get: async () => ({}), stop };
}

class Silent extends Progress {
  override say(): void {}
}

for (const flavor of FLAVORS) {
  const reason = await serverUnavailable(flavor);
  t.test(`${flavor}: the scenario sees what a plain balancer costs`, { skip: reason ?? false }, async (t) => {
    const options = readDemoOptions(['--fault', 'kill', '--mode', 'follow', '--clients', '10', '--seconds', '4']);
    const report = await runFailover(options, flavor, 1, new Silent(), startRelay);
    t.ok(report.connectionsCut >= 10, `every connection was cut (${report.connectionsCut})`);
    t.match(report.failed[0] ?? '', /^connections cut/);
    t.ok(report.comparison.acknowledged > 100, `${report.comparison.acknowledged} writes`);
    t.same(report.comparison.twice, []);
    t.same(report.comparison.halfDone, []);
    t.same(report.comparison.doneThoughRefused, []);
    t.same(report.comparison.missingReplicated, []);
    t.same(report.comparison.missingWithoutGtid, [], 'the GTID of every write was learned');
    t.same(report.wrongAnswers, []);
    t.ok(report.reads > 100);
    t.equal(report.comparison.followers.length, 1);
    t.ok((report.barePromotionMs ?? 0) > 0);
    t.ok((report.writesAgainAfterWritableMs ?? -1) >= 0);
    t.ok(report.longestWriteGapMs > 0);
  });
}

const [flavor] = await availableFlavors();
t.test('the comparison finds every kind of wrong', { skip: flavor === undefined ? 'no server' : false }, async (t) => {
  const set = await startReplication({ flavor: flavor ?? 'mysql', replicas: 1 });
  t.teardown(() => set.stop());
  const [primary] = set.servers;
  if (primary === undefined) throw new Error('no primary');
  await makeDemoTables(primary, 2);
  const ledger = new Ledger();
  const insert = (id: number, part = 1): Promise<unknown> =>
    primary.sql('INSERT INTO test1.demo_writes (id, part, client) VALUES (?, ?, 0)', [id, part]);
  const gtid = flavor === 'mysql' ? (n: number) => `3e11fa47-71ca-11e1-9e33-c80aa9429562:${n}` : (n: number) => `0-1-${n}`;
  const [fine, lostReplicated, lost, lostUnknown, twice, refused, unknownDone, unknownNot] = Array.from({ length: 8 }, () =>
    ledger.newWrite(0, 'autocommit'),
  );
  const half = ledger.newWrite(0, 'transaction');
  const whole = ledger.newWrite(1, 'transaction');
  for (const write of [fine, twice, refused, unknownDone]) await insert(write?.id ?? 0);
  await insert(twice?.id ?? 0);
  await insert(half.id);
  await insert(whole.id, 1);
  await insert(whole.id, 2);
  await primary.sql('UPDATE test1.demo_counters SET n = n + 1');
  await primary.sql('UPDATE test1.demo_counters SET n = n + 1 WHERE client = 1');
  for (const write of [fine, twice, half, whole, lostUnknown]) if (write !== undefined) ledger.acknowledged(write, undefined, 0);
  if (lostReplicated !== undefined) ledger.acknowledged(lostReplicated, gtid(5), 0);
  if (lost !== undefined) ledger.acknowledged(lost, gtid(6), 0);
  if (refused !== undefined) refused.state = 'refused';
  if (unknownDone !== undefined) unknownDone.state = 'unknown';
  if (unknownNot !== undefined) unknownNot.state = 'unknown';
  const received = flavor === 'mysql' ? '3E11FA47-71CA-11E1-9E33-C80AA9429562:1-3:5' : '0-1-5';
  const fault: Fault = { at: 0, server: primary, receivedSets: [received], writableAt: undefined };
  const found = await compare(set, ledger, fault, undefined);
  const ids = (list: readonly string[]): number[] => list.map((text) => Number.parseInt(text, 10));
  t.same(ids(found.missingReplicated), [lostReplicated?.id]);
  t.same(ids(found.missingNotReplicated), [lost?.id]);
  t.same(ids(found.missingWithoutGtid), [lostUnknown?.id]);
  t.equal(ids(found.twice)[0], twice?.id);
  t.match(found.twice[1] ?? '', /^counter of client 1: 2, its committed transactions: 1/);
  t.equal(found.twice.length, 2);
  t.same(ids(found.halfDone), [half.id]);
  t.same(ids(found.doneThoughRefused), [refused?.id]);
  t.equal(found.unknown, 2);
  t.equal(found.unknownDone, 1);
  t.same(found.followers, ['db2']);
});
