import t from 'tap';
import { type Fitness, fitnessOf } from '../../../src/session/attachment.js';
import type { BackendView, ClusterSnapshot } from '../../../src/topology/snapshot.js';

function view(name: string, role: BackendView['role'], more: Partial<BackendView> = {}): BackendView {
  return {
    name,
    address: { host: '127.0.0.1', port: 3306 },
    weight: 1,
    priority: 1,
    state: 'online',
    role,
    readable: role === 'replica',
    lagMs: undefined,
    latencyMs: undefined,
    identity: undefined,
    reason: '',
    lastError: undefined,
    ...more,
  };
}

function seen(replica: BackendView | undefined, more: Partial<ClusterSnapshot> = {}): ClusterSnapshot {
  const backends = [view('db1', 'primary'), view('db3', 'replica'), ...(replica === undefined ? [] : [replica])];
  return { cluster: 'main', version: 1, epoch: 1, primary: 'db1', backends, ...more };
}

t.test('a session on a replica', async (t) => {
  const cases: [string, BackendView | undefined, Fitness, Fitness][] = [
    ['that is well', view('db2', 'replica'), 'use', 'use'],
    ['that lags', view('db2', 'replica', { readable: false }), 'could-move', 'use'],
    ['that is down', view('db2', 'none', { state: 'down' }), 'move', 'wait'],
    ['that drains', view('db2', 'replica', { state: 'draining', readable: false }), 'could-move', 'use'],
    ['that was removed', undefined, 'move', 'use'],
    ['that was removed and added again', view('db2', 'none', { state: 'down', unseen: true }), 'move', 'use'],
  ];
  for (const [what, replica, atRest, inTransaction] of cases) {
    const snapshot = seen(replica);
    t.equal(fitnessOf('db2', snapshot, 'replica', false), atRest, `${what}, at rest`);
    t.equal(fitnessOf('db2', snapshot, 'replica', true), inTransaction, `${what}, in a transaction`);
  }
});

t.test('a session on the primary', async (t) => {
  t.equal(fitnessOf('db1', seen(undefined), 'primary', false), 'use');
  t.equal(fitnessOf('db1', seen(undefined), 'replica', false), 'could-move', 'a replica is there for its reads');
  t.equal(fitnessOf('db1', seen(undefined, { primary: 'db3' }), 'primary', false), 'move', 'another one is primary');
  t.equal(fitnessOf('db1', seen(undefined, { primary: 'db3' }), 'primary', true), 'use', 'transactions end there');
  const handover = { id: 'h', from: 'db1', to: 'db3', untilMs: 0, phase: 'drain' } as const;
  t.equal(fitnessOf('db1', seen(undefined, { handover }), 'primary', false), 'hold');
  t.equal(fitnessOf('db1', seen(undefined, { handover }), 'primary', true), 'use');
  t.equal(fitnessOf('db1', seen(undefined, { pause: { by: 'admin', sinceMs: 0 } }), 'primary', false), 'hold');
});
