import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Findings } from '../findings.js';
import { readFailure } from '../json/references.js';
import type { KeyPath } from '../problem.js';

/** Certificates that are renewed by programs are renewed a month before; with half of that left something has gone wrong. */
const SOON_MS = 14 * 86_400_000;

/** A certificate and its private key: both or neither, readable, and made for each other. Keys of `path` are certFile and keyFile. */
export function checkKeyPair(certFile: string | undefined, keyFile: string | undefined, path: KeyPath, findings: Findings): void {
  if (certFile === undefined && keyFile === undefined) return;
  if (certFile === undefined || keyFile === undefined) {
    if (certFile === undefined) findings.error([...path, 'certFile'], 'missing; a keyFile needs its certificate');
    else findings.error([...path, 'keyFile'], 'missing; a certFile needs its private key');
    return;
  }
  const certificate = checkCertificate(certFile, [...path, 'certFile'], findings);
  const key = readKey(keyFile, [...path, 'keyFile'], findings);
  if (certificate !== undefined && key !== undefined && !certificate.checkPrivateKey(key)) {
    findings.error([...path, 'keyFile'], 'this key does not belong to the certificate in certFile');
  }
}

/** A file with at least one certificate that is valid today. */
export function checkCertificate(file: string, path: KeyPath, findings: Findings): X509Certificate | undefined {
  const pem = read(file, path, findings);
  if (pem === undefined) return undefined;
  try {
    const certificates = readAll(pem);
    for (const certificate of certificates) checkValidity(certificate, certificates.length > 1, path, findings);
    return certificates[0];
  } catch {
    findings.error(path, `${file} holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)`);
    return undefined;
  }
}

/** A file may hold several. @throws Node's error where one of them, or all there is, is none */
function readAll(pem: Buffer): X509Certificate[] {
  const blocks = pem
    .toString('latin1')
    .match(/-----BEGIN (TRUSTED |X509 )?CERTIFICATE-----[\s\S]*?-----END (TRUSTED |X509 )?CERTIFICATE-----/g);
  return (blocks ?? [pem]).map((block) => new X509Certificate(block));
}

function checkValidity(certificate: X509Certificate, oneOfSeveral: boolean, path: KeyPath, findings: Findings): void {
  const { subject, validFrom, validTo } = certificate;
  const which = oneOfSeveral ? `the certificate of ${subject.replaceAll('\n', ', ')}` : 'the certificate';
  const leftMs = Date.parse(validTo) - Date.now();
  if (leftMs < 0) findings.warning(path, `${which} expired on ${validTo}; renew it`);
  else if (Date.parse(validFrom) > Date.now()) findings.warning(path, `${which} is valid only from ${validFrom} on`);
  else if (leftMs < SOON_MS) findings.warning(path, `${which} expires on ${validTo}; renew it`);
}

function readKey(file: string, path: KeyPath, findings: Findings): KeyObject | undefined {
  const pem = read(file, path, findings);
  if (pem === undefined) return undefined;
  try {
    return createPrivateKey(pem);
  } catch {
    findings.error(path, `${file} holds no private key in PEM form that can be read without a passphrase`);
    return undefined;
  }
}

function read(file: string, path: KeyPath, findings: Findings): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch (error) {
    findings.error(path, `the file ${file} cannot be read: ${readFailure(error)}`);
    return undefined;
  }
}
