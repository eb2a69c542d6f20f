import { defineNode, keysProblem } from '../define-node.ts';

export default defineNode({
  typeName: 'RecordNode',
  label: 'Record',
  category: 'Audio',
  icon: 'microphone',
  description: 'Records what is said.',
  inputs: {
    PlayBeep: { type: 'Boolean', default: true, description: 'Whether a beep says when to begin.' },
    MaxLengthInSeconds: { type: 'Number', default: 120, minimum: 1, maximum: 14_400, description: 'The longest recording.' },
    FinishOnKey: { type: 'String', default: '#', check: keysProblem, description: 'The key that ends the recording. Empty for none.' },
    SilenceTimeoutInSeconds: { type: 'Number', default: 5, minimum: 0.1, maximum: 600, description: 'Silence that ends the recording.' },
    TrimSilence: { type: 'Boolean', default: false, description: 'Whether silence at the beginning and at the end is cut off.' },
  },
  outputs: {
    Recording: { type: 'File', description: 'The id of the recording. Empty when nothing was heard.' },
    DurationInSeconds: { type: 'Number', description: 'How long the recording is.' },
  },
  transitions: {
    Done: { description: 'Something was recorded.' },
    NoRecording: { description: 'Nothing was heard.' },
    Failed: { description: 'It could not be recorded.' },
    RecordingReady: { isAsync: true, description: 'Followed after the call, when the recording is stored.' },
  },
  prepare: ({ PlayBeep }) => (PlayBeep ? [{ kind: 'beep' }] : []),
  async execute(params, ctx) {
    if (params.PlayBeep) await ctx.play({ kind: 'beep' }, { interruptible: false });
    ctx.call.clearDigits();
    const { fileId, durationMs } = await ctx.record({
      maxMs: params.MaxLengthInSeconds * 1000,
      terminators: params.FinishOnKey,
      silenceMs: params.SilenceTimeoutInSeconds * 1000,
      trimSilence: params.TrimSilence,
    });
    if (fileId === undefined) return { leave: 'NoRecording', outputs: { Recording: '', DurationInSeconds: 0 } };
    return { leave: 'Done', outputs: { Recording: fileId, DurationInSeconds: durationMs / 1000 }, later: ['RecordingReady'] };
  },
});
