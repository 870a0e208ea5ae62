import type { Command } from './command.js';
import { PAUSE_OPTIONS, pauseAction } from './pause-action.js';

/** `pointsman pause [CLUSTER]`: nothing new begins there. */
export const pause: Command = {
  name: 'pause',
  summary: 'let nothing new begin on a cluster for a moment',
  operands: '[CLUSTER]',
  about:
    'New statements wait, on all its servers; what runs and open transactions go on to their end. Who waits longer than hold.timeout gets error 9503, so be quick. Holds until resume or a restart of the proxy. The cluster need not be named where it is the only one.',
  options: PAUSE_OPTIONS,
  examples: [
    ['pointsman pause main', 'before something that no client should see half done'],
    ['pointsman status', 'it says PAUSED, by whom and since when'],
    ['pointsman resume main', 'what waits is let go'],
  ],
  run: (options, operands, terminal) => pauseAction('pause', options, operands, terminal),
};
