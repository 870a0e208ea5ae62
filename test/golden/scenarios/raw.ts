import { RawClient } from '../raw-client.js';
import type { Scenario, Target } from '../scenario.js';

/*
 * What no driver at hand does, as bytes written by hand from the servers' manuals. Nothing here may come from src/protocol: a mistake in
 * our codec would then be on both sides.
 */

const DRIVER = 'bytes written by hand';

// LONG_PASSWORD, CONNECT_WITH_DB, LOCAL_FILES, PROTOCOL_41, TRANSACTIONS, SECURE_CONNECTION, MULTI_STATEMENTS, MULTI_RESULTS,
// PS_MULTI_RESULTS, PLUGIN_AUTH
const PLAIN = 0x000f_a289;
const DEPRECATE_EOF = 0x0100_0000;
const OPTIONAL_METADATA = 0x0200_0000;
const LONG_PASSWORD = 0x1;
// MariaDB's, 32 bits up: PROGRESS, STMT_BULK_OPERATIONS, EXTENDED_METADATA, CACHE_METADATA
const PROGRESS = 0x1;
const BULK = 0x4;
const EXTENDED_METADATA = 0x8;
const CACHE_METADATA = 0x10;

const QUERY = 0x03;
const PREPARE = 0x16;
const EXECUTE = 0x17;
const LONG_DATA = 0x18;
const CLOSE = 0x19;
const RESET = 0x1a;
const FETCH = 0x1c;

type Work = (client: RawClient, target: Target) => Promise<void>;

function scenario(
  name: string,
  what: string,
  capabilities: number,
  work: Work,
  more: Partial<Scenario> & { mariadb?: number } = {},
): Scenario {
  const { mariadb = 0, ...rest } = more;
  return {
    name: `raw-${name}`,
    driver: DRIVER,
    what,
    ...rest,
    run: async (target) => {
      const client = await RawClient.login(target.port, 'golden', capabilities, mariadb);
      await work(client, target);
      await client.close();
      return undefined;
    },
  };
}

