import type { Config, ListenerTlsConfig } from '../config.js';
import type { Findings } from '../findings.js';
import type { KeyPath } from '../problem.js';
import { checkCertificate, checkKeyPair } from './check-tls-files.js';
import { eachDuplicate } from './duplicates.js';

/** Names of listeners and their TLS files. Whether their clusters exist was said when they were read. */
export function checkListeners(config: Config, findings: Findings): void {
  eachDuplicate(
    config.listeners,
    (listener) => listener.name,
    (index, first) => findings.error(['listeners', index, 'name'], `listeners[${first}] has this name already; give it another`),
  );
  config.listeners.forEach(({ tls, address, proxyProtocolFrom }, index) => {
    if (proxyProtocolFrom !== undefined && address.path !== undefined) {
      const message = 'peers of a unix socket have no address, so that none of them is in here; give the load balancer a TCP listener';
      findings.error(['listeners', index, 'proxyProtocolFrom'], message);
    }
    const path = ['listeners', index, 'tls'];
    checkKeyPair(tls.certFile, tls.keyFile, path, findings);
    if (tls.clientCaFile !== undefined) checkCertificate(tls.clientCaFile, [...path, 'clientCaFile'], findings);
    checkClientCertificates(tls, path, findings);
  });
}

/** Keys that would not do what they seem to. */
function checkClientCertificates(tls: ListenerTlsConfig, path: KeyPath, findings: Findings): void {
  const { mode, clientCaFile, clientCertificate } = tls;
  if (clientCertificate === 'require' && clientCaFile === undefined) {
    findings.error(
      [...path, 'clientCaFile'],
      'missing; "clientCertificate": "require" needs the authorities to check certificates against',
    );
  }
  if (clientCertificate === 'require' && mode !== 'require') {
    findings.error(
      [...path, 'mode'],
      `"clientCertificate": "require" has no effect on clients without TLS, which "${mode}" lets in; write "require"`,
    );
  } else if (clientCaFile !== undefined && mode === 'off') {
    findings.error(
      [...path, 'mode'],
      'without TLS no client can show a certificate; write "prefer" or "require", or leave clientCaFile out',
    );
  }
}
