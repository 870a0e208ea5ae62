import { BACKEND_OPTIONS, backendAction } from './backend-action.js';
import type { Command } from './command.js';

/** `pointsman drain BACKEND`: takes a replica out of traffic. */
export const drain: Command = {
  name: 'drain',
  summary: 'take a server out of traffic',
  operands: 'BACKEND',
  about:
    'Sessions leave the server at the end of their statement or transaction, without an error; no new ones come. What cannot be moved (`pointsman sessions --pinned`) stays until its client ends it, unless --maintenance. The primary is not drained: move its role first (pointsman switchover). Holds until undrain or a restart of the proxy.',
  options: {
    ...BACKEND_OPTIONS,
    maintenance: { value: undefined, about: 'sessions leave also where they lose state by it; error 9502 names that to their clients' },
  },
  examples: [
    ['pointsman drain db2', 'before db2 is restarted or upgraded'],
    ['pointsman sessions --backend db2', 'who is still there'],
    ['pointsman undrain db2', 'it takes part again'],
  ],
  run: (options, operands, terminal) =>
    backendAction(options['maintenance'] === undefined ? 'drain' : 'maintenance', options, operands, terminal),
};
