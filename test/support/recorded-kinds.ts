import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
  const recordings: Recordings = {
    newPath: () => join(folder, `${++paths}.wav`),
    leave: () => {},
    save: async ({ path }) => {
      await rm(path);
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
    place: (world: Scene['world']) => Promise<SeenSession | undefined>,
  ): CallsOfAKind['open'] =>
  async (options) => {
    const folder: Folder = await recordingFolder();
    const { world, phones } = scene({ ...options, recordings: folder.recordings });
    const call = async (): Promise<Outcomes> => {
      const session = await place(world);
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
  async (world) => {
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
  (world) => world.call(),
);

export const recordedKinds: Readonly<Record<string, CallsOfAKind>> = {
  'a call of two that is recorded twice': { open: ofTwo, outcome: `Done Answered ${FRIEND}, 2 recordings` },
  'somebody leaves a message': { open: ofMessage, outcome: 'Heard, 1 recordings' },
};
