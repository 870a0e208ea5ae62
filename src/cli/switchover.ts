import { actAtAdmin } from './ask-admin.js';
import { type Command, EXIT } from './command.js';
import { ADMIN_OPTIONS, findAdmin } from './find-admin.js';
import { givenCluster } from './given-cluster.js';
import { givenDuration } from './given-duration.js';
import { planText } from './plan-text.js';
import { watchEvents } from './watch-events.js';

/** Repointing the other servers comes after the time that was asked for. */
const AFTERWARDS_MS = 60_000;
const DEFAULT_MS = 60_000;

/** `pointsman switchover`: moves the role of primary to another living server. */
export const switchover: Command = {
  name: 'switchover',
  summary: 'move the role of primary to another server',
  about:
    'Clients feel a short pause and no error: new work is held, open transactions end, the old primary becomes read-only, the new one catches up and takes over, all others follow it. What cannot be done in time is given up, and everything is as before. Exit code 1 then.',
  options: {
    ...ADMIN_OPTIONS,
    to: { value: 'NAME', about: 'the new primary (default: the best replica: priority, then how much it has)' },
    cluster: { value: 'NAME', about: 'needed where there are several' },
    timeout: { value: 'TIME', about: 'for all of it up to the release of clients (default: 80 % of hold.timeout)' },
    force: { value: undefined, about: 'end transactions that stay open too long with 1213 instead of giving up; override neverPromote' },
    'dry-run': { value: undefined, about: 'only show the plan, with its SQL' },
    json: { value: undefined, about: 'the report as JSON' },
  },
  examples: [
    ['pointsman switchover --dry-run', 'who would become primary, and how'],
    ['pointsman switchover --to db2', 'db2 becomes primary'],
    ['pointsman switchover --to db2 --timeout 30s --force', 'wait up to 15 s for open transactions, then end them'],
  ],
  async run(options, _operands, terminal) {
    const timeoutMs = givenDuration(options, 'timeout');
    const target = findAdmin(options, terminal);
    const cluster = await givenCluster(options, target);
    const dryRun = options['dry-run'] !== undefined;
    const isJson = options['json'] !== undefined;
    const to = options['to']?.[0];
    const body = { dryRun, force: options['force'] !== undefined, ...(to && { to }), ...(timeoutMs !== undefined && { timeoutMs }) };
    const show = (data: unknown) => {
      const { cluster: of, sinceMs = 0, phase = '', detail = '' } = data as { [name: string]: string | number };
      if (of === cluster) terminal.out(`${String(sinceMs).padStart(6)} ms  ${String(phase).padEnd(9)}  ${detail}\n`);
    };
    const stop = dryRun || isJson ? () => undefined : await watchEvents(target, 'switchover', show);
    try {
      const path = `/api/v1/clusters/${encodeURIComponent(cluster)}/switchover`;
      const report = (await actAtAdmin(target, path, body, (timeoutMs ?? DEFAULT_MS) + AFTERWARDS_MS)) as {
        readonly from?: string;
        readonly to?: string;
        readonly pauseMs?: number;
        readonly tookMs?: number;
        readonly warnings?: readonly string[];
        readonly plan?: readonly object[];
      };
      // The last events may come just behind the answer.
      if (!dryRun && !isJson) await new Promise((resolve) => setTimeout(resolve, 50));
      if (isJson) terminal.out(`${JSON.stringify(report, null, 2)}\n`);
      else if (dryRun) terminal.out(`${report.to} would take over from ${report.from}:\n${planText(report.plan ?? [])}`);
      else terminal.out(`${report.to} is primary; new writes were held for ${report.pauseMs} ms\n`);
      if (!isJson) for (const warning of report.warnings ?? []) terminal.err(`warning: ${warning}\n`);
      return EXIT.fine;
    } finally {
      stop();
    }
  },
};
