import { describe, expect, it } from 'vitest';
import { codeOf, sumOf } from '../../../test/support/conference-calls.ts';
import { MediaRig } from '../../../test/support/media-rig.ts';

const MEMBERS = 50;
const LEVELS = [codeOf(2000), codeOf(4000), codeOf(8000)];

describe('a room of fifty', () => {
  it('of whom three speak: all hear them, nobody himself, whoever comes and goes', { timeout: 60_000 }, async () => {
    const rig = new MediaRig({ ports: MEMBERS + 10 });
    const room = rig.media.openRoom();
    const comes = async () => {
      const member = await rig.call();
      member.stream.joinRoom(room, false);
      return member;
    };
    let members = await Promise.all(Array.from({ length: MEMBERS }, comes));
    const speakers = members.slice(0, LEVELS.length);

    /** The speakers speak for 400 ms; what each member has heard in the second half of them, each code once. */
    const heard = async (speaking: typeof speakers): Promise<readonly (readonly number[])[]> => {
      for (let spokenMs = 0; spokenMs < 400; spokenMs += 20) {
        if (spokenMs === 200) for (const { peer } of members) peer.received.length = 0;
        for (const { stream, peer } of speaking) peer.sendAudio(stream.local, LEVELS[speakers.findIndex((one) => one.peer === peer)]);
        await rig.clock.advance(20);
      }
      return members.map(({ peer }) => {
        // Whoever sends is sent to without a gap.
        expect(peer.received.length).toBeGreaterThanOrEqual(9);
        return [...new Set(peer.received.map(({ payload }) => payload[80] ?? -1))];
      });
    };
    const due = (speaking: typeof speakers): readonly (readonly number[])[] =>
      members.map(({ peer }) => [
        sumOf(...LEVELS.filter((_, at) => speakers[at]?.peer !== peer && speaking.some((one) => one === speakers[at]))),
      ]);

    expect(await heard(speakers)).toEqual(due(speakers));

    // Ten go, one of them for good, and three are new.
    const left = members.slice(40);
    for (const { stream } of left) stream.leaveRoom();
    await left[0]?.stream.close();
    await rig.clock.advance(0);
    for (const { peer } of left) peer.received.length = 0;
    members = [...members.slice(0, 40), ...(await Promise.all([comes(), comes(), comes()]))];
    expect(await heard(speakers)).toEqual(due(speakers));
    // Nobody who has left hears them any more.
    for (const { peer } of left) expect(peer.received.map(({ payload }) => payload[80])).not.toContain(sumOf(...LEVELS));

    // Those who have left come again, and a speaker goes.
    for (const { stream } of left.slice(1)) stream.joinRoom(room, false);
    members = [...members.slice(1), ...left.slice(1)];
    speakers[0]?.stream.leaveRoom();
    expect(members.length).toBe(51);
    expect(await heard(speakers.slice(1))).toEqual(due(speakers.slice(1)));

    await rig.media.close();
    await rig.clock.advance(0);
    expect([rig.clock.pendingTimers, rig.media.openStreams, rig.media.openRooms]).toEqual([0, 0, 0]);
  });
});
