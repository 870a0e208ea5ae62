import { Command } from '../protocol/commands.js';
import type { Statement } from './statement.js';

/**
 * The statement does nothing but select a schema: its connection need not have the one that is selected now, and in another cluster may have no
 * such schema at all.
 */
export function selectsSchema({ command, about }: Statement): boolean {
  if (command.code === Command.INIT_DB) return true;
  return command.code === Command.QUERY && about?.multi === false && about.effects.some(({ kind }) => kind === 'schema');
}
