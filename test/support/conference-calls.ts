import { expect } from 'vitest';
import { decodeG711, encodeG711 } from '../../src/telephony/audio/g711.ts';
import { callWorld, nothingLeft, type WorldOptions } from './call-world.ts';
import { flowOf, into, type ShortParameter, to } from './flow-builder.ts';
import { type Person, partyPhones } from './party-phones.ts';
import type { SeenSession } from './session-table.ts';

/** The code of a level in PCMU. */
export function codeOf(level: number): number {
  const bytes = new Uint8Array(1);
  encodeG711('PCMU', Int16Array.of(level), bytes);
  return bytes[0] ?? 0;
}

/** What is heard of several who say these codes at once. */
export function sumOf(...codes: readonly number[]): number {
  const samples = new Int16Array(codes.length);
  decodeG711('PCMU', Uint8Array.from(codes), samples);
  return codeOf(samples.reduce((sum, sample) => sum + sample, 0));
}

/** A flow that meets others, and hangs up with an outcome that says how the node was left. */
const meeting = (parameters: Readonly<Record<string, ShortParameter>>) =>
  flowOf({
    meet: [
      'ConferenceNode',
      { Name: 'Sales', ConferenceSid: into('Sid'), DurationInSeconds: into('Seconds'), Done: to('done'), Full: to('full'), ...parameters },
    ],
    done: ['HangUpNode', { Outcome: 'Done {{ Session.Seconds }}' }],
    full: ['HangUpNode', { Outcome: 'Full' }],
  });

/** The leader leads, and the others wait for that with these parameters. Each hangs up with an outcome that says how the conference was left. */
export const led = (leader: string, endsOnExit: boolean, waiting: Readonly<Record<string, ShortParameter>> = {}) => ({
  flow: flowOf({
    who: ['StringMatchNode', { String: '{{ Session.To }}', Choices: [leader], [leader]: to('lead'), NoMatches: to('follow') }],
    lead: ['ConferenceNode', { Name: 'Sales', Moderator: true, EndOnExit: endsOnExit, LeaveKeys: '*', Done: to('left') }],
    follow: ['ConferenceNode', { Name: 'Sales', WaitForModerator: true, ...waiting, Done: to('over') }],
    left: ['HangUpNode', { Outcome: 'Left' }],
    over: ['HangUpNode', { Outcome: 'Over' }],
  }),
});

/** Whoever leaves the conference by a key stays on the line for three seconds. */
export const staying = (parameters: Readonly<Record<string, ShortParameter>> = {}) => ({
  flow: flowOf({
    meet: ['ConferenceNode', { Name: 'Sales', LeaveKeys: '*', ...parameters, Done: to('stay') }],
    stay: ['WaitNode', { Timeout: 3, Done: to('bye') }],
    bye: ['HangUpNode', { Outcome: 'Left' }],
  }),
});

/** Where these people are called, one after the other, with the same flow. */
export function meetingScene(
  people: Readonly<Record<string, Person>>,
  parameters: Readonly<Record<string, ShortParameter>> = {},
  more: Partial<WorldOptions> = {},
) {
  const world = callWorld({ flow: meeting(parameters), phoneIsThere: false, ...more });
  const phones = partyPhones(world, people);
  const begin = async (): Promise<readonly SeenSession[]> => {
    const sessions: SeenSession[] = [];
    for (const number of Object.keys(people)) sessions.push(await world.call({ numberToDial: number }));
    return sessions;
  };
  return { world, phones, begin };
}

/** The calls of one such meeting. */
export async function meet(...how: Parameters<typeof meetingScene>) {
  const { world, phones, begin } = meetingScene(...how);
  const sessions = await begin();
  const first = world.clock.now();
  return {
    world,
    phones,
    sessions,
    /** What somebody hears in the middle of each packet from one moment to another, each value once. */
    heardBetween(number: string, fromMs: number, untilMs: number): number[] {
      const received = phones.callTo(number)?.rtp.received ?? [];
      return [
        ...new Set(received.filter(({ atMs }) => atMs >= first + fromMs && atMs < first + untilMs).map(({ payload }) => payload[82] ?? -1)),
      ];
    },
    async over() {
      for (const session of sessions) expect(await world.over(session)).toBe(true);
      const left = await world.finish();
      await phones.close();
      expect({ ...left, ports: (left.ports ?? 0) - phones.calls.length - 1 }).toEqual(nothingLeft);
    },
  };
}
