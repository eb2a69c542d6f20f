import { createHash } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import type { Prompt } from '../telephony/audio/prompt.ts';

/** A prompt in a file: four bytes of magic, four of length, the 32 bytes of its id, then the mu-law and the A-law bytes. */
const MAGIC = 'RFP1';
export const promptHeaderBytes = 40;
const SAMPLES_PER_MS = 8;
/** Read and hashed at once: about 0.1 ms of work. */
const READ_BYTES = 128 * 1024;

/** The size of the file that holds `prompt`. */
export function promptFileBytes(prompt: Prompt): number {
  return promptHeaderBytes + prompt.pcmu.byteLength + prompt.pcma.byteLength;
}

/** Writes a prompt so that a reader finds all of it or nothing. @throws what the file system throws; then nothing is left behind. */
export async function writePromptFile(path: string, prompt: Prompt): Promise<void> {
  const header = Buffer.alloc(promptHeaderBytes);
  header.write(MAGIC, 0, 'latin1');
  header.writeUInt32LE(prompt.pcmu.byteLength, 4);
  header.write(prompt.id, 8, 'hex');
  const temporary = `${path}.tmp`;
  try {
    const file = await open(temporary, 'w');
    try {
      await file.writev([header, new Uint8Array(prompt.pcmu), new Uint8Array(prompt.pcma)]);
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Reads a prompt. Undefined when the file is damaged: its id is the hash of its content. @throws what the file system throws. */
export async function readPromptFile(path: string): Promise<Prompt | undefined> {
  const file = await open(path, 'r');
  try {
    const header = Buffer.alloc(promptHeaderBytes);
    if (!(await fill(file, header, 0)) || header.toString('latin1', 0, 4) !== MAGIC) return undefined;
    const samples = header.readUInt32LE(4);
    if ((await file.stat()).size !== promptHeaderBytes + 2 * samples) return undefined;
    const pcmu = new SharedArrayBuffer(samples);
    const pcma = new SharedArrayBuffer(samples);
    const hash = createHash('sha256');
    for (const [buffer, at] of [[pcmu, promptHeaderBytes] as const, [pcma, promptHeaderBytes + samples] as const]) {
      for (let done = 0; done < samples; done += READ_BYTES) {
        const part = new Uint8Array(buffer, done, Math.min(READ_BYTES, samples - done));
        if (!(await fill(file, part, at + done))) return undefined;
        hash.update(part);
      }
    }
    const id = hash.digest('hex');
    return id === header.toString('hex', 8, promptHeaderBytes) ? { id, durationMs: samples / SAMPLES_PER_MS, pcmu, pcma } : undefined;
  } finally {
    await file.close();
  }
}

async function fill(file: FileHandle, target: Uint8Array, position: number): Promise<boolean> {
  for (let done = 0; done < target.length; ) {
    const { bytesRead } = await file.read(target, done, target.length - done, position + done);
    if (bytesRead === 0) return false;
    done += bytesRead;
  }
  return true;
}
