import t from 'tap';
import { type Candidate, elect } from '../../../src/topology/election.js';
import { parsePosition } from '../../../src/topology/position.js';

const a = '3e11fa47-71ca-11e1-9e33-c80aa9429562';
const b = '99c8f257-e6be-11f1-a903-02fc00000001';

function mysql(name: string, set: string, changes: Partial<Candidate> = {}): Candidate {
  return {
    name,
    priority: 100,
    sameZone: false,
    order: Number(name.slice(2)),
    neverPromote: false,
    position: parsePosition('mysql', set),
    behind: false,
    applier: true,
    usesGtid: true,
    delayMs: 0,
    ...changes,
  };
}
const mariadb = (name: string, state: string, changes: Partial<Candidate> = {}) =>
  mysql(name, '', { position: parsePosition('mariadb', state), ...changes });
const order = (candidates: readonly Candidate[]) => elect(candidates).ranked.map(({ name }) => name);

t.test('the most advanced wins, then priority, then order', async (t) => {
  t.same(order([mysql('db2', `${a}:1-9`, { priority: 900 }), mysql('db3', `${a}:1-10`)]), ['db3', 'db2'], 'transactions before priority');
  t.same(order([mysql('db2', `${a}:1-10`), mysql('db3', `${a}:1-10`, { priority: 101 })]), ['db3', 'db2']);
  t.same(order([mysql('db3', `${a}:1-10`), mysql('db2', `${a}:1-10`)]), ['db2', 'db3']);
  t.same(order([mysql('db2', ''), mysql('db3', '')]), ['db2', 'db3']);
  t.same(order([mysql('db2', ''), mysql('db3', '', { sameZone: true })]), ['db3', 'db2'], "the dead primary's zone");
  t.same(order([mysql('db2', '', { priority: 101 }), mysql('db3', '', { sameZone: true })]), ['db2', 'db3'], 'priority before zone');
});

t.test('sets, not counts', async (t) => {
  const election = elect([mysql('db2', `${a}:1-10`), mysql('db3', `${a}:1-8,${b}:1-5`)]);
  t.same(
    election.ranked.map(({ name }) => name),
    ['db3', 'db2'],
    'neither has all of the other: the longer history',
  );
  t.match(election.warnings, [`db2 has transactions that db3 lacks: ${a}:9-10`]);
});

t.test('MariaDB: a higher sequence of another server is no advance', async (t) => {
  const election = elect([mariadb('db2', '0-1-100'), mariadb('db3', '0-1-90,0-3-95')]);
  t.equal(election.ranked[0]?.name, 'db2');
  t.match(election.warnings, ['db3 has transactions that db2 lacks: 0-3-91..95']);
});

t.test('who may not', async (t) => {
  const election = elect([
    mysql('db2', `${a}:1-20`, { neverPromote: true }),
    mysql('db3', `${a}:1-20`, { delayMs: 60_000 }),
    mysql('db4', `${a}:1-20`, { usesGtid: false }),
    mysql('db5', `${a}:1-20`, { behind: true, applier: false }),
    mysql('db6', `${a}:1-20`, { applier: false }),
    mysql('db7', `${a}:1-3`, { behind: true }),
  ]);
  t.same(
    election.ranked.map(({ name }) => name),
    ['db6', 'db7'],
  );
  t.same(
    election.rejected.map(({ name }) => name),
    ['db2', 'db3', 'db4', 'db5'],
  );
  t.equal(elect([]).ranked.length, 0);
  t.match(elect([mysql('db2', `${a}:1-20`, { neverPromote: true }), mysql('db3', `${a}:1-15`)]).warnings, [
    /db2 has transactions that db3 lacks/,
  ]);
});
