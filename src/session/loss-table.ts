/**
 * What a client feels when its backend connection is lost: DESIGN 8's table as one pure function.
 */

/** How the connection was lost, from the monitor's verdict and the way it ended. */
export type LossCause =
  /** The server is dead, frozen, restarted, demoted or fenced: the loss of a server. */
  | 'server'
  /** RST or time-out on a server that is healthy: the network. */
  | 'network'
  /** FIN or ERR from a healthy server: its will. */
  | 'ended';

/** What is known about the statement in flight. */
export interface InFlight {
  /** Its bytes were written to the backend (at least in part). */
  readonly sent: boolean;
  /** A part of its answer was passed to the client. */
  readonly answered: boolean;
  /** All its bytes are still here, so that it can be sent again. */
  readonly repeatable: boolean;
  /** It was already run a second time. */
  readonly rerun: boolean;
  /** It leaves nothing behind and may run anywhere, or changes only state that died with the connection. */
  readonly harmless: boolean;
  /** It returns rows only: a cut answer is a cut result, never an unknown outcome. */
  readonly read: boolean;
  /** It commits, may commit, or its effect on transactions is not known. */
  readonly mayCommit: boolean;
  /** ROLLBACK, also AND CHAIN and RELEASE. */
  readonly rollsBack: boolean;
  /** ROLLBACK alone: the loss did all that it asked for. */
  readonly rollsBackOnly: boolean;
  /** A stream of binlog events. */
  readonly stream: boolean;
}

export type LossAction =
  /** No statement in flight: attach again at the next command. */
  | 'detach'
  /** Wait for a target, then send. */
  | 'hold'
  /** Send once more, elsewhere. */
  | 'rerun'
  /** 9501. */
  | 'outcome-unknown'
  /** 9507. */
  | 'result-cut'
  /** 1213 for this statement. */
  | 'transaction-lost'
  /** Answer OK: the rollback has happened. */
  | 'rolled-back'
  /** End the client the way the server ended us. */
  | 'end';

/**
 * Decides one row of the table.
 * @param cause why the connection ended
 * @param inTransaction a transaction was open before the statement in flight
 * @param statement the statement in flight; undefined when the session was idle
 */
export function actionAfterLoss(cause: LossCause, inTransaction: boolean, statement: InFlight | undefined): LossAction {
  if (cause === 'ended') return 'end';
  if (statement === undefined) return 'detach';
  if (statement.stream) return 'result-cut';
  if (inTransaction) return afterLossInTransaction(statement);
  if (!statement.sent) return 'hold';
  if (statement.answered) return statement.read ? 'result-cut' : 'outcome-unknown';
  if (statement.rollsBackOnly) return 'rolled-back';
  if (statement.harmless && cause === 'server' && statement.repeatable && !statement.rerun) return 'rerun';
  return statement.read || statement.harmless ? 'result-cut' : 'outcome-unknown';
}

function afterLossInTransaction(statement: InFlight): LossAction {
  if (statement.rollsBackOnly) return 'rolled-back';
  if (statement.rollsBack && statement.repeatable && !statement.rerun) return 'rerun';
  if (statement.sent && statement.mayCommit) return 'outcome-unknown';
  return 'transaction-lost';
}
