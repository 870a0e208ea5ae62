/** `node .build/test/servers/provision.js [mysql] [mariadb]`: gets servers and templates; a line of JSON for each: {flavor, source, version} or {flavor, reason}. */
import { FLAVORS } from './flavor.js';
import { findServerBinary, ServerUnavailable } from './server-binary.js';
import { dataTemplate } from './template.js';

const wanted = FLAVORS.filter((flavor) => process.argv.length < 3 || process.argv.includes(flavor));
await Promise.all(
  wanted.map(async (flavor) => {
    const progress = (text: string): boolean => process.stderr.write(`${text}\n`);
    try {
      const binary = await findServerBinary(flavor, progress);
      await dataTemplate(binary, progress);
      console.log(JSON.stringify({ flavor, source: binary.source, version: binary.version }));
    } catch (error) {
      if (!(error instanceof ServerUnavailable)) process.stderr.write(`${flavor}: ${(error as Error).stack}\n`);
      console.log(JSON.stringify({ flavor, reason: (error as Error).message }));
    }
  }),
);
