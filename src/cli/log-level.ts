import { actAtAdmin } from './ask-admin.js';
import { type Command, EXIT, UsageError } from './command.js';
import { ADMIN_OPTIONS, findAdmin } from './find-admin.js';

const LEVELS = ['debug', 'info', 'warn', 'error'];

/** `pointsman log-level LEVEL`: what a running proxy logs. */
export const logLevel: Command = {
  name: 'log-level',
  summary: 'set what a running proxy logs, until the next reload',
  operands: 'debug|info|warn|error',
  about:
    "Of all processes. A reload brings the file's level back; `/api/v1/config/drift` lists the difference until then. Needs an operator's token.",
  options: {
    ...ADMIN_OPTIONS,
    'dry-run': { value: undefined, about: 'only say what it is and would be' },
    json: { value: undefined, about: 'the answer as JSON' },
  },
  examples: [['pointsman log-level debug', 'see why; `pointsman reload` ends it']],
  async run(options, operands, terminal) {
    const [level = ''] = operands;
    if (operands.length !== 1 || !LEVELS.includes(level)) throw new UsageError(`give one level: ${LEVELS.join(', ')}`);
    const dryRun = options['dry-run'] !== undefined;
    const answer = (await actAtAdmin(findAdmin(options, terminal), '/api/v1/log/level', { level, dryRun })) as { before?: string };
    if (options['json'] !== undefined) terminal.out(`${JSON.stringify(answer, null, 2)}\n`);
    else terminal.out(`the log level ${dryRun ? 'would be' : 'is'} ${level} (it was ${answer.before ?? '?'})\n`);
    return EXIT.fine;
  },
};
