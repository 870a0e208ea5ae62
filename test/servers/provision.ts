/** `node .build/test/servers/provision.js [mysql] [mariadb]`: gets servers and templates, and a browser; a line of JSON for each: {flavor, source, version} or {flavor, reason}. */
import { installPackages } from './debian-packages.js';
import { FLAVORS } from './flavor.js';
import { findServerBinary, ServerUnavailable } from './server-binary.js';
import { dataTemplate } from './template.js';

function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}

const wanted = FLAVORS.filter((flavor) => process.argv.length < 3 || process.argv.includes(flavor));
// Who needs it and does not find it skips, and says why.
const browser = installPackages(['chromium'], progress).catch(() => undefined);
await Promise.all([
  browser,
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
