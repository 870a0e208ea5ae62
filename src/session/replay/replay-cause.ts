/**
 * Why a lost transaction was not replayed, or that it was. Stable words: label values of a metric, and in the log.
 *
 * - `replayed`: it goes on elsewhere;
 * - `off`: `transactions.replay` is false;
 * - `memory`: it grew over `transactions.memoryPerSession`, or all of them over `transactions.memory`;
 * - `not-replayable`: something in it must not be done twice, or cannot be done again;
 * - `second-loss`: it had been replayed before;
 * - `differs`: an answer was another one than the first time;
 * - `no-server`: none could be had in time;
 * - `state`: the session's state as of its beginning could not be restored;
 * - `interrupted`: the connection was lost in its middle.
 */
export type ReplayCause =
  | 'replayed'
  | 'off'
  | 'memory'
  | 'not-replayable'
  | 'second-loss'
  | 'differs'
  | 'no-server'
  | 'state'
  | 'interrupted';

/** With what exactly, in words for a person. */
export interface ReplayFailure {
  readonly cause: Exclude<ReplayCause, 'replayed'>;
  readonly detail: string;
}
