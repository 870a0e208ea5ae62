import t from 'tap';
import { decideRoles } from '../../../src/topology/decide-roles.js';
import { findKind } from '../../../src/topology/find-kind.js';
import { readability } from '../../../src/topology/readable.js';
import type { ServerFacts } from '../../../src/topology/roles.js';
import type { GaleraState, GroupMember } from '../../../src/topology/sample.js';
import type { ClusterKind } from '../../../src/topology/snapshot.js';
import { facts, follows, replica, sample } from './samples.js';

const healthy: GaleraState = {
  clusterId: 'c1',
  primaryComponent: true,
  state: 4,
  stateText: 'Synced',
  ready: true,
  rejects: false,
  members: [],
};
const down = { state: 'down' } as const;

function node(n: number, galera: Partial<GaleraState> = {}, changes: Partial<ServerFacts> = {}, startedServerSeconds = n): ServerFacts {
  return facts(n, { sample: sample(n, { flavor: 'mariadb', startedServerSeconds, galera: { ...healthy, ...galera } }), ...changes });
}

const outside = { primaryComponent: false, ready: false, state: 0, stateText: 'Initialized' };
const donor = { state: 2, stateText: 'Donor/Desynced' };

/** Members 1..3 as one of them sees them: `P`, `S`, with a state after it where that is not ONLINE. */
function group(members: readonly string[]): readonly GroupMember[] {
  return members.map((word, i) => {
    const [role, state = 'ONLINE'] = word.split(' ');
    return { id: `id${i + 1}`, host: `10.0.0.${i + 1}`, port: 3306, state, role: role === 'P' ? 'PRIMARY' : 'SECONDARY' };
  });
}

function member(n: number, members: readonly string[], readOnly: boolean, changes: Partial<ServerFacts> = {}, name = 'g'): ServerFacts {
  return facts(n, { sample: sample(n, { readOnly, group: { name, members: group(members), queued: 0 } }), ...changes });
}

interface Case {
  readonly what: string;
  readonly kind: ClusterKind;
  readonly servers: readonly ServerFacts[];
  readonly incumbent?: string;
  readonly failBack?: boolean;
  readonly primary: string | undefined;
  /** Roles of db1, db2 ...: `p` primary, `r` replica that is read, `-` replica that is not, `n` none. */
  readonly roles: string;
  readonly reason?: readonly [string, RegExp];
  readonly alarm?: RegExp;
}

const single = ['P', 'S', 'S'];
const multi = ['P', 'P', 'P'];
const lost = ['P', 'S UNREACHABLE', 'S UNREACHABLE'];

