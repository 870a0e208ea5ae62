import type { ServerSample } from './sample.js';

export interface Readability {
  readonly readable: boolean;
  readonly lagMs: number | undefined;
  /** Why not; undefined when readable. */
  readonly because: string | undefined;
}

/**
 * May a replica serve reads? Pure. While there is no primary its receiver cannot run: then what counts is that it has applied what it
 * has, because reads must not stop with the primary.
 * @param readDelayed somebody wants to read it although it is delayed on purpose; the limit is then on top of that delay
 * @param followsPrimary its chain of sources ends at the primary; else it may be fresh towards its own source and still be stale
 * @param estimateMs delay found by comparing GTIDs with the primary's, for accounts that may not see the replica status
 */
export function readability(
  sample: ServerSample,
  primaryKnown: boolean,
  followsPrimary: boolean,
  maxLagMs: number,
  lastLagMs: number | undefined,
  estimateMs: number | undefined,
  readDelayed = false,
): Readability {
  const { replica } = sample;
  const delayMs = replica === undefined || replica === 'hidden' ? 0 : replica.delayMs;
  if (delayMs > 0) {
    const lagMs = replica === 'hidden' ? undefined : replica?.lagMs;
    if (!readDelayed) return { readable: false, lagMs, because: `it is delayed on purpose (${delayMs / 1000} s; see readDelayed)` };
    return readability({ ...sample, replica: undelayed(replica) }, primaryKnown, followsPrimary, maxLagMs + delayMs, lastLagMs, estimateMs);
  }
  if (replica === undefined) {
    return primaryKnown
      ? { readable: false, lagMs: undefined, because: 'follows nobody' }
      : { readable: true, lagMs: undefined, because: undefined };
  }
  if (replica === 'hidden') {
    if (estimateMs === undefined)
      return { readable: false, lagMs: undefined, because: 'its delay is unknown: the monitor account may not see the replica status' };
    return limited(estimateMs, maxLagMs);
  }
  if (primaryKnown && !followsPrimary) return { readable: false, lagMs: undefined, because: 'it does not follow the primary' };
  if (!replica.applier) {
    return {
      readable: false,
      lagMs: replica.lagMs,
      because: `its applier does not run${replica.applierError ? `: ${replica.applierError}` : ''}`,
    };
  }
  if (replica.receiver === 'Yes') {
    if (replica.lagMs === undefined) return { readable: false, lagMs: undefined, because: 'its delay is unknown' };
    return limited(replica.lagMs, maxLagMs);
  }
  if (!primaryKnown) return limited(lastLagMs ?? 0, maxLagMs);
  return {
    readable: false,
    lagMs: undefined,
    because: `its receiver is ${replica.receiver === 'No' ? 'stopped' : 'not connected'}${replica.receiverError ? `: ${replica.receiverError}` : ''}`,
  };
}

function undelayed(replica: ServerSample['replica']): ServerSample['replica'] {
  return replica === undefined || replica === 'hidden' ? replica : { ...replica, delayMs: 0 };
}

function limited(lagMs: number, maxLagMs: number): Readability {
  return lagMs <= maxLagMs
    ? { readable: true, lagMs, because: undefined }
    : { readable: false, lagMs, because: `it is ${Math.round(lagMs / 1000)} s behind, the limit is ${Math.round(maxLagMs / 1000)} s` };
}
