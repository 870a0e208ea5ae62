import t from 'tap';
import { type MemberInput, planMember } from '../../../src/topology/member-plan.js';
import { follows, sample } from './samples.js';

const a = '3e11fa47-71ca-11e1-9e33-c80aa9429562';
const primary = sample(2, { executed: `${a}:1-10` });

function plan(changes: Partial<MemberInput>) {
  return planMember({
    member: sample(1, { readOnly: true, executed: `${a}:1-9` }),
    primary,
    source: undefined,
    followsPrimary: false,
    sourceGone: false,
    apartMs: 0,
    rejoin: true,
    former: false,
    wasReplica: false,
    stoppedByProxy: false,
    newAccountHelps: false,
    ...changes,
  });
}
const replica = (readOnly: boolean, receiver: 'Yes' | 'Connecting' = 'Yes') =>
  sample(3, { readOnly, executed: `${a}:1-9`, replica: follows(2, { receiver }) });

t.test('where it belongs', async (t) => {
  t.equal(plan({ member: replica(true), source: 'db2', followsPrimary: true }).kind, 'none');
  t.equal(plan({ member: replica(false), source: 'db2', followsPrimary: true }).kind, 'read-only', 'a replica that restarted writable');
  const refused = { member: replica(true, 'Connecting'), source: 'db2', followsPrimary: true, newAccountHelps: true };
  t.same(plan(refused), { kind: 'follow', adopt: false }, 'its source does not let it in');
  t.equal(plan({ ...refused, rejoin: false }).kind, 'none', 'members are left alone');
  t.equal(plan({ ...refused, newAccountHelps: false }).kind, 'none', 'nothing else could be tried');
  t.equal(plan({ member: replica(true), source: 'outside' }).kind, 'none', 'somebody else feeds it');
  t.equal(plan({ member: sample(1, { replica: 'hidden' }) }).kind, 'none', 'we may not look');
});

t.test('an old primary', async (t) => {
  const back = sample(1, { executed: `${a}:1-10` });
  t.same(plan({ member: back }), { kind: 'fence', next: 'rejoin' });
  t.same(plan({ member: back, rejoin: false }), { kind: 'fence', next: 'stay' });
  t.match(plan({ member: sample(1, { executed: `${a}:1-12` }) }), {
    kind: 'quarantine',
    fence: true,
    own: { gtids: `${a}:11-12`, count: 2 },
  });
  t.match(plan({ member: sample(1, { readOnly: true, executed: `${a}:1-12` }) }), { kind: 'quarantine', fence: false });
  t.same(plan({ former: true }), { kind: 'follow', adopt: false });
  t.equal(plan({ former: true, rejoin: false }).kind, 'none');
});

t.test('a replica that a killed proxy left stopped', async (t) => {
  const stopped = (changes: object) =>
    sample(3, { readOnly: true, executed: `${a}:1-9`, replica: follows(2, { receiver: 'No', receiverErrno: 2003, ...changes }) });
  const at = { source: 'db2', followsPrimary: true, stoppedByProxy: true };
  t.equal(plan({ ...at, member: stopped({}) }).kind, 'start');
  t.equal(plan({ ...at, member: stopped({ applier: false }) }).kind, 'start');
  t.equal(plan({ ...at, member: stopped({}), stoppedByProxy: false }).kind, 'none', 'stopped under our eyes: by somebody who wants it so');
  t.equal(plan({ ...at, member: stopped({ receiver: 'Yes', applier: false }) }).kind, 'none', 'the applier alone: a backup');
  t.equal(plan({ ...at, member: stopped({ applierError: 'duplicate key' }) }).kind, 'none');
  t.equal(plan({ ...at, member: stopped({ receiverErrno: 1236 }) }).kind, 'none');
});

t.test('somebody who moves roles by hand gets time', async (t) => {
  t.equal(plan({}).kind, 'none');
  t.equal(plan({ apartMs: 5_000 }).kind, 'follow');
  const promoted = { member: sample(1, { executed: `${a}:1-9` }), wasReplica: true };
  t.equal(plan(promoted).kind, 'none', 'a replica that is just being made primary');
  t.equal(plan({ ...promoted, apartMs: 5_000 }).kind, 'fence', 'and is not');
  t.equal(plan({ ...promoted, former: true }).kind, 'fence');
});

t.test('replicas of a dead primary', async (t) => {
  t.same(plan({ member: replica(true, 'Connecting'), source: 'db1', sourceGone: true }), { kind: 'follow', adopt: false });
  t.same(
    plan({ member: replica(true, 'Yes'), source: 'db1', sourceGone: true }),
    { kind: 'follow', adopt: false },
    'a frozen one seems connected',
  );
  const ahead = sample(3, { readOnly: true, executed: `${a}:1-9`, replica: follows(1, { received: `${a}:1-11` }) });
  t.match(
    plan({ member: ahead, source: 'db1', sourceGone: true }),
    { kind: 'quarantine', own: { gtids: `${a}:11` } },
    'what it has received counts too',
  );
});

t.test('MariaDB: an old primary takes its binlog position as its replication position', async (t) => {
  const input = {
    member: sample(1, { flavor: 'mariadb', readOnly: true, executed: '0-1-10' }),
    primary: sample(2, { flavor: 'mariadb', executed: '0-1-10,0-2-12' }),
    former: true,
  } as const;
  t.same(plan(input), { kind: 'follow', adopt: true });
  t.match(plan({ ...input, member: { ...input.member, executed: '0-1-12' } }), { kind: 'quarantine', own: { gtids: '0-1-11..12' } });
});
