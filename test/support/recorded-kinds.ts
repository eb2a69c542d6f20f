import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Recordings } from '../../src/flow/flow-host.ts';
import { callWorld, manager, numberToDial, type WorldOptions } from './call-world.ts';
import { eventually } from './database.ts';
import { dialScene } from './dialled-call.ts';
import { flowOf, to } from './flow-builder.ts';
import { type CallsOfAKind, LastingWorld, type Outcomes } from './lasting-world.ts';
import { type Person, partyPhones } from './party-phones.ts';
import type { SeenSession } from './session-table.ts';
import { FRIEND } from './transfer-world.ts';

/** A folder in which recordings are written, from which those are taken that are saved or thrown away. */
async function recordingFolder() {
  const folder = await mkdtemp(join(tmpdir(), 'ringflow-test-'));
  let [paths, saved] = [0, 0];
  let durationMs = 0;
  const recordings: Recordings = {
    newPath: () => join(folder, `${++paths}.wav`),
    leave: () => {},
    save: async ({ path, ...recorded }) => {
      await rm(path);
      durationMs = recorded.durationMs;
      return `file-${++saved}`;
    },
    discard: ({ path }) => rm(path),
  };
  return {
    recordings,
    /** How many were saved since this was asked last. */
    saved: (): number => {
      const count = saved;
      saved = 0;
      return count;
    },
    /** How long the last one is that was saved. */
    lastMs: () => durationMs,
    files: async () => (await readdir(folder)).length,
    close: () => rm(folder, { recursive: true }),
  };
}

type Folder = Awaited<ReturnType<typeof recordingFolder>>;
type Scene = Pick<ConstructorParameters<typeof LastingWorld>[0], 'world' | 'phones'>;

/** Calls that are placed somehow, and that are told with the number of their recordings. */
const recorded =
  (
    scene: (options: Partial<WorldOptions>) => Scene,
    place: (scene: Scene, folder: Folder) => Promise<SeenSession | undefined>,
  ): CallsOfAKind['open'] =>
  async (options) => {
    const folder: Folder = await recordingFolder();
    const parts = scene({ ...options, recordings: folder.recordings });
    const { world, phones } = parts;
    const call = async (): Promise<Outcomes> => {
      const session = await place(parts, folder);
      // Files are written in real time.
      await eventually(async () => {
        await world.clock.advance(1000);
        return session?.endedAtMs !== undefined && world.service.liveSessions === 0;
      });
      return [`${session?.outcome}, ${folder.saved()} recordings`];
    };
    return new LastingWorld({ world, phones, call, files: folder.files, close: folder.close });
  };

/** The person stays on the line until the flow hangs up. */
const answers: Person = { answerAfterMs: 100, says: 1 };

const ofTwo = recorded(
  (options) => {
    const friend: Person = { answerAfterMs: 1000, says: 2, hangUpAfterMs: 2500 };
    const { world, phones } = dialScene({ [FRIEND]: friend }, { Number: FRIEND, Record: true }, options);
    return { world, phones: [phones] };
  },
  async ({ world }) => {
    const { id } = await world.service.place(manager, { flowId: 'flow-1', numberToDial, record: true });
    return world.sessions.get(id ?? '');
  },
);

const ofMessage = recorded(
  (options) => {
    const flow = flowOf({
      leave: ['RecordNode', { MaxLengthInSeconds: 2, Done: to('done'), NoRecording: to('nothing'), Failed: to('failed') }],
      done: ['HangUpNode', { Outcome: 'Heard' }],
      nothing: ['HangUpNode', { Outcome: 'Nothing' }],
      failed: ['HangUpNode', { Outcome: 'Failed' }],
    });
    const world = callWorld({ flow, phoneIsThere: false, ...options });
    return { world, phones: [partyPhones(world, { [numberToDial]: answers })] };
  },
  ({ world }) => world.call(),
);

/** A call that is recorded by request, with a pause, and then once more until it is over. */
const onRequest = recorded(
  (options) => {
    const flow = flowOf({ wait: ['WaitNode', { Timeout: 60, Done: to('bye') }], bye: ['HangUpNode', { Outcome: 'Waited' }] });
    const world = callWorld({ flow, phoneIsThere: false, ...options });
    return { world, phones: [partyPhones(world, { [numberToDial]: answers })] };
  },
  async ({ world, phones: [phones] }, { lastMs }) => {
    const session = await world.call();
    await world.clock.runUntil(() => session.answeredAtMs !== undefined, 100_000);
    const record = (action: 'Start' | 'Pause' | 'Resume' | 'Stop') =>
      world.service.live.record(manager, { sessionId: session.row.id, action });
    for (const [action, forMs] of [['Start', 1000] as const, ['Pause', 500] as const, ['Resume', 500] as const, ['Stop', 500] as const]) {
      await record(action);
      await world.clock.advance(forMs);
    }
    // The pause is not in it.
    expect(lastMs()).toBe(1500);
    await record('Start');
    await world.clock.advance(1000);
    void phones?.callTo(numberToDial)?.dialog?.bye();
    return session;
  },
);

export const recordedKinds: Readonly<Record<string, CallsOfAKind>> = {
  'a call of two that is recorded twice': { open: ofTwo, outcome: `Done Answered ${FRIEND}, 2 recordings` },
  'somebody leaves a message': { open: ofMessage, outcome: 'Heard, 1 recordings' },
};

/** Those that a request records. */
export const operatedRecordedKinds: Readonly<Record<string, CallsOfAKind>> = {
  'a call is recorded by request': { open: onRequest, outcome: 'CalleeHungUp, 2 recordings' },
};
