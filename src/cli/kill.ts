import { actAtAdmin } from './ask-admin.js';
import { type Command, EXIT, UsageError } from './command.js';
import { ADMIN_OPTIONS, findAdmin } from './find-admin.js';

/** `pointsman kill ID`: ends a session of a running proxy. */
export const kill: Command = {
  name: 'kill',
  summary: 'end a session, or the statement it runs',
  operands: 'ID',
  about:
    "As KILL on a server: the client gets an error and its connection ends. ID is the one that `pointsman sessions` and the client's login show.",
  options: {
    ...ADMIN_OPTIONS,
    query: { value: undefined, about: 'only the running statement, as KILL QUERY' },
    'dry-run': { value: undefined, about: 'only say what would be ended' },
    json: { value: undefined, about: 'the answer as JSON' },
  },
  examples: [
    ['pointsman kill 1073741830', 'the session ends'],
    ['pointsman kill 1073741830 --query', 'its statement ends, the session goes on'],
  ],
  async run(options, operands, terminal) {
    const [id = ''] = operands;
    if (operands.length !== 1 || !/^\d+$/.test(id))
      throw new UsageError('give one id, as `pointsman sessions` lists them: pointsman kill 1073741830');
    const dryRun = options['dry-run'] !== undefined;
    const body = { queryOnly: options['query'] !== undefined, dryRun };
    const answer = (await actAtAdmin(findAdmin(options, terminal), `/api/v1/sessions/${id}/kill`, body)) as {
      session?: { user?: string; client?: string; phase?: string };
    };
    const { user = '?', client = '?', phase = '?' } = answer.session ?? {};
    const what = body.queryOnly ? 'the statement of session' : 'session';
    if (options['json'] !== undefined) terminal.out(`${JSON.stringify(answer, null, 2)}\n`);
    else terminal.out(`${dryRun ? 'would end' : 'ended'} ${what} ${id} of ${user} at ${client} (it was ${phase})\n`);
    return EXIT.fine;
  },
};
