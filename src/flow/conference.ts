import type { Prompt } from '../telephony/port.ts';

/** How a call takes part in a conference. */
export interface ConferenceOrder {
  /** Names a conference of the account; it begins with its first member. undefined: one of its own. */
  readonly name: string | undefined;
  /** Whether the others do not hear it. */
  readonly muted: boolean;
  /** Whether it begins the conference for those who wait for a moderator. */
  readonly moderator: boolean;
  /** Whether it waits, and hears music, until there has been a moderator. */
  readonly waitsForModerator: boolean;
  /** Whether the conference is over for all when it leaves. */
  readonly endsOnExit: boolean;
  /** What the others hear when it joins or leaves. */
  readonly announcement: Prompt | undefined;
  /** What it hears, again and again, while it waits or is on hold. */
  readonly music: Prompt;
  /** One of these keys takes it out of the conference; '' for none. */
  readonly leaveKeys: string;
}

/** What became of it. */
export interface ConferenceResult {
  /** Left: it pressed a key. Ended: the conference is over. Full: it was not let in. */
  readonly status: 'Left' | 'Ended' | 'Full';
  /** The id of the conference; absent when it was not let in. */
  readonly sid?: string;
  /** How long it was there. */
  readonly stayedMs: number;
}

/** The way of a call into conferences. */
export interface ConferenceDoor {
  /** Takes part in a conference until one of the two is over. @throws the signal's reason, once the call has left the conference */
  join(order: ConferenceOrder, signal: AbortSignal): Promise<ConferenceResult>;
}
