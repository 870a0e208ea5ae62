import type { Json } from '../../config/json/node.js';
import type { Places } from './convert.js';
import type { Row } from './proxysql-tables.js';

/**
 * Accounts with what is said of them here.
 * @param splits clusters whose reads were sent to readers by rules: an account of their writers becomes one that is split
 */
export function convertUsers(rows: readonly Row[], places: Places, splits: ReadonlySet<string>, notes: string[]): Json[] {
  const users = new Map<string, Json>();
  const clusters = new Set([...places.values()].map(({ cluster }) => cluster));
  for (const row of rows) {
    const name = row['username'] ?? '';
    if (row['active'] === '0') {
      notes.push(`user ${name} was not active and is left out`);
      continue;
    }
    // Separate rows for frontend and backend have the same password.
    if (users.has(name) || row['frontend'] === '0') continue;
    const place = places.get(row['default_hostgroup'] ?? '0');
    const split = place?.route === 'primary' && splits.has(place.cluster);
    const most = row['max_connections'];
    users.set(name, {
      name,
      ...passwordOf(row['password'] ?? ''),
      ...(most === undefined || most === '10000' || most === '0' ? {} : { maxConnections: Number(most) }),
      ...(place === undefined || clusters.size < 2 ? {} : { cluster: place.cluster }),
      ...(place?.route === undefined || split ? {} : { route: place.route }),
    });
    if (row['use_ssl'] === '1')
      notes.push(`user ${name} had use_ssl: demand TLS on the listener (listeners[].tls.mode require) or on the server (REQUIRE SSL)`);
    if (row['fast_forward'] === '1') notes.push(`user ${name} had fast_forward: not needed, nothing is parsed twice`);
  }
  return [...users.values()];
}

function passwordOf(password: string): { [key: string]: Json } {
  if (password === '') return {};
  return /^\*[0-9A-F]{40}$|^\$A\$/i.test(password) ? { passwordHash: password } : { password: password.replaceAll('${', '$${') };
}
