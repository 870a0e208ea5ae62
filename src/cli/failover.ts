import { actAtAdmin } from './ask-admin.js';
import { type Command, EXIT, UsageError } from './command.js';
import { ADMIN_OPTIONS, findAdmin } from './find-admin.js';
import { givenCluster } from './given-cluster.js';
import { planText } from './plan-text.js';

const TIMEOUT_MS = 120_000;

/** `pointsman failover --to NAME`: replaces a dead primary. */
export const failover: Command = {
  name: 'failover',
  summary: 'make a replica primary in place of a dead one',
  about:
    'For a primary that is dead while nobody promotes by itself (failover.mode follow, or no safe candidate). A primary that lives is moved by `pointsman switchover`. Transactions that another living server has are not given up without --force.',
  options: {
    ...ADMIN_OPTIONS,
    to: { value: 'NAME', about: 'the new primary' },
    cluster: { value: 'NAME', about: 'needed where there are several' },
    force: { value: undefined, about: 'also where transactions are lost by it; overrides neverPromote' },
    'dry-run': { value: undefined, about: 'only show the plan, with its SQL, and what would be lost' },
    json: { value: undefined, about: 'the report as JSON' },
  },
  examples: [
    ['pointsman failover --to db2 --dry-run', 'what would be done, and what would be lost'],
    ['pointsman failover --to db2', 'db2 becomes primary'],
  ],
  async run(options, _operands, terminal) {
    const to = options['to']?.[0];
    if (to === undefined) throw new UsageError('say who is to be primary: pointsman failover --to db2');
    const target = findAdmin(options, terminal);
    const cluster = await givenCluster(options, target);
    const dryRun = options['dry-run'] !== undefined;
    const body = { to, dryRun, force: options['force'] !== undefined };
    const path = `/api/v1/clusters/${encodeURIComponent(cluster)}/failover`;
    const report = (await actAtAdmin(target, path, body, TIMEOUT_MS)) as {
      readonly from?: string;
      readonly warnings?: readonly string[];
      readonly plan?: readonly object[];
    };
    if (options['json'] !== undefined) {
      terminal.out(`${JSON.stringify(report, null, 2)}\n`);
      return EXIT.fine;
    }
    const from = report.from === undefined ? '' : ` in place of ${report.from}`;
    terminal.out(dryRun ? `${to} would be made primary${from}:\n${planText(report.plan ?? [])}` : `${to} is primary${from}\n`);
    for (const warning of report.warnings ?? []) terminal.err(`warning: ${warning}\n`);
    return EXIT.fine;
  },
};
