import { existsSync, readFileSync } from 'node:fs';
import type { MatrixEntry, MatrixRecord } from '../drivers/record.js';
import { alignedTable } from './aligned-table.js';
import { inRepository } from './repository.js';

const RESULT = 'test/results/drivers.json';

const SERVERS: Readonly<Record<string, string>> = { mysql: 'MySQL', mariadb: 'MariaDB' };

/** What the last whole run of `npm run test:drivers` found, as the README shows it. */
export function driversTable(): string {
  if (!existsSync(inRepository(RESULT))) return 'Not run yet.\n';
  const result = JSON.parse(readFileSync(inRepository(RESULT), 'utf8')) as { date: string; commit: string; details: MatrixRecord };
  const { servers, entries } = result.details;
  const flavors = Object.keys(servers);
  const clients = [...new Set(entries.map(({ client }) => client))];
  const rows = clients.map((client) => {
    const own = entries.filter((entry) => entry.client === client);
    const version = own.find((entry) => entry.version !== '')?.version ?? client;
    return [version, own[0]?.language ?? '', ...flavors.map((flavor) => cell(own.find((entry) => entry.flavor === flavor))), remarks(own)];
  });
  const head = ['client', 'language', ...flavors.map((flavor) => `${SERVERS[flavor]} ${servers[flavor]}`), 'fails directly too'];
  return `Run on ${result.date.slice(0, 10)} at commit ${result.commit.slice(0, 12)}.\n\n${alignedTable(head, rows)}`;
}

/** Scenarios that are the same through the proxy, of those that work directly. */
function cell(entry: MatrixEntry | undefined): string {
  if (entry === undefined) return '';
  if (entry.missing !== undefined) return 'not installed';
  const { pass = 0, better = 0, fail = 0, differs = 0 } = entry.counts;
  return `${pass + better} of ${pass + better + fail + differs}`;
}

function remarks(entries: readonly MatrixEntry[]): string {
  const names = entries.flatMap((entry) =>
    entry.remarks.filter(({ verdict }) => verdict === 'direct').map(({ scenario }) => ({ scenario, flavor: entry.flavor })),
  );
  const all = [...new Set(names.map(({ scenario }) => scenario))];
  return all
    .map((scenario) => {
      const flavors = names.filter((name) => name.scenario === scenario).map(({ flavor }) => flavor);
      return flavors.length === entries.length ? scenario : `${scenario} (${flavors.map((flavor) => SERVERS[flavor]).join(', ')})`;
    })
    .join(', ');
}
