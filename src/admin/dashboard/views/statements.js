import { read } from '../api.js';
import { h } from '../dom.js';
import { clock, count, milliseconds } from '../format.js';
import { table } from '../table.js';

function duration(key, label) {
  return { key, label, number: true, value: (row) => row[key], show: (row) => milliseconds(row[key]) };
}

function amount(key, label) {
  return { key, label, number: true, value: (row) => row[key], show: (row) => count(row[key]) };
}

function sql(row, cell) {
  const code = cell.firstChild ?? h('code', { title: row.text }, row.text);
  return code;
}

/** Statements by their shape. */
export function statementsView(panel) {
  const grid = table(panel, {
    label: 'Statements',
    keyOf: ({ hash }) => hash,
    sort: 'totalMs',
    empty: 'No statement has been answered yet.',
    again: load,
    columns: [
      { key: 'text', label: 'Statement', wide: true, value: ({ text }) => text, show: sql },
      { key: 'kind', label: 'Kind', value: ({ kind }) => kind, show: ({ kind }) => kind },
      amount('count', 'Count'),
      duration('totalMs', 'Time in all'),
      duration('meanMs', 'Mean'),
      duration('p95Ms', 'p95'),
      duration('maxMs', 'Longest'),
      amount('rows', 'Rows'),
      amount('errors', 'Errors'),
    ],
  });
  async function load() {
    const asked = grid.query();
    const { digests, total } = await read(`/api/v1/digests?${asked}`);
    if (asked === grid.query()) grid.update(digests, total);
  }
  return { load };
}

/** The last statements that took a second or more. */
export function slowView(panel) {
  const grid = table(panel, {
    label: 'Slow statements',
    keyOf: ({ atMs, session, hash }) => `${atMs}-${session}-${hash}`,
    sort: 'atMs',
    empty: 'No statement has taken a second or more.',
    matches: ({ text, user, backend, client }) => `${text} ${user} ${backend} ${client}`,
    columns: [
      { key: 'atMs', label: 'Ended at', value: ({ atMs }) => atMs, show: ({ atMs }) => clock(atMs) },
      duration('tookMs', 'Took'),
      { key: 'text', label: 'Statement', wide: true, value: ({ text }) => text, show: sql },
      { key: 'backend', label: 'Server', value: ({ backend }) => backend, show: ({ backend }) => backend },
      { key: 'user', label: 'User', value: ({ user }) => user, show: ({ user, client }) => `${user}@${client}` },
      amount('rows', 'Rows'),
      { key: 'ok', label: 'Answer', value: ({ ok }) => ok, show: ({ ok }) => (ok ? 'ok' : 'error') },
    ],
  });
  return { load: async () => grid.update((await read('/api/v1/digests?limit=1')).slow) };
}
