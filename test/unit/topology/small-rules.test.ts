import t from 'tap';
import { Acknowledged } from '../../../src/topology/acknowledged.js';
import { DelayEstimate } from '../../../src/topology/delay-estimate.js';
import { holds, missing, parsePosition } from '../../../src/topology/position.js';
import { Quarantine } from '../../../src/topology/quarantine.js';
import { readability } from '../../../src/topology/readable.js';
import { follows, sample } from './samples.js';

const a = '3e11fa47-71ca-11e1-9e33-c80aa9429562';

t.test('the query of death', async (t) => {
  const quarantine = new Quarantine(600_000);
  t.notOk(quarantine.hasSuspects);
  t.same(quarantine.died('db1@1', ['q1', 'q2'], 0), []);
  t.same(quarantine.died('db1@1', ['q1'], 5), [], 'many sessions report the same death');
  t.ok(quarantine.hasSuspects);
  quarantine.completed('q2');
  t.same(quarantine.died('db2@7', ['q1', 'q2', 'q3'], 1_000), ['q1'], 'q2 completed in between, q3 is new');
  t.ok(quarantine.holds('q1', 2_000));
  t.notOk(quarantine.holds('q2', 2_000));
  t.notOk(quarantine.holds('q1', 601_001), 'for ten minutes');
  t.same(quarantine.died('db3@9', ['q3'], 700_000), [], 'a death long ago counts no more');
  quarantine.completed('q3');
  t.notOk(quarantine.hasSuspects);
});

t.test('what clients were told is committed', async (t) => {
  const told = new Acknowledged();
  t.ok(told.isEmpty);
  for (const gtid of [`${a}:5`, `${a.toUpperCase()}:7`, `${a}:6`, '0-1-9', '0-2-3', `${a}:1-4:9`, 'nonsense', '']) told.add(gtid);
  t.ok(holds(parsePosition('mysql', `${a}:1-9`), told.position('mysql')));
  t.notOk(holds(parsePosition('mysql', `${a}:1-8`), told.position('mysql')));
  t.ok(holds(parsePosition('mariadb', '0-1-9,0-2-3'), told.position('mariadb')));
  t.equal(missing(parsePosition('mariadb', '0-1-9'), told.position('mariadb')).count > 0, true);
  told.clear();
  t.ok(told.isEmpty);
});

t.test('readable replicas', async (t) => {
  const at = (changes: object, primaryKnown = true, followsPrimary = true, last?: number) =>
    readability(sample(2, { readOnly: true, replica: follows(1, changes) }), primaryKnown, followsPrimary, 10_000, last, undefined);
  t.same(at({ lagMs: 3_000 }), { readable: true, lagMs: 3_000, because: undefined });
  t.match(at({ lagMs: 11_000 }), { readable: false, because: /11 s behind/ });
  t.match(at({ applier: false, applierError: 'duplicate key' }), { readable: false, because: /duplicate key/ });
  t.match(at({ receiver: 'Connecting', lagMs: undefined }), { readable: false, because: /not connected/ });
  t.match(at({}, true, false), { readable: false, because: /does not follow/ }, 'fresh towards another source is not fresh');
  t.ok(at({ receiver: 'Connecting', lagMs: undefined }, false, false, 2_000).readable, 'reads do not stop with the primary');
  t.notOk(at({ receiver: 'Connecting', lagMs: undefined }, false, false, 20_000).readable, 'but one that was far behind stays out');
});

t.test('the delay of a replica whose status is hidden', async (t) => {
  const delay = new DelayEstimate();
  const position = (n: number, atMs: number) => sample(1, { askedAtMs: atMs, executed: `${a}:1-${n}` });
  const hidden = (n: number, atMs: number) => sample(2, { askedAtMs: atMs, executed: `${a}:1-${n}`, replica: 'hidden' });
  t.equal(delay.estimateMs(hidden(1, 0)), undefined);
  delay.sawPrimary(position(5, 1_000));
  delay.sawPrimary(position(5, 1_500));
  delay.sawPrimary(position(9, 2_000));
  t.equal(delay.estimateMs(hidden(9, 2_100)), 0);
  t.equal(delay.estimateMs(hidden(7, 2_600)), 600, 'it lacks what the primary had at 2000');
  t.equal(delay.estimateMs(hidden(4, 2_600)), undefined, 'further behind than remembered');
  t.equal(delay.estimateMs(position(4, 2_600)), undefined, 'not for one whose status is visible');
});
