import type { StatementText } from '../routing/rules/statement-text.js';
import type { StatementFacts } from '../sql/facts.js';
import type { ClientCommand } from './client-command.js';
import type { CommitGuard } from './guard/commit-guard.js';
import type { InFlight } from './loss-table.js';
import type { PreparedStatement } from './prepared-statements.js';
import type { AttributeUse } from './query-attributes.js';
import type { Route, SessionRoute } from './services.js';
import type { TimeAllowed } from './time-limit.js';

/** What a command is, as far as sending, losing and repeating it goes. Shared, constant objects for commands without SQL. */
export interface StatementTraits {
  /** Under which kind it is counted. */
  readonly kind: 'read' | 'write' | 'ddl' | 'transaction' | 'set' | 'other';
  /** See `InFlight`. */
  readonly harmless: boolean;
  readonly read: boolean;
  readonly mayCommit: boolean;
  readonly rollsBack: boolean;
  readonly rollsBackOnly: boolean;
  readonly stream: boolean;
  /** Refused as read-only with its first answer, it has left nothing behind. */
  readonly simpleWrite: boolean;
}

/** Commands such as PING, INIT_DB, STMT_PREPARE: they change at most state that dies with the connection. */
export const HARMLESS_COMMAND: StatementTraits = {
  kind: 'other',
  harmless: true,
  read: false,
  mayCommit: false,
  rollsBack: false,
  rollsBackOnly: false,
  stream: false,
  simpleWrite: false,
};

/** Commands of which we assume nothing good. */
export const UNKNOWN_COMMAND: StatementTraits = { ...HARMLESS_COMMAND, harmless: false, mayCommit: true };

/** What the facts about a text mean for losing it. */
export function traitsOf(facts: StatementFacts): StatementTraits {
  // A branch that was prepared outlives its connection.
  const rollsBack = facts.rollsBack && !facts.multi && !facts.effects.some((effect) => effect.kind === 'xa');
  // SET of session state, BEGIN and ROLLBACK outside a transaction leave nothing on a server that is gone.
  const sessionOnly = !facts.multi && !facts.mayChangeState && (rollsBack || isSessionOnly(facts));
  return {
    kind: facts.kind === 'call' || facts.kind === 'admin' ? 'other' : facts.kind,
    harmless: facts.harmless || sessionOnly,
    read: facts.kind === 'read' && facts.harmless,
    mayCommit: facts.mayCommit,
    rollsBack,
    rollsBackOnly: rollsBack && !facts.begins && !facts.releases,
    stream: false,
    simpleWrite: facts.simpleWrite,
  };
}

function isSessionOnly(facts: StatementFacts): boolean {
  if (facts.kind === 'transaction') return facts.begins;
  if (facts.kind !== 'set') return false;
  return facts.effects.every((effect) => effect.kind !== 'system-variable' || effect.scope === 'session');
}

/** What a rule or a hint says about a statement's target; what it leaves open is decided as usual. */
export interface StatementOrder {
  /** A cluster's name. */
  readonly cluster?: string;
  readonly route?: SessionRoute;
  /** A backend's name. */
  readonly backend?: string;
  readonly consistency?: 'eventual' | 'session' | 'global';
  /** Its commit is guarded, or not, whatever the cluster's way is. */
  readonly commitGuard?: boolean;
}

const NO_ORDER: StatementOrder = {};

/** One command on its way through a session, from the client's bytes to the last byte of its answer. */
export class Statement implements InFlight {
  readonly command: ClientCommand;
  readonly traits: StatementTraits;
  readonly facts: StatementFacts | undefined;
  readonly prepared: PreparedStatement | undefined;
  sent = false;
  answered = false;
  rerun = false;
  /** The client sent LOCAL INFILE bytes for it. */
  infile = false;
  /** `performance.now()` when it came, ms. */
  readonly cameAtMs: number;
  /** It reads or sets `session_track_...`, so it has to see the client's own. */
  namesTrackers = false;
  /** Text of a COM_QUERY that is here whole, without what stands before it. */
  sql: Buffer | undefined;
  /** Since when it had to wait for a target, monotonic ms. */
  heldSinceMs: number | undefined;
  /** Of query attributes. */
  attributes: AttributeUse = 'unspoken';
  /** Of rules and hints. */
  order: StatementOrder = NO_ORDER;
  /** Where it is to run; decided anew each time it is placed. */
  route: Route = 'primary';
  /** The backend that was chosen for it, where the session has a connection to that one already. */
  at: string | undefined;
  /** A READ ONLY transaction is begun anew on the primary before it, with these statements about savepoints. */
  reopens: readonly string[] | undefined;
  /** Replicas that do not have what it must see. */
  tooOld: ReadonlySet<string> | undefined;
  /** Facts about the text that a COM_STMT_PREPARE brings: nothing of it runs yet, but it has to be prepared where it is going to. */
  prepares: StatementFacts | undefined;
  /** Rules have been looked at. */
  ruled = false;
  /** As rules saw it, where they have changed it since. */
  asked: StatementText | undefined;
  /** How it goes on once rules let it, where that is not by being sent. */
  resume: (() => void) | undefined;
  /** A rule makes it wait. */
  delayed = false;
  /** How long it may run. */
  allowed: TimeAllowed | undefined;
  /** What tells, after a loss, whether it was committed. */
  guard: CommitGuard | undefined;
  /** A guard could not be set. */
  unguarded = false;
  /** KILL QUERY came before it was sent. */
  killed = false;
  /** Which id the server was given in place of the client's, where its error would name it. */
  named: { readonly server: number; readonly client: number } | undefined;

  constructor(command: ClientCommand, traits: StatementTraits, facts?: StatementFacts, prepared?: PreparedStatement) {
    this.command = command;
    this.traits = traits;
    this.facts = facts;
    this.prepared = prepared;
    this.cameAtMs = performance.now();
  }

  /** Facts about the text it runs, or prepares. */
  get about(): StatementFacts | undefined {
    return this.facts ?? this.prepared?.facts ?? this.prepares;
  }

  get repeatable(): boolean {
    return this.command.complete && !this.infile && this.#kept;
  }

  get harmless(): boolean {
    return this.traits.harmless;
  }
  get read(): boolean {
    return this.traits.read;
  }
  get mayCommit(): boolean {
    return this.traits.mayCommit;
  }
  get rollsBack(): boolean {
    return this.traits.rollsBack;
  }
  get rollsBackOnly(): boolean {
    return this.traits.rollsBackOnly;
  }
  get stream(): boolean {
    return this.traits.stream;
  }

  #kept = true;

  /** A part of it streamed through without being kept: it cannot be sent again. */
  notKept(): void {
    this.#kept = false;
  }

  /** Runs it once more. */
  again(): void {
    this.rerun = true;
    this.sent = false;
    this.unguarded = false;
    this.at = undefined;
    this.tooOld = undefined;
  }

  /** Whatever was chosen for it before: the primary takes it. */
  sendToPrimary(): void {
    this.at = undefined;
    this.order = { ...this.order, route: 'primary' };
  }

  /** Sequence id of the first packet of its answer. */
  get answerSequenceId(): number {
    return (this.command.lastSequenceId + 1) & 0xff;
  }
}