export const rawScenarios: readonly Scenario[] = [
  scenario('cursor', 'cursor opened, fetched in parts, fetched past its end, reset; EOF packets', PLAIN, cursor),
  scenario('cursor-deprecate-eof', 'the same with DEPRECATE_EOF', PLAIN | DEPRECATE_EOF, cursor),
  scenario('text-deprecate-eof', 'text results, multi-results, errors with DEPRECATE_EOF', PLAIN | DEPRECATE_EOF, text),
  scenario('prepare', 'prepare with 0 and n parameters and columns; execute with types and again without; long data', PLAIN, prepared),
  scenario('prepare-deprecate-eof', 'the same with DEPRECATE_EOF', PLAIN | DEPRECATE_EOF, prepared),
  scenario(
    'old-commands',
    'field list, statistics, process info, debug, set option, init db, and commands that are refused',
    PLAIN,
    oldCommands,
  ),
  scenario('old-commands-deprecate-eof', 'the same with DEPRECATE_EOF', PLAIN | DEPRECATE_EOF, oldCommands),
  scenario('optional-metadata', 'resultset_metadata=NONE, with EOF packets', PLAIN | OPTIONAL_METADATA, optionalMetadata, {
    only: 'mysql',
  }),
  scenario(
    'optional-metadata-deprecate-eof',
    'resultset_metadata=NONE and back to FULL',
    PLAIN | OPTIONAL_METADATA | DEPRECATE_EOF,
    optionalMetadata,
    { only: 'mysql' },
  ),
  scenario('cached-metadata', 'column definitions left out from the second execution on', PLAIN & ~LONG_PASSWORD, cachedMetadata, {
    only: 'mariadb',
    mariadb: BULK | EXTENDED_METADATA | CACHE_METADATA,
  }),
  scenario('cached-metadata-deprecate-eof', 'the same with DEPRECATE_EOF', (PLAIN & ~LONG_PASSWORD) | DEPRECATE_EOF, cachedMetadata, {
    only: 'mariadb',
    mariadb: BULK | EXTENDED_METADATA | CACHE_METADATA,
  }),
  scenario('bulk', 'COM_STMT_BULK_EXECUTE', (PLAIN & ~LONG_PASSWORD) | DEPRECATE_EOF, bulk, { only: 'mariadb', mariadb: BULK }),
  scenario('progress', 'progress reports of a long ALTER TABLE', PLAIN & ~LONG_PASSWORD, progress, { only: 'mariadb', mariadb: PROGRESS }),
  scenario('binlog', 'register as replica, dump a binlog without waiting, by file', PLAIN, binlog),
  scenario('binlog-deprecate-eof', 'the same with DEPRECATE_EOF', PLAIN | DEPRECATE_EOF, binlog),
  scenario('binlog-gtid', 'COM_BINLOG_DUMP_GTID without waiting', PLAIN, binlogGtid, { only: 'mysql' }),
  scenario('binlog-refused', 'a binlog file that does not exist', PLAIN, async (client) => {
    await client.command(0x12, 'x:0400000001000900000062696e6c6f672e6e6f6e65');
  }),
  scenario('huge-rows', 'first values of a row so long that the packet has 16 MiB - 1, 16 MiB and more bytes', PLAIN, hugeRows),
  scenario('huge-rows-deprecate-eof', 'the same with DEPRECATE_EOF', PLAIN | DEPRECATE_EOF, hugeRows),
  scenario('huge-binary-row', 'a row of a prepared statement over 16 MiB', PLAIN | DEPRECATE_EOF, hugeBinaryRow),
  scenario('reset-connection', 'COM_RESET_CONNECTION', PLAIN, async (client) => {
    await client.command(QUERY, 'SET autocommit = 0');
    await client.command(0x1f);
  }),
];

/** Ends the server it is recorded on, so it runs last and only where asked for. MariaDB sends an ERR that nobody asked for. */
export const shutdownScenario: Scenario = scenario(
  'shutdown',
  'SHUTDOWN as a statement; what follows the answer is unasked',
  PLAIN,
  async (client) => {
    await client.command(QUERY, 'SHUTDOWN');
  },
);

/** Little-endian hex of a number. */
function le(value: number, size: number): string {
  const bytes = Buffer.alloc(size);
  bytes.writeUIntLE(value, 0, size);
  return bytes.toString('hex');
}

/** Prepares and gives the id as hex (bytes 1 to 4 of the answer's payload). */
async function prepare(client: RawClient, sql: string): Promise<string> {
  const answer = await client.command(PREPARE, sql);
  return answer.toString('hex', 5, 9);
}

/** Executes with one BIGINT parameter: cursor flag, types sent or not. */
async function execute(client: RawClient, id: string, flag: string, bound: string, value: number): Promise<void> {
  const types = bound === '01' ? '0800' : '';
  await client.command(EXECUTE, `x:${id}${flag}0100000000${bound}${types}${le(value, 6)}0000`);
}

async function cursor(client: RawClient): Promise<void> {
  const id = await prepare(client, 'SELECT id, name FROM thing WHERE id >= ? ORDER BY id');
  await execute(client, id, '01', '01', 1);
  await client.command(FETCH, `x:${id}${le(2, 4)}`);
  await client.command(FETCH, `x:${id}${le(9, 4)}`);
  await client.command(FETCH, `x:${id}${le(9, 4)}`);
  await execute(client, id, '01', '00', 2);
  await client.command(FETCH, `x:${id}${le(1, 4)}`);
  await client.command(RESET, `x:${id}`);
  // A cursor over nothing, and one that is asked for where there are no rows at all.
  await execute(client, id, '01', '00', 99);
  await client.command(FETCH, `x:${id}${le(1, 4)}`);
  const nothing = await prepare(client, 'DO ?');
  await execute(client, nothing, '01', '01', 1);
  await client.unanswered(CLOSE, `x:${id}`);
  await client.command(FETCH, `x:${id}${le(1, 4)}`);
}

