/** npm run demo: gets packages, compiled code and servers ready from a bare clone, then runs the demo. `npm run demo -- --help` */
import { checkNode, compile, installPackages, provision, root, say } from '../run/set-up.mjs';

checkNode();
try {
  if (!process.argv.includes('--help')) say('getting ready (the first time this takes a minute)');
  await installPackages();
  const complaint = await compile();
  if (complaint !== '') throw new Error(`it does not compile:\n${complaint}`);
  if (!process.argv.includes('--help')) {
    for (const { flavor, reason } of await provision()) {
      // The compiled half does not look for it again.
      if (reason !== undefined) process.env[`POINTSMAN_TEST_NO_${flavor.toUpperCase()}`] = reason;
    }
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
}
await import(`${root}/.build/test/demo/main.js`);
