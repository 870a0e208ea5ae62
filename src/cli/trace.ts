import { setTimeout as sleep } from 'node:timers/promises';
import { actAtAdmin, readAdmin } from './ask-admin.js';
import { type Command, EXIT, UsageError } from './command.js';
import { ADMIN_OPTIONS, findAdmin } from './find-admin.js';

const USUAL_SECONDS = 10;

/** `pointsman trace ID`: the packets of one session of a running proxy. */
export const trace: Command = {
  name: 'trace',
  summary: 'write down the packets of a session',
  operands: 'ID',
  about: `Both ways, of its client and its servers, one line a packet, on standard output once the time is over. Statements are shown as log.sql says (with ? for
literals, unless that is "full"); passwords, rows and parameters never. Costs the other sessions nothing. Needs an operator's token.`,
  options: {
    ...ADMIN_OPTIONS,
    seconds: { value: 'N', about: `for how long (default: ${USUAL_SECONDS}, at most 600)` },
  },
  examples: [['pointsman trace 1073741830 --seconds 5 > session.txt', 'five seconds of it']],
  async run(options, operands, terminal) {
    const [id = ''] = operands;
    if (operands.length !== 1 || !/^\d+$/.test(id))
      throw new UsageError('give one id, as `pointsman sessions` lists them: pointsman trace 1073741830');
    const seconds = Number(options['seconds']?.[0] ?? USUAL_SECONDS);
    if (!Number.isInteger(seconds) || seconds < 1 || seconds > 600) throw new UsageError('--seconds is a whole number from 1 to 600');
    const admin = findAdmin(options, terminal);
    const path = `/api/v1/sessions/${id}/trace`;
    await actAtAdmin(admin, path, { seconds });
    await sleep(seconds * 1000);
    await actAtAdmin(admin, `${path}/stop`, {});
    terminal.out(await readAdmin(admin, path));
    return EXIT.fine;
  },
};
