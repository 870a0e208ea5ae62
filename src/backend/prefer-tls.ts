import { type BackendConnection, type DialFailure, type DialRequest, isDialFailure } from './dial-request.js';

type Done = (outcome: BackendConnection | DialFailure) => void;
type Start = (request: DialRequest, done: Done) => { cancel(): void };

/**
 * TLS where it works: a server that offers it but fails at it (one that knows only TLS 1.0, say) is dialled once more without, in what is left
 * of the time. Nothing is lost by that: whoever sits in between could as well have removed the offer.
 */
export function preferTls(request: DialRequest, done: Done, start: Start): { cancel(): void } {
  const startedAtMs = performance.now();
  let current = start(request, (outcome) => {
    const leftMs = Math.floor(request.timeoutMs - (performance.now() - startedAtMs));
    if (!isDialFailure(outcome) || outcome.kind !== 'tls' || leftMs < 1) return done(outcome);
    current = start({ ...request, timeoutMs: leftMs, tls: { mode: 'off' } }, (second) => {
      if (!isDialFailure(second) || second.kind === 'cancelled') done(second);
      else done({ ...second, message: `${second.message} (without TLS, after: ${outcome.message})` });
    });
  });
  return { cancel: () => current.cancel() };
}
