import type { DetectorState } from './failure-detector.js';
import { isNetworkError, type ReceiverState } from './sample.js';

/** How long a replica's read position must stand still to say that nothing arrives. */
const stillMs = 150;
/** A restart of a replica's receiver, to find out whether its source answers. Monotonic ms. */
export interface Bounce {
  /** When START was answered; undefined while it is being done. */
  readonly restartedMs: number | undefined;
  /** When the receiver was seen connected afterwards. */
  readonly connectedMs: number | undefined;
  /** When it may be bounced again. */
  readonly againMs: number;
}

/** What one replica can tell about its source. Times are monotonic ms. */
export interface Witness {
  readonly name: string;
  /** When its latest sample was asked for; undefined when it does not answer. */
  readonly sampledMs: number | undefined;
  /** Its receiver when the source last answered us; undefined when this process never saw that. */
  readonly receiverThen: ReceiverState | undefined;
  readonly receiver: ReceiverState;
  /** First sample of those in a row that showed the receiver `Connecting`; undefined when the latest did not. */
  readonly connectingSinceMs: number | undefined;
  readonly receiverErrno: number;
  readonly applier: boolean;
  /** Since when its read position has not moved. */
  readonly stillSinceMs: number;
  readonly bounce: Bounce | undefined;
}

export interface DeathInput {
  /** The primary's detector: down. */
  readonly primary: DetectorState;
  readonly witnesses: readonly Witness[];
  readonly nowMs: number;
  readonly bounceMs: number;
  /** See `FailoverOptions.unseenGraceMs`. */
  readonly graceMs: number;
}

export type DeathVerdict =
  | { readonly kind: 'dead'; readonly because: string }
  /** The primary lives; only our own way to it is lost. */
  | { readonly kind: 'alive'; readonly because: string }
  /** Nobody to ask: no replica answers, or there is none. */
  | { readonly kind: 'alone'; readonly because: string }
  | { readonly kind: 'bounce'; readonly replica: string; readonly because: string }
  | { readonly kind: 'wait'; readonly because: string };

/**
 * The rule of two witnesses: a primary that is down for us is dead only when one of its replicas lost it too. Pure. A silent primary
 * leaves a replica's receiver at `Yes` for up to `slave_net_timeout`, so a receiver that stands still is restarted and has to connect.
 */
export function judgeDeath(input: DeathInput): DeathVerdict {
  const { primary, witnesses, nowMs } = input;
  const firstMissMs = primary.firstMissMs ?? nowMs;
  const fresh = witnesses.filter((witness) => witness.sampledMs !== undefined && witness.sampledMs > firstMissMs);
  if (witnesses.every((witness) => witness.sampledMs === undefined)) return { kind: 'alone', because: 'no replica of it answers' };
  if (fresh.length === 0) return { kind: 'wait', because: 'no replica was asked since it fell silent' };
  for (const witness of fresh) {
    const verdict = bounced(witness, input);
    if (verdict !== undefined) return verdict;
  }
  const receiving = fresh.find((witness) => witness.receiver === 'Yes' && isMoving(witness, firstMissMs));
  if (receiving !== undefined) return { kind: 'wait', because: `${receiving.name} still receives from it` };
  const lost = fresh.filter(
    (witness) => witness.receiver === 'Connecting' && witness.receiverThen === 'Yes' && witness.bounce === undefined,
  );
  const proof = lost.find((witness) => staysLost(witness, input));
  if (proof !== undefined) return { kind: 'dead', because: `${proof.name} was connected to it and lost it too` };
  if (lost[0] !== undefined) return { kind: 'wait', because: `${lost[0].name} lost it too, or its receiver was just started` };
  const still = fresh.find((witness) => mayBounce(witness, nowMs));
  if (still !== undefined) return { kind: 'bounce', replica: still.name, because: `${still.name} receives nothing but seems connected` };
  return unproven(fresh, input);
}

/** What a bounce has shown so far. */
function bounced(witness: Witness, input: DeathInput): DeathVerdict | undefined {
  const { bounce } = witness;
  if (bounce === undefined) return undefined;
  if (bounce.connectedMs !== undefined) {
    if (witness.receiver === 'Connecting' && (witness.sampledMs ?? 0) > bounce.connectedMs && staysLost(witness, input)) {
      return { kind: 'dead', because: `${witness.name} had reconnected to it and lost it again` };
    }
    return input.nowMs < bounce.againMs ? { kind: 'alive', because: `${witness.name} reconnected to it` } : undefined;
  }
  if (bounce.restartedMs === undefined) return { kind: 'wait', because: `the receiver of ${witness.name} is being restarted` };
  const waitedMs = (witness.sampledMs ?? 0) - bounce.restartedMs;
  if (witness.receiver !== 'Connecting' || waitedMs < input.bounceMs) {
    return input.nowMs < bounce.againMs ? { kind: 'wait', because: `${witness.name} tries to reconnect to it` } : undefined;
  }
  return { kind: 'dead', because: `${witness.name} receives nothing from it and could not reconnect within ${Math.round(waitedMs)} ms` };
}

/**
 * A closed port and a receiver that lost it are two signs of the same thing. Silence is a weak sign, and a frozen or vanished source leaves
 * receivers at `Yes`: one that is `Connecting` then may merely have been restarted by somebody, so it must stay so as long as after a bounce.
 */
function staysLost(witness: Witness, { primary, bounceMs }: DeathInput): boolean {
  if (primary.failedBy !== 'timeout') return true;
  const { sampledMs, connectingSinceMs } = witness;
  return sampledMs !== undefined && connectingSinceMs !== undefined && sampledMs - connectingSinceMs >= bounceMs;
}

function isMoving(witness: Witness, firstMissMs: number): boolean {
  return witness.stillSinceMs > firstMissMs && (witness.sampledMs ?? 0) - witness.stillSinceMs < stillMs;
}

/** Never while the applier is stopped: both threads stopped would make the server throw its relay log away. */
function mayBounce(witness: Witness, nowMs: number): boolean {
  return witness.receiver === 'Yes' && witness.applier && (witness.bounce === undefined || nowMs >= witness.bounce.againMs);
}

/**
 * The receiver was not seen connected while the primary answered (this process started later, or the replica was just repointed). Then
 * time has to do: all replicas without the source, for the network's reasons, for the whole grace.
 */
function unproven(fresh: readonly Witness[], input: DeathInput): DeathVerdict {
  const { primary, nowMs, graceMs } = input;
  const byHand = fresh.find((witness) => witness.receiver === 'No' && witness.receiverThen === 'No');
  if (byHand !== undefined) {
    return { kind: 'wait', because: `${byHand.name} cannot tell: its receiver was stopped while the primary was well; start it` };
  }
  const away = fresh.filter((witness) => witness.receiver !== 'Yes' && isNetworkError(witness.receiverErrno));
  if (away.length < fresh.length) return { kind: 'wait', because: 'no replica can tell: their receivers do not run for other reasons' };
  const goneMs = nowMs - primary.sinceMs;
  if (goneMs < graceMs)
    return { kind: 'wait', because: `it was not seen with its replicas; waiting ${Math.round((graceMs - goneMs) / 100) / 10} s more` };
  return {
    kind: 'dead',
    because: `gone for ${Math.round(goneMs / 1000)} s, and none of its replicas (${fresh.map((each) => each.name).join(', ')}) is connected to it`,
  };
}
