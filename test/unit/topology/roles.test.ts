import t from 'tap';
import { assignRoles, type RolesInput, type ServerFacts } from '../../../src/topology/roles.js';
import { facts, replica, sample, writableReplica } from './samples.js';

interface Case {
  readonly what: string;
  readonly servers: readonly ServerFacts[];
  readonly incumbent?: string;
  readonly mode?: RolesInput['mode'];
  readonly primary: string | undefined;
  readonly roles?: Record<string, string>;
  readonly alarm?: RegExp;
}

const down = { state: 'down' } as const;
const stopped = { receiver: 'No', applier: false } as const;
const connecting = { receiver: 'Connecting' } as const;
const passive = (n: number) => facts(n, { sample: sample(n, { readOnly: true }) });

const table: readonly Case[] = [
  { what: 'one writable without a source', servers: [facts(1), replica(2, 1)], primary: 'db1', roles: { db1: 'primary', db2: 'replica' } },
  { what: 'a replica left writable', servers: [facts(1), writableReplica(2, 1)], primary: 'db1', roles: { db2: 'replica' } },
  {
    what: 'a replica left writable while nobody is primary yet',
    servers: [facts(1, { ...down, sample: undefined }), writableReplica(2, 1)],
    primary: undefined,
  },
  { what: 'a writable server that follows one outside', servers: [writableReplica(1, 9), replica(2, 1)], primary: 'db1' },
  {
    what: 'only replicas of a server outside',
    servers: [replica(1, 9), replica(2, 9)],
    primary: undefined,
    roles: { db1: 'replica', db2: 'replica' },
  },
  { what: 'ring with one writable', servers: [writableReplica(1, 2), replica(2, 1)], primary: 'db1', roles: { db2: 'replica' } },
  {
    what: 'ring with two writable: priority',
    servers: [writableReplica(1, 2), writableReplica(2, 1, { priority: 200 })],
    primary: 'db2',
    roles: { db1: 'none' },
    alarm: /ring/,
  },
  {
    what: 'ring with two writable: the incumbent before priority',
    servers: [writableReplica(1, 2), writableReplica(2, 1, { priority: 200 })],
    incumbent: 'db1',
    primary: 'db1',
    alarm: /db1 was primary and stays/,
  },
  { what: 'ring of three', servers: [replica(1, 3), writableReplica(2, 1), replica(3, 2)], primary: 'db2' },
  {
    what: 'two writable: the incumbent',
    servers: [facts(1), facts(2), replica(3, 2)],
    incumbent: 'db1',
    primary: 'db1',
    roles: { db2: 'none' },
    alarm: /several/,
  },
  {
    what: 'two writable: the one most replicas follow',
    servers: [facts(1), facts(2), replica(3, 2)],
    primary: 'db2',
    roles: { db1: 'none' },
    alarm: /most replicas follow db2/,
  },
  {
    what: 'two writable and nothing to tell them apart',
    servers: [facts(1), facts(2)],
    primary: undefined,
    roles: { db1: 'none', db2: 'none' },
    alarm: /nothing tells/,
  },
  {
    what: 'two writable with as many replicas each',
    servers: [facts(1), facts(2), replica(3, 1), replica(4, 2)],
    primary: undefined,
    alarm: /nothing tells/,
  },
  {
    what: 'a suspect primary stays',
    servers: [facts(1, { state: 'suspect' }), facts(2)],
    incumbent: 'db1',
    primary: 'db1',
    alarm: /db1 was primary and stays/,
  },
  {
    what: 'a dead primary',
    servers: [facts(1, down), replica(2, 1, {}, connecting)],
    incumbent: 'db1',
    primary: undefined,
    roles: { db1: 'primary', db2: 'replica' },
  },
  { what: 'promoted by others, source forgotten', servers: [facts(1, down), facts(2), replica(3, 1)], incumbent: 'db1', primary: 'db2' },
  {
    what: 'follow: writable, source dead, receiver stopped',
    servers: [facts(1, down), writableReplica(2, 1, {}, stopped)],
    incumbent: 'db1',
    primary: 'db2',
  },
  {
    what: 'follow: writable, source dead, receiver lost it',
    servers: [facts(1, down), writableReplica(2, 1, {}, connecting)],
    incumbent: 'db1',
    primary: 'db2',
  },
  {
    what: 'follow: writable, its receiver still has the source that we lost',
    servers: [facts(1, down), writableReplica(2, 1)],
    incumbent: 'db1',
    primary: undefined,
  },
  {
    what: 'follow: writable, source demoted',
    servers: [passive(1), writableReplica(2, 1, {}, stopped)],
    incumbent: 'db1',
    primary: 'db2',
    roles: { db1: 'none' },
  },
  {
    what: 'promote: a replica that restarted writable waits for the election',
    servers: [facts(1, down), writableReplica(2, 1, {}, connecting)],
    incumbent: 'db1',
    mode: 'promote',
    primary: undefined,
    roles: { db2: 'replica' },
  },
  {
    what: 'promote: writable with both threads stopped and a dead source was promoted by somebody',
    servers: [facts(1, down), writableReplica(2, 1, {}, stopped)],
    incumbent: 'db1',
    mode: 'promote',
    primary: 'db2',
  },
  {
    what: 'switchover by hand, first half',
    servers: [passive(1), replica(2, 1)],
    incumbent: 'db1',
    primary: undefined,
    roles: { db1: 'replica', db2: 'replica' },
  },
  { what: 'switchover by hand, second half', servers: [passive(1), facts(2)], incumbent: 'db1', primary: 'db2', roles: { db1: 'none' } },
  {
    what: 'a former primary that lost acknowledged transactions',
    servers: [facts(1, { lacksAcknowledged: true }), replica(2, 1)],
    incumbent: 'db1',
    primary: undefined,
    roles: { db1: 'none' },
    alarm: /lacks transactions/,
  },
  {
    what: 'a fenced server is no candidate',
    servers: [facts(1, { fenced: 'fenced' }), facts(2, down)],
    incumbent: 'db2',
    primary: undefined,
    roles: { db1: 'none' },
  },
  {
    what: 'the incumbent that was made a replica of a writable one',
    servers: [writableReplica(1, 2), facts(2)],
    incumbent: 'db1',
    primary: 'db2',
    roles: { db1: 'replica' },
  },
  {
    what: 'the source is known by its id, whatever way the replica takes',
    servers: [facts(1), writableReplica(2, 1, {}, { sourceHost: 'tunnel', sourcePort: 9 })],
    primary: 'db1',
  },
  {
    what: 'the source is known by the address it reports',
    servers: [
      facts(1, { sample: sample(1, { reportHost: 'inner', reportPort: 3306 }) }),
      writableReplica(2, 1, {}, { sourceHost: 'INNER', sourceId: '' }),
    ],
    primary: 'db1',
  },
  {
    what: 'the incumbent that was pointed at a server which cannot take over',
    servers: [passive(1), writableReplica(2, 1), replica(3, 1)],
    incumbent: 'db2',
    primary: 'db2',
  },
  {
    what: 'a replica left writable whose source was demoted by hand',
    servers: [passive(1), writableReplica(2, 1), replica(3, 1)],
    incumbent: 'db1',
    primary: undefined,
  },
  {
    what: 'the source was never reached and is known to us by another address',
    servers: [
      facts(1, { ...down, sample: undefined }),
      replica(2, 1, {}, { sourceHost: 'inner', ...connecting }),
      writableReplica(3, 1, {}, { sourceHost: 'inner' }),
    ],
    primary: undefined,
    roles: { db2: 'replica', db3: 'replica' },
  },
  {
    what: 'a status that may not be seen: the flags alone decide',
    servers: [
      facts(1, { sample: sample(1, { replica: 'hidden' }) }),
      facts(2, { sample: sample(2, { replica: 'hidden', readOnly: true }) }),
    ],
    primary: 'db1',
    roles: { db2: 'replica' },
  },
  {
    what: 'nobody answers',
    servers: [facts(1, down), replica(2, 1, down)],
    incumbent: 'db1',
    primary: undefined,
    roles: { db1: 'primary', db2: 'replica' },
  },
];

t.test('the truth table of roles', async (t) => {
  for (const row of table) {
    await t.test(row.what, async (t) => {
      const decision = assignRoles({ servers: row.servers, incumbent: row.incumbent, mode: row.mode ?? 'follow' });
      t.equal(decision.primary, row.primary);
      for (const [name, role] of Object.entries(row.roles ?? {})) t.equal(decision.roles.get(name)?.role, role, name);
      if (row.alarm === undefined) t.equal(decision.alarm, undefined);
      else t.match(decision.alarm, row.alarm);
      for (const server of row.servers) t.not(decision.roles.get(server.name)?.reason ?? '', '', 'every role has a reason');
    });
  }
});