const table: readonly Case[] = [
  { what: 'all synced: the one up longest', kind: 'galera', servers: [node(1), node(2), node(3)], primary: 'db1', roles: 'prr' },
  {
    what: 'whoever restarted is younger: order does not bring it back',
    kind: 'galera',
    servers: [node(1, {}, {}, 50), node(2), node(3)],
    primary: 'db2',
    roles: 'rpr',
  },
  {
    what: 'started in the same second: order',
    kind: 'galera',
    servers: [node(1, {}, {}, 7), node(2, {}, {}, 7)],
    primary: 'db1',
    roles: 'pr',
  },
  { what: 'the incumbent keeps it', kind: 'galera', servers: [node(1), node(2)], incumbent: 'db2', primary: 'db2', roles: 'rp' },
  {
    what: 'a higher priority is a wish, also against the incumbent',
    kind: 'galera',
    servers: [node(1), node(2), node(3, {}, { priority: 200 })],
    incumbent: 'db1',
    primary: 'db3',
    roles: 'rrp',
  },
  {
    what: 'desynced gives the role away and is not read',
    kind: 'galera',
    servers: [node(1, donor), node(2), node(3)],
    incumbent: 'db1',
    primary: 'db2',
    roles: '-pr',
  },
  {
    what: 'only a donor is left',
    kind: 'galera',
    servers: [node(1, donor), node(2, { state: 1, ready: false, stateText: 'Joining' }), node(3, {}, down)],
    primary: 'db1',
    roles: 'pn-',
    reason: ['db2', /not ready: Joining/],
  },
  {
    what: 'cut off from the majority',
    kind: 'galera',
    servers: [node(1, outside), node(2), node(3)],
    incumbent: 'db1',
    primary: 'db2',
    roles: 'npr',
    reason: ['db1', /1047/],
  },
  {
    what: 'no majority anywhere',
    kind: 'galera',
    servers: [node(1, outside), node(2, outside), node(3, {}, down)],
    incumbent: 'db1',
    primary: undefined,
    roles: 'nn-',
    alarm: /lost its majority/,
  },
  {
    what: 'read-only nodes are read, not written',
    kind: 'galera',
    servers: [facts(1, { sample: sample(1, { readOnly: true, galera: healthy }) }), node(2)],
    primary: 'db2',
    roles: 'rp',
  },
  {
    what: 'a second cluster was bootstrapped: the incumbent side',
    kind: 'galera',
    servers: [node(1), node(2, { clusterId: 'c2' }), node(3, { clusterId: 'c2' })],
    incumbent: 'db1',
    primary: 'db1',
    roles: 'pnn',
    reason: ['db2', /another cluster/],
    alarm: /db2, db3/,
  },
  {
    what: 'a second cluster, no incumbent: most nodes',
    kind: 'galera',
    servers: [node(1), node(2, { clusterId: 'c2' }), node(3, { clusterId: 'c2' })],
    primary: 'db2',
    roles: 'npr',
    alarm: /db1/,
  },
  {
    what: 'set to reject queries',
    kind: 'galera',
    servers: [node(1, { rejects: true }), node(2)],
    primary: 'db2',
    roles: 'np',
    reason: ['db1', /reject/],
  },
  {
    what: 'a server without wsrep',
    kind: 'galera',
    servers: [facts(1), node(2)],
    primary: 'db2',
    roles: 'np',
    reason: ['db1', /wsrep_on/],
  },
  { what: 'nobody was reached', kind: 'galera', servers: [facts(1, { sample: undefined, ...down })], primary: undefined, roles: 'n' },
  {
    what: 'single primary',
    kind: 'group-replication',
    servers: [member(1, single, false), member(2, single, true), member(3, single, true)],
    primary: 'db1',
    roles: 'prr',
  },
  {
    what: 'the group elected another',
    kind: 'group-replication',
    servers: [member(1, ['S', 'P', 'S'], true), member(2, ['S', 'P', 'S'], false), member(3, ['S', 'P', 'S'], true)],
    incumbent: 'db1',
    primary: 'db2',
    roles: 'rpr',
  },
  {
    what: 'elected but not writable yet',
    kind: 'group-replication',
    servers: [member(1, single, true), member(2, single, true)],
    primary: undefined,
    roles: 'rr',
  },
  {
    what: 'multi primary: one takes the writes',
    kind: 'group-replication',
    servers: [member(1, multi, false), member(2, multi, false), member(3, multi, false)],
    incumbent: 'db2',
    primary: 'db2',
    roles: 'rpr',
  },
  {
    what: 'a primary without a majority blocks and gets nothing',
    kind: 'group-replication',
    servers: [member(1, lost, false), member(2, ['P', 'S', 'S'], true, down), member(3, single, true, down)],
    incumbent: 'db1',
    primary: undefined,
    roles: 'n--',
    reason: ['db1', /majority/],
    alarm: /majority/,
  },
  {
    what: 'the cut-off old primary still believes in itself, the majority has a new one',
    kind: 'group-replication',
    servers: [member(1, lost, false), member(2, ['S UNREACHABLE', 'P', 'S'], false), member(3, ['S UNREACHABLE', 'P', 'S'], true)],
    incumbent: 'db1',
    primary: 'db2',
    roles: 'npr',
  },
  {
    what: 'recovering',
    kind: 'group-replication',
    servers: [member(1, ['P', 'S RECOVERING'], false), member(2, ['P', 'S RECOVERING'], true)],
    primary: 'db1',
    roles: 'pn',
    reason: ['db2', /RECOVERING/],
  },
  {
    what: 'members of two groups',
    kind: 'group-replication',
    servers: [member(1, ['P'], false, {}, 'a'), member(2, ['S', 'P'], false, {}, 'b')],
    incumbent: 'db1',
    primary: 'db1',
    roles: 'pn',
    alarm: /different/,
  },
  {
    what: 'the first in order',
    kind: 'static',
    servers: [facts(1), facts(2)],
    primary: 'db1',
    roles: 'pn',
    reason: ['db2', /stands by for db1/],
  },
  { what: 'the highest priority', kind: 'static', servers: [facts(1), facts(2, { priority: 101 })], primary: 'db2', roles: 'np' },
  { what: 'the first is gone', kind: 'static', servers: [facts(1, down), facts(2)], incumbent: 'db1', primary: 'db2', roles: 'np' },
  { what: 'it is back: sticky', kind: 'static', servers: [facts(1), facts(2)], incumbent: 'db2', primary: 'db2', roles: 'np' },
  {
    what: 'it is back: fail-back',
    kind: 'static',
    servers: [facts(1), facts(2)],
    incumbent: 'db2',
    failBack: true,
    primary: 'db1',
    roles: 'pn',
  },
  {
    what: 'a read-only server is passed over',
    kind: 'static',
    servers: [facts(1, { sample: sample(1, { readOnly: true }) }), facts(2)],
    primary: 'db2',
    roles: 'np',
    reason: ['db1', /read-only/],
  },
  {
    what: 'a suspect one keeps it',
    kind: 'static',
    servers: [facts(1, { state: 'suspect' }), facts(2)],
    incumbent: 'db1',
    primary: 'db1',
    roles: 'pn',
  },
  { what: 'all gone', kind: 'static', servers: [facts(1, down), facts(2, down)], incumbent: 'db1', primary: undefined, roles: 'nn' },
  {
    what: 'nobody takes writes',
    kind: 'static',
    servers: [facts(1, { sample: sample(1, { readOnly: true }) }), facts(2, down)],
    primary: undefined,
    roles: 'nn',
    alarm: /db1 is read-only/,
  },
];

