import { read } from '../api.js';
import { count } from '../format.js';
import { table } from '../table.js';

function words(object) {
  return Object.entries(object)
    .map(([key, value]) => `${key} ${Array.isArray(value) ? value.join(', ') : typeof value === 'object' ? JSON.stringify(value) : value}`)
    .join('; ');
}

/** Rules in their order, with what became of what they matched. */
export function rulesView(panel) {
  const grid = table(panel, {
    label: 'Rules',
    keyOf: ({ name }) => name,
    sort: 'order',
    descending: false,
    empty: 'The configuration has no rules.',
    matches: ({ name, match, action }) => `${name} ${words(match)} ${words(action)}`,
    columns: [
      { key: 'order', label: '#', number: true, value: ({ order }) => order, show: ({ order }) => String(order) },
      { key: 'name', label: 'Rule', value: ({ name }) => name, show: ({ name, dryRun }) => `${name}${dryRun ? ' (dry run)' : ''}` },
      { key: 'match', label: 'Matches', wide: true, value: ({ match }) => words(match), show: ({ match }) => words(match) || 'everything' },
      { key: 'action', label: 'Does', wide: true, value: ({ action }) => words(action), show: ({ action }) => words(action) || 'nothing' },
      ...['hits', 'denied', 'limited', 'timedOut'].map((key) => ({
        key,
        label: key === 'timedOut' ? 'Timed out' : key[0].toUpperCase() + key.slice(1),
        number: true,
        value: (row) => row[key],
        show: (row) => count(row[key]),
      })),
    ],
  });
  return {
    async load() {
      const { rules } = await read('/api/v1/rules');
      grid.update(rules.map((rule, index) => ({ ...rule, order: index + 1 })));
    },
  };
}
