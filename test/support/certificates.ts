import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TestIdentity {
  /** PEM texts and where they are. */
  readonly certificate: string;
  readonly key: string;
  readonly certificateFile: string;
  readonly keyFile: string;
}

/** An authority that issues certificates for tests, in a folder of its own. */
export class TestAuthority {
  readonly #folder = mkdtempSync(join(tmpdir(), 'ringflow-ca-'));
  readonly caFile = join(this.#folder, 'ca.pem');
  readonly ca: string;
  #issued = 0;

  constructor() {
    this.#openssl('req', '-x509', ...NEW_KEY, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=Test CA', '-days', '2');
    this.ca = readFileSync(this.caFile, 'utf8');
  }

  /** @param altNames as OpenSSL writes them: `DNS:a.example,URI:sip:a.example,IP:127.0.0.1`. @param days negative: it is over already. */
  issue(altNames: string, days = 2): TestIdentity {
    const name = `issued-${++this.#issued}`;
    this.#openssl('req', ...NEW_KEY, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', '/CN=a.example');
    writeFileSync(join(this.#folder, `${name}.ext`), `subjectAltName=${altNames}\n`);
    const signing = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', String(days), '-extfile', `${name}.ext`];
    this.#openssl('x509', '-req', '-in', `${name}.csr`, ...signing, '-out', `${name}.pem`);
    return this.#identity(name);
  }

  /** A certificate that nobody vouches for. */
  selfSigned(altNames: string): TestIdentity {
    const name = `issued-${++this.#issued}`;
    const subject = ['-subj', '/CN=a.example', '-addext', `subjectAltName=${altNames}`, '-days', '2'];
    this.#openssl('req', '-x509', ...NEW_KEY, '-keyout', `${name}.key`, '-out', `${name}.pem`, ...subject);
    return this.#identity(name);
  }

  /** Removes the folder. Idempotent. */
  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #identity(name: string): TestIdentity {
    const [certificateFile, keyFile] = [join(this.#folder, `${name}.pem`), join(this.#folder, `${name}.key`)];
    return { certificateFile, keyFile, certificate: readFileSync(certificateFile, 'utf8'), key: readFileSync(keyFile, 'utf8') };
  }

  #openssl(...words: string[]): void {
    execFileSync('openssl', words, { cwd: this.#folder, stdio: 'pipe' });
  }
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
