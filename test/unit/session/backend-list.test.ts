import t from 'tap';
import { backendList } from '../../../src/session/backend-list.js';
import type { BackendView } from '../../../src/topology/snapshot.js';

const base = {
  weight: 1,
  priority: 1,
  role: 'none',
  readable: false,
  lagMs: undefined,
  latencyMs: undefined,
  identity: undefined,
} as const;
const db1: BackendView = {
  ...base,
  name: 'db1',
  address: { host: '127.0.0.1', port: 1 },
  state: 'down',
  reason: 'not reached yet',
  lastError: 'refused',
};
const db2: BackendView = { ...db1, name: 'db2', state: 'online', reason: 'replica of db1', lastError: undefined };

t.test('why a statement found no server', async (t) => {
  const snapshot = { cluster: 'main', version: 1, epoch: 1, primary: undefined, backends: [db1, db2] };
  t.equal(backendList(snapshot), 'db1 is down (refused), db2 is online (replica of db1)');
  t.equal(
    backendList({ ...snapshot, stuck: 'no server can be promoted (db2: configured as neverPromote)' }),
    'no server can be promoted (db2: configured as neverPromote); db1 is down (refused), db2 is online (replica of db1)',
  );
});
