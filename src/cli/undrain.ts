import { BACKEND_OPTIONS, backendAction } from './backend-action.js';
import type { Command } from './command.js';

/** `pointsman undrain BACKEND`: a drained server takes part again. */
export const undrain: Command = {
  name: 'undrain',
  summary: 'put a drained server back into traffic',
  operands: 'BACKEND',
  about: 'Ends what drain and drain --maintenance began. Sessions come back as they find the server fit.',
  options: BACKEND_OPTIONS,
  examples: [['pointsman undrain db2', 'it takes part again']],
  run: (options, operands, terminal) => backendAction('undrain', options, operands, terminal),
};
