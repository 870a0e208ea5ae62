import { decodeErr } from '../../src/protocol/err.js';
import { decodeOk } from '../../src/protocol/ok.js';
import type { SessionTrackItem } from '../../src/protocol/session-track.js';
import { StatusFlag } from '../../src/protocol/status-flags.js';
import type { Flavor, Server } from '../servers/servers.js';
import { CAPS, RawClient } from './raw-client.js';

/** One result of a text: the OK that ended it (with or without rows), or the ERR. */
export interface Result {
  readonly error: number | undefined;
  readonly message: string;
  readonly inTransaction: boolean;
  readonly autocommit: boolean;
  readonly track: readonly SessionTrackItem[];
}

const CAPABILITIES = (CAPS.plain | CAPS.sessionTrack | CAPS.deprecateEof) >>> 0;

/** The schema that `test/unit/sql/cases` speak of. */
export const DATABASE = 'pm_sql';

const SCHEMA = [
  `CREATE DATABASE ${DATABASE} CHARACTER SET utf8mb4`,
  `USE ${DATABASE}`,
  'CREATE TABLE marker (id INT AUTO_INCREMENT PRIMARY KEY, n INT)',
  'CREATE TABLE t (id INT PRIMARY KEY DEFAULT 0, a INT DEFAULT 0, b VARCHAR(50) DEFAULT "", c INT DEFAULT 0)',
  'CREATE TABLE u (id INT PRIMARY KEY, t_id INT, v VARCHAR(50))',
  'CREATE VIEW view_t AS SELECT * FROM t',
  'CREATE PROCEDURE p_nothing() BEGIN END',
  'CREATE PROCEDURE p_commit() COMMIT',
  'CREATE PROCEDURE p_out(OUT x INT, IN y INT) SET x = y',
  'CREATE FUNCTION f_read(x INT) RETURNS INT DETERMINISTIC NO SQL RETURN x',
  'CREATE FUNCTION f_write(x INT) RETURNS INT DETERMINISTIC BEGIN INSERT INTO u VALUES (x, x, ""); RETURN x; END',
  'CREATE FUNCTION f_mark(x INT) RETURNS INT DETERMINISTIC BEGIN INSERT INTO marker (n) VALUES (x); RETURN 1; END',
  // What the cases drop or change; what they create has other names.
  'CREATE TABLE d_table (id INT)',
  'CREATE INDEX d_index ON t (c)',
  'CREATE VIEW d_view AS SELECT 1',
  'CREATE PROCEDURE d_proc() SELECT 1',
  'CREATE FUNCTION d_func() RETURNS INT DETERMINISTIC RETURN 1',
  'CREATE TRIGGER d_trigger BEFORE INSERT ON u FOR EACH ROW SET NEW.v = NEW.v',
  'CREATE EVENT d_event ON SCHEDULE EVERY 1 DAY DISABLE DO DELETE FROM t',
  'CREATE DATABASE d_db',
  'CREATE USER d_user',
  'CREATE ROLE d_role',
  "CREATE SERVER d_srv FOREIGN DATA WRAPPER mysql OPTIONS (HOST '127.0.0.1')",
  'GRANT r TO sql_case',
  'FLUSH PRIVILEGES',
];

const LEFTOVERS = [
  `DROP DATABASE IF EXISTS ${DATABASE}`,
  'DROP DATABASE IF EXISTS d_db',
  'DROP DATABASE IF EXISTS n_db',
  "DROP USER IF EXISTS n_user, n2@'%', d_user, sql_case",
  'DROP ROLE IF EXISTS n_role, d_role, r',
  'DROP SERVER IF EXISTS n_srv',
  'DROP SERVER IF EXISTS d_srv',
];

/** Makes everything anew, the account `sql_case` with all rights too (a case changes its password). */
export async function resetSchema(server: Server, flavor: Flavor): Promise<void> {
  const connection = await server.connectAsRoot();
  const how = flavor === 'mysql' ? 'IDENTIFIED WITH mysql_native_password BY' : 'IDENTIFIED BY';
  const sequences = flavor === 'mariadb' ? ['CREATE SEQUENCE s1', 'CREATE SEQUENCE d_seq'] : [];
  const account = [`CREATE USER sql_case ${how} 'case'`, 'GRANT ALL ON *.* TO sql_case WITH GRANT OPTION', 'CREATE ROLE r'];
  try {
    for (const statement of [...LEFTOVERS, ...account, ...SCHEMA, ...sequences]) await connection.query(statement);
  } finally {
    await connection.end();
  }
}

/** A connection that shows results, status bits and trackers of each statement of a text. All trackers are armed. */
export class SqlConnection {
  readonly #client: RawClient;

  private constructor(client: RawClient) {
    this.#client = client;
  }

  static async open(server: Server, flavor: Flavor, armed = true): Promise<SqlConnection> {
    const connection = new SqlConnection(await RawClient.open(server.port, CAPABILITIES, 'sql_case', 'case', DATABASE));
    if (!armed) return connection;
    const gtids = flavor === 'mysql' ? ", session_track_gtids='OWN_GTID'" : '';
    const [answer] = await connection.run(
      `SET session_track_schema=1, session_track_system_variables='*', session_track_state_change=1, session_track_transaction_info='CHARACTERISTICS'${gtids}`,
    );
    if (answer?.error !== undefined) throw new Error(answer.message);
    return connection;
  }

  async run(sql: string | Buffer): Promise<Result[]> {
    const text = typeof sql === 'string' ? Buffer.from(sql) : sql;
    return results((await this.#client.command(Buffer.concat([Buffer.of(0x03), text]))).map((frame) => frame.subarray(4)));
  }

  /** A transaction is open now. */
  async inTransaction(): Promise<boolean> {
    const [result] = await this.run('DO 0');
    return result?.inTransaction === true;
  }

  end(): void {
    this.#client.end();
  }
}

function results(payloads: readonly Buffer[]): Result[] {
  const found: Result[] = [];
  let at = 0;
  while (at < payloads.length) {
    const first = payloads[at] as Buffer;
    if (first[0] !== 0x00 && first[0] !== 0xff) {
      at += 1 + (first[0] as number); // the columns, of which the cases have fewer than 251
      while ((payloads[at] as Buffer)[0] !== 0xff && !isEnd(payloads[at] as Buffer)) at++;
    }
    found.push(resultOf(payloads[at] as Buffer));
    at++;
  }
  return found;
}

const isEnd = (payload: Buffer): boolean => payload[0] === 0xfe && payload.length < 0xff_ffff;

function resultOf(payload: Buffer): Result {
  if (payload[0] === 0xff) {
    const { code, message } = decodeErr(payload, CAPABILITIES);
    return { error: code, message: message.toString(), inTransaction: false, autocommit: false, track: [] };
  }
  const { statusFlags, sessionTrack } = decodeOk(payload, CAPABILITIES);
  return {
    error: undefined,
    message: '',
    inTransaction: (statusFlags & StatusFlag.IN_TRANS) !== 0,
    autocommit: (statusFlags & StatusFlag.AUTOCOMMIT) !== 0,
    track: sessionTrack ?? [],
  };
}
