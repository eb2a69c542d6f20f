import { afterAll, describe, expect, test } from 'vitest';
import { TestAuthority } from '../../test/support/certificates.ts';
import { readTlsFiles } from './tls-files.ts';

const authority = new TestAuthority();
const own = authority.issue('DNS:a.example');
const other = authority.issue('DNS:b.example');
const none = { certificate: undefined, key: undefined, ca: undefined };
afterAll(() => authority.remove());

describe('the PEM files', () => {
  test('are read, each of them optional', async () => {
    expect(await readTlsFiles(none)).toEqual({ identity: undefined, ca: undefined });
    const files = { certificate: own.certificateFile, key: own.keyFile, ca: authority.caFile };
    expect(await readTlsFiles(files)).toEqual({ identity: { certificate: own.certificate, key: own.key }, ca: authority.ca });
  });

  test.each([
    ['a certificate without a key', { certificate: own.certificateFile }, 'RINGFLOW_SIP_TLS_KEY must be set too.'],
    ['a key without a certificate', { key: own.keyFile }, 'RINGFLOW_SIP_TLS_CERTIFICATE must be set too.'],
    [
      'the key of another certificate',
      { certificate: own.certificateFile, key: other.keyFile },
      'RINGFLOW_SIP_TLS_KEY is not the key of the certificate.',
    ],
    ['a file that is not there', { ca: '/nonexistent' }, 'RINGFLOW_SIP_TLS_CA names a file that cannot be read.'],
    ['a key as certificate', { certificate: own.keyFile, key: own.keyFile }, 'RINGFLOW_SIP_TLS_CERTIFICATE names a file'],
    ['a certificate as key', { certificate: own.certificateFile, key: own.certificateFile }, 'RINGFLOW_SIP_TLS_KEY names a file'],
  ])('are refused by name: %s', async (_what, files, message) => {
    await expect(readTlsFiles({ ...none, ...files })).rejects.toThrow(message);
  });
});
