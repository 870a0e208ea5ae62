import fc from 'fast-check';
import t from 'tap';
import { Balancer } from '../../../src/routing/balancer.js';
import { view } from './backend-views.js';

function picks(balancer: Balancer, candidates: Parameters<Balancer['pick']>[0], count: number): Record<string, number> {
  const seen: Record<string, number> = {};
  for (let i = 0; i < count; i++) {
    const name = balancer.pick(candidates)?.name ?? 'none';
    seen[name] = (seen[name] ?? 0) + 1;
  }
  return seen;
}

t.test('nothing to choose from', (t) => {
  t.equal(new Balancer().pick([]), undefined);
  t.end();
});

t.test('idle backends of equal weight take turns', (t) => {
  t.same(picks(new Balancer(), [view('a'), view('b'), view('c')], 9), { a: 3, b: 3, c: 3 });
  t.end();
});

t.test('idle backends get work in proportion to their weights', (t) => {
  t.same(picks(new Balancer(), [view('a', { weight: 100 }), view('b', { weight: 300 })], 400), { a: 100, b: 300 });
  t.end();
});

t.test('weight 0 is the last resort', (t) => {
  t.same(picks(new Balancer(), [view('a', { weight: 0 }), view('b')], 5), { b: 5 });
  t.same(picks(new Balancer(), [view('a', { weight: 0 })], 2), { a: 2 });
  t.end();
});

t.test('the least outstanding work per weight wins', (t) => {
  const balancer = new Balancer();
  balancer.acquire('a');
  t.equal(balancer.pick([view('a'), view('b')])?.name, 'b');
  balancer.acquire('b');
  balancer.acquire('b');
  t.equal(balancer.pick([view('a'), view('b')])?.name, 'a');
  t.equal(balancer.pick([view('a'), view('b', { weight: 300 })])?.name, 'b', '2 of 300 is less than 1 of 100');
  balancer.release('a');
  balancer.release('a');
  t.equal(balancer.outstanding('a'), 0, 'never below zero');
  t.end();
});

t.test('one that was away does not get all that it missed', (t) => {
  const balancer = new Balancer();
  picks(balancer, [view('a'), view('b')], 1000);
  t.same(picks(balancer, [view('a'), view('b'), view('new')], 30), { a: 10, b: 10, new: 10 });
  t.end();
});

t.test('work that is never released spreads by weight', (t) => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 6 }), (weights) => {
      const balancer = new Balancer();
      const candidates = weights.map((weight, index) => view(`b${index}`, { weight }));
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      for (let i = 0; i < total * 4; i++) balancer.acquire(balancer.pick(candidates)?.name ?? '');
      for (const { name, weight } of candidates) if (Math.abs(balancer.outstanding(name) - weight * 4) > weights.length) return false;
      return true;
    }),
  );
  t.end();
});
