import { DependsOn, type SessionEffect, type StatementFacts } from '../../../src/sql/facts.js';

/** All facts of a statement in one line, so that a table of cases can be read and compared as a whole. */
export function factLine(facts: StatementFacts): string {
  const words: string[] = [facts.kind, facts.pureRead ? 'pure' : `!${facts.notPureBecause}`];
  const flag = (present: boolean, word: string): void => void (present && words.push(word));
  flag(facts.harmless && !facts.pureRead, 'harmless');
  for (const [name, bit] of Object.entries(DependsOn)) flag((facts.dependsOn & bit) !== 0, `<${name}>`);
  flag(facts.simpleWrite, 'simple');
  flag(facts.begins, 'begins');
  flag(facts.readOnlyRequested, 'read-only');
  flag(facts.readWriteRequested, 'read-write');
  flag(facts.commits, 'commits');
  flag(facts.mayCommit && !facts.commits, 'may-commit');
  flag(facts.rollsBack, 'rolls-back');
  flag(facts.setsAutocommit !== undefined, `autocommit=${facts.setsAutocommit}`);
  flag(facts.releases, 'releases');
  flag(facts.loadLocal, 'local');
  flag(facts.mayChangeState, 'may-change');
  flag(facts.passingVariables, 'passing');
  flag(facts.statements !== 1, `x${facts.statements}`);
  const effects = facts.effects.map(effectText);
  return words.join(' ') + (effects.length === 0 ? '' : ` | ${effects.join(', ')}`);
}

function effectText(effect: SessionEffect): string {
  switch (effect.kind) {
    case 'user-variable':
      return `@${effect.name}=${effect.literal ?? '?'}`;
    case 'system-variable':
      return `${effect.scope}.${effect.name}=${effect.literal ?? '?'}${effect.untracked === true ? ' untracked' : ''}`;
    case 'names':
      return `names ${effect.charset}`;
    case 'schema':
      return `schema ${effect.name}`;
    case 'temporary-table':
      return `${effect.action} ${effect.schema === undefined ? '' : `${effect.schema}.`}${effect.name}${effect.newName === undefined ? '' : ` to ${effect.newName}`}`;
    case 'named-lock':
    case 'named-unlock':
      return `${effect.kind} ${effect.name ?? '?'}`;
    case 'handler':
    case 'xa':
      return `${effect.kind} ${effect.action}${effect.kind === 'handler' ? ` ${effect.name}` : ''}`;
    case 'text-prepare':
      return `prepare ${effect.name} from ${effect.from}`;
    case 'text-deallocate':
      return `deallocate ${effect.name}`;
    case 'kill':
      return `kill ${effect.soft ? 'soft ' : ''}${effect.query ? 'query ' : ''}${effect.id === '?' ? 'parameter' : (effect.id ?? '?')}`;
    default:
      return effect.kind;
  }
}
