import t from 'tap';
import { kindFindings } from '../../../src/health/doctor/kind-findings.js';
import { monitorOptions } from '../../../src/health/options.js';
import type { GaleraState, ServerSample } from '../../../src/topology/sample.js';
import { sample } from '../topology/samples.js';

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

function texts(samples: readonly (ServerSample | undefined)[], kind: 'galera' | 'static' = 'galera'): string {
  const names = samples.map((_, i) => `db${i + 1}`);
  const backends = names.map((name, i) => ({
    name,
    address: { host: `10.0.0.${i}`, port: 1 },
    weight: 1,
    priority: 1,
    neverPromote: false,
  }));
  const options = monitorOptions({ cluster: 'main', backends, monitor: { user: 'm', password: '' }, log: silent });
  const examined = samples.map((each, i) => ({ name: names[i] ?? '', sample: each, findings: [] }));
  return kindFindings(options, kind, examined)
    .map(({ about, severity, text, fix }) => `${severity} ${about}: ${text}${fix === undefined ? '' : ` [${fix}]`}`)
    .join('\n');
}

function node(n: number, members: number, changes: Partial<GaleraState> = {}, more: Partial<ServerSample> = {}): ServerSample {
  const list = Array.from({ length: members }, (_, i) => `10.0.0.${i}:3306`);
  const base = { clusterId: 'c', primaryComponent: true, state: 4, stateText: 'Synced', ready: true, rejects: false, members: list };
  return sample(n, { flavor: 'mariadb', galera: { ...base, ...changes }, ...more });
}

t.test('a whole Galera cluster: nothing but good news', async (t) => {
  const said = texts([node(1, 3), node(2, 3), node(3, 3)]);
  t.match(said, /fine main: galera: db1 takes the writes/);
  t.notMatch(said, /problem|warning/);
});

t.test('what endangers one', async (t) => {
  const outside = { primaryComponent: false, ready: false, state: 0, stateText: 'Initialized' };
  t.match(texts([node(1, 2, outside), node(2, 2, outside)]), /problem main: no node is in the primary component.*pc\.bootstrap=true/);
  t.match(texts([node(1, 2), node(2, 2)]), /warning main: 2 nodes: .*halves.*garbd/);
  t.match(texts([node(1, 3), node(2, 3)]), /warning main: the nodes name 3 members, and 2 are configured.*discover/);
  t.match(texts([node(1, 1), node(2, 1), undefined]), /problem main: the nodes name 1 members, and 3 are configured/);
  t.match(texts([node(1, 3), node(2, 3, { state: 2, stateText: 'Donor/Desynced' }), node(3, 3)]), /warning db2: Donor.*wsrep_desync = OFF/);
  t.match(texts([node(1, 3), node(2, 3, {}, { readOnly: true }), node(3, 3)]), /warning db2: read-only: it can never/);
  t.match(texts([node(1, 3), node(2, 3, { rejects: true }), node(3, 3)]), /problem db2: set to reject queries/);
  t.match(texts([node(1, 3), sample(2), node(3, 3)]), /problem db2: no Galera node/);
  t.match(texts([node(1, 3), node(2, 3), node(3, 3, { clusterId: 'other' })]), /problem main: .*another Galera cluster.*db3/);
});

t.test('static copies: both writable is as it should be', async (t) => {
  const said = texts([sample(1), sample(2)], 'static');
  t.match(said, /fine main: static: db1 takes the writes/);
  t.notMatch(said, /problem/);
  t.match(texts([sample(1, { readOnly: true }), undefined], 'static'), /problem main: no server can take over/);
});
