import { dial } from '../backend/dial.js';
import { isDialFailure } from '../backend/dial-request.js';
import type { ClusterServices } from '../session/services.js';
import type { Stats } from '../telemetry/stats.js';
import type { RememberedNames } from './remembered-names.js';

/** `dial`, with what all logins at servers have in common (names are remembered), counted: attempts under way, connections made, failures by kind, the server's refusals by code. */
export function countedDial(stats: Stats, clearTextAllowed: boolean, { lookup }: RememberedNames): ClusterServices['dial'] {
  return (request, done) => {
    const backend = stats.backend(request.backend);
    backend.connecting();
    return dial({ ...request, clearTextAllowed, lookup }, (outcome) => {
      if (isDialFailure(outcome)) {
        backend.connectFailed(outcome.kind);
        if (outcome.err !== undefined) backend.serverError(outcome.err.code);
      } else backend.connected();
      done(outcome);
    });
  };
}
