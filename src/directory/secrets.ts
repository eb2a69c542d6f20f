import { createHash } from 'node:crypto';
import type { Random } from '../kernel/random.ts';

/** What the server makes and gives out: long and random, so nobody guesses one. Only hashes are stored. */

const LOGIN_ID = /^[A-Za-z0-9_-]{20}$/;
const API_KEY = /^rk_[A-Za-z0-9_-]{32}$/;

/** The id of an open login. 20 characters, as the original has (servicestack.md 4.2): 120 random bits. */
export function newLoginId(random: Random): string {
  return randomText(random, 15);
}

/** An API key: `rk_` and 32 characters, 192 random bits. */
export function newApiKey(random: Random): string {
  return `rk_${randomText(random, 24)}`;
}

/** Whether `text` has the form of the id of a login. */
export function isLoginId(text: string): boolean {
  return LOGIN_ID.test(text);
}

/** Whether `text` has the form of an API key. */
export function isApiKey(text: string): boolean {
  return API_KEY.test(text);
}

/** What is stored and looked up. A plain hash does, as what is hashed is random; and to compare hashes tells no secret by its timing. */
export function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}

function randomText(random: Random, length: number): string {
  return Buffer.from(random.bytes(length)).toString('base64url');
}
