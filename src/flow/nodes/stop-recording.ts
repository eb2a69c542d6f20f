import { defineNode } from '../define-node.ts';

export default defineNode({
  typeName: 'StopRecordingNode',
  label: 'Stop Recording',
  category: 'Audio',
  icon: 'circle-stop',
  description: 'Ends the recording of the call and stores it. Start Recording can begin another one.',
  inputs: {},
  outputs: {
    Recording: { type: 'File', description: 'The id of the recording. Empty when the call was not being recorded.' },
    DurationInSeconds: { type: 'Number', description: 'How long the recording is.' },
  },
  transitions: {
    Done: { description: 'The recording is stored.' },
    NoRecording: { description: 'The call was not being recorded.' },
    Failed: { description: 'It could not be stored.' },
  },
  async execute(_params, ctx) {
    const kept = await ctx.recording.stop();
    if (!kept) return { leave: 'NoRecording', outputs: { Recording: '', DurationInSeconds: 0 } };
    return { leave: 'Done', outputs: { Recording: kept.fileId, DurationInSeconds: kept.durationMs / 1000 } };
  },
});
