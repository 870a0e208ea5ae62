import { readFileSync } from 'node:fs';
import { exampleText } from '../../src/config/generate/example.js';
import { jsonSchemaText } from '../../src/config/generate/json-schema.js';
import { referenceText } from '../../src/config/generate/reference.js';
import { METRICS, type MetricDeclaration } from '../../src/telemetry/metric-catalog.js';
import { alignedTable } from './aligned-table.js';
import { driversTable } from './drivers-table.js';
import { inRepository } from './repository.js';

/** Files that come from declarations in the code: `npm run generate` writes them, `generated-files.test.ts` compares them. */
export const GENERATED: Readonly<Record<string, () => string>> = {
  'config/pointsman.schema.json': jsonSchemaText,
  'config/README.md': referenceText,
  'config/pointsman.json': exampleText,
  'README.md': () => withBlock('README.md', 'drivers', driversTable()),
  'src/telemetry/README.md': () => withBlock('src/telemetry/README.md', 'metrics', metricsTable()),
};

/** The file as it is, with what stands between its two marks replaced. */
function withBlock(path: string, mark: string, block: string): string {
  const text = readFileSync(inRepository(path), 'utf8');
  const [before, rest] = text.split(`<!-- ${mark}: generated -->\n`);
  const after = rest?.split(`<!-- ${mark}: end -->`)[1];
  if (before === undefined || after === undefined) throw new Error(`${path} has no <!-- ${mark}: generated --> … <!-- ${mark}: end -->`);
  return `${before}<!-- ${mark}: generated -->\n${block}<!-- ${mark}: end -->${after}`;
}

function metricsTable(): string {
  const rows = Object.entries(METRICS).map(([name, { type, labels, help }]: [string, MetricDeclaration]) => {
    return [`\`${name}\``, type, labels.map((label) => `\`${label}\``).join(', '), help];
  });
  return alignedTable(['metric', 'type', 'labels', 'meaning'], rows);
}
