import t from 'tap';
import { Marks } from '../../../src/topology/marks.js';
import { covers, horizonOf, listedOf, marksOf, ownedSet, progressOf } from '../../../src/topology/progress.js';
import { follows, sample } from './samples.js';

const a = 'aaaaaaaa-0000-0000-0000-000000000001';
const b = 'bbbbbbbb-0000-0000-0000-000000000002';

t.test('MySQL: a replica has what comes before its first gap, but for numbers that the primary skipped too', (t) => {
  const primary = sample(1, { executed: `${a}:1-10:12-110,${b}:1-5` });
  const reached = (executed: string, reference = primary) => Object.fromEntries(progressOf(sample(2, { executed }), reference));
  t.same(reached(`${a}:1-10:12-100,${b}:1-5`), { [a]: 100, [b]: 5 });
  t.same(reached(`${a}:1-9:12-100`), { [a]: 9 }, '10 is missing');
  t.same(reached(`${a}:1-10:12-50:52-60`), { [a]: 50 }, '51 comes later');
  t.same(reached(`${a}:1-10:12-110:112-120`), { [a]: 110 }, 'whether 111 was skipped cannot be known yet');
  t.same(Object.fromEntries(progressOf(sample(2, { executed: `${a}:1-5:7` }), undefined)), { [a]: 5 });
  t.same(reached(`${a}:20-30`, sample(1, { executed: `${a}:20-40` })), { [a]: 30 }, 'both began with a copy');
  t.same(Object.fromEntries(horizonOf(primary)), { [a]: 110, [b]: 5 });
  t.end();
});

t.test('MySQL: what is being committed may be visible, and is not listed yet', (t) => {
  const owned = ownedSet(`${a.toUpperCase()}:7#31:6#29,\n${b}:1#30`);
  t.equal(owned, `${a.toUpperCase()}:7:6,${b}:1`);
  const server = sample(2, { executed: `${a}:1-5`, owned });
  t.same(Object.fromEntries(horizonOf(server)), { [a]: 7, [b]: 1 });
  t.same(Object.fromEntries(listedOf(server)), { [a]: 5 });
  t.same(Object.fromEntries(progressOf(server, undefined)), { [a]: 5 }, 'others cannot rely on it');
  t.same(Object.fromEntries(horizonOf(sample(2, { executed: `${a}:1-9`, owned: `${a}:7` }))), { [a]: 9 });
  t.end();
});

t.test('MySQL without GTIDs: the binary log is the stream', (t) => {
  const primary = sample(1, { assignsGtids: false, logEnd: 'binlog.000009:500' });
  const at = (appliedLog: string) =>
    progressOf(sample(2, { assignsGtids: false, logEnd: 'x.000001:4', replica: follows(1, { appliedLog }) }), primary);
  const wanted = horizonOf(primary);
  t.ok(covers(at('binlog.000009:500'), wanted));
  t.ok(covers(at('binlog.000010:4'), wanted));
  t.notOk(covers(at('binlog.000009:499'), wanted));
  t.notOk(covers(at('binlog.000008:999999'), wanted));
  t.notOk(covers(at(':0'), wanted), 'nothing received yet');
  t.notOk(covers(progressOf(sample(2, { replica: follows(3, { appliedLog: 'binlog.000010:4' }) }), primary), wanted), "another one's log");
  t.end();
});

t.test('MariaDB: what replication applied, and own old writes as far as the primary has them', (t) => {
  const primary = sample(2, { id: '2', flavor: 'mariadb', executed: '0-1-100,0-2-150,3-2-7' });
  const reached = (executed: string, slavePosition: string) =>
    Object.fromEntries(progressOf(sample(1, { id: '1', flavor: 'mariadb', executed, slavePosition }), primary));
  t.same(reached('0-2-140,3-2-7', '0-2-140,3-2-7'), { 0: 140, 3: 7 }, 'log_slave_updates off: only the position tells');
  t.same(reached('0-1-100,0-2-141', '0-2-140'), { 0: 140 }, 'in the binary log, but not visible yet');
  t.same(reached('0-1-100', ''), { 0: 100 }, 'a former primary');
  t.same(reached('0-1-120', ''), {}, 'with writes of its own that nobody has');
  t.same(reached('0-1-300,0-2-140', '0-2-140'), { 0: 140 }, 'an errant write on the replica counts for nothing');
  t.same(Object.fromEntries(horizonOf(primary)), { 0: 150, 3: 7 });
  t.end();
});

t.test('GTIDs of OK packets', (t) => {
  t.same(marksOf(`${a.toUpperCase()}:17`), [[a, 17]]);
  t.same(marksOf(`${a}:5-7`), [[a, 7]]);
  t.same(marksOf(`${a}:5-7:9,\n${b}:1`), [
    [a, 9],
    [b, 1],
  ]);
  t.same(marksOf(`${a}:billing:3`), [[`${a}:billing`, 3]]);
  t.same(marksOf('0-1-42'), [['0', 42]]);
  t.same(marksOf('0-1-42,5-1-7,0-2-43'), [
    ['0', 43],
    ['5', 7],
  ]);
  for (const text of ['', 'nonsense', '1-2', ':', `${a}:`, '0-1-', 'a,b:']) t.same(marksOf(text), [], text);
  t.end();
});

t.test('marks: what the primary does not have later is lost', (t) => {
  const marks = new Marks();
  marks.add(`${a}:10`, 1000);
  marks.add(`${a}:9`, 1001);
  const { version } = marks;
  t.equal(marks.last(a), 10);
  t.ok(marks.heldBy(new Map([[a, 10]])));
  t.notOk(marks.heldBy(new Map([[a, 9]])));
  marks.cut({ sampledAtMs: 1000, reached: new Map([[a, 8]]) });
  t.equal(marks.last(a), 10, 'the look may be older than the mark');
  t.equal(marks.version, version);
  marks.cut({ sampledAtMs: 2002, reached: new Map([[a, 8]]) });
  t.equal(marks.last(a), 8);
  marks.cut({ sampledAtMs: 2002, reached: new Map() });
  t.ok(marks.isEmpty);
  t.not(marks.version, version);
  t.end();
});
