import type { Keys } from '../kinds/section.js';
import { rootSection } from '../schema.js';
import { type DeclaredKey, keysBelow, referenceKeys } from './walk.js';

const INTRODUCTION = `# Configuration

This page and \`pointsman.schema.json\` are generated from \`src/config/\` by \`npm run generate\`; edit the declaration there.
\`pointsman.json\` beside it is an example with every section. \`pointsman check --config FILE\` says what is wrong with yours, all at once,
as \`file:line:column: key: message\`.

- JSON with \`//\` and \`/* */\` comments. Only \`clusters\` is required. Unknown keys are errors.
- Durations are text: \`"500ms"\`, \`"10s"\`, \`"5m"\`, \`"1h"\`, \`"1d"\`. Sizes too: \`"64KiB"\`, \`"16MiB"\`, \`"1GiB"\` (\`KB\`, \`MB\`, \`GB\` are powers of ten).
- Addresses: \`host:port\`, \`[::1]:3306\`, \`unix:/path\`.
- Any string may hold \`\${env:NAME}\` or \`\${file:/run/secrets/x}\` (a relative path starts at the folder of the configuration file; a line break at the
  end of the file is dropped). Keys that take numbers or \`true\`/\`false\` take such a reference too. \`$\${\` stands for \`\${\` itself.
- Only what is built has a key. The last column says whether a change takes effect at a reload (SIGHUP, \`pointsman reload\`, \`POST /api/v1/config/reload\`), with every
  session kept; other changes wait for a restart or an upgrade, and the reload says so. A file that is wrong changes nothing.

Without a file: \`pointsman start --primary mysql://user:password@host:port [--replica host:port ...]\`, or the environment variables below.
Then there is one cluster \`main\` with all defaults, and the account in the URL is the account of clients and of the health checks.

| variable | meaning |
|---|---|
| \`POINTSMAN_CONFIG\` | configuration file, as \`--config\` |
| \`POINTSMAN_PRIMARY\` | URL of one server, as \`--primary\` |
| \`POINTSMAN_REPLICAS\` | further servers, separated by commas, as \`--replica\` |
| \`POINTSMAN_MONITOR_USER\`, \`POINTSMAN_MONITOR_PASSWORD\` | account of the health checks, where it is not that of the URL |
| \`POINTSMAN_ADMIN_TOKEN\` | token that \`pointsman status --admin URL\` sends |

The command line wins over the environment; with neither, \`/etc/pointsman/pointsman.json\` is read.
`;

/** `config/README.md`. */
export function referenceText(): string {
  const scalars = referenceKeys(rootSection.keys).filter(({ path }) => !/[.[]/.test(path));
  const sections = Object.entries(rootSection.keys).filter(([, { kind }]) => keysBelow(kind) !== undefined);
  const parts = sections.map(([name, key]) => {
    const required = key.required ? ' Required.' : key.fallbackText === undefined ? '' : ` Default: ${key.fallbackText}.`;
    return `## ${name}\n\n${key.about}${required}\n\n${table(referenceKeys({ [name]: key } as Keys))}`;
  });
  return [INTRODUCTION, ...parts, `## Single keys\n\n${table(scalars)}`].join('\n');
}

function table(rows: readonly DeclaredKey[]): string {
  const lines = rows.map(({ path, key, reloadable }) => {
    const fallback = key.required ? '**required**' : shownDefault(key.fallback, key.fallbackText);
    return `| \`${path}\` | ${key.about} | ${key.kind.text} | ${fallback} | ${reloadable ? 'yes' : 'no'} |`;
  });
  return `| key | meaning | value | default | reload |\n|---|---|---|---|---|\n${lines.join('\n')}\n`;
}

function shownDefault(fallback: unknown, text: string | undefined): string {
  if (text !== undefined) return text;
  if (fallback === undefined) return 'none';
  return `\`${JSON.stringify(fallback)}\``;
}
