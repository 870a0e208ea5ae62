import { dial } from '../backend/dial.js';
import { isDialFailure } from '../backend/dial-request.js';
import type { ClusterServices } from '../session/services.js';
import type { Stats } from '../telemetry/stats.js';

/** `dial`, with what all logins at servers have in common, counted: attempts under way, connections made, failures by kind, the server's refusals by code. */
export function countedDial(stats: Stats, clearTextAllowed: boolean): ClusterServices['dial'] {
  return (request, done) => {
    const backend = stats.backend(request.backend);
    backend.connecting();
    return dial({ ...request, clearTextAllowed }, (outcome) => {
      if (isDialFailure(outcome)) {
        backend.connectFailed(outcome.kind);
        if (outcome.err !== undefined) backend.serverError(outcome.err.code);
      } else backend.connected();
      done(outcome);
    });
  };
}
