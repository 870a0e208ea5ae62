import { queryInterrupted } from './client-errors.js';
import type { Session } from './session.js';
import type { Statement } from './statement.js';

/** Lets a statement wait, then goes on with it. Over at once when its client goes, or KILL QUERY comes. */
export function delay(session: Session, statement: Statement, delayMs: number, goOn: () => void): void {
  session.phase = 'placing';
  statement.delayed = true;
  const over = (): boolean => {
    clearTimeout(timer);
    statement.delayed = false;
    if (session.cancelPlacing === cancel) session.cancelPlacing = undefined;
    return session.phase === 'placing' && session.statement === statement;
  };
  const cancel = (): void => {
    if (over() && statement.killed) session.answerError(queryInterrupted());
  };
  const timer = setTimeout(() => {
    if (over()) goOn();
  }, delayMs);
  session.cancelPlacing = cancel;
  // Its client may have gone before.
  if (session.departure.isDue) queueMicrotask(() => statement.delayed && session.departure.held());
}