async function text(client: RawClient): Promise<void> {
  await client.command(QUERY, 'SELECT 1');
  await client.command(QUERY, 'SELECT * FROM thing ORDER BY id');
  await client.command(QUERY, 'SELECT * FROM thing WHERE id = 99');
  await client.command(QUERY, 'SELECT 1; DO 0; SELECT 2');
  await client.command(QUERY, 'SELECT 1; SELECT nonsense');
  await client.command(QUERY, 'CALL two_results()');
  await client.command(QUERY, 'SELECT id, boom(id) FROM thing ORDER BY id');
  await client.command(QUERY, "UPDATE thing SET price = 12.50 WHERE name = 'anvil'");
}

async function prepared(client: RawClient): Promise<void> {
  await prepare(client, 'DO 1');
  await prepare(client, 'DO ?');
  await prepare(client, 'SELECT 1');
  const id = await prepare(client, 'SELECT id + ? AS shifted, name FROM thing ORDER BY id');
  await execute(client, id, '00', '01', 5);
  await execute(client, id, '00', '00', 6);
  const late = await prepare(client, 'SELECT id, boom(id) FROM thing WHERE id >= ? ORDER BY id');
  await execute(client, late, '00', '01', 1);
  const call = await prepare(client, 'CALL out_param(?, @b)');
  await execute(client, call, '00', '01', 21);
  const out = await prepare(client, 'CALL out_param(7, ?)');
  await execute(client, out, '00', '01', 0);
  const long = await prepare(client, 'SELECT LENGTH(?) AS bytes');
  await client.unanswered(LONG_DATA, `x:${long}0000`, 'first half, ');
  await client.unanswered(LONG_DATA, `x:${long}0000`, 'second half');
  await client.command(EXECUTE, `x:${long}00010000000001fc00`);
  await client.command(RESET, `x:${long}`);
  await client.command(PREPARE, 'SELECT * FROM missing_table');
}

async function oldCommands(client: RawClient): Promise<void> {
  await client.command(0x04, 'x:7468696e6700', '%');
  await client.command(0x04, 'x:7468696e6700', 'na%');
  await client.command(0x04, 'x:6e6f7468657265', 'x:00');
  await client.command(0x09);
  await client.command(0x0a);
  await client.command(0x0d);
  await client.command(0x0e);
  await client.command(0x1b, 'x:0100');
  await client.command(0x1b, 'x:0000');
  await client.command(0x1b, 'x:0900');
  await client.command(0x02, 'golden');
  await client.command(0x02, 'nowhere');
  await client.command(0x07, 'x:04');
  await client.command(0x0c, 'x:feffff7f');
  await client.command(0x05, 'golden_created');
  await client.command(0x00);
  await client.command(0x0f);
  await client.command(0x13, 'x:06676f6c64656e057468696e67');
  await client.command(0x63);
}

async function optionalMetadata(client: RawClient): Promise<void> {
  await client.command(QUERY, 'SELECT 1, 2');
  await prepare(client, 'SELECT id + ?, name FROM thing');
  await client.command(QUERY, 'SET resultset_metadata = NONE');
  await client.command(QUERY, 'SELECT 1, 2');
  await client.command(QUERY, 'SELECT 1; SELECT id FROM thing WHERE id = 99; DO 0');
  await prepare(client, 'DO 1');
  await prepare(client, 'DO ?');
  await prepare(client, 'SELECT 1');
  const id = await prepare(client, 'SELECT id + ?, name FROM thing ORDER BY id');
  await execute(client, id, '00', '01', 1);
  await execute(client, id, '01', '01', 1);
  await client.command(FETCH, `x:${id}${le(9, 4)}`);
  await client.command(QUERY, 'SET resultset_metadata = FULL');
  await execute(client, id, '00', '01', 1);
}

