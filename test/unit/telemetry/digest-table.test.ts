import t from 'tap';
import { type DigestNote, DigestTable, mergeDigests } from '../../../src/telemetry/digest-table.js';
import { percentile } from '../../../src/telemetry/percentile.js';

function note(hash: string, more: Partial<DigestNote> = {}): DigestNote {
  return { hash, text: `SELECT ${hash}`, kind: 'read', schema: 'shop', ok: true, rows: 2, seconds: 0.002, ...more };
}

t.test('counts, errors, rows, durations', async (t) => {
  const table = new DigestTable();
  table.record(note('a'), 1);
  table.record(note('a', { ok: false, rows: 0, seconds: 0.5, schema: 'other' }), 1);
  const [a] = table.entries;
  t.match(a, { hash: 'a', kind: 'read', schema: 'other', count: 2, errors: 1, rows: 2, maxSeconds: 0.5 });
  t.equal(a?.durations.sumSeconds, 0.502);
});

t.test('of very many statements some are looked at and stand for the others', async (t) => {
  const table = new DigestTable();
  let weighed = 0;
  let looked = 0;
  for (let n = 0; n < 10_000; n += 1) {
    const weight = table.weigh(1000, 0.001);
    weighed += weight;
    if (weight > 0) looked += 1;
  }
  t.ok(looked < 1_200, `${looked} of 10,000`);
  t.ok(Math.abs(weighed - 10_000) < 100, `they stand for ${weighed}`);
  t.equal(table.weigh(1000, 0.2), 1, 'slow ones are never left out');
  t.equal(table.weigh(2100, 0.001), 1, 'the next second begins anew');
});

t.test('memory is bounded, and what is seen often stays', async (t) => {
  const table = new DigestTable();
  for (let n = 0; n < 20_000; n += 1) {
    table.record(note('often'), 1);
    table.record(note(`rare ${n}`), 1);
  }
  t.equal(table.entries.length, 1_000);
  t.match(
    table.entries.find(({ hash }) => hash === 'often'),
    { count: 20_000 },
  );
});

t.test('several processes together', async (t) => {
  const [one, two] = [new DigestTable(), new DigestTable()];
  one.record(note('a'), 1);
  two.record(note('a', { seconds: 0.01, ok: false }), 16);
  two.record(note('b', { seconds: 5 }), 1);
  const merged = mergeDigests([one.entries, two.entries], 10);
  t.match(merged, [
    { hash: 'b', count: 1 },
    { hash: 'a', count: 17, errors: 16, rows: 34, maxSeconds: 0.01 },
  ]);
  t.equal(one.entries[0]?.count, 1, 'the given ones stay as they are');
  t.equal(mergeDigests([one.entries, two.entries], 1).length, 1);
});

t.test('percentiles', async (t) => {
  const bounds = [1, 2, 4];
  t.equal(percentile(bounds, [0, 0, 0, 0], 0.5), undefined);
  t.equal(percentile(bounds, [0, 10, 0, 0], 0.5), 1.5);
  t.equal(percentile(bounds, [10, 10, 0, 0], 0.5), 1);
  t.equal(percentile(bounds, [50, 40, 10, 0], 0.95), 3);
  t.equal(percentile(bounds, [0, 0, 0, 5], 0.99), 4, 'above the last bound counts as that bound');
});
