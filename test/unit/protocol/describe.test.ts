import t from 'tap';
import { describe } from '../../../src/protocol/describe.js';
import { decodeGreeting } from '../../../src/protocol/greeting.js';
import { loadCaptures } from '../../golden/capture.js';
import { replay } from './replay.js';

const PROTOCOL_41 = 0x200;
const hex = (text: string) => Buffer.from(text, 'hex');
const utf8 = (text: string) => Buffer.from(text, 'utf8');
const shown = (text: Buffer) => text.toString('utf8');

t.test('one readable line', async (t) => {
  const plain = { capabilities: PROTOCOL_41 };
  const rows: readonly [line: string, ...Parameters<typeof describe>][] = [
    ['COM_PING', 'command', hex('0e'), plain],
    ['COM_QUERY 8 bytes of text', 'command', utf8('\x03SELECT 1'), plain],
    ['COM_QUERY "SELECT 1"', 'command', utf8('\x03SELECT 1'), { ...plain, show: shown }],
    ['COM_QUERY "a\\nb"', 'command', utf8('\x03a\nb'), { ...plain, show: shown }],
    ['COM_INIT_DB "golden"', 'command', utf8('\x02golden'), plain],
    ['COM_STMT_EXECUTE statement 2, 12 bytes', 'command', hex('170200000000010000000aff'), plain],
    ['COM_STMT_CLOSE statement 7', 'command', hex('1907000000'), plain],
    ['COM_STMT_FETCH statement 1, 9 rows', 'command', hex('1c0100000009000000'), plain],
    ['COM_STMT_SEND_LONG_DATA statement 8, parameter 1, 2 bytes', 'command', hex('180800000001006162'), plain],
    ['COM_PROCESS_KILL connection 5', 'command', hex('0c05000000'), plain],
    ['COM_REGISTER_REPLICA server 9001 at "db-" port 3306', 'command', hex('15292300000364622d0000ea0c0000000001000000'), plain],
    ['COM_BINLOG_DUMP "b.1" from 4 for server 9001', 'command', hex('1204000000010029230000622e31'), plain],
    ['COM_0x63 2 bytes', 'command', hex('63ffff'), plain],
    ['empty command', 'command', hex(''), plain],
    ['ok, 1 rows, insert id 5, AUTOCOMMIT, 0 warnings', 'ok', hex('00010502000000'), plain],
    ['err 1064 (42000) 4 bytes of text', 'err', hex('ff2804233432303030626f6f6d'), plain],
    ['err 1064 (42000) "boom"', 'err', hex('ff2804233432303030626f6f6d'), { ...plain, show: shown }],
    ['eof, IN_TRANS|AUTOCOMMIT, 1 warnings', 'eof', hex('fe01000300'), plain],
    ['result-header, 2 columns', 'result-header', hex('02'), plain],
    ['result-header, 2 columns without definitions', 'result-header', hex('0200'), { capabilities: PROTOCOL_41 | 0x200_0000 }],
    ['prepare-ok, statement 1, 1 params, 2 columns', 'prepare-ok', hex('000100000002000100000000'), plain],
    ['row, 3 bytes', 'row', hex('026162'), plain],
    ['client-data, 0 bytes', 'client-data', hex(''), plain],
    ['auth-switch-request "p", 2 bytes', 'auth', hex('fe70006162'), plain],
    ['auth-more-data, 1 bytes', 'auth', hex('0103'), plain],
    ['eof, 1 bytes, malformed (eof: 2 bytes wanted at offset 1, 0 left)', 'eof', hex('fe'), plain],
  ];
  for (const [line, kind, payload, context] of rows) t.equal(describe(kind, payload, context), line);
});

t.test('nothing secret and no data is in the descriptions of real conversations', async (t) => {
  let described = 0;
  for (const capture of loadCaptures()) {
    const steps = replay(capture);
    const nonces = steps
      .filter(({ kind }) => kind === 'greeting')
      .map(({ payload }) => decodeGreeting(payload).authData.toString('latin1'));
    // Values of rows, passwords and nonces as they would look, and the bytes of every answer of a plugin.
    const secrets = ['golden-secret', 'anvil', '12.50', 'boom at', 'three', ...nonces];
    for (const { kind, payload, capabilities, mariadbCapabilities } of steps) {
      if (kind === 'unasked') continue;
      const line = describe(kind, payload, { capabilities, mariadbCapabilities });
      described += 1;
      if (line.includes('malformed')) t.fail(`${capture.name}: ${line}`);
      if (line.includes('\n') || line.length > 1000) t.fail(`${capture.name}: not a line: ${line}`);
      for (const secret of secrets) if (line.includes(secret)) t.fail(`${capture.name}: ${line}`);
      if (kind === 'auth-answer' || kind === 'row' || kind === 'client-data') t.ok(/^[a-z-]+, \d+ bytes$/.test(line), line);
    }
  }
  t.ok(described > 2000, `${described} frames described`);
});

t.test('what a login shows', async (t) => {
  const capture = loadCaptures().find(({ name }) => name === 'mysql-pymysql');
  const lines = (capture === undefined ? [] : replay(capture))
    .slice(0, 5)
    .map(({ kind, payload, capabilities }) => (kind === 'unasked' ? '' : describe(kind, payload, { capabilities })));
  t.match(lines[0], /^greeting "8\.0\.\d+", connection \d+, plugin "caching_sha2_password", LONG_PASSWORD\|FOUND_ROWS\|/);
  t.match(lines[1], /^handshake-response user "golden_native", auth \d+ bytes, database "golden", plugin "\w+", 3 attributes, /);
  t.match(lines[2], /^auth-switch-request "mysql_native_password", 20 bytes$/);
  t.equal(lines[3], 'auth-answer, 20 bytes');
  t.match(lines[4], /^ok, 0 rows, insert id 0, AUTOCOMMIT, 0 warnings/);
});
