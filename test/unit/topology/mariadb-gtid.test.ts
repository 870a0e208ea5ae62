import t from 'tap';
import { MariadbState, parseMariadbGtids } from '../../../src/topology/mariadb-gtid.js';

const parse = MariadbState.parse;

t.test('reading', async (t) => {
  t.same(parseMariadbGtids('0-1-5, 1-2-7'), [
    { domain: 0, server: 1, sequence: 5 },
    { domain: 1, server: 2, sequence: 7 },
  ]);
  t.same(parseMariadbGtids(''), []);
  for (const bad of ['0-1', 'a-1-2', '0-1-2-3']) t.throws(() => parseMariadbGtids(bad), RangeError, bad);
  t.equal(parse('0-2-3,0-1-5,0-2-4').toString(), '0-1-5,0-2-4', 'the highest of a pair counts');
});

t.test('a higher sequence of another server does not contain a GTID', async (t) => {
  const promoted = parse('0-1-95,0-2-105');
  t.ok(promoted.contains(parse('0-1-95')));
  t.notOk(promoted.contains(parse('0-1-100')));
  t.same(parse('0-1-100').missingIn(promoted), [{ domain: 0, server: 1, first: 96, last: 100 }], 'the old primary has five of its own');
});

t.test('what a rejoined server wrote later is counted from the last common transaction', async (t) => {
  const old = parse('0-1-40,0-2-60');
  t.same(old.missingIn(parse('0-1-40,0-3-55')), [{ domain: 0, server: 2, first: 41, last: 60 }]);
});

t.test('domains are apart', async (t) => {
  t.notOk(parse('0-1-10').contains(parse('0-1-5,1-1-1')));
  t.equal(parse('0-1-10').union(parse('1-1-3,0-1-4')).toString(), '0-1-10,1-1-3');
  t.equal(parse('0-1-10,0-2-12,5-1-3').height, 15);
});
