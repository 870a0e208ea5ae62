import { readFileSync } from 'node:fs';
import t from 'tap';
import { CLIENT_ERRORS } from '../../../src/session/client-errors.js';

/** The table in src/session/README.md and the code say the same, in both directions. */
t.test('every error of ours is documented, and nothing else is', (t) => {
  const root = process.cwd();
  const readme = readFileSync(`${root}/src/session/README.md`, 'utf8');
  const documented = new Map(
    [...readme.matchAll(/^\| (\d{4}) \| (\w{5}) +\| (.+?) \| (.+?) \|$/gm)].map((row) => [Number(row[1]), row[2]]),
  );
  for (const [name, { code, sqlState }] of Object.entries(CLIENT_ERRORS)) t.equal(documented.get(code), sqlState, `${name} (${code})`);
  const known = new Set<number>(Object.values(CLIENT_ERRORS).map(({ code }) => code));
  for (const code of documented.keys()) t.ok(known.has(code), `${code} exists`);
  t.ok(documented.size >= 12, `${documented.size} rows read`);
  t.end();
});
