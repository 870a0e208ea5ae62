import { askAdmin } from './ask-admin.js';
import { type Command, EXIT, UsageError } from './command.js';
import { ADMIN_OPTIONS, findAdmin } from './find-admin.js';
import { table } from './table.js';

/** What is read of a report; a proxy of another version may lack any of it. */
interface Report {
  readonly id: string;
  readonly cluster?: string;
  readonly kind?: string;
  readonly startedMs?: number;
  readonly endedMs?: number;
  readonly tookMs?: number;
  readonly oldPrimary?: string;
  readonly newPrimary?: string;
  readonly evidence?: readonly string[];
  readonly timeline?: readonly { readonly atMs: number; readonly sinceMs?: number; readonly what: string }[];
  readonly candidates?: readonly { readonly name: string; readonly position: string; readonly rank?: number; readonly rejected?: string }[];
  readonly longestHoldMs?: number;
  readonly lostCount?: number;
  readonly lostGtids?: string;
  readonly outcomes?: Readonly<Record<string, number>>;
}

/** `pointsman failovers [ID]`: what happened to primaries, and to the sessions meanwhile. */
export const failovers: Command = {
  name: 'failovers',
  summary: 'what happened in the last failovers and switchovers',
  operands: '[ID]',
  about: 'Asks a running proxy: one line for each, newest first; with an ID its evidence, its timeline and what became of the sessions.',
  options: { ...ADMIN_OPTIONS, json: { value: undefined, about: 'the reports as JSON' } },
  examples: [
    ['pointsman failovers', 'all that are kept'],
    ['pointsman failovers main-1', 'one of them, with its timeline'],
  ],
  async run(options, operands, terminal) {
    if (operands.length > 1) throw new UsageError('give one id, as `pointsman failovers` lists them');
    const answer = (await askAdmin(findAdmin(options, terminal), '/api/v1/failovers')) as { failovers?: readonly Report[] };
    const all = answer.failovers ?? [];
    const [id] = operands;
    const found = id === undefined ? all : all.filter((report) => report.id === id);
    if (id !== undefined && found.length === 0) throw new UsageError(`there is no failover ${id}; \`pointsman failovers\` lists them`);
    if (options['json'] !== undefined) terminal.out(`${JSON.stringify({ failovers: found }, null, 2)}\n`);
    else if (id !== undefined) terminal.out(found.map(detail).join(''));
    else terminal.out(all.length === 0 ? 'none since the start\n' : table(HEAD, all.map(row), terminal.colour));
    return EXIT.fine;
  },
};

const HEAD = ['ID', 'CLUSTER', 'KIND', 'STARTED', 'TOOK', 'FROM', 'TO', 'LOST', 'SESSIONS'];

function row(report: Report): string[] {
  return [
    report.id,
    report.cluster ?? '',
    report.kind ?? '',
    timeOf(report.startedMs),
    tookOf(report),
    report.oldPrimary ?? 'none',
    report.newPrimary ?? 'none yet',
    lostOf(report),
    outcomesOf(report),
  ];
}

function detail(report: Report): string {
  const { startedMs = 0, evidence = [], timeline = [] } = report;
  return [
    `${report.id}: ${report.kind ?? '?'} of cluster ${report.cluster ?? '?'}, ${report.oldPrimary ?? 'no primary'} to ${report.newPrimary ?? 'no primary yet'}`,
    `started   ${timeOf(startedMs)}, took ${tookOf(report)}`,
    ...evidence.map((line) => `evidence  ${line}`),
    ...(report.candidates ?? []).map(
      ({ name, position, rank, rejected }) =>
        `candidate ${rank === undefined ? '' : `${rank}. `}${name} at ${position || 'nothing'}${rejected === undefined ? '' : `: ${rejected}`}`,
    ),
    ...timeline.map(({ atMs, sinceMs, what }) => `${`${Math.round(sinceMs ?? atMs - startedMs)} ms`.padStart(9)}  ${what}`),
    `lost      ${lostOf(report) === '' ? 'nothing that is known of' : `${lostOf(report)}${report.lostGtids === undefined ? '' : `: ${report.lostGtids}`}`}`,
    `sessions  ${outcomesOf(report)}`,
    `held      ${report.longestHoldMs === undefined || report.longestHoldMs === 0 ? 'nothing' : `${report.longestHoldMs} ms at the longest`}`,
    '',
  ].join('\n');
}

function timeOf(unixMs: number | undefined): string {
  return unixMs === undefined ? '' : new Date(unixMs).toISOString();
}

function tookOf({ startedMs, endedMs, tookMs }: Report): string {
  if (startedMs === undefined || endedMs === undefined) return 'still open';
  return `${((tookMs ?? endedMs - startedMs) / 1000).toFixed(2)} s`;
}

function lostOf({ lostCount }: Report): string {
  return lostCount === undefined || lostCount === 0 ? '' : `${lostCount} transactions`;
}

function outcomesOf({ outcomes = {} }: Report): string {
  const some = Object.entries(outcomes).filter(([, count]) => count > 0);
  return some.length === 0 ? 'none concerned' : some.map(([name, count]) => `${count} ${name}`).join(', ');
}
