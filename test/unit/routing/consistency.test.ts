import t from 'tap';
import { Consistency } from '../../../src/routing/consistency.js';
import { Marks } from '../../../src/topology/marks.js';
import { PositionView } from '../../../src/topology/position-view.js';

const a = 'aaaaaaaa-0000-0000-0000-000000000001';

/** A view in which db1 is primary; looks are given as what the board would say. */
class World {
  readonly view = new PositionView();
  readonly session = new Consistency();

  look(
    backend: string,
    atMs: number,
    last: number,
    freshAsOf: Record<string, number> = {},
    more: { severalStreams?: boolean; since?: number } = {},
  ): void {
    this.view.update({
      backends: [
        {
          backend,
          sampledAtMs: atMs,
          reached: [[a, last]],
          freshAsOf: Object.entries(freshAsOf),
          keepsUp: true,
          setBack: false,
          severalStreams: more.severalStreams ?? false,
          ...(more.since !== undefined && { primarySinceMs: more.since }),
        },
      ],
    });
  }

  fresh(backend: string, primary: string | undefined = 'db1'): boolean {
    return this.session.isFresh(this.view.of(backend), this.view, primary);
  }

  wrote(last: number, nowMs: number, backend = 'db1'): void {
    this.session.wrote(`${a}:${last}`, this.view.of(backend), nowMs);
  }
}

t.test('own writes', (t) => {
  const w = new World();
  t.ok(w.fresh('db2'), 'nothing read, nothing written: any server will do');
  w.look('db1', 100, 10, {}, { since: 0 });
  w.look('db2', 110, 10, { db1: 100 });
  w.wrote(11, 120);
  t.notOk(w.fresh('db2'));
  t.same([...(w.session.lacking(w.view.of('db2') as never, w.view, 'db1', undefined) ?? [])], [[a, 11]]);
  w.look('db2', 130, 11, { db1: 100 });
  t.ok(w.fresh('db2'));
  w.view.of('db2')?.proved(a, 12, 140);
  w.wrote(12, 135);
  t.ok(w.fresh('db2'), 'another session waited for the same');
  t.end();
});

t.test('an own write stands for what was read on the primary before it, a read does not', (t) => {
  const w = new World();
  w.look('db1', 100, 10, {}, { since: 0 });
  w.look('db2', 110, 10, { db1: 100 });
  w.session.saw('db1', 120);
  t.notOk(w.fresh('db2'));
  t.equal(w.session.lacking(w.view.of('db2') as never, w.view, 'db1', undefined), undefined, 'there is nothing to wait for');
  w.wrote(11, 125);
  w.look('db2', 130, 11, { db1: 100 });
  t.ok(w.fresh('db2'));
  w.session.saw('db1', 140);
  t.notOk(w.fresh('db2'));
  w.look('db2', 150, 11, { db1: 145 });
  t.notOk(w.fresh('db2'), 'too close: the primary may have shown what it had not listed');
  w.look('db2', 250, 12, { db1: 200 });
  t.ok(w.fresh('db2'));
  t.end();
});

t.test('several streams: a write of one stands for nothing in another', (t) => {
  const w = new World();
  w.look('db1', 100, 10, {}, { since: 0, severalStreams: true });
  w.session.saw('db1', 120);
  w.wrote(11, 125);
  w.look('db2', 130, 11, { db1: 100 });
  t.notOk(w.fresh('db2'));
  t.end();
});

t.test('never older than what was read on a replica', (t) => {
  const w = new World();
  w.look('db1', 100, 20, {}, { since: 0 });
  w.look('db2', 110, 20, { db1: 100 });
  w.look('db3', 110, 15, { db1: 50 });
  w.session.saw('db2', 120);
  t.ok(w.fresh('db2'));
  t.notOk(w.fresh('db3'));
  w.look('db3', 210, 20, { db1: 100, db2: 110 });
  t.notOk(w.fresh('db3'), 'db2 may have gone on before it was read');
  w.look('db3', 300, 21, { db1: 100, db2: 290 });
  t.ok(w.fresh('db3'), 'compared with db2');
  w.session.saw('db3', 400);
  w.look('db2', 500, 30, { db1: 490 });
  t.ok(w.fresh('db2'), 'compared with the primary');
  t.end();
});

t.test('a server that is set back has to prove itself again', (t) => {
  const w = new World();
  w.look('db1', 100, 10, {}, { since: 0 });
  w.wrote(10, 90);
  w.look('db2', 110, 10, { db1: 100 });
  t.ok(w.fresh('db2'));
  const progress = { backend: 'db2', sampledAtMs: 200, freshAsOf: [], keepsUp: true, severalStreams: false };
  w.view.update({ backends: [{ ...progress, reached: [[a, 3]], setBack: true }] });
  t.notOk(w.fresh('db2'));
  t.end();
});

t.test('a failover that lost own writes', (t) => {
  const w = new World();
  w.look('db1', 100, 10, {}, { since: 0 });
  w.wrote(11, 120);
  w.look('db2', 130, 10);
  w.look('db3', 130, 10);
  t.notOk(w.fresh('db3', 'db2'), 'db2 was looked at before it became primary');
  w.look('db2', 1_300, 10, {}, { since: 200 });
  t.ok(w.fresh('db3', 'db2'), 'nobody has it');
  t.equal(w.session.own.last(a), 10);
  t.end();
});

t.test('a read on the lost primary, and a look at the new one from before it had applied all', (t) => {
  const w = new World();
  w.session.saw('db1', 100);
  w.look('db2', 150, 10, {}, { since: 200 });
  w.look('db3', 160, 10, { db2: 150 });
  t.notOk(w.fresh('db3', 'db2'));
  w.look('db2', 250, 12, {}, { since: 200 });
  w.look('db3', 260, 12, { db2: 250 });
  t.ok(w.fresh('db3', 'db2'));
  t.end();
});

t.test('global: what all were told', (t) => {
  const w = new World();
  const marks = new Marks();
  const all = (backend: string, notBeforeMs = Number.NEGATIVE_INFINITY) =>
    w.session.isFreshForAll(w.view.of(backend), w.view, 'db1', { marks, notBeforeMs });
  w.look('db1', 100, 10, {}, { since: 0 });
  w.look('db2', 110, 10, { db1: 100 });
  t.ok(all('db2'));
  marks.add(`${a}:11`, 120);
  t.notOk(all('db2'));
  t.ok(w.fresh('db2'), 'for this session alone it will do');
  w.look('db2', 130, 11, { db1: 100 });
  t.ok(all('db2'));
  t.ok(all('db2'));
  marks.add(`${a}:12`, 120);
  t.notOk(all('db2'));
  w.look('db1', 1_300, 11, {}, { since: 0 });
  t.ok(all('db2'), 'a crash of the primary lost it');
  const other = new World();
  other.look('db1', 100, 10, {}, { since: 0 });
  other.look('db2', 110, 10, { db1: 100 });
  const lost = { marks: new Marks(), notBeforeMs: 95 };
  t.notOk(other.session.isFreshForAll(other.view.of('db2'), other.view, 'db1', lost), 'a process died at that time');
  other.look('db2', 130, 10, { db1: 125 });
  t.ok(other.session.isFreshForAll(other.view.of('db2'), other.view, 'db1', lost));
  t.end();
});
