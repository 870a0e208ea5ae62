import { listOf } from './kinds/collection.js';
import { defaulted, optional, type Parsed, required, section } from './kinds/section.js';
import { text } from './kinds/text.js';
import { authSection, limitsSection, userSection } from './sections/access.js';
import { clusterMap } from './sections/clusters.js';
import { listenerList } from './sections/listeners.js';
import {
  adminSection,
  consoleSection,
  drainSection,
  logSection,
  processSection,
  slowLogSection,
  tracingSection,
} from './sections/operation.js';
import { ruleSection } from './sections/rules.js';

/**
 * The whole configuration, declared once. Validation, the typed `Config`, `config/pointsman.schema.json`, `config/README.md` and the
 * example `config/pointsman.json` all come from here; `npm run generate` writes the files. A key exists only when what it does is built:
 * an unknown key is an error, never a silent no-op.
 */
export const rootSection = section({
  $schema: optional(text(), 'Where editors find the schema of this file; Pointsman does not look at it.', {
    example: './pointsman.schema.json',
  }),
  listeners: optional(listenerList, 'Where clients connect. A given list replaces the default ones.', {
    fallbackText: '`split` on 0.0.0.0:6450, `primary` on 0.0.0.0:6446 and `replica` on 0.0.0.0:6447, if there is only one cluster',
  }),
  clusters: required(clusterMap, 'Groups of servers that hold the same data, by name.'),
  auth: defaulted(authSection, {}, 'How clients prove who they are.'),
  users: defaulted(listOf(userSection, 'user'), [], 'Accounts that clients log in with.', { reloadable: true }),
  rules: defaulted(
    listOf(ruleSection, 'rule'),
    [],
    'What is done with statements that match, in this order, up to the first match without `continue`. All but a target applies in transactions too; a hint in a statement changes only its target.',
    {
      reloadable: true,
      example: [{ name: 'reports', match: { user: 'bi' }, action: { route: 'replica', timeout: '1m' } }],
    },
  ),
  limits: defaulted(limitsSection, {}, 'Bounds for all processes together.'),
  drain: defaulted(drainSection, {}, 'The end of the process after SIGTERM or an upgrade.'),
  admin: defaulted(adminSection, {}, 'HTTP for operators.'),
  console: defaulted(consoleSection, {}, 'SQL for operators: the same as the HTTP API, typed into any MySQL client.'),
  log: defaulted(logSection, {}, 'What is written to standard output.'),
  slowLog: defaulted(slowLogSection, {}, 'Statements that take long.'),
  tracing: defaulted(tracingSection, {}, 'Traces, for OpenTelemetry collectors.'),
  serverVersion: optional(
    text({ maxLength: 60, pattern: /^[\x21-\x7e]+$/, otherwise: 'a version has no spaces and only ASCII characters' }),
    'Version in the greeting while no server has been seen yet. Without it clients wait until one has.',
    { example: '8.0.34' },
  ),
  process: defaulted(processSection, {}, 'Operating system processes.'),
});

/** The configuration as it was written, defaults filled in; `finish` makes the `Config` of it. */
export type WrittenConfig = Parsed<typeof rootSection.keys>;
