import type { Config } from '../config.js';
import type { Findings } from '../findings.js';
import { checkKeyPair } from './check-tls-files.js';
import { eachDuplicate } from './duplicates.js';

/** Names of listeners and their TLS files. Whether their clusters exist was said when they were read. */
export function checkListeners(config: Config, findings: Findings): void {
  eachDuplicate(
    config.listeners,
    (listener) => listener.name,
    (index, first) => findings.error(['listeners', index, 'name'], `listeners[${first}] has this name already; give it another`),
  );
  config.listeners.forEach(({ tls }, index) => {
    const path = ['listeners', index, 'tls'];
    if (tls.certFile === undefined && tls.keyFile === undefined) {
      if (tls.mode !== 'off') findings.error([...path, 'certFile'], `missing; "mode": "${tls.mode}" needs certFile and keyFile`);
      return;
    }
    checkKeyPair(tls.certFile, tls.keyFile, path, findings);
  });
}
