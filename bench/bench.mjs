/** npm run bench: gets packages, compiled code, a server, sysbench and HAProxy ready from a bare clone, then measures. `npm run bench -- --help` */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { checkNode, compile, installPackages, root, say } from '../test/run/set-up.mjs';

checkNode();
try {
  if (!process.argv.includes('--help')) say('getting ready (the first time this takes a minute)');
  await installPackages();
  const complaint = await compile();
  // What does not concern the bench (a test under work) does not stop it.
  if (complaint !== '') say(`the compiler complains:\n${complaint}`);
  if (!existsSync(join(root, '.build/bench/main.js'))) throw new Error('it does not compile');
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
}
await import(`${root}/.build/bench/main.js`);
