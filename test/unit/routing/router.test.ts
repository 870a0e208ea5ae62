import fc from 'fast-check';
import t from 'tap';
import { Balancer } from '../../../src/routing/balancer.js';
import { type ChooseOptions, type Route, Router } from '../../../src/routing/router.js';
import type { BackendState, BackendView, Role } from '../../../src/topology/snapshot.js';
import { primary, snapshot, view } from './backend-views.js';

function choose(route: Route, backends: readonly BackendView[], options?: ChooseOptions, primaryName?: string): string {
  const target = new Router(new Balancer()).choose(route, snapshot(backends, primaryName), options);
  return target.kind === 'backend' ? target.backend.name : 'none';
}

t.test('route primary', (t) => {
  t.equal(choose('primary', [primary('p'), view('r')]), 'p');
  t.equal(choose('primary', [primary('p', { state: 'suspect' }), view('r')]), 'p');
  for (const state of ['down', 'draining', 'maintenance'] as const)
    t.equal(choose('primary', [primary('p', { state }), view('r')]), 'none', state);
  t.equal(choose('primary', [view('r'), view('s')]), 'none', 'no primary known');
  t.equal(choose('primary', [primary('p'), view('r')], { exclude: new Set(['p']) }), 'none');
  t.equal(choose('primary', [primary('p'), primary('q')], {}, 'q'), 'q', 'the snapshot says who, not the role');
  t.end();
});

t.test('route replica', (t) => {
  t.equal(choose('replica', [primary('p'), view('r')]), 'r');
  t.equal(choose('replica', [primary('p'), view('r', { readable: false, lagMs: 60_000 })]), 'p', 'lagging');
  t.equal(choose('replica', [primary('p'), view('r', { state: 'suspect', readable: false })]), 'p', 'suspect only when nobody else can');
  t.equal(choose('replica', [primary('p', { state: 'down' }), view('r', { state: 'suspect', readable: false })]), 'r');
  t.equal(
    choose('replica', [view('r', { state: 'suspect', readable: false, lagMs: 11_000 })], { maxLagMs: 10_000 }),
    'none',
    'suspect and too old',
  );
  t.equal(
    choose('replica', [view('r', { state: 'suspect', readable: false, lagMs: undefined })]),
    'none',
    'suspect and nobody knows how old',
  );
  t.equal(choose('replica', [primary('p', { state: 'suspect' }), view('r', { readable: false })]), 'p', 'a suspect primary before none');
  t.equal(choose('replica', [primary('p'), view('r'), view('s')], { exclude: new Set(['r']) }), 's');
  t.equal(choose('replica', [primary('p'), view('r', { elsewhere: true }), view('s')]), 's', 'our own zone first');
  t.equal(
    choose('replica', [primary('p'), view('r', { elsewhere: true }), view('s', { readable: false })]),
    'r',
    'another zone before the primary',
  );
  t.equal(
    choose('replica', [primary('p'), view('r', { elsewhere: true }), view('s', { weight: 0 })]),
    'r',
    'weight 0 takes none while another can',
  );
  t.equal(choose('replica', [view('x', { role: 'none' }), view('r', { state: 'draining' }), view('s', { state: 'maintenance' })]), 'none');
  t.equal(choose('replica', []), 'none');
  t.end();
});

t.test('replicas are balanced', (t) => {
  const balancer = new Balancer();
  const router = new Router(balancer);
  const shape = snapshot([primary('p'), view('r'), view('s', { weight: 200 })]);
  for (let i = 0; i < 30; i++) {
    const target = router.choose('replica', shape);
    if (target.kind === 'backend') balancer.acquire(target.backend.name);
  }
  t.equal(balancer.outstanding('r'), 10);
  t.equal(balancer.outstanding('s'), 20);
  t.end();
});

t.test('reasons name every backend', (t) => {
  const router = new Router(new Balancer());
  const backends = [
    primary('p', { state: 'down', reason: 'refused twice', lastError: 'ECONNREFUSED' }),
    view('lagging', { readable: false, lagMs: 12_400, reason: 'lag over 10 s' }),
    view('leaving', { state: 'draining' }),
    view('odd', { role: 'none', reason: 'a second candidate' }),
  ];
  t.equal(
    router.choose('replica', snapshot(backends, undefined)).reason,
    'no backend for route replica (p is down: refused twice; ECONNREFUSED; lagging takes no reads, lag 12 s: lag over 10 s; leaving is draining; odd is no replica: a second candidate)',
  );
  t.match(
    router.choose('primary', snapshot(backends.slice(1))).reason,
    /^no backend for route primary, and no primary is known \(lagging is not the primary/,
  );
  t.equal(
    router.choose('replica', snapshot([primary('p'), view('r'), view('s')])).reason,
    'r: readable replica with the least work for its weight (0 at work, weight 100) (p is the primary and left to writes; s has 0 at work, weight 100)',
  );
  t.match(router.choose('replica', snapshot([primary('p')])).reason, /^p: the primary, because no replica can take reads$/);
  t.match(router.choose('primary', snapshot([])).reason, /the cluster has none/);
  t.end();
});

t.test('whatever the snapshot: never one that is down or leaving, and none only when nobody can', (t) => {
  const states: BackendState[] = ['online', 'suspect', 'down', 'draining', 'maintenance'];
  const roles: Role[] = ['primary', 'replica', 'none'];
  const backend = fc.record({
    state: fc.constantFrom(...states),
    role: fc.constantFrom(...roles),
    readable: fc.boolean(),
    lagMs: fc.option(fc.nat(20_000), { nil: undefined }),
    weight: fc.integer({ min: 0, max: 300 }),
  });
  fc.assert(
    fc.property(fc.array(backend, { maxLength: 6 }), fc.constantFrom<Route>('primary', 'replica'), (shapes, route) => {
      const backends = shapes.map((shape, index) =>
        view(`b${index}`, { ...shape, readable: shape.readable && shape.state === 'online' && shape.role === 'replica' }),
      );
      const shape = snapshot(backends);
      const target = new Router(new Balancer()).choose(route, shape);
      t.ok(target.reason.length > 0);
      const usable = backends.filter(({ state }) => state === 'online' || state === 'suspect');
      if (target.kind === 'none') return !usable.some((b) => b.name === shape.primary || (route === 'replica' && b.readable));
      return usable.includes(target.backend) && (route === 'replica' || target.backend.name === shape.primary);
    }),
  );
  t.end();
});
