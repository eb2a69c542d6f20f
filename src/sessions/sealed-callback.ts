import type { SecretBox } from '../store/secret-box.ts';
import type { CallOptions, StoredCallback } from '../store/session-rows.ts';

type StatusCallback = NonNullable<CallOptions['statusCallback']>;

/** What is stored of the receiver of a call's events: its address may hold a password or a token. */
export function sealCallback(box: SecretBox, sessionId: string, { url, events }: StatusCallback): StoredCallback {
  return { sealedUrl: box.seal(url, purposeOf(sessionId)), events };
}

/** Undefined when it was sealed with another key than ours: nobody can be told of the call then. */
export function openCallback(box: SecretBox, sessionId: string, { sealedUrl, events }: StoredCallback): StatusCallback | undefined {
  try {
    return { url: box.open(sealedUrl, purposeOf(sessionId)), events };
  } catch {
    return undefined;
  }
}

function purposeOf(sessionId: string): string {
  return `status-callback:${sessionId}`;
}
