import { defineNode } from '../define-node.ts';

export default defineNode({
  typeName: 'PauseRecordingNode',
  label: 'Pause Recording',
  category: 'Audio',
  icon: 'circle-pause',
  description: 'Leaves out of the recording of the call what is said until Start Recording: the number of a card, for example.',
  inputs: {},
  outputs: {},
  transitions: { Done: { description: 'Nothing is recorded now.' } },
  execute(_params, ctx) {
    ctx.recording.pause();
    return { leave: 'Done' };
  },
});
