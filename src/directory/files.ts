import path from 'node:path';
import type { Readable } from 'node:stream';
import type { RequestOf } from '../contracts/dto.ts';
import type { Page } from '../contracts/entities.ts';
import type { DeleteFile, FileInfo, GetFile, ListFiles, NewFile } from '../contracts/files.ts';
import type { Clock } from '../kernel/clock.ts';
import { AppError, memberError } from '../kernel/errors.ts';
import { isId, newId } from '../kernel/ids.ts';
import type { Random } from '../kernel/random.ts';
import type { Speech } from '../speech/speech.ts';
import type { Changes } from '../store/changes.ts';
import type { FileRepository, NewFileRow } from '../store/file-repository.ts';
import { isReferenced } from '../store/store-error.ts';
import type { Prompt } from '../telephony/audio/prompt.ts';
import { authorOf } from './authorship.ts';
import type { FileDisk } from './file-disk.ts';
import { MemberChecks } from './member-checks.ts';
import { accessible, chosenAccount, type Principal, visibleAccounts } from './principal.ts';
import { Remembered } from './remembered.ts';

export interface FilesOptions {
  readonly files: FileRepository;
  readonly disk: FileDisk;
  readonly changes: Changes;
  readonly clock: Clock;
  readonly random: Random;
  /** Turns sound files into prompts, and keeps the prompts. */
  readonly speech: Pick<Speech, 'stored'>;
}

/** A recording that was made during a call. */
export interface NewRecording {
  /** The id that the file is to have. */
  readonly id: string;
  readonly accountId: string;
  readonly sessionId: string;
  /** Where its WAV file is now; it is moved. */
  readonly path: string;
  readonly durationMs: number;
  readonly bytes: number;
}

const MOST_REMEMBERED = 10_000;
const NAME_LENGTH = 255;
/** Recordings are made by nobody who has a login. */
const RECORDER = 'ringflow';

/** Uploaded audio and recordings (contract evo-voice.md 1.5). */
export class Files {
  readonly #options: FilesOptions;
  /** Account of each file. */
  readonly #owners: Remembered<string>;

  constructor(options: FilesOptions) {
    this.#options = options;
    this.#owners = new Remembered(async (id) => (await options.files.find(id))?.accountId, MOST_REMEMBERED);
    options.changes.subscribe((change) => {
      if (!change || change.kind === 'file') this.#owners.forget(change?.id);
    });
  }

  list(principal: Principal, request: RequestOf<typeof ListFiles>): Promise<Page<FileInfo>> {
    const { sessionId, fileName, contentType, type } = request;
    const accountIds = visibleAccounts(principal, request.accountIds);
    return this.#options.files.list({ accountIds, sessionId, fileName, contentType, type }, request);
  }

