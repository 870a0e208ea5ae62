import { actAtAdmin } from './ask-admin.js';
import { EXIT, type GivenOptions, type OptionDeclaration, type Terminal, UsageError } from './command.js';
import { ADMIN_OPTIONS, findAdmin } from './find-admin.js';

/** Options of the commands that take servers out and back in. */
export const BACKEND_OPTIONS: Readonly<Record<string, OptionDeclaration>> = {
  ...ADMIN_OPTIONS,
  cluster: { value: 'NAME', about: 'needed only where several clusters have a server of this name' },
  'dry-run': { value: undefined, about: 'only say what would be done' },
  json: { value: undefined, about: 'the answer as JSON' },
};

/** Has a running proxy do `action` to the one server that is named, and says what became of it. */
export async function backendAction(
  action: 'drain' | 'undrain' | 'maintenance',
  options: GivenOptions,
  operands: readonly string[],
  terminal: Terminal,
): Promise<number> {
  const [backend] = operands;
  const command = action === 'undrain' ? 'undrain' : 'drain';
  if (backend === undefined || operands.length !== 1)
    throw new UsageError(`name one server, as \`pointsman status\` shows it: pointsman ${command} db2`);
  const dryRun = options['dry-run'] !== undefined;
  const body = { dryRun, ...(options['cluster'] === undefined ? {} : { cluster: options['cluster'][0] }) };
  const answer = (await actAtAdmin(findAdmin(options, terminal), `/api/v1/backends/${encodeURIComponent(backend)}/${action}`, body)) as {
    before?: string | null;
    after?: string | null;
    warnings?: readonly string[];
  };
  if (options['json'] !== undefined) {
    terminal.out(`${JSON.stringify(answer, null, 2)}\n`);
    return EXIT.fine;
  }
  const now = answer.after ?? 'in traffic';
  const was = answer.before ?? 'in traffic';
  const what = now === was ? `is ${now} already` : `${dryRun ? 'would go' : 'goes'} from ${was} to ${now}`;
  terminal.out(`${backend} ${what}\n${(answer.warnings ?? []).map((warning) => `warning: ${warning}\n`).join('')}`);
  return EXIT.fine;
}
