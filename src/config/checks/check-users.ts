import type { Config } from '../config.js';
import type { Findings } from '../findings.js';
import { didYouMean } from '../nearest-name.js';
import { eachDuplicate } from './duplicates.js';

const STORED_HASH = /^(\*[0-9A-Fa-f]{40}|\$A\$[0-9A-F]{3}\$[\s\S]{63}|\$5\$[\s\S]{60,}|[0-9A-Za-z+/]{43})$/;

/** Accounts of clients. */
export function checkUsers(config: Config, findings: Findings): void {
  const configured = config.auth.mode === 'configured';
  if (configured && config.users.length === 0) {
    findings.warning(['users'], 'there are none, so nobody can log in; list the accounts of your applications, or set auth.mode to "auto"');
  }
  eachDuplicate(
    config.users,
    (user) => user.name,
    (index, first) => findings.error(['users', index, 'name'], `users[${first}] has this name already; keep one`),
  );
  const clusterNames = config.clusters.map((cluster) => cluster.name);
  config.users.forEach((user, index) => {
    if (user.cluster !== undefined && !clusterNames.includes(user.cluster)) {
      const message = `there is no cluster "${user.cluster}"${didYouMean(user.cluster, clusterNames)}`;
      findings.error(['users', index, 'cluster'], message);
    }
    checkCertificate(config, index, findings);
    if (configured && user.password === undefined && user.passwordHash === undefined) {
      findings.error(
        ['users', index, 'password'],
        'missing; with auth.mode "configured" nobody else knows it (an account without one has "")',
      );
    }
    if (user.passwordHash !== undefined && !STORED_HASH.test(user.passwordHash)) {
      const message =
        'no hash of a server; it begins with * (and 40 hexadecimal digits), $A$005$ or $5$, or is 43 characters of base64 (ed25519)';
      findings.error(['users', index, 'passwordHash'], message);
    }
    if (user.oldPassword !== undefined && user.password === undefined) {
      findings.error(
        ['users', index, 'oldPassword'],
        'without a password there is none to change; write the one that stays under password',
      );
    }
    if (user.allow?.length === 0) {
      findings.error(['users', index, 'allow'], 'an empty list lets nobody in; leave the key out to let the account in from everywhere');
    }
  });
}

/** An account that is bound to a certificate must have a way in. */
function checkCertificate({ users, listeners }: Config, index: number, findings: Findings): void {
  const certificate = users[index]?.certificate;
  if (certificate === undefined) return;
  const path = ['users', index, 'certificate'];
  if (!listeners.some(({ tls }) => tls.clientCaFile !== undefined)) {
    findings.error(path, 'no listener asks for client certificates, so the account could never log in; give one tls.clientCaFile');
  }
  if (certificate.insteadOfPassword && certificate.subject === undefined && certificate.altName === undefined) {
    findings.error(path, 'any certificate would do instead of the password; say which, with "subject" or "altName"');
  }
  if (certificate.insteadOfPassword && users[index]?.password === undefined) {
    findings.error(
      ['users', index, 'password'],
      'missing; the client does not send it, so it is needed here to log in to the servers ("" if it is none)',
    );
  }
}
