import t from 'tap';
import { type ChoiceInput, chooseByOrder } from '../../../src/topology/choice-plan.js';
import { decideRoles } from '../../../src/topology/decide-roles.js';
import type { ServerFacts } from '../../../src/topology/roles.js';
import type { GaleraState } from '../../../src/topology/sample.js';
import type { ClusterKind } from '../../../src/topology/snapshot.js';
import { facts, sample } from './samples.js';

const synced: GaleraState = {
  clusterId: 'c1',
  primaryComponent: true,
  state: 4,
  stateText: 'Synced',
  ready: true,
  rejects: false,
  members: [],
};

function node(n: number, galera: Partial<GaleraState> = {}, readOnly = false): ServerFacts {
  return facts(n, { sample: sample(n, { flavor: 'mariadb', readOnly, galera: { ...synced, ...galera } }) });
}

function input(kind: ClusterKind, servers: readonly ServerFacts[], changes: Partial<ChoiceInput> = {}): ChoiceInput {
  const decision = decideRoles(kind, { servers, incumbent: 'db1', mode: 'follow' }, false);
  return { kind, cluster: 'main', servers, decision, away: new Set(), neverPromote: new Set(), several: false, ...changes };
}

const nodes = [node(1), node(2, { state: 2, stateText: 'Donor/Desynced' }), node(3)];
const copies = [facts(1), facts(2, { priority: 50 }), facts(3, { priority: 90 })];

t.test('who takes the writes by order', async (t) => {
  t.match(chooseByOrder(input('galera', nodes), undefined, false), { kind: 'chosen', name: 'db3' });
  t.match(chooseByOrder(input('galera', nodes), 'db2', false), { kind: 'none', because: /db2 cannot.*Donor/ });
  t.match(chooseByOrder(input('galera', nodes), 'db9', false), { kind: 'none', because: /no other server db9; there are db2, db3/ });
  t.match(chooseByOrder(input('galera', [node(1), node(2, {}, true)]), undefined, false), {
    kind: 'none',
    because: /db2: it is read-only/,
  });
  t.match(chooseByOrder(input('galera', [node(1), node(2, { primaryComponent: false })]), 'db2', true), { kind: 'none', because: /1047/ });
  t.match(chooseByOrder(input('static', copies), undefined, false), { kind: 'chosen', name: 'db3', warnings: [/one proxy/] });
  t.match(chooseByOrder(input('static', copies), 'db2', false), { kind: 'chosen', name: 'db2' });
  t.match(chooseByOrder(input('static', [facts(1), facts(2, { state: 'down' })]), undefined, false), {
    because: /db2: it does not answer/,
  });
  t.match(chooseByOrder(input('static', [facts(1)]), undefined, false), { because: 'there is no other server' });
});

t.test('taken out, never to be promoted: only by name and force', async (t) => {
  const away = input('static', copies, { away: new Set(['db3']), neverPromote: new Set(['db2']) });
  t.match(chooseByOrder(away, undefined, false), { kind: 'none', because: /db2: .*neverPromote.*db3: .*taken out/ });
  t.match(chooseByOrder(away, undefined, true), { kind: 'none' }, 'nobody is named');
  t.match(chooseByOrder(away, 'db2', true), { kind: 'chosen', name: 'db2' });
  t.match(chooseByOrder(away, 'db3', true), { kind: 'chosen', name: 'db3' });
});

t.test('refused with the way out', async (t) => {
  t.match(chooseByOrder(input('static', copies, { several: true }), 'db2', true), { kind: 'none', because: /one at a time.*priority/ });
  t.match(chooseByOrder(input('group-replication', copies), 'db2', false), {
    kind: 'none',
    because: /group_replication_set_as_primary\('id2'\)/,
  });
});

t.test('the choice outranks priorities while it can, in both kinds', async (t) => {
  for (const [kind, make] of [
    ['static', (n: number, changes: Partial<ServerFacts>) => facts(n, changes)],
    ['galera', (n: number, changes: Partial<ServerFacts>) => ({ ...node(n), ...changes })],
  ] as const) {
    const servers = [make(1, { priority: 200 }), make(2, {})];
    const decide = (all: readonly ServerFacts[], chosen: string | undefined) =>
      decideRoles(kind, { servers: all, incumbent: 'db1', mode: 'follow', chosen }, true).primary;
    t.equal(decide(servers, undefined), 'db1');
    t.equal(decide(servers, 'db2'), 'db2', kind);
    t.equal(decide([make(1, { priority: 200 }), make(2, { state: 'down' })], 'db2'), 'db1', 'it failed');
  }
});
