import { defineNode, keysProblem, promptOf } from '../define-node.ts';

export default defineNode({
  typeName: 'GatherNode',
  label: 'Gather',
  category: 'Voice',
  icon: 'dialpad',
  description: 'Asks for digits and waits for them.',
  inputs: {
    Prompt: { type: 'String', uiHint: 'LargeText', description: 'The text to speak first.' },
    PromptAudio: { type: 'AudioFile', description: 'The file to play first. It takes the place of Prompt.' },
    MaxDigits: { type: 'Number', default: 1, minimum: 1, maximum: 100, whole: true, description: 'How many digits end the input.' },
    FinishOnKey: { type: 'String', default: '#', check: keysProblem, description: 'The key that ends the input. Empty for none.' },
    TimeoutInSeconds: {
      type: 'Number',
      default: 5,
      minimum: 0,
      maximum: 600,
      description: 'How long to wait for the first digit, counted from the end of the prompt.',
    },
    InterDigitTimeoutInSeconds: {
      type: 'Number',
      default: 3,
      minimum: 0,
      maximum: 600,
      description: 'How long to wait for each further digit.',
    },
    AllowInterrupt: {
      type: 'Boolean',
      default: true,
      description: 'Whether a key stops the prompt. If not, keys pressed before its end are ignored.',
    },
  },
  outputs: { Digits: { type: 'String', description: 'The digits, without the key that ended them. Empty when there are none.' } },
  transitions: {
    Done: { description: 'Digits were pressed.' },
    NoInput: { description: 'Nothing was pressed in time.' },
    Failed: { description: 'The prompt could not be played.' },
  },
  prepare: ({ Prompt, PromptAudio }) => promptOf(Prompt, PromptAudio),
  async execute(params, ctx) {
    for (const prompt of promptOf(params.Prompt, params.PromptAudio)) {
      await ctx.play(prompt, { interruptible: params.AllowInterrupt });
    }
    if (!params.AllowInterrupt) ctx.call.clearDigits();
    const { digits } = await ctx.call.collect(
      {
        max: params.MaxDigits,
        terminators: params.FinishOnKey,
        firstMs: params.TimeoutInSeconds * 1000,
        betweenMs: params.InterDigitTimeoutInSeconds * 1000,
      },
      ctx.signal,
    );
    return { leave: digits === '' ? 'NoInput' : 'Done', outputs: { Digits: digits } };
  },
});
