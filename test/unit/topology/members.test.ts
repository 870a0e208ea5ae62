import t from 'tap';
import { configuredName, expandMembers, oneFamily, sameMembers } from '../../../src/topology/members.js';

const db = { name: 'db', address: { host: 'mysql.example', port: 3306 }, weight: 5 };
const fixed = { name: 'other', address: { host: '10.0.0.9', port: 3307 }, weight: 1 };

t.test('a name is as many servers as it has addresses', async (t) => {
  const two = expandMembers([db, fixed], new Map([['mysql.example', ['10.0.0.1', '10.0.0.2']]]));
  t.same(
    two.map(({ name }) => name),
    ['db@10.0.0.1', 'db@10.0.0.2', 'other'],
  );
  t.same(two[0], { name: 'db@10.0.0.1', address: { host: '10.0.0.1', port: 3306, certificateName: 'mysql.example' }, weight: 5 });
  const one = expandMembers([db], new Map([['mysql.example', ['10.0.0.1']]]));
  t.equal(one[0]?.name, 'db@10.0.0.1', 'the same name when it is the only one');
  t.same(expandMembers([db], new Map()), [db], 'not resolved yet');
  t.same(expandMembers([db], new Map([['mysql.example', []]])), [db]);
  const socket = { name: 's', address: { host: '', port: 0, path: '/run/s.sock' } };
  t.same(expandMembers([socket], new Map([['', ['10.0.0.1']]])), [socket]);
});

t.test('names lead back to the configured one', async (t) => {
  t.equal(configuredName('db@10.0.0.1'), 'db');
  t.equal(configuredName('a@b@fd00::1'), 'a@b');
  t.equal(configuredName('db'), 'db');
});

t.test('one family, sorted, each once', async (t) => {
  const four = (address: string) => ({ address, family: 4 });
  t.same(oneFamily([four('10.0.0.2'), { address: 'fd00::1', family: 6 }, four('10.0.0.1'), four('10.0.0.2')]), ['10.0.0.1', '10.0.0.2']);
  t.same(oneFamily([{ address: 'fd00::1', family: 6 }]), ['fd00::1']);
  t.same(oneFamily([]), []);
});

t.test('what counts as the same list', async (t) => {
  t.ok(sameMembers([db, fixed], [{ ...db, weight: 9 }, fixed] as (typeof db)[]), 'weights are no matter of who it is');
  t.notOk(sameMembers([db, fixed], [fixed, db]), 'order decides among equals');
  t.notOk(sameMembers([db], [{ ...db, address: { host: 'mysql.example', port: 1 } }]));
});
