/**
 * `node .build/test/servers/provision.js [mysql] [mariadb] [programs] [tools]`: gets servers and templates; a line of JSON for each: {flavor, source, version}
 * or {flavor, reason}. With `programs` MariaDB's own before that, as tests need them, with `tools` also what only a full run needs, all of it in one go.
 */
import { installPackages } from './debian-packages.js';
import { FLAVORS } from './flavor.js';
import { findServerBinary, ServerUnavailable } from './server-binary.js';
import { dataTemplate } from './template.js';
import { unpackedPackage } from './unpacked-package.js';

function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}

const named = FLAVORS.filter((flavor) => process.argv.includes(flavor));
const wanted = named.length > 0 ? named : FLAVORS;

/** Who needs one of them and does not find it asks for it once more, and skips or fails with the reason. */
async function tools(): Promise<void> {
  if (!process.argv.includes('tools')) return;
  const unpacked = ['etcd-server', 'prometheus'].map((name) => unpackedPackage(name).catch(() => undefined));
  await installPackages(['chromium', 'percona-toolkit', 'docker-compose', 'logrotate'], progress).catch(() => undefined);
  await Promise.all(unpacked);
}

/** Galera runs from Debian's packages in any case, and `mariadb` is the client of many tests. They are on PATH then, which comes first. */
async function programs(): Promise<void> {
  if (process.argv.includes('programs'))
    await installPackages(['mariadb-server-core', 'mariadb-client-core'], progress).catch(() => undefined);
}

await programs();
await Promise.all([
  tools(),
  ...wanted.map(async (flavor) => {
    try {
      const binary = await findServerBinary(flavor, progress);
      await dataTemplate(binary, progress);
      console.log(JSON.stringify({ flavor, source: binary.source, version: binary.version }));
    } catch (error) {
      if (!(error instanceof ServerUnavailable)) process.stderr.write(`${flavor}: ${(error as Error).stack}\n`);
      console.log(JSON.stringify({ flavor, reason: (error as Error).message }));
    }
  }),
]);
