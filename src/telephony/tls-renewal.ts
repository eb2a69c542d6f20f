import { X509Certificate } from 'node:crypto';
import { stat } from 'node:fs/promises';
import type { Clock, Timer } from '../kernel/clock.ts';
import type { Logger } from '../kernel/log.ts';
import type { TlsWire } from '../wire/tls.ts';
import { readTlsFiles, type TlsFiles, type TlsMaterial } from './tls-files.ts';

export interface TlsRenewalOptions {
  readonly files: TlsFiles;
  /** What the wires use now. */
  readonly material: TlsMaterial;
  readonly wires: readonly Pick<TlsWire, 'renew'>[];
  readonly clock: Clock;
  readonly log: Logger;
}

const CHECK_EVERY_MS = 60_000;

/**
 * Has TLS use the PEM files anew when they have changed, which it looks for once a minute. Connections that are up stay as they are. Files
 * that are no good change nothing and are logged once; they are read again when they change.
 */
export class TlsRenewal {
  readonly #options: TlsRenewalOptions;
  #material: TlsMaterial;
  /** Of the files as they were read last. */
  #stamp: string | undefined;
  #timer: Timer | undefined;
  #checks: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: TlsRenewalOptions) {
    this.#options = options;
    this.#material = options.material;
    this.#schedule();
  }

  /** Reads the files now, also when they seem to be the same. Never throws. */
  renew(): Promise<void> {
    return this.#enqueue(true);
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#timer?.cancel();
    await this.#checks;
  }

  #schedule(): void {
    if (this.#closed) return;
    this.#timer = this.#options.clock.after(CHECK_EVERY_MS, () => void this.#enqueue(false).then(() => this.#schedule()));
  }

  /** One after the other: what was read first must not be used last. */
  #enqueue(anyway: boolean): Promise<void> {
    this.#checks = this.#checks.then(() => this.#check(anyway));
    return this.#checks;
  }

  async #check(anyway: boolean): Promise<void> {
    const { files, wires, log } = this.#options;
    // Taken before they are read: a change in between is seen the next time.
    const stamp = await stampOf(files);
    if (this.#closed || (stamp === this.#stamp && !anyway)) return;
    this.#stamp = stamp;
    try {
      const material = await readTlsFiles(files);
      if (isSame(material, this.#material)) return;
      for (const wire of wires) wire.renew(material);
      this.#material = material;
      log.info(
        { validTo: material.identity && new X509Certificate(material.identity.certificate).validTo },
        'SIP over TLS uses the new PEM files',
      );
    } catch (error) {
      log.error({ err: error }, 'The new PEM files of SIP over TLS are not used: put a certificate and its key there that fit together');
    }
  }
}

/** Changes when one of the files does, or the one that a link names. */
async function stampOf({ certificate, key, ca }: TlsFiles): Promise<string> {
  const stamps = [certificate, key, ca].map(async (path) => {
    const found = path === undefined ? undefined : await stat(path).catch(() => undefined);
    return found && `${found.ino} ${found.size} ${found.mtimeMs}`;
  });
  return (await Promise.all(stamps)).join();
}

function isSame(one: TlsMaterial, other: TlsMaterial): boolean {
  return one.ca === other.ca && one.identity?.certificate === other.identity?.certificate && one.identity?.key === other.identity?.key;
}
