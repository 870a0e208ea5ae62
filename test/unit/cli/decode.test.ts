import t from 'tap';
import { run } from './run.js';

// Captured from MySQL 8.0.15 and MariaDB 10.11 by the recorder of test/golden, or written out from the protocol's pages.
const OK = '07000002 00000002000000';
const QUERY = '09 00 00 00 03 53 45 4c 45 43 54 20 31';

t.test('packets', async (t) => {
  t.match(await run(['decode', OK]), { code: 0, out: /^server #2 {2}ok, 0 rows/ });
  t.match(await run(['decode', '--from', 'client', QUERY]), { code: 0, out: /^client #0 {2}COM_QUERY 8 bytes of text/i });
  t.match(await run(['decode', '--from', 'client', '--show-text', QUERY]), { out: /SELECT 1/ });
  t.match(await run(['decode', '0x07:00:00']), { out: /incomplete packet: its header is cut/ });
  t.match(await run(['decode', '070000020000']), { out: /incomplete packet: 5 of its 7 bytes are missing/ });
});

t.test('a statement and its answer from standard input', async (t) => {
  const text = `> ${QUERY}\n< 01000001 01  17000002 03646566 00 00 00 01 31 00 0c 3f00 01000000 08 8100 00 0000\n< 02000003 01 31  07000004 fe 00 00 0200 0000\n`;
  const { out } = await run(['decode'], {}, text);
  t.match(out.split('\n'), [/COM_QUERY/i, /result-header, 1 columns/, /column "1"/, /row, 2 bytes/, /ok|eof/]);
});

t.test('what is not hexadecimal', async (t) => {
  t.match(await run(['decode', 'xyz']), { code: 2, err: /hexadecimal digits/ });
  t.match(await run(['decode', '123']), { code: 2, err: /one is missing/ });
  t.match(await run(['decode', '--from', 'me', '00']), { code: 2, err: /client or server/ });
  t.match(await run(['decode', '--capabilities', 'zz', '00']), { code: 2, err: /hexadecimal number/ });
});
