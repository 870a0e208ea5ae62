import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from '../proxy/run-pointsman.js';
import { runCommand } from '../servers/run-command.js';
import type { Kind, SessionRecord } from './chaos-session.js';
import { type Deed, FAILOVERS } from './nemesis.js';

/** The part of `test/results/chaos.json` that the checker writes. */
interface Sessions {
  /** The last commit that changed the product: what the sessions are about. */
  readonly product: string;
  readonly sessions: readonly SessionRecord[];
}

export interface Done {
  readonly failovers: number;
  readonly switchovers: number;
  readonly others: number;
}

/** The record of sessions, written after each, so that a run can be ended at any time and goes on where it was. */
export class ChaosRecord {
  readonly #path: string;
  #sessions: Sessions;

  private constructor(path: string, sessions: Sessions) {
    this.#path = path;
    this.#sessions = sessions;
  }

  /** Sessions with an older product are let go. */
  static async open(path = join(REPOSITORY, 'test/results/chaos.json')): Promise<ChaosRecord> {
    const product = (await runCommand('git', ['-C', REPOSITORY, 'log', '-1', '--format=%H', '--', 'src'])).trim();
    const before = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as { checker?: Sessions }).checker : undefined;
    return new ChaosRecord(path, before?.product === product ? before : { product, sessions: [] });
  }

  sessionsOf(kind: Kind): number {
    return this.#sessions.sessions.filter((each) => each.kind === kind).length;
  }

  done(kind: Kind): Done {
    const deeds = this.#sessions.sessions.filter((each) => each.kind === kind).flatMap((each) => each.deeds);
    const deaths: readonly Deed[] = [...FAILOVERS, ...(kind === 'galera' ? (['kill-replica'] as const) : [])];
    const failovers = deeds.filter((deed) => deaths.includes(deed));
    const switchovers = deeds.filter((deed) => deed === 'switchover');
    return {
      failovers: failovers.length,
      switchovers: switchovers.length,
      others: deeds.length - failovers.length - switchovers.length,
    };
  }

  add(record: SessionRecord): void {
    // Somebody may run another kind beside us.
    const file = existsSync(this.#path) ? (JSON.parse(readFileSync(this.#path, 'utf8')) as { checker?: Sessions }) : {};
    const before = file.checker?.product === this.#sessions.product ? file.checker.sessions : [];
    this.#sessions = { product: this.#sessions.product, sessions: [...before, record] };
    writeFileSync(this.#path, `${JSON.stringify({ ...file, checker: this.#sessions }, null, 2)}\n`);
  }
}
