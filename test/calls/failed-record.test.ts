import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Recordings } from '../../src/flow/flow-host.ts';
import { calledParty } from '../support/called-party.ts';
import { flowOf, to } from '../support/flow-builder.ts';

it('what a Record node leaves on a disk that fails is handed over to be kept after the call', async () => {
  const path = join(tmpdir(), 'no-such-folder', 'message.wav');
  const left: string[] = [];
  const saved: string[] = [];
  const recordings: Recordings = {
    newPath: () => path,
    save: async (recorded) => {
      saved.push(recorded.path);
      return 'file';
    },
    leave: (what) => left.push(what),
    discard: async () => {},
  };
  const flow = flowOf({
    record: ['RecordNode', { PlayBeep: false, MaxLengthInSeconds: 3, Done: to('done'), Failed: to('failed') }],
    done: ['HangUpNode', { Outcome: 'Recorded' }],
    failed: ['HangUpNode', { Outcome: 'Lost' }],
  });
  const { session, over } = await calledParty({}, { flow, recordings });
  await over();
  expect(session.outcome).toBe('Lost');
  expect([left, saved]).toEqual([[path], []]);
});
