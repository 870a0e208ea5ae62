import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Findings } from '../findings.js';
import { readFailure } from '../json/references.js';
import type { KeyPath } from '../problem.js';

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
    const certificate = new X509Certificate(pem);
    if (Date.parse(certificate.validTo) < Date.now()) findings.warning(path, `the certificate expired on ${certificate.validTo}`);
    return certificate;
  } catch {
    findings.error(path, `${file} holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)`);
    return undefined;
  }
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
