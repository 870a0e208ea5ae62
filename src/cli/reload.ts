import { actAtAdmin, RefusedError } from './ask-admin.js';
import { type Command, EXIT } from './command.js';
import { ADMIN_OPTIONS, findAdmin } from './find-admin.js';

interface Change {
  readonly key: string;
  readonly change: string;
  readonly old: unknown;
  readonly new: unknown;
}

interface Report {
  readonly file: string | null;
  readonly version: number;
  readonly applied: readonly Change[];
  readonly needRestart: readonly Change[];
  readonly warnings: readonly string[];
}

/** The proxy gives up after 30 s. */
const TIMEOUT_MS = 35_000;

/** `pointsman reload`: has a running proxy read its configuration anew. */
export const reload: Command = {
  name: 'reload',
  summary: 'have a running proxy read its configuration anew',
  about: `Brings into force what has changed in the file, with every session kept. A file that is wrong changes nothing: what is wrong is written to
standard error as file:line:column: key: message, and the exit code is 2. Keys that need a restart or an upgrade are named and left as
they are. The same as SIGHUP, but it says what came of it. Needs an operator's token.`,
  options: {
    ...ADMIN_OPTIONS,
    'dry-run': { value: undefined, about: 'only say what would change' },
    json: { value: undefined, about: 'the answer of /api/v1/config/reload as JSON' },
  },
  examples: [
    ['pointsman reload --config pointsman.json --dry-run', 'what would change, and what would need a restart'],
    ['pointsman reload --config pointsman.json', 'the proxy that runs with this file'],
  ],
  async run(options, _operands, terminal) {
    const dryRun = options['dry-run'] !== undefined;
    try {
      const answer = await actAtAdmin(findAdmin(options, terminal), '/api/v1/config/reload', { dryRun }, TIMEOUT_MS);
      terminal.out(options['json'] === undefined ? text(answer as Report, dryRun) : `${JSON.stringify(answer, null, 2)}\n`);
      return EXIT.fine;
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      terminal.err(`${error.message}\nthe configuration was not taken; the one before stays in force\n`);
      return EXIT.wrongUsage;
    }
  },
};

function text({ file, version, applied, needRestart, warnings }: Report, dryRun: boolean): string {
  const from = file ?? 'the servers given at the start';
  const outcome = dryRun ? 'this would change' : `in force now (version ${version})`;
  const head = applied.length === 0 ? `${from}: nothing ${dryRun ? 'would change' : 'has changed'}` : `${from}: ${outcome}`;
  return `${[
    ...warnings,
    head,
    ...applied.map(line),
    ...(needRestart.length === 0 ? [] : ['only at a restart or an upgrade:', ...needRestart.map(line)]),
  ].join('\n')}\n`;
}

function line(change: Change): string {
  const show = (value: unknown) => JSON.stringify(value);
  if (change.change === 'added') return `  + ${change.key}: ${show(change.new)}`;
  if (change.change === 'removed') return `  - ${change.key}: ${show(change.old)}`;
  return `  ~ ${change.key}: ${show(change.old)} -> ${show(change.new)}`;
}
