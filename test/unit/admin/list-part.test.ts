import t from 'tap';
import { partOf } from '../../../src/admin/list-part.js';

const LIST = [
  { id: 1, user: 'app', pins: ['a', 'b'], tls: true },
  { id: 2, user: 'Root', pins: [], tls: false, schema: 'shop' },
  { id: 10, user: 'app', pins: ['named lock'], tls: false },
];

const ids = (query: string) => {
  const part = partOf(LIST, new URLSearchParams(query));
  return typeof part === 'string' ? part : [part.rows.map(({ id }) => id), part.total, part.matching];
};

t.test('a part of a list', (t) => {
  const cases: readonly [query: string, rows: number[], matching: number][] = [
    ['', [1, 2, 10], 3],
    ['limit=2', [1, 2], 3],
    ['sort=-id&limit=1', [10], 3],
    ['sort=id', [1, 2, 10], 3],
    ['sort=-pins', [1, 10, 2], 3],
    ['sort=schema', [1, 10, 2], 3],
    ['sort=nosuch', [1, 2, 10], 3],
    ['sort=-tls&limit=1', [1], 3],
    ['match=ROOT', [2], 1],
    ['match=named+lock&limit=5', [10], 1],
    ['match=.*', [], 0],
    ['match=1', [1, 10], 2],
  ];
  for (const [query, rows, matching] of cases) t.same(ids(query), [rows, 3, matching], query);
  for (const bad of ['0', '-1', '1.5', 'x', '', '1e3', '10000000']) t.match(ids(`limit=${bad}`), /^limit must be/, bad);
  t.end();
});
