import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { AppError } from '../kernel/errors.ts';

/** Paths of PEM files. */
export interface TlsFiles {
  readonly certificate: string | undefined;
  readonly key: string | undefined;
  readonly ca: string | undefined;
}

/** What the files hold, as PEM. */
export interface TlsMaterial {
  readonly identity: { readonly certificate: string; readonly key: string } | undefined;
  readonly ca: string | undefined;
}

/** Reads the files and proves that they fit together. @throws AppError BAD_SETTING with the setting whose file is no good */
export async function readTlsFiles({ certificate, key, ca }: TlsFiles): Promise<TlsMaterial> {
  if (certificate !== undefined && key === undefined) refuse('RINGFLOW_SIP_TLS_KEY', 'must be set too.');
  if (key !== undefined && certificate === undefined) refuse('RINGFLOW_SIP_TLS_CERTIFICATE', 'must be set too.');
  const authorities = ca === undefined ? undefined : await readPem('RINGFLOW_SIP_TLS_CA', ca, asCertificate);
  if (certificate === undefined || key === undefined) return { identity: undefined, ca: authorities?.pem };
  const shown = await readPem('RINGFLOW_SIP_TLS_CERTIFICATE', certificate, asCertificate);
  const secret = await readPem('RINGFLOW_SIP_TLS_KEY', key, (pem) => createPrivateKey(pem));
  if (!shown.value.checkPrivateKey(secret.value)) refuse('RINGFLOW_SIP_TLS_KEY', 'is not the key of the certificate.');
  return { identity: { certificate: shown.pem, key: secret.pem }, ca: authorities?.pem };
}

async function readPem<Value>(name: string, path: string, read: (pem: string) => Value): Promise<{ pem: string; value: Value }> {
  const pem = await readFile(path, 'utf8').catch((cause: unknown) => refuse(name, 'names a file that cannot be read.', cause));
  try {
    return { pem, value: read(pem) };
  } catch (cause) {
    return refuse(name, 'names a file that does not hold what it should, as PEM.', cause);
  }
}

function asCertificate(pem: string): X509Certificate {
  return new X509Certificate(pem);
}

function refuse(name: string, reason: string, cause?: unknown): never {
  throw new AppError('BAD_SETTING', { name, reason }, { cause });
}
