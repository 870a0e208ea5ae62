import { read } from '../api.js';
import { dateTime } from '../format.js';
import { table } from '../table.js';

function targetOf({ target, dryRun }) {
  const words = Object.entries(target).map(([key, value]) => `${key} ${value}`);
  return [...words, ...(dryRun ? ['dry run'] : [])].join(', ') || '–';
}

/** Who did what. */
export function auditView(panel) {
  const grid = table(panel, {
    label: 'Actions',
    keyOf: ({ at, action, from, serial }) => `${at}-${action}-${from}-${serial}`,
    sort: 'at',
    empty: 'Nobody has asked for an action since the start.',
    matches: (entry) => `${entry.action} ${entry.actor ?? ''} ${entry.from} ${targetOf(entry)} ${entry.result} ${entry.code ?? ''}`,
    columns: [
      { key: 'at', label: 'When', value: ({ at }) => at, show: ({ at }) => dateTime(Date.parse(at)) },
      { key: 'actor', label: 'Who', value: ({ actor }) => actor, show: ({ actor }) => actor ?? 'unknown' },
      { key: 'from', label: 'From', value: ({ from }) => from, show: ({ from }) => from },
      { key: 'action', label: 'Action', value: ({ action }) => action, show: ({ action }) => action },
      { key: 'target', label: 'On', wide: true, value: targetOf, show: targetOf },
      {
        key: 'result',
        label: 'Result',
        value: ({ result }) => result,
        show: ({ result, code }) => (code === null ? result : `${result} (${code})`),
      },
    ],
  });
  return {
    async load() {
      const { audit } = await read('/api/v1/audit');
      grid.update(audit.map((entry, index) => ({ ...entry, serial: audit.length - index })));
    },
  };
}
