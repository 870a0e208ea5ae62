import type { NeededPrivilege } from './needed-privileges.js';

/** Other names of the same privilege, and those that contain it. MariaDB writes some in its own words. */
const contained: Readonly<Record<string, readonly string[]>> = {
  'BINLOG MONITOR': ['REPLICATION CLIENT'],
  'SLAVE MONITOR': ['REPLICA MONITOR'],
  'REPLICATION SLAVE ADMIN': ['REPLICATION REPLICA ADMIN'],
  REPLICATION_SLAVE_ADMIN: ['SUPER'],
  SYSTEM_VARIABLES_ADMIN: ['SUPER'],
  CONNECTION_ADMIN: ['SUPER'],
  SET_USER_ID: ['SUPER', 'SET_ANY_DEFINER'],
};

/** What the rows of SHOW GRANTS say, and what of the needed is not among it. Grants by roles count as far as the server lists them. */
export function missingPrivileges(grants: readonly string[], needed: readonly NeededPrivilege[]): readonly NeededPrivilege[] {
  const held = grants.flatMap((line) => {
    const parts = /^GRANT (.+?) ON (\S+) TO /i.exec(line);
    if (parts === null) return [];
    const place = (parts[2] ?? '').replaceAll('`', '').toLowerCase();
    return (parts[1] ?? '').split(',').map((name) => ({ name: name.trim().toUpperCase(), place }));
  });
  const has = (name: string, on: string) =>
    held.some(
      (each) =>
        (each.name === name || each.name === 'ALL PRIVILEGES' || each.name === 'ALL') &&
        (each.place === '*.*' || each.place === on || (on === 'mysql.user' && each.place === 'mysql.*')),
    );
  return needed.filter(({ name, on }) => ![name, ...(contained[name] ?? [])].some((each) => has(each, on)));
}
