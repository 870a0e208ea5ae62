import type { Flavor } from '../servers/flavor.js';

/** One thing that every client of the matrix does where it can. What exactly it must see stands in `expects`; the programs check it. */
export interface Scenario {
  readonly name: string;
  readonly expects: string;
  /** Only on this server. */
  readonly flavor?: Flavor;
}

/**
 * The whole matrix in one list. A client's program prints a line for each: `ok NAME: DETAIL`, `not ok NAME: WHY` or `skip NAME: WHY`.
 * DETAIL is all that the client saw (values, types, error codes); it must be the same through the proxy as directly.
 */
export const SCENARIOS: readonly Scenario[] = [
  { name: 'login', expects: 'without TLS, as an account with the default plugin of the server; Ssl_cipher is empty' },
  { name: 'login-tls', expects: 'with TLS, certificate not verified; Ssl_cipher is not empty' },
  { name: 'login-native', expects: 'account with mysql_native_password', flavor: 'mysql' },
  { name: 'login-sha256', expects: 'account with sha256_password, over TLS', flavor: 'mysql' },
  { name: 'login-ed25519', expects: 'account with ed25519', flavor: 'mariadb' },
  { name: 'wrong-password', expects: '1045 28000' },
  { name: 'unknown-database', expects: '1049 42000' },
  { name: 'unicode', expects: 'text of all planes comes back as it was, as a parameter and as a literal' },
  { name: 'binary', expects: 'all 256 byte values come back as they were' },
  {
    name: 'types',
    expects: 'a row of every type, written by parameters, equals the one written by literals; values as the client reads them',
  },
  { name: 'prepared', expects: 'one statement run 100 times with changing values and NULL, one of 100 statements each, closed' },
  { name: 'transaction', expects: 'rollback undoes, commit keeps, a second connection sees only what is committed' },
  { name: 'multi-results', expects: 'two results of a procedure; where the client can, several statements at once' },
  { name: 'large-blob', expects: '20 MiB out and back, same checksum on the server' },
  { name: 'local-infile', expects: '1,000 lines of a local file arrive' },
  { name: 'cursor', expects: '1,000 rows fetched bit by bit (server-side cursor or streaming)' },
  { name: 'reset', expects: 'change user or reset: a user variable set before is gone' },
  { name: 'kill-query', expects: 'KILL QUERY of a second connection ends a sleeping statement with 1317; the connection stays' },
  { name: 'cancel', expects: 'the client gives a running statement up in its own way (abort, time-out of the client); the next one works' },
  { name: 'reconnect', expects: 'KILL of the connection is felt as an error; the client connects again and works' },
  { name: 'results', expects: 'affected rows, insert id, warnings, errors 1062 and 1064 with their SQLSTATE' },
  { name: 'orm', expects: 'what a mapper is for: tables made and inspected, rows and relations written and read, rollback, pool' },
  { name: 'tool', expects: 'what a tool is for: a dump restored, binlog events read, load run' },
];
