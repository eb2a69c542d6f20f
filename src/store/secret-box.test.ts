import { readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../../test/support/database.ts';
import { readSecretKey, secretBox } from './secret-box.ts';

const box = secretBox('a secret of sixteen or more');

describe('sealing', () => {
  it('opens to the same text, and never looks the same twice', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (text, purpose) => {
        const sealed = box.seal(text, purpose);
        expect(box.open(sealed, purpose)).toBe(text);
        expect(box.seal(text, purpose)).not.toBe(sealed);
      }),
      { numRuns: 50, seed: 1 },
    );
  });

  it('opens for its own purpose and key only', () => {
    const sealed = box.seal('hunter2', 'trunk:1');
    expect(sealed).not.toContain('hunter2');
    expect(() => box.open(sealed, 'trunk:2')).toThrow(/^RINGFLOW_SECRET_KEY is not the one/);
    expect(() => secretBox('another secret of that length').open(sealed, 'trunk:1')).toThrow(/RINGFLOW_SECRET_KEY/);
  });

  it('notices every change of a byte', () => {
    const sealed = box.seal('hunter2', 'p');
    const bytes = Buffer.from(sealed.slice(3), 'base64url');
    for (let index = 0; index < bytes.length; index++) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(index) ^ 1, index);
      expect(() => box.open(`v1.${changed.toString('base64url')}`, 'p')).toThrow();
    }
    const ofLater = sealed.replace('v1.', 'v2.');
    for (const text of ['', 'v1', 'v1.', 'v2.abc', 'v1.AAAA', '.....', ofLater])
      expect(() => box.open(text, 'p')).toThrow(/RINGFLOW_SECRET_KEY/);
  });
});

describe('the key', () => {
  it('is made once, for our eyes only, also when many ask at once', async () => {
    const directory = await temporaryDirectory();
    const dataDir = path.join(directory.path, 'new');
    const keys = await Promise.all([readSecretKey(undefined, dataDir), readSecretKey(undefined, dataDir)]);
    expect(new Set(keys).size).toBe(1);
    expect(keys[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(await readSecretKey(undefined, dataDir)).toBe(keys[0]);
    expect((await stat(path.join(dataDir, 'secret-key'))).mode & 0o777).toBe(0o600);
    await writeFile(path.join(dataDir, 'secret-key'), 'written by hand\n');
    expect(await readSecretKey(undefined, dataDir)).toBe('written by hand');
    expect(await readFile(path.join(dataDir, 'secret-key'), 'utf8')).toBe('written by hand\n');
    await directory.remove();
  });

  it('may be given, if it is long enough', async () => {
    expect(await readSecretKey('0123456789abcdef', '/nowhere')).toBe('0123456789abcdef');
    await expect(readSecretKey('short', '/nowhere')).rejects.toMatchObject({
      code: 'BAD_SETTING',
      message: expect.stringMatching(/^RINGFLOW_SECRET_KEY/),
    });
  });
});
