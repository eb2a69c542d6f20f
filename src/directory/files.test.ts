import { access, readdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { administrator, newTenant, openTestDirectory, type TestDirectory } from '../../test/support/directory.ts';
import { freshId } from '../../test/support/sessions.ts';
import type { Principal } from './principal.ts';

let directory: TestDirectory;
let accountId: string;
let manager: Principal;
let other: Principal;
beforeAll(async () => {
  directory = await openTestDirectory();
  ({ accountId, manager } = await newTenant(directory));
  ({ manager: other } = await newTenant(directory));
});
afterAll(() => directory.close());

const sound = Buffer.from('RIFF and so on');
const upload = (fileName = 'hello.wav', bytes = sound) => ({ fileName, contentType: 'text/html', bytes });
const onDisk = () => readdir(path.join(directory.store.dataDir, 'files'));
const signal = new AbortController().signal;

describe('uploads', () => {
  it('are stored with what they are, not what the client says they are', async () => {
    const made = await directory.files.upload(manager, {}, upload('C:\\music\\..\\hello.wav'));
    expect(made).toMatchObject({
      type: 'Upload',
      accountId,
      fileName: 'hello.wav',
      uri: `/files/${made.id}/content`,
      contentType: 'audio/wav',
      contentLength: sound.length,
      recordingDuration: 1,
    });
    const content = await directory.files.content(manager, made.id ?? '');
    expect(content).toMatchObject({ contentType: 'audio/wav', contentLength: sound.length, fileName: 'hello.wav' });
    expect(await buffer(content.stream)).toEqual(sound);
    expect(await directory.files.prompt(accountId, (made.id ?? '').toUpperCase(), signal)).toMatchObject({ durationMs: 1_000 });
  });

  it('leave nothing behind when they are refused', async () => {
    const before = await onDisk();
    await expect(directory.files.upload(manager, {}, upload('x', Buffer.from('<html>')))).rejects.toMatchObject({ code: 'FILE_NOT_AUDIO' });
    await expect(directory.files.upload(manager, { accountId: freshId() }, upload())).rejects.toMatchObject({ code: 'FORBIDDEN_ACCOUNT' });
    await expect(directory.files.upload(administrator, { accountId: freshId() }, upload())).rejects.toMatchObject({ code: 'NOT_FOUND' });
    for (const name of ['', 'a\u0000.wav', 'x'.repeat(256), '/']) {
      await expect(directory.files.upload(manager, {}, upload(name))).rejects.toMatchObject({ fields: [{ fieldName: 'FileName' }] });
    }
    expect(await onDisk()).toEqual(before);
  });

  it('are gone completely when they are deleted', async () => {
    const { id = '' } = await directory.files.upload(manager, { fileName: 'named.wav' }, upload());
    expect(await directory.files.prompt(accountId, id, signal)).toBeDefined();
    await directory.files.remove(manager, { fileId: id });
    expect(await onDisk()).not.toContain(id);
    await expect(directory.files.get(manager, { fileId: id })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(directory.files.prompt(accountId, id, signal)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('recordings', () => {
  it('are moved among the files of the account', async () => {
    const sessionId = freshId();
    const made = path.join(directory.store.dataDir, 'made.wav');
    await writeFile(made, sound);
    const id = freshId();
    await directory.files.saveRecording({ id, accountId, sessionId, path: made, durationMs: 2_600, bytes: sound.length });
    await expect(access(made)).rejects.toThrow();
    expect(await directory.files.get(manager, { fileId: id })).toMatchObject({
      type: 'CallRecording',
      sessionId,
      recordingDuration: 3,
      contentType: 'audio/wav',
    });
    expect(await buffer((await directory.files.content(manager, id)).stream)).toEqual(sound);
    const page = await directory.files.list(manager, { sessionId, type: 'CallRecording', fileName: 'Recording-' });
    expect(page.items.map((item) => item.id)).toEqual([id]);
    expect((await directory.files.list(manager, { sessionId: freshId() })).items).toEqual([]);
  });

  it('stay one when they are kept again, also when the first time came only halfway', async () => {
    const sessionId = freshId();
    const made = path.join(directory.store.dataDir, 'again.wav');
    const recording = { id: freshId(), accountId, sessionId, path: made, durationMs: 2_600, bytes: sound.length };
    await writeFile(made, sound);
    await directory.files.saveRecording(recording);
    await directory.files.saveRecording(recording);
    // The process died after the entry was made, and before the sound was moved.
    await rename(path.join(directory.store.dataDir, 'files', recording.id), made);
    await directory.files.saveRecording(recording);
    const page = await directory.files.list(manager, { sessionId });
    expect(page.items.map((item) => item.id)).toEqual([recording.id]);
    expect(await buffer((await directory.files.content(manager, recording.id)).stream)).toEqual(sound);
  });

  it('of an account that is gone stay where they are', async () => {
    const made = path.join(directory.store.dataDir, 'orphan.wav');
    await writeFile(made, sound);
    const orphan = { id: freshId(), accountId: freshId(), sessionId: freshId(), path: made, durationMs: 1, bytes: 1 };
    await expect(directory.files.saveRecording(orphan)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await access(made);
  });

  it('leave no entry when the sound is not there', async () => {
    const sessionId = freshId();
    const missing = { id: freshId(), accountId, sessionId, path: '/no-such-folder/at/all.wav', durationMs: 1, bytes: 1 };
    await expect(directory.files.saveRecording(missing)).rejects.toThrow(/ENOENT/);
    expect((await directory.files.list(manager, { sessionId })).items).toEqual([]);
  });
});

describe('access', () => {
  it('answers alike for a file of others and for none', async () => {
    const { id = '' } = await directory.files.upload(manager, {}, upload());
    const errors = [];
    for (const fileId of [id, freshId(), '../../../etc/passwd', '']) {
      errors.push(await directory.files.get(other, { fileId }).catch((error: unknown) => error));
      errors.push(await directory.files.content(other, fileId).catch((error: unknown) => error));
      errors.push(await directory.files.remove(other, { fileId }).catch((error: unknown) => error));
      errors.push(await directory.files.prompt(other.accountIds[0] ?? '', fileId, signal).catch((error: unknown) => error));
    }
    for (const error of errors) expect(error).toMatchObject({ code: 'NOT_FOUND', status: 404 });
    expect(new Set(errors.map(String)).size).toBe(1);
    expect((await directory.files.list(other, { accountIds: [accountId] })).items).toEqual([]);
    expect(await onDisk()).toContain(id);
  });
});
