import { expect, it } from 'vitest';
import { silentLogger } from '../kernel/log.ts';
import type { CallRecorded } from '../telephony/port.ts';
import { recordTalk } from './talk-recording.ts';

const PATH = '/recordings/talk.wav';

/** Records a talk of which `recordCall` tells what came of it; answers the id of the recording, and what else was done. */
async function recording(recordCall: () => Promise<CallRecorded>) {
  const [left, lines]: [string[], string[]] = [[], []];
  const id = await recordTalk(
    { recordCall },
    {
      sessionId: 'session-1',
      recordings: { newPath: () => PATH, leave: (path) => left.push(path), save: async () => 'file-1', discard: async () => {} },
      note: (line) => lines.push(line),
      log: silentLogger,
    },
  );
  return { id, left, lines };
}

it('a talk whose recording fails goes on, and what there is of it is left to be kept later', async () => {
  expect(await recording(() => Promise.reject(new Error('The disk is full')))).toEqual({
    id: undefined,
    left: [PATH],
    lines: ['The call could not be recorded to its end: what there is of the recording is kept'],
  });
});

it('a recording of a talk that lacks what the disk was too slow for is kept, and the log says so', async () => {
  const recorded: CallRecorded = { path: PATH, durationMs: 60_000, bytes: 960_000, lostMs: 1500 };
  const { id, left, lines } = await recording(async () => recorded);
  expect([id, left, lines.length]).toEqual(['file-1', [], 1]);
  expect(lines[0]).toContain('1.5');
});
