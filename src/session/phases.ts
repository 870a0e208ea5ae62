/**
 * What a session is doing. Transactions, pins and prepared statements are facts kept elsewhere, not phases.
 *
 * - `login`: the account is being proven on a backend;
 * - `idle`: waiting for the client's next command;
 * - `placing`: a command waits for its backend (held, dialling, restoring state, preparing again);
 * - `running`: a command was sent and its answer is under way;
 * - `judging`: the backend connection was lost and the verdict is awaited;
 * - `closed`: over.
 */
export type Phase = 'login' | 'idle' | 'placing' | 'running' | 'judging' | 'closed';

const NEXT: Readonly<Record<Phase, readonly Phase[]>> = {
  login: ['idle', 'closed'],
  idle: ['placing', 'running', 'judging', 'closed'],
  placing: ['running', 'judging', 'idle', 'closed', 'placing'],
  running: ['idle', 'judging', 'placing', 'closed'],
  judging: ['idle', 'placing', 'closed'],
  closed: [],
};

/** True when the table allows the step; the session throws on any other, since that is a bug of ours. */
export function mayFollow(from: Phase, to: Phase): boolean {
  // The two steps of every statement, first: the table costs a search by name.
  if (from === 'idle' ? to === 'running' : from === 'running' && to === 'idle') return true;
  return NEXT[from].includes(to);
}
