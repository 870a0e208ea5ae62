import type { Command } from './command.js';
import { PAUSE_OPTIONS, pauseAction } from './pause-action.js';

/** `pointsman resume [CLUSTER]`: the end of a pause. */
export const resume: Command = {
  name: 'resume',
  summary: 'let a paused cluster go on',
  operands: '[CLUSTER]',
  about: 'Statements that wait are let go, at hold.drainPerSecond, and everything is as before the pause.',
  options: PAUSE_OPTIONS,
  examples: [['pointsman resume main', 'it goes on']],
  run: (options, operands, terminal) => pauseAction('resume', options, operands, terminal),
};
