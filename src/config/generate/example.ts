import type { Json } from '../json/node.js';
import type { Key, Keys } from '../kinds/section.js';
import { rootSection } from '../schema.js';
import { keysBelow } from './walk.js';

const HEAD = `// An example with every section. What stands here is the default, where there is one; of all this only "clusters" is required.
// Keys without a default are commented out where most do without them. Reference: README.md in this folder.
// Try it: pointsman check --config pointsman.json
`;

/** Keys that the example shows but does not use: files, accounts and addresses that a newcomer does not have, and what is best left out. */
const COMMENTED = new Set([
  'listeners[].tls.mode',
  'listeners[].tls.certFile',
  'listeners[].tls.keyFile',
  'listeners[].tls.clientCaFile',
  'users[].certificate',
  'rules',
  'clusters.NAME.tls.caFile',
  'clusters.NAME.failover.replicationUser',
  'clusters.NAME.failover.replicationPassword',
  'admin.metricsAddress',
  'admin.tls.certFile',
  'admin.tls.keyFile',
  'admin.token',
  'admin.tokens',
  'console.users',
  'slowLog.file',
  'tracing.endpoint',
  'tracing.authorization',
  'log.format',
  'serverVersion',
]);

/** Elements after the first of a list whose first is written out key by key. */
const FURTHER: Readonly<Record<string, readonly Json[]>> = {
  listeners: [
    { name: 'primary', address: '0.0.0.0:6446', cluster: 'main', route: 'primary' },
    { name: 'replica', address: '0.0.0.0:6447', cluster: 'main', route: 'replica' },
  ],
};

/** `config/pointsman.json`. */
export function exampleText(): string {
  return `${HEAD}${objectText(rootSection.keys, '', '')}\n`;
}

interface Line {
  readonly text: string;
  readonly about: string;
  readonly commented: boolean;
}

function objectText(keys: Keys, indent: string, path: string): string {
  const lines = Object.entries(keys).flatMap(([name, key]) => {
    const line = lineOf(name, key, `${indent}  `, path === '' ? name : `${path}.${name}`);
    return line === undefined ? [] : [line];
  });
  const lastReal = lines.findLastIndex((line) => !line.commented);
  const written = lines.map(({ text, about, commented }, index) => {
    const comma = index < lastReal || (commented && index < lines.length - 1) ? ',' : '';
    const block = `${indent}  ${commented ? '// ' : ''}${text}${comma}`;
    return text.includes('\n') ? `${indent}  // ${about}\n${block}` : `${block} // ${about}`;
  });
  return `{\n${written.join('\n')}\n${indent}}`;
}

// biome-ignore lint/suspicious/noExplicitAny: the values' types do not matter where only texts are read.
function lineOf(name: string, key: Key<any>, indent: string, path: string): Line | undefined {
  const commented = COMMENTED.has(path);
  const below = keysBelow(key.kind);
  if (below !== undefined && key.example === undefined && !commented) {
    const inner = objectText(below.keys, below.step === '' ? indent : `${indent}  `, path + below.step);
    return { text: `"${name}": ${around(inner, below.step, indent, FURTHER[path])}`, about: key.about, commented: false };
  }
  const value: Json | undefined = key.example ?? (below === undefined ? key.fallback : sample(below.keys));
  return value === undefined ? undefined : { text: `"${name}": ${inline(value)}`, about: key.about, commented };
}

/** What stands around an object that is an element of a list or a value of a map. */
function around(inner: string, step: string, indent: string, further: readonly Json[] = []): string {
  if (step === '') return inner;
  if (step === '.NAME') return `{\n${indent}  "main": ${inner}\n${indent}}`;
  const more = further.map((each) => `,\n${indent}  ${inline(each)}`).join('');
  return `[\n${indent}  ${inner}${more}\n${indent}]`;
}

/** One element of a list, for a key that is commented out. */
function sample(keys: Keys): Json {
  return [Object.fromEntries(Object.entries(keys).map(([name, { example, fallback }]) => [name, example ?? fallback ?? '']))];
}

function inline(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(inline).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{ ${Object.entries(value)
    .map(([key, member]) => `"${key}": ${inline(member as Json)}`)
    .join(', ')} }`;
}
