import t from 'tap';
import { longestGap } from '../../demo/ledger.js';

t.test('the longest gap counts both ends of the span', async (t) => {
  t.same(longestGap([1, 2, 5, 9, 10], 0, 11), { ms: 4, endedAt: 9 });
  t.same(longestGap([8, 9], 0, 10), { ms: 8, endedAt: 8 });
  t.same(longestGap([1, 2], 0, 30), { ms: 28, endedAt: 30 });
  t.same(longestGap([], 5, 30), { ms: 25, endedAt: 30 });
  t.same(longestGap([-50, 100], 0, 10), { ms: 10, endedAt: 10 });
});