async function cachedMetadata(client: RawClient): Promise<void> {
  await client.command(QUERY, "SELECT 1, CAST('{}' AS CHAR) AS c, INET6_NTOA('') AS i");
  await client.command(QUERY, 'CREATE TEMPORARY TABLE typed (i INET6, j JSON)');
  await client.command(QUERY, 'SELECT * FROM typed');
  const id = await prepare(client, 'SELECT id, name FROM thing WHERE id >= ? ORDER BY id');
  await execute(client, id, '00', '01', 1);
  await execute(client, id, '00', '01', 2);
  await execute(client, id, '01', '01', 2);
  await client.command(FETCH, `x:${id}${le(9, 4)}`);
  // The id that stands for "prepared last".
  await execute(client, 'ffffffff', '00', '01', 99);
}

async function bulk(client: RawClient): Promise<void> {
  const id = await prepare(client, 'INSERT INTO loaded (a, b) VALUES (?, ?)');
  // Flag 0x80: types (LONG, VAR_STRING); three rows, the second with NULL, the third with a default.
  await client.command(0xfa, `x:${id}80000300fd00`, 'x:00010000000003', 'one', 'x:000200000001', 'x:000300000002');
  await client.command(QUERY, 'SELECT * FROM loaded');
  await client.command(QUERY, 'DELETE FROM loaded');
}

async function progress(client: RawClient, target: Target): Promise<void> {
  await target.admin('CREATE TABLE IF NOT EXISTS golden.big AS SELECT seq FROM golden.seq_1_to_1500000');
  await client.command(QUERY, 'SET progress_report_time = 1');
  await client.patient(QUERY, 'ALTER TABLE big FORCE, ALGORITHM = COPY');
  await target.admin('DROP TABLE golden.big');
}

/** A fresh binlog file with one small transaction in it. */
async function freshBinlog(client: RawClient, target: Target): Promise<string> {
  await target.admin('FLUSH BINARY LOGS');
  await target.admin("UPDATE golden.thing SET made = '2020-02-29 12:00:00', price = price + 1 WHERE id = 1");
  await client.command(QUERY, 'SET @master_binlog_checksum = @@global.binlog_checksum, @mariadb_slave_capability = 4');
  const answer = await client.command(QUERY, 'SHOW MASTER STATUS');
  return /[\w-]+\.\d{6}/.exec(answer.toString('latin1'))?.[0] ?? '';
}

async function binlog(client: RawClient, target: Target): Promise<void> {
  const file = await freshBinlog(client, target);
  await client.command(0x15, `x:${le(9001, 4)}000000${le(3306, 2)}${le(0, 4)}${le(0, 4)}`);
  await client.command(0x12, `x:${le(4, 4)}${le(1, 2)}${le(9001, 4)}`, file);
}

async function binlogGtid(client: RawClient, target: Target): Promise<void> {
  const file = await freshBinlog(client, target);
  // An empty set is eight zero bytes; with the file given, the server begins there.
  await client.command(0x1e, `x:${le(5, 2)}${le(9002, 4)}${le(file.length, 4)}`, file, `x:${le(4, 6)}0000${le(8, 4)}${'00'.repeat(8)}`);
}

async function hugeRows(client: RawClient): Promise<void> {
  // Value and its 4-byte length make a payload of exactly 0xffffff bytes, one more, and one whose length needs 0xfe and 8 bytes.
  for (const length of [16777210, 16777211, 16777212, 16777216, 33554421]) {
    await client.patient(QUERY, `SELECT REPEAT('x', ${length}), 1`);
  }
}

async function hugeBinaryRow(client: RawClient): Promise<void> {
  const id = await prepare(client, "SELECT REPEAT('y', ?)");
  await execute(client, id, '00', '01', 17_000_000);
}
