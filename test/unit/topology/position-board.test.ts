import t from 'tap';
import { PositionBoard } from '../../../src/topology/position-board.js';
import { shifted } from '../../../src/topology/position-report.js';
import { PositionView } from '../../../src/topology/position-view.js';
import type { ReplicaStatus, ServerSample } from '../../../src/topology/sample.js';
import { follows, sample } from './samples.js';

const a = 'aaaaaaaa-0000-0000-0000-000000000001';
const c = 'cccccccc-0000-0000-0000-000000000003';

/** db1 is primary; looks are taken one after the other. */
class Cluster {
  readonly board = new PositionBoard(1000);
  readonly view = new PositionView();

  constructor() {
    this.board.primaryIs('db1', 0);
  }

  look(n: number, atMs: number, executed: string, changes: Partial<ServerSample> = {}, status: Partial<ReplicaStatus> = {}): void {
    const replica = n === 1 ? undefined : follows(1, status);
    this.board.saw(`db${n}`, sample(n, { askedAtMs: atMs, executed, replica, ...changes }));
    const report = this.board.take();
    if (report !== undefined) this.view.update(report);
  }

  asOf(n: number, of = 1): number | undefined {
    return this.view.of(`db${n}`)?.freshAsOf(`db${of}`);
  }
}

t.test('as of when a replica has everything', (t) => {
  const cluster = new Cluster();
  cluster.look(1, 100, `${a}:1-10`);
  cluster.look(2, 110, `${a}:1-9`);
  t.equal(cluster.asOf(2), Number.NEGATIVE_INFINITY, 'it lacks something of the only look there is');
  cluster.look(1, 200, `${a}:1-20`);
  cluster.look(2, 210, `${a}:1-15`);
  t.equal(cluster.asOf(2), 100);
  cluster.look(1, 300, `${a}:1-20`);
  cluster.look(2, 310, `${a}:1-20`);
  t.equal(cluster.asOf(2), 300, 'nothing was written between two looks');
  cluster.look(1, 400, `${a}:1-20`);
  t.equal(cluster.asOf(2), 400, 'it need not be looked at again for that');
  cluster.look(1, 500, `${a}:1-30`);
  t.equal(cluster.asOf(2), 400);
  cluster.look(3, 510, `${a}:1-18`);
  t.equal(cluster.asOf(3), 100);
  t.equal(cluster.asOf(2, 3), 510, 'replicas are compared with each other too');
  t.equal(cluster.asOf(3, 2), 210);
  t.end();
});

t.test('what a server was about to commit when it was looked at', (t) => {
  const cluster = new Cluster();
  cluster.look(2, 90, `${a}:1-10`);
  cluster.look(1, 100, `${a}:1-10`, { owned: `${a}:11:12` });
  cluster.look(3, 110, `${a}:1-10`);
  t.equal(cluster.asOf(3), Number.NEGATIVE_INFINITY, 'a reader at db1 may have seen 12');
  const before = cluster.view.of('db1');
  cluster.look(1, 200, `${a}:1-11`, { owned: '' });
  t.equal(cluster.view.of('db1'), before, '12 was rolled back: the server is the same');
  cluster.look(2, 210, `${a}:1-11`);
  t.equal(cluster.asOf(2), 200);
  t.equal(cluster.asOf(3), Number.NEGATIVE_INFINITY);
  t.end();
});

t.test('a server that was set up anew', (t) => {
  const cluster = new Cluster();
  cluster.look(1, 100, `${a}:1-10`);
  cluster.look(2, 110, `${a}:1-10`);
  const before = cluster.view.of('db2');
  t.equal(cluster.asOf(2), 100);
  cluster.look(2, 210, `${a}:1-4`);
  t.not(cluster.view.of('db2'), before);
  t.equal(cluster.asOf(2), Number.NEGATIVE_INFINITY);
  cluster.look(2, 310, `${a}:1-10`);
  t.equal(cluster.asOf(2), 100);
  cluster.look(1, 400, `${c}:1`, { id: 'id9' });
  t.equal(cluster.asOf(2), Number.NEGATIVE_INFINITY, 'what it had of the primary before means nothing');
  t.end();
});

