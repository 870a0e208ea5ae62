/** Enough that at least one of them is not interrupted between its two readings. */
const TRIES = 50;

/**
 * Both clocks are the kernel's monotonic one, counted from the machine's start and from the process's, so no change of the wall clock matters.
 * But time passes between two readings, a lot on a busy machine: the true difference lies between these bounds.
 */
function difference(): { readonly least: number; readonly most: number } {
  let least = Number.NEGATIVE_INFINITY;
  let most = Number.POSITIVE_INFINITY;
  for (let n = 0; n < TRIES; n += 1) {
    const before = machineMs();
    const own = performance.now();
    least = Math.max(least, before - own);
    most = Math.min(most, machineMs() - own);
  }
  return { least, most };
}

function machineMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

const { least, most } = difference();

/**
 * Add to a `performance.now()` of this process for a time that all processes of this machine understand, in ms. If anything the time comes out
 * earlier than it was: what is known as of a time must never seem newer than it is.
 */
export const TO_MACHINE_MS = least;

/** Add to such a time for a `performance.now()` of this process; earlier rather than later, too. */
export const FROM_MACHINE_MS = -most;
