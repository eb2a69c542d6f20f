import { expect } from 'vitest';
import { measureSound } from '../../src/cli/heard.ts';
import type { ReadyAccount } from '../../src/cli/new-account.ts';
import { ListFiles } from '../../src/contracts/files.ts';
import type { SessionInfo } from '../../src/contracts/sessions.ts';
import type { Baresip } from './baresip.ts';
import { flowOf, to } from './flow-builder.ts';
import { loudest, samplesOf } from './heard-tones.ts';
import { latestSession } from './real-server.ts';
import { bytesOf } from './stored-recordings.ts';

/** What baresip says. */
export const TONE_HZ = 700;
/** Says something, and records the other side for two seconds. */
export const greeting = flowOf({
  before: ['WaitNode', { Timeout: 0.5, Done: to('say') }],
  say: ['SayNode', { WhatToSay: 'This is the new internet.', Done: to('record') }],
  record: ['RecordNode', { PlayBeep: false, MaxLengthInSeconds: 2, Done: to('bye') }],
  bye: ['HangUpNode'],
});

/** The greeting and baresip have heard each other, in packets to and from addresses of IPv6. Ends baresip. */
export async function bothHeard(account: ReadyAccount, baresip: Baresip): Promise<SessionInfo> {
  const session = await latestSession(account, ({ ended }) => ended === true);
  expect(session.outcome).toBe('Completed');
  expect(session.mediaReport).toMatchObject({ audioReceived: true, oneWayAudio: false });
  const { items } = await account.api.call(ListFiles, { sessionId: session.id ?? '' });
  expect(items.length).toBe(1);
  expect(loudest(TONE_HZ, samplesOf(await bytesOf(account.login, items[0] ?? {})))).toBeGreaterThan(0.4);
  expect(measureSound(await baresip.heard()).soundMs).toBeGreaterThan(500);
  const log = await baresip.log();
  expect(new Set([...log.matchAll(/^c=IN (\S+ \S+)\r?$/gm)].map(([, address]) => address))).toEqual(new Set(['IP6 ::1']));
  return session;
}
