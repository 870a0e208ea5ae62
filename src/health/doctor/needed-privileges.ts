import type { Flavor } from '../../topology/snapshot.js';

/** What is done with a cluster, as far as privileges depend on it. */
export interface UsedFeatures {
  readonly mode: 'follow' | 'promote';
  /** Stored password hashes are read, so that sessions of `mysql_native_password` accounts can move (`auth.mode: auto`). */
  readonly readsAccounts: boolean;
  /** Commits are guarded. */
  readonly commitGuard: boolean;
}

/** One privilege and what it is for. */
export interface NeededPrivilege {
  /** In the words of GRANT. */
  readonly name: string;
  /** Where: all, or one table. */
  readonly on: '*.*' | 'mysql.user' | 'pointsman.*';
  readonly purpose: string;
  /** Something works without it. */
  readonly optional?: true;
}

const look: Readonly<Record<Flavor, readonly NeededPrivilege[]>> = {
  mysql: [{ name: 'REPLICATION CLIENT', on: '*.*', purpose: 'see replication' }],
  mariadb: [
    { name: 'BINLOG MONITOR', on: '*.*', purpose: 'see positions of the binary log' },
    { name: 'SLAVE MONITOR', on: '*.*', purpose: 'see replication' },
  ],
};

const change: Readonly<Record<Flavor, readonly NeededPrivilege[]>> = {
  mysql: [
    { name: 'REPLICATION_SLAVE_ADMIN', on: '*.*', purpose: 'stop, start and repoint replication' },
    { name: 'RELOAD', on: '*.*', purpose: 'forget the source of a promoted server (RESET REPLICA)' },
    { name: 'SYSTEM_VARIABLES_ADMIN', on: '*.*', purpose: 'set and lift read_only' },
    { name: 'CONNECTION_ADMIN', on: '*.*', purpose: 'connect while the server is full; cut clients off an old primary' },
    { name: 'PROCESS', on: '*.*', purpose: 'see the clients of an old primary' },
    { name: 'EVENT', on: '*.*', purpose: 'scheduled events go on on the new primary', optional: true },
    { name: 'SET_USER_ID', on: '*.*', purpose: 'and keep their definer', optional: true },
  ],
  mariadb: [
    { name: 'REPLICATION SLAVE ADMIN', on: '*.*', purpose: 'stop, start and repoint replication' },
    { name: 'RELOAD', on: '*.*', purpose: 'forget the source of a promoted server (RESET SLAVE)' },
    { name: 'READ_ONLY ADMIN', on: '*.*', purpose: 'set and lift read_only' },
    { name: 'CONNECTION ADMIN', on: '*.*', purpose: 'connect while the server is full; cut clients off an old primary' },
    { name: 'PROCESS', on: '*.*', purpose: 'see the clients of an old primary' },
    { name: 'EVENT', on: '*.*', purpose: 'scheduled events go on on the new primary', optional: true },
    { name: 'SET USER', on: '*.*', purpose: 'and keep their definer', optional: true },
    { name: 'REPLICATION MASTER ADMIN', on: '*.*', purpose: 'semi-sync goes on on the new primary', optional: true },
    { name: 'SUPER', on: '*.*', purpose: 'switch the event scheduler on, where it is off on replicas', optional: true },
  ],
};

const guard: readonly NeededPrivilege[] = [
  { name: 'CREATE', on: 'pointsman.*', purpose: 'make the table of commit tokens' },
  { name: 'SELECT', on: 'pointsman.*', purpose: 'see which of them are old' },
  { name: 'DELETE', on: 'pointsman.*', purpose: 'take those away' },
];

/** What the account of `monitor` needs, most important first. Every one of them is used; nothing more is. */
export function neededPrivileges(flavor: Flavor, features: UsedFeatures): readonly NeededPrivilege[] {
  return [
    ...look[flavor],
    ...(features.mode === 'promote' ? change[flavor] : []),
    ...(features.commitGuard ? guard : []),
    ...(features.readsAccounts
      ? [
          {
            name: 'SELECT',
            on: 'mysql.user',
            purpose: 'sessions of mysql_native_password accounts can move without their password in the file',
            optional: true,
          } as const,
        ]
      : []),
  ];
}

/** The statements that grant them to an account written as in SQL (`'pointsman'@'%'`). */
export function grantStatements(privileges: readonly NeededPrivilege[], account: string): readonly string[] {
  const places = [...new Set(privileges.map(({ on }) => on))];
  return places.map((place) => {
    const names = privileges.filter(({ on }) => on === place).map(({ name }) => name);
    return `GRANT ${names.join(', ')} ON ${place} TO ${account};`;
  });
}
