import { askAdmin, readAdmin } from './ask-admin.js';
import { type Command, EXIT, type Terminal, UsageError } from './command.js';
import { ADMIN_OPTIONS, type AdminTarget, findAdmin } from './find-admin.js';
import { parseMetrics } from './metrics-text.js';
import type { Status } from './status-table.js';
import { type TopReading, topFrame } from './top-frame.js';

/** The alternate screen without a cursor, and back: what stood on the terminal before stands there again afterwards. */
const ENTER = '\u001b[?1049h\u001b[?25l';
const LEAVE = '\u001b[?25h\u001b[?1049l';
const HOME_AND_CLEAR = '\u001b[H\u001b[J';

/** `pointsman top`: rates, delays, what is held and who does what, live. */
export const top: Command = {
  name: 'top',
  summary: 'watch a running proxy live',
  about:
    'Shows rates, durations, servers and sessions, and what waits, until q or Ctrl-C. Where standard output is no terminal: one picture.',
  options: {
    ...ADMIN_OPTIONS,
    every: { value: 'SECONDS', about: 'time between two pictures (default: 1)' },
    count: { value: 'N', about: 'end after so many pictures' },
  },
  examples: [
    ['pointsman top', 'the proxy on this machine'],
    ['pointsman top --every 5 --count 12 > minute.txt', 'a minute for a report'],
  ],
  async run(options, _operands, terminal) {
    const everyMs = numberOf(options['every']?.[0] ?? '1', 'every', 0.1) * 1000;
    const live = terminal.size() !== undefined;
    const given = options['count']?.[0];
    const count = given === undefined ? (live ? Number.POSITIVE_INFINITY : 1) : numberOf(given, 'count', 1);
    await show(findAdmin(options, terminal), terminal, everyMs, count, live);
    return EXIT.fine;
  },
};

function numberOf(text: string, option: string, least: number): number {
  const value = Number(text);
  if (!(value >= least)) throw new UsageError(`--${option} is a number from ${least} on`);
  return value;
}

async function show(target: AdminTarget, terminal: Terminal, everyMs: number, count: number, live: boolean): Promise<void> {
  let before = await read(target);
  let stopped = false;
  let wake: () => void = () => undefined;
  const over = terminal.onStop(() => {
    stopped = true;
    wake();
  });
  if (live) terminal.out(ENTER);
  try {
    for (let shown = 0; shown < count && !stopped; shown += 1) {
      await new Promise<void>((resolve) => {
        wake = resolve;
        setTimeout(resolve, everyMs);
      });
      if (stopped) break;
      const now = await read(target);
      terminal.out(`${live ? HOME_AND_CLEAR : ''}${topFrame(before, now, terminal.size()?.rows ?? 1000, terminal.colour)}`);
      before = now;
    }
  } finally {
    if (live) terminal.out(LEAVE);
    over();
  }
}

async function read(target: AdminTarget): Promise<TopReading> {
  const [status, sessions, metrics] = await Promise.all([
    askAdmin(target, '/api/v1/status'),
    askAdmin(target, '/api/v1/sessions'),
    readAdmin(target, '/metrics'),
  ]);
  return {
    status: status as Status,
    sessions: (sessions as { sessions?: TopReading['sessions'] }).sessions ?? [],
    metrics: parseMetrics(metrics),
    atMs: Date.now(),
  };
}
