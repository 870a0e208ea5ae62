import { type CommentSpan, DependsOn, type NotPure, type SessionEffect, type StatementFacts, type StatementKind } from './facts.js';

/** Facts that are yes or no, one bit each, gathered while a text is read. */
export const Fact = {
  begins: 1 << 0,
  readOnlyRequested: 1 << 1,
  commits: 1 << 2,
  mayCommit: 1 << 3,
  rollsBack: 1 << 4,
  autocommitOn: 1 << 5,
  autocommitOff: 1 << 6,
  releases: 1 << 7,
  loadLocal: 1 << 8,
  mayChangeState: 1 << 9,
  simpleWrite: 1 << 10,
  passingVariables: 1 << 11,
  readWriteRequested: 1 << 12,
} as const;

/** Reasons after which a read has still left nothing behind. */
const HARMLESS_REASONS: ReadonlySet<NotPure | undefined> = new Set<NotPure | undefined>([
  undefined,
  'found-rows',
  'depends-on-session',
  'about-one-server',
]);

const NO_EFFECTS: readonly SessionEffect[] = [];

/** Facts as they are made: a few fields, the rest read out of the bits. */
export class GatheredFacts implements StatementFacts {
  readonly kind: StatementKind;
  readonly statements: number;
  readonly notPureBecause: NotPure | undefined;
  readonly dependsOn: number;
  readonly effects: readonly SessionEffect[];
  readonly comments: readonly CommentSpan[] | undefined;
  private readonly bits: number;

  constructor(
    kind: StatementKind,
    bits: number,
    statements: number,
    notPure: NotPure | undefined,
    dependsOn: number,
    effects: readonly SessionEffect[] | undefined,
    comments: readonly CommentSpan[] | undefined,
  ) {
    this.kind = kind;
    this.bits = bits;
    this.statements = statements;
    this.notPureBecause = notPure;
    this.dependsOn = dependsOn;
    this.effects = effects ?? NO_EFFECTS;
    this.comments = comments;
  }

  get multi(): boolean {
    return this.statements > 1;
  }
  get pureRead(): boolean {
    return this.notPureBecause === undefined;
  }
  get harmless(): boolean {
    return HARMLESS_REASONS.has(this.notPureBecause);
  }
  get usesUserVariables(): boolean {
    return (this.dependsOn & DependsOn.userVariables) !== 0;
  }
  get dependsOnSession(): boolean {
    return (this.dependsOn & ~(DependsOn.userVariables | DependsOn.server)) !== 0;
  }
  get simpleWrite(): boolean {
    return (this.bits & Fact.simpleWrite) !== 0;
  }
  get begins(): boolean {
    return (this.bits & Fact.begins) !== 0;
  }
  get readOnlyRequested(): boolean {
    return (this.bits & Fact.readOnlyRequested) !== 0;
  }
  get readWriteRequested(): boolean {
    return (this.bits & Fact.readWriteRequested) !== 0;
  }
  get commits(): boolean {
    return (this.bits & Fact.commits) !== 0;
  }
  get mayCommit(): boolean {
    return (this.bits & (Fact.commits | Fact.mayCommit)) !== 0;
  }
  get rollsBack(): boolean {
    return (this.bits & Fact.rollsBack) !== 0;
  }
  get setsAutocommit(): 0 | 1 | undefined {
    if ((this.bits & Fact.autocommitOn) !== 0) return 1;
    return (this.bits & Fact.autocommitOff) !== 0 ? 0 : undefined;
  }
  get releases(): boolean {
    return (this.bits & Fact.releases) !== 0;
  }
  get loadLocal(): boolean {
    return (this.bits & Fact.loadLocal) !== 0;
  }
  get mayChangeState(): boolean {
    return (this.bits & Fact.mayChangeState) !== 0;
  }

  get passingVariables(): boolean {
    return (this.bits & Fact.passingVariables) !== 0;
  }

  /** All facts as plain properties (for `explain` and tests). */
  toJSON(): StatementFacts {
    const { kind, statements, multi, pureRead, notPureBecause, harmless, dependsOn, usesUserVariables, dependsOnSession, simpleWrite } =
      this;
    const {
      begins,
      readOnlyRequested,
      readWriteRequested,
      commits,
      mayCommit,
      rollsBack,
      setsAutocommit,
      releases,
      loadLocal,
      mayChangeState,
      passingVariables,
      effects,
      comments,
    } = this;
    const reads = { kind, statements, multi, pureRead, notPureBecause, harmless, dependsOn, usesUserVariables, dependsOnSession };
    const writes = {
      simpleWrite,
      begins,
      readOnlyRequested,
      readWriteRequested,
      commits,
      mayCommit,
      rollsBack,
      setsAutocommit,
      releases,
      loadLocal,
      mayChangeState,
    };
    return { ...reads, ...writes, passingVariables, effects, comments };
  }
}
