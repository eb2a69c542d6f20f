import { defineNode } from '../define-node.ts';

export default defineNode({
  typeName: 'StartRecordingNode',
  label: 'Start Recording',
  category: 'Audio',
  icon: 'circle-dot',
  description: 'Records both sides of the call from now on, beside whatever follows, or goes on after Pause Recording.',
  inputs: {
    Layout: {
      type: 'String',
      default: 'Stereo',
      possibleValues: ['Stereo', 'Mono'],
      description: 'Stereo: what is played on the left, what is heard on the right. Mono: both in one channel.',
    },
  },
  outputs: {},
  transitions: {
    Done: { description: 'The call is being recorded.' },
  },
  execute({ Layout }, ctx) {
    ctx.recording.start(Layout === 'Mono' ? 'mono' : 'stereo');
    return { leave: 'Done' };
  },
});
