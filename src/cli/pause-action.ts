import { actAtAdmin } from './ask-admin.js';
import { EXIT, type GivenOptions, type OptionDeclaration, type Terminal, UsageError } from './command.js';
import { ADMIN_OPTIONS, findAdmin } from './find-admin.js';
import { givenCluster } from './given-cluster.js';

/** Options of the commands that pause a cluster and let it go on. */
export const PAUSE_OPTIONS: Readonly<Record<string, OptionDeclaration>> = {
  ...ADMIN_OPTIONS,
  'dry-run': { value: undefined, about: 'only say what would be done' },
  json: { value: undefined, about: 'the answer as JSON' },
};

/** Has a running proxy do `action` to the cluster that is named, or to the only one, and says what became of it. */
export async function pauseAction(
  action: 'pause' | 'resume',
  options: GivenOptions,
  operands: readonly string[],
  terminal: Terminal,
): Promise<number> {
  const [named] = operands;
  if (operands.length > 1) throw new UsageError(`name one cluster: pointsman ${action} main`);
  const target = findAdmin(options, terminal);
  const cluster = await givenCluster(named === undefined ? {} : { cluster: [named] }, target, `pointsman ${action}`);
  const dryRun = options['dry-run'] !== undefined;
  const answer = (await actAtAdmin(target, `/api/v1/clusters/${encodeURIComponent(cluster)}/${action}`, { dryRun })) as {
    readonly before: boolean;
    readonly paused: boolean;
  };
  if (options['json'] !== undefined) {
    terminal.out(`${JSON.stringify(answer, null, 2)}\n`);
    return EXIT.fine;
  }
  const state = answer.paused ? 'paused' : 'not paused';
  const what = answer.before === answer.paused ? `is ${state} already` : `${dryRun ? 'would be' : 'is'} ${state}${dryRun ? '' : ' now'}`;
  terminal.out(`cluster ${cluster} ${what}\n`);
  return EXIT.fine;
}
