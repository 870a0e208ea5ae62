/**
 * Judges one server by its probes. Pure: the same observations at the same times give the same states. DESIGN section 8:
 * a refusal or reset that a second look confirms is a failure at once; silence needs `downAfter` time-outs (a time-out alone is
 * no death, it may be a slow server or our own network); coming back needs `upAfter` answers, more if the server flaps.
 */

export type DetectedState = 'online' | 'suspect' | 'down';

/**
 * Outcome of one probe. `refused`/`reset` with `confirmed` means the probe itself tried twice. `denied` is an answer that tells
 * nothing (wrong password, too many connections): the server lives.
 */
export type Observation =
  | { readonly kind: 'ok' /** It took longer than the time-out. */; readonly slow?: boolean }
  | { readonly kind: 'denied'; readonly detail: string }
  | { readonly kind: 'refused' | 'reset'; readonly confirmed: boolean; readonly detail: string }
  /** `worth`: how many time-outs long it was waited for. */
  | { readonly kind: 'timeout'; readonly worth?: number; readonly detail: string };

export interface DetectorThresholds {
  /** Time-outs in a row until a server is down. */
  readonly downAfter: number;
  /** Answers in a row until a down server is online again. */
  readonly upAfter: number;
  /** Window in which falls are counted for damping, ms. */
  readonly flapWindowMs: number;
}

export interface DetectorState {
  readonly state: DetectedState;
  /** False until the first answer or the first confirmed failure. */
  readonly known: boolean;
  /** Monotonic ms of the last change of `state`. */
  readonly sinceMs: number;
  readonly timeouts: number;
  /** The last answer came, but late. */
  readonly slow: boolean;
  readonly refusals: number;
  readonly answers: number;
  /** Monotonic ms of the last answer; undefined before the first. */
  readonly lastAnswerMs: number | undefined;
  /** Monotonic ms of the first missed probe since the last answer. */
  readonly firstMissMs: number | undefined;
  /** How the last failure looked: a refusal proves a closed port, a time-out proves nothing. */
  readonly failedBy: 'refused' | 'timeout' | undefined;
  /** Times of falls inside the flap window. */
  readonly falls: readonly number[];
  readonly lastError: string | undefined;
}

/**
 * How many time-outs long the next probe should wait. A server that was silent for `downAfter` of them may be slow and not dead: it is
 * given more time, and while it answers late it is `suspect`, so that a slow primary stays primary.
 */
export function patience(state: DetectorState): number {
  return state.slow || (state.state === 'down' && state.failedBy === 'timeout') ? 4 : 1;
}

/** Down, and silent since: one that has answered again, however few times, is not replaced any more. */
export function isGone(state: DetectorState): boolean {
  return state.state === 'down' && state.answers === 0;
}

/** A server nobody has looked at yet: down, but unknown, so that its first answer counts at once. */
export function unseen(nowMs: number): DetectorState {
  return {
    state: 'down',
    known: false,
    sinceMs: nowMs,
    timeouts: 0,
    slow: false,
    refusals: 0,
    answers: 0,
    lastAnswerMs: undefined,
    firstMissMs: undefined,
    failedBy: undefined,
    falls: [],
    lastError: undefined,
  };
}

/** Answers in a row that this server needs now: `upAfter`, doubled for each fall inside the window after the first, at most four times as many. */
export function answersNeeded(state: DetectorState, thresholds: DetectorThresholds, nowMs: number): number {
  const recent = state.falls.filter((at) => nowMs - at < thresholds.flapWindowMs).length;
  return thresholds.upAfter * 2 ** Math.min(2, Math.max(0, recent - 1));
}

/** The next state after one observation. `askedAtMs` is when the probe began (monotonic ms), `nowMs` when it ended. */
export function observe(
  before: DetectorState,
  seen: Observation,
  thresholds: DetectorThresholds,
  askedAtMs: number,
  nowMs: number,
): DetectorState {
  return seen.kind === 'ok' || seen.kind === 'denied'
    ? answered(before, seen, thresholds, nowMs)
    : missed(before, seen, thresholds, askedAtMs, nowMs);
}

function answered(
  before: DetectorState,
  seen: Extract<Observation, { kind: 'ok' | 'denied' }>,
  thresholds: DetectorThresholds,
  nowMs: number,
): DetectorState {
  const answers = before.answers + 1;
  const back = before.state !== 'down' || !before.known || answers >= answersNeeded(before, thresholds, nowMs);
  const slow = seen.kind === 'ok' && seen.slow === true;
  const up = seen.kind === 'ok' && !slow ? 'online' : 'suspect';
  const state = back ? up : 'down';
  return {
    ...before,
    state,
    known: true,
    sinceMs: state === before.state ? before.sinceMs : nowMs,
    timeouts: 0,
    slow,
    refusals: 0,
    answers,
    lastAnswerMs: nowMs,
    firstMissMs: undefined,
    failedBy: undefined,
    lastError: seen.kind === 'denied' ? seen.detail : slow ? 'it answers slowly' : state === 'down' ? before.lastError : undefined,
  };
}

function missed(
  before: DetectorState,
  seen: Extract<Observation, { kind: 'refused' | 'reset' | 'timeout' }>,
  thresholds: DetectorThresholds,
  askedAtMs: number,
  nowMs: number,
): DetectorState {
  const silent = seen.kind === 'timeout';
  const timeouts = before.timeouts + (silent ? (seen.worth ?? 1) : 0);
  const refusals = silent ? before.refusals : before.refusals + (seen.confirmed ? 2 : 1);
  // A server that refuses, hangs and refuses again is as gone as one that does the same thing each time.
  const gone =
    refusals >= 2 || timeouts >= thresholds.downAfter || (refusals > 0 && timeouts + refusals >= Math.max(2, thresholds.downAfter));
  const state: DetectedState = before.state === 'down' || gone ? 'down' : 'suspect';
  const fell = state === 'down' && before.state !== 'down';
  return {
    ...before,
    state,
    known: before.known || gone,
    sinceMs: state === before.state ? before.sinceMs : nowMs,
    timeouts,
    refusals,
    answers: 0,
    firstMissMs: before.firstMissMs ?? askedAtMs,
    failedBy: silent ? 'timeout' : 'refused',
    falls: fell ? [...before.falls.filter((at) => nowMs - at < thresholds.flapWindowMs), nowMs] : before.falls,
    lastError: seen.detail,
  };
}
