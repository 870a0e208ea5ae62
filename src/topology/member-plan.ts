import { join, type Missing, missing, type Position, parsePosition } from './position.js';
import { isNetworkError, replicaOf, type ServerSample } from './sample.js';

export interface MemberInput {
  /** Fresh sample of the member, taken *before* the primary's: else what arrived in between looks like its own. */
  readonly member: ServerSample;
  readonly primary: ServerSample;
  /** The member's source: a name, `outside`, or undefined. */
  readonly source: string | undefined;
  /** Its chain of sources ends at the primary. */
  readonly followsPrimary: boolean;
  /** Its source is a member that is down or cut off. */
  readonly sourceGone: boolean;
  /** How long it has been found apart from the primary; people and tools that move roles by hand get some time. */
  readonly apartMs: number;
  readonly rejoin: boolean;
  /** It was primary and died, or we fenced it, and it has not followed anybody since. */
  readonly former: boolean;
  /** This process has seen it follow somebody. */
  readonly wasReplica: boolean;
  /** Its receiver, if stopped, was stopped by us or before this process first looked: not by somebody under our eyes. */
  readonly stoppedByProxy: boolean;
  /** Its source, the primary, refuses its login, and the account that is configured may help. */
  readonly newAccountHelps: boolean;
}

export type MemberAction =
  | { readonly kind: 'none' }
  /** Right place, wrong flags: a replica that restarted writable. */
  | { readonly kind: 'read-only' }
  /** Right place, but left stopped by a proxy that was killed in the middle of a promotion. */
  | { readonly kind: 'start' }
  /** Takes no writes any more: flags, and its clients cut off. Then `next`. */
  | { readonly kind: 'fence'; readonly next: 'rejoin' | 'stay' }
  /** Follow the primary. `adopt`: MariaDB must first take its own binlog position as its replication position. */
  | { readonly kind: 'follow'; readonly adopt: boolean }
  /** It has transactions that the primary lacks: kept apart, listed. */
  | { readonly kind: 'quarantine'; readonly own: Missing; readonly fence: boolean };

/** Patience with a member that is apart but may be in the hands of somebody who moves roles by hand. */
export const patienceMs = 5_000;

/** What has to be done with a member that is not the primary, in `promote` mode. Pure; the executor asks again before each step. */
export function planMember(input: MemberInput): MemberAction {
  const { member, primary, source } = input;
  if (member.replica === 'hidden' || member.flavor !== primary.flavor) return { kind: 'none' };
  const writable = !member.readOnly;
  if (source !== undefined && input.followsPrimary) {
    if (writable) return { kind: 'read-only' };
    if (input.newAccountHelps && input.rejoin) return { kind: 'follow', adopt: false };
    return input.stoppedByProxy && input.rejoin && isJustStopped(member) ? { kind: 'start' } : { kind: 'none' };
  }
  // A source outside that feeds it is not ours to change.
  if (source === 'outside' && replicaOf(member)?.receiver === 'Yes') return { kind: 'none' };
  const urgent = input.sourceGone || input.former;
  const patient = !urgent && input.apartMs < patienceMs;
  // Somebody may be making this replica the primary, and the old one is next.
  if (writable && patient && input.wasReplica) return { kind: 'none' };
  const own = missing(everything(primary), everything(member));
  if (own.gtids !== '') return { kind: 'quarantine', own, fence: writable };
  if (writable) return { kind: 'fence', next: input.rejoin ? 'rejoin' : 'stay' };
  if ((source === undefined && !input.rejoin) || patient) return { kind: 'none' };
  return { kind: 'follow', adopt: member.flavor === 'mariadb' && source === undefined };
}

/** Stopped for no reason of its own: no broken applier, no log that the source has thrown away. Errors of connecting do not count. */
function isJustStopped(member: ServerSample): boolean {
  const replica = replicaOf(member);
  return replica?.receiver === 'No' && replica.applierError === '' && isNetworkError(replica.receiverErrno);
}

/** Executed and, for a replica, received: it would apply that too. */
export function everything(sample: ServerSample): Position {
  const executed = parsePosition(sample.flavor, sample.executed);
  const received = replicaOf(sample)?.received ?? '';
  return received === '' ? executed : join(executed, parsePosition(sample.flavor, received));
}
