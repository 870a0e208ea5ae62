import { Command } from '../protocol/commands.js';
import type { RuleSubject } from '../routing/rules/rule.js';
import { StatementText } from '../routing/rules/statement-text.js';
import type { StatementFacts, StatementKind } from '../sql/facts.js';
import { firstPayload } from './client-command.js';
import { attributeValues } from './query-attribute-values.js';
import type { Session } from './session.js';
import type { Statement } from './statement.js';
import { textOf } from './statement-digest.js';

/** Commands that rules look at, with what those without a text do. */
const KINDS: ReadonlyMap<number, StatementKind> = new Map([
  [Command.QUERY, 'other'],
  [Command.STMT_PREPARE, 'other'],
  [Command.STMT_EXECUTE, 'other'],
  [Command.STMT_BULK_EXECUTE, 'other'],
  [Command.INIT_DB, 'set'],
  [Command.CREATE_DB, 'ddl'],
  [Command.DROP_DB, 'ddl'],
  [Command.FIELD_LIST, 'read'],
]);

/** Whether rules look at this command at all. */
export function isRuled(code: number): boolean {
  return KINDS.has(code);
}

/** A statement as rules look at it. */
export function subjectOf(session: Session, statement: Statement): RuleSubject {
  return {
    database: databaseOf(session, statement),
    kind: KINDS.get(statement.command.code) ?? 'other',
    text: askedText(session, statement),
    attributes: () => attributeValues(session, statement),
  };
}

/** A prepared statement keeps what was found out about its text. */
export function askedText(session: Session, statement: Statement): StatementText | undefined {
  const { prepared } = statement;
  statement.asked ??= prepared?.asked;
  const { about } = statement;
  if (statement.asked !== undefined || about === undefined) return statement.asked;
  const sql = statement.command.complete || prepared !== undefined ? textOf(statement) : undefined;
  if (sql === undefined) return undefined;
  statement.asked = new StatementText(sql, about, session.state.dialect, session.services.digests);
  if (prepared !== undefined) prepared.asked = statement.asked;
  return statement.asked;
}

/** The schema that the statement selects, else the one that is selected. */
function databaseOf({ state }: Session, statement: Statement): string | undefined {
  if (statement.command.code === Command.INIT_DB) return firstPayload(statement.command).toString('utf8', 1);
  return schemaChosen(statement.about) ?? state.schema;
}

export function schemaChosen(facts: StatementFacts | undefined): string | undefined {
  const chosen = facts?.effects.find((effect) => effect.kind === 'schema');
  return chosen?.kind === 'schema' ? chosen.name : undefined;
}