t.test('who is worth waiting for', (t) => {
  const cluster = new Cluster();
  const worth = (nowMs = 5000) => cluster.view.of('db2')?.worthWaiting(nowMs);
  cluster.look(1, 100, `${a}:1-10`);
  cluster.look(2, 110, `${a}:1-10`);
  t.ok(worth());
  cluster.look(2, 120, `${a}:1-10`, {}, { delayMs: 5000 });
  t.notOk(worth(), 'a wilful delay');
  cluster.look(2, 130, `${a}:1-10`, {}, { applier: false });
  t.notOk(worth());
  cluster.look(2, 140, `${a}:1-10`, {}, { receiver: 'Connecting' });
  t.notOk(worth());
  cluster.look(1, 2000, `${a}:1-20`);
  cluster.look(2, 2010, `${a}:1-11`);
  t.notOk(worth(), 'far behind');
  cluster.look(2, 2020, `${a}:1-20`);
  t.ok(worth());
  cluster.view.of('db2')?.missed(a, 25, 5000);
  t.notOk(worth(5001));
  t.notOk(worth(5300), 'no look has shown it');
  cluster.look(1, 5400, `${a}:1-25`);
  cluster.look(2, 5400, `${a}:1-25`);
  t.ok(worth(5401));
  cluster.view.of('db2')?.missed(a, 25, 5402);
  t.notOk(worth(5402 + 300), 'the second time it takes longer');
  t.ok(worth(5402 + 600));
  cluster.view.of('db2')?.proved(a, 26, 6100);
  cluster.view.of('db2')?.missed(a, 27, 6200);
  cluster.view.of('db2')?.proved(a, 27, 6300);
  t.ok(worth(6301), 'a wait that ended well forgives all');
  t.end();
});

t.test('what a session proved outlives a look that began before', (t) => {
  const cluster = new Cluster();
  cluster.look(1, 100, `${a}:1-10`);
  cluster.look(2, 110, `${a}:1-10`);
  cluster.view.of('db2')?.proved(a, 15, 205);
  cluster.look(2, 200, `${a}:1-12`);
  t.equal(cluster.view.of('db2')?.reached.get(a), 15);
  cluster.look(2, 300, `${a}:1-16`);
  t.equal(cluster.view.of('db2')?.reached.get(a), 16);
  t.end();
});

t.test('a new primary tells what the cluster has only from then on', (t) => {
  const cluster = new Cluster();
  cluster.look(1, 100, `${a}:1-10`);
  cluster.look(2, 110, `${a}:1-8`);
  t.equal(cluster.view.primaryLook('db1')?.backend, 'db1');
  cluster.board.primaryIs('db2', 150);
  t.equal(cluster.view.primaryLook('db2'), undefined);
  cluster.look(2, 140, `${a}:1-8`);
  t.equal(cluster.view.primaryLook('db2'), undefined, 'a look that had begun before');
  cluster.look(2, 160, `${a}:1-9`);
  t.equal(cluster.view.primaryLook('db2')?.reached.get(a), 9);
  t.end();
});

t.test('another process', (t) => {
  const cluster = new Cluster();
  cluster.look(1, 100, `${a}:1-10`);
  cluster.look(2, 110, `${a}:1-10`);
  t.equal(cluster.board.take(), undefined, 'nothing new');
  const view = new PositionView();
  view.update(structuredClone(shifted(cluster.board.whole, 1000)));
  t.equal(view.of('db2')?.freshAsOf('db1'), 1100);
  t.equal(view.of('db1')?.primarySinceMs, 1000);
  t.equal(view.of('db2')?.sampledAtMs, 1110);
  t.same([...(view.of('db2')?.reached ?? [])], [[a, 10]]);
  t.end();
});
