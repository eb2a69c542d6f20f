import { defineNode } from '../define-node.ts';

export default defineNode({
  typeName: 'PlayNode',
  label: 'Play',
  category: 'Audio',
  icon: 'player-play',
  description: 'Plays an audio file.',
  inputs: {
    AudioFile: { type: 'AudioFile', required: true, description: 'The uploaded file to play.' },
    AudioUrl: {
      type: 'String',
      unsupported: 'Audio from an address is not supported yet: upload the file and choose it as AudioFile.',
      description: 'The address of the audio to play instead of a file. Not supported yet.',
    },
    Loop: { type: 'Number', default: 1, minimum: 1, maximum: 1000, whole: true, description: 'How often to play it.' },
    AllowInterrupt: { type: 'Boolean', default: false, description: 'Whether a key stops it. The key is kept for the next node.' },
  },
  outputs: {},
  transitions: {
    Done: { description: 'It was played, or interrupted by a key.' },
    Failed: { description: 'The file could not be played.' },
  },
  prepare: ({ AudioFile }) => [{ kind: 'file', fileId: AudioFile }],
  async execute({ AudioFile, Loop, AllowInterrupt }, ctx) {
    for (let round = 0; round < Loop; round += 1) {
      const end = await ctx.play({ kind: 'file', fileId: AudioFile }, { interruptible: AllowInterrupt });
      if (end === 'barged') break;
    }
    return { leave: 'Done' };
  },
});
