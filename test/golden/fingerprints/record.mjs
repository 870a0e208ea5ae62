// node test/golden/fingerprints/record.mjs [FILE...]
// Asks pt-fingerprint (percona-toolkit, `apt-get install percona-toolkit`) for the fingerprint of each statement in fingerprints.jsonl and writes the
// file anew. Statements of further files, one a line (`⏎` for a line feed), join the corpus.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const golden = new URL('./fingerprints.jsonl', import.meta.url);
const lines = existsSync(golden) ? readFileSync(golden, 'utf8').split('\n').filter(Boolean) : [];
const corpus = new Set(lines.slice(1).map((line) => JSON.parse(line)[0]));
for (const file of process.argv.slice(2))
  for (const line of readFileSync(file, 'utf8').split('\n')) if (line.trim() !== '') corpus.add(line.replaceAll('⏎', '\n'));

const version = execFileSync('pt-fingerprint', ['--version'], { encoding: 'utf8' }).trim();
const recorded = [...corpus].map((sql) => {
  // It ends with 1 whatever it did (3.2.1), so only its words count.
  const { stdout, stderr } = spawnSync('pt-fingerprint', [`--query=${sql}`], { encoding: 'utf8' });
  if (stdout === '' || stderr !== '') throw new Error(`${sql}: ${stderr}`);
  const fingerprint = stdout.replace(/\n$/, '');
  return JSON.stringify([sql, fingerprint]);
});
writeFileSync(golden, `${[JSON.stringify({ tool: version, statements: recorded.length }), ...recorded].join('\n')}\n`);
