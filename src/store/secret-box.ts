import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { derivedKey } from '../kernel/derived-key.ts';
import { AppError } from '../kernel/errors.ts';

/** Encrypts what has to be stored but must not be readable in a copy of the database. */
export interface SecretBox {
  /** @param purpose is bound to the result: it opens only with the same one. */
  seal(text: string, purpose: string): string;
  /** @throws AppError BAD_SETTING when it was sealed with another key, or changed. */
  open(sealed: string, purpose: string): string;
}

const VERSION = 'v1';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** AES-256-GCM under a key derived from `secret`. */
export function secretBox(secret: string): SecretBox {
  const key = derivedKey(secret, 'secret-box');
  return {
    seal(text, purpose) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(purpose));
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return `${VERSION}.${Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64url')}`;
    },
    open(sealed, purpose) {
      const [version, data] = sealed.split('.');
      const bytes = Buffer.from(data ?? '', 'base64url');
      try {
        if (version !== VERSION || bytes.length < NONCE_BYTES + TAG_BYTES) throw new Error('Unknown form');
        const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
          .setAAD(Buffer.from(purpose))
          .setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
        return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]).toString('utf8');
      } catch (cause) {
        const reason = 'is not the one that the stored passwords were encrypted with. Start with the earlier value.';
        throw new AppError('BAD_SETTING', { name: 'RINGFLOW_SECRET_KEY', reason }, { cause });
      }
    },
  };
}

const SHORTEST_KEY = 16;

/**
 * The secret to derive keys from: `given` (RINGFLOW_SECRET_KEY), else the one kept in the data directory, made when there is none.
 * @throws AppError BAD_SETTING when `given` is too short.
 */
export async function readSecretKey(given: string | undefined, dataDir: string): Promise<string> {
  if (given !== undefined) {
    if (given.length >= SHORTEST_KEY) return given;
    throw new AppError('BAD_SETTING', { name: 'RINGFLOW_SECRET_KEY', reason: `is too short. Use at least ${SHORTEST_KEY} characters.` });
  }
  const file = path.join(dataDir, 'secret-key');
  const kept = await readKept(file);
  if (kept !== undefined) return kept;
  await mkdir(dataDir, { recursive: true });
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600 });
  // Of several servers that start at once in a new directory one makes the key, and all use it.
  await link(draft, file).catch(() => undefined);
  await rm(draft, { force: true });
  const made = await readKept(file);
  if (made === undefined) throw new AppError('BAD_SETTING', { name: 'RINGFLOW_DATA_DIR', reason: `cannot be written to: ${file}` });
  return made;
}

async function readKept(file: string): Promise<string | undefined> {
  const text = (await readFile(file, 'utf8').catch(() => '')).trim();
  return text === '' ? undefined : text;
}