for (const { what, kind, servers, incumbent, failBack = false, primary, roles, reason, alarm } of table) {
  t.test(`${kind}: ${what}`, async (t) => {
    const decision = decideRoles(kind, { servers, incumbent, mode: 'follow' }, failBack);
    t.equal(decision.primary, primary);
    const letters = servers.map(({ name }) => {
      const { role, reads } = decision.roles.get(name) ?? { role: '?' };
      if (role === 'primary') return 'p';
      return role === 'replica' ? (reads?.readable === true ? 'r' : '-') : 'n';
    });
    t.equal(letters.join(''), roles);
    if (reason !== undefined) t.match(decision.roles.get(reason[0])?.reason, reason[1]);
    if (alarm === undefined) t.equal(decision.alarm, undefined);
    else t.match(decision.alarm, alarm);
  });
}

t.test('galera: every proxy chooses the same, whatever the order it looked in', async (t) => {
  const servers = [node(1, {}, {}, 30), node(2, {}, {}, 20), node(3, {}, {}, 10)];
  for (const order of [servers, [...servers].reverse()]) {
    t.equal(decideRoles('galera', { servers: order, incumbent: undefined, mode: 'follow' }, false).primary, 'db3');
  }
});

t.test('auto: what servers say, and that it stays while they say nothing', async (t) => {
  t.match(findKind([facts(1), replica(2, 1)], undefined), { kind: 'replication', because: /db2 replicates/ });
  t.match(findKind([facts(1)], undefined), { kind: 'replication' });
  const galera = findKind([facts(1, { sample: undefined }), node(2)], undefined);
  t.match(galera, { kind: 'galera', because: /db2/ });
  t.equal(findKind([facts(1, { sample: undefined }), facts(2)], galera), galera);
  t.match(findKind([member(1, single, false)], undefined), { kind: 'group-replication', because: /db1/ });
  t.match(findKind([replica(1, 2), facts(2)], galera), { kind: 'replication' });
});

t.test('a replica that is delayed on purpose is read only where that was asked for', async (t) => {
  const delayed = sample(2, { readOnly: true, replica: follows(1, { delayMs: 60_000, lagMs: 62_000 }) });
  const read = (primaryKnown: boolean, asked: boolean, maxLagMs = 10_000) =>
    readability(delayed, primaryKnown, true, maxLagMs, 62_000, undefined, asked);
  t.match(read(true, false), { readable: false, because: /delayed on purpose \(60 s/ });
  t.match(read(false, false), { readable: false, because: /delayed on purpose/ }, 'also while there is no primary');
  t.match(read(true, true), { readable: true });
  t.match(read(true, true, 1_000), { readable: false, because: /62 s behind, the limit is 61 s/ }, 'the limit is on top of the delay');
});
