import t from 'tap';
import { type HoldEnd, HoldQueue } from '../../../src/session/hold-queue.js';
import type { ClusterSnapshot } from '../../../src/topology/snapshot.js';

const EMPTY: ClusterSnapshot = { cluster: 'c', version: 0, primary: undefined, epoch: 0, backends: [] };
const WITH_PRIMARY: ClusterSnapshot = { ...EMPTY, version: 1, primary: 'db1', epoch: 1 };
const OPTIONS = { timeoutMs: 60_000, maxStatements: 100, maxBytes: 1000, drainPerSecond: 1_000_000 };
const hasPrimary = ({ primary }: ClusterSnapshot): boolean => primary !== undefined;

t.test('first in, first out, once there is a target', async (t) => {
  const queue = new HoldQueue(OPTIONS, EMPTY);
  const order: number[] = [];
  const hold = (n: number): Promise<HoldEnd> =>
    new Promise((done) => {
      queue.wait(10, 60_000, hasPrimary, (end) => {
        order.push(n);
        done(end);
      });
    });
  const all = [1, 2, 3].map(hold);
  t.equal(queue.size, 3);
  queue.update(WITH_PRIMARY);
  t.same(await Promise.all(all), ['ready', 'ready', 'ready']);
  t.same(order, [1, 2, 3]);
  t.equal(queue.size, 0);
});

t.test('bounded in count and bytes, and what leaves makes room', async (t) => {
  const queue = new HoldQueue({ ...OPTIONS, maxStatements: 2 }, EMPTY);
  t.equal(queue.full(1001), '1000 bytes');
  const ended: HoldEnd[] = [];
  const tickets = [600, 300].map((bytes) => queue.wait(bytes, 60_000, hasPrimary, (end) => ended.push(end)));
  t.equal(queue.full(1), '2 statements');
  tickets[0]?.cancel();
  t.equal(queue.full(701), '1000 bytes');
  t.equal(queue.full(700), undefined);
  tickets[0]?.cancel();
  tickets[1]?.cancel();
  t.same(ended, ['cancelled', 'cancelled'], 'each is told once');
});

t.test('expires', async (t) => {
  const queue = new HoldQueue(OPTIONS, EMPTY);
  t.equal(await new Promise<HoldEnd>((done) => queue.wait(1, 20, hasPrimary, done)), 'expired');
});

t.test('a wish that depends on time is looked at again', async (t) => {
  const queue = new HoldQueue(OPTIONS, EMPTY);
  const fromMs = Date.now() + 30;
  queue.lookAgain(35);
  t.equal(await new Promise<HoldEnd>((done) => queue.wait(1, 60_000, () => Date.now() >= fromMs, done)), 'ready');
});

t.test('let go at a limited rate', async (t) => {
  const queue = new HoldQueue({ ...OPTIONS, drainPerSecond: 500 }, EMPTY);
  const startedMs = performance.now();
  const all = Array.from({ length: 60 }, () => new Promise<HoldEnd>((done) => queue.wait(1, 60_000, hasPrimary, done)));
  queue.update(WITH_PRIMARY);
  await Promise.all(all);
  t.ok(performance.now() - startedMs >= 90, '60 statements at 500 a second take a tenth of a second at least');
});