  /** @throws AppError NOT_FOUND, also for a file of an account that the login has no access to */
  async get(principal: Principal, request: RequestOf<typeof GetFile>): Promise<FileInfo> {
    const id = request.fileId ?? '';
    return accessible(principal, 'file', isId(id) ? await this.#options.files.find(id) : undefined);
  }

  /** @throws AppError NOT_FOUND */
  async remove(principal: Principal, request: RequestOf<typeof DeleteFile>): Promise<void> {
    const found = await this.get(principal, request);
    const id = found.id ?? '';
    await this.#options.files.remove({ id, accountId: found.accountId ?? '' });
    await this.#options.disk.remove(id);
  }

  /** Stores audio to play. @throws AppError FILE_NOT_AUDIO, INVALID_MEMBER, FORBIDDEN_ACCOUNT, NOT_FOUND (account) */
  async upload(
    principal: Principal,
    request: RequestOf<typeof NewFile>,
    upload: { readonly fileName: string; readonly contentType: string; readonly bytes: Uint8Array },
    signal = new AbortController().signal,
  ): Promise<FileInfo> {
    const { clock, random, disk, speech } = this.#options;
    const accountId = chosenAccount(principal, request.accountId);
    if (!isId(accountId)) throw memberError('NOT_FOUND', { kind: 'account' }, 'AccountId');
    const fileName = checkFileName(request.fileName || upload.fileName);
    const id = newId(clock, random);
    // Decoding tells whether it is audio, and makes the prompt that calls will ask for under this name.
    const { durationMs } = await speech.stored(id, async () => upload.bytes, signal);
    await disk.write(id, upload.bytes);
    const contentLength = upload.bytes.length;
    const row = {
      id,
      accountId,
      type: 'Upload',
      fileName,
      contentType: typeOf(upload.bytes),
      contentLength,
      durationMs,
      sessionId: null,
    } as const;
    await this.#keep(row, principal);
    return this.get(principal, { fileId: id });
  }

  /** The bytes. @throws AppError NOT_FOUND */
  async content(
    principal: Principal,
    fileId: string,
  ): Promise<{ readonly stream: Readable; readonly contentType: string; readonly contentLength: number; readonly fileName: string }> {
    const found = await this.get(principal, { fileId });
    const file = await this.#options.disk.openFile(found.id ?? '').catch((cause: unknown) => {
      throw new AppError('NOT_FOUND', { kind: 'file' }, { cause });
    });
    const { size } = await file.stat();
    const { contentType = 'application/octet-stream', fileName = '' } = found;
    return { stream: file.createReadStream(), contentType, contentLength: size, fileName };
  }

  /**
   * Keeps a recording. One that was kept already, wholly or halfway, stays one.
   * @throws AppError STORE_UNAVAILABLE; NOT_FOUND when the account is gone; the error of the disk. The recording stays where it is then.
   */
  async saveRecording({ path, bytes, ...recording }: NewRecording): Promise<void> {
    const { files, clock, disk } = this.#options;
    const { id, accountId, sessionId } = recording;
    const row = {
      ...recording,
      type: 'CallRecording',
      fileName: `recording-${sessionId}.wav`,
      contentType: 'audio/wav',
      contentLength: bytes,
    } as const;
    try {
      await files.create(row, authorOf({ emailAddress: RECORDER }, clock));
    } catch (error) {
      throw isReferenced(error) ? new AppError('NOT_FOUND', { kind: 'account' }, { cause: error }) : error;
    }
    try {
      await disk.take(id, path);
    } catch (error) {
      await files.remove({ id, accountId });
      throw error;
    }
  }

  /**
   * For calls: the prompt of an audio file of this account.
   * @throws AppError NOT_FOUND, also for a file of another account; FILE_NOT_AUDIO; the reason of `signal`
   */
  async prompt(accountId: string, fileId: string, signal: AbortSignal): Promise<Prompt> {
    const id = fileId.toLowerCase();
    const owner = isId(id) ? await this.#owners.get(id) : undefined;
    if (owner !== accountId) throw new AppError('NOT_FOUND', { kind: 'file' });
    return this.#options.speech.stored(id, () => this.#options.disk.read(id), signal);
  }

  async #keep(row: NewFileRow, author: Pick<Principal, 'emailAddress'>): Promise<void> {
    const { files, disk, clock } = this.#options;
    try {
      await files.create(row, authorOf(author, clock));
    } catch (error) {
      await disk.remove(row.id);
      throw isReferenced(error) ? memberError('NOT_FOUND', { kind: 'account' }, 'AccountId') : error;
    }
  }
}

/** The last part of the name that was sent: some clients send a whole path. */
function checkFileName(text: string): string {
  const name = path.posix.basename(text.replaceAll('\\', '/')).trim();
  const checks = new MemberChecks();
  checks.required(name, 'FileName', NAME_LENGTH, 'the name of the file.');
  checks.done();
  return name;
}

/** By the first bytes, not by what the client says: it was decoded, so it is one of the two. */
function typeOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.subarray(0, 4)).toString('latin1') === 'RIFF' ? 'audio/wav' : 'audio/mpeg';
}
