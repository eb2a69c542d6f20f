import { type CallLeg, defineNode, keysProblem, promptOf } from '../define-node.ts';

/** How long to wait for the next digit of a choice that has several. */
const BETWEEN_MS = 3000;

export default defineNode({
  typeName: 'MenuNode',
  label: 'Menu',
  category: 'Voice',
  icon: 'list-numbers',
  description: 'Asks for one of several choices, again if need be, and goes on by the one that was pressed.',
  inputs: {
    Prompt: { type: 'String', uiHint: 'LargeText', description: 'The text to speak first.' },
    PromptAudio: { type: 'AudioFile', description: 'The file to play first. It takes the place of Prompt.' },
    Choices: { type: 'List', of: 'String', check: choiceProblem, description: 'The digits of each choice.' },
    TimeoutInSeconds: {
      type: 'Number',
      default: 5,
      minimum: 0,
      maximum: 600,
      description: 'How long to wait for the first digit, counted from the end of the prompt.',
    },
    Attempts: { type: 'Number', default: 3, minimum: 1, maximum: 100, whole: true, description: 'How often to ask in all.' },
    InvalidPrompt: { type: 'String', uiHint: 'LargeText', description: 'The text to speak when something else was pressed.' },
  },
  outputs: { Choice: { type: 'String', description: 'The choice that was pressed. Empty when there is none.' } },
  choices: 'Choices',
  transitions: {
    NoInput: { description: 'At the last attempt nothing was pressed in time.' },
    NoMatch: { description: 'At the last attempt something else was pressed.' },
    Failed: { description: 'A prompt could not be played.' },
  },
  prepare: (params) => [...promptOf(params.Prompt, params.PromptAudio), ...promptOf(params.InvalidPrompt, undefined)],
  async execute(params, ctx) {
    const choices = params.Choices ?? [];
    let pressed = '';
    for (let attempt = 1; attempt <= params.Attempts; attempt += 1) {
      for (const prompt of promptOf(params.Prompt, params.PromptAudio)) await ctx.play(prompt, { interruptible: true });
      pressed = await collectChoice(choices, params.TimeoutInSeconds * 1000, ctx.call, ctx.signal);
      if (choices.includes(pressed)) return { choice: pressed, outputs: { Choice: pressed } };
      if (pressed === '') continue;
      ctx.call.clearDigits();
      for (const prompt of promptOf(params.InvalidPrompt, undefined)) await ctx.play(prompt, { interruptible: true });
    }
    return { leave: pressed === '' ? 'NoInput' : 'NoMatch', outputs: { Choice: '' } };
  },
});

/** Takes digits until they are a choice that no longer one begins with, or as many as the longest choice has, or time is up. */
async function collectChoice(choices: readonly string[], firstMs: number, call: CallLeg, signal: AbortSignal): Promise<string> {
  const longest = Math.max(1, ...choices.map((choice) => choice.length));
  const terminators = choices.some((choice) => choice.includes('#')) ? '' : '#';
  let pressed = '';
  while (pressed.length < longest) {
    const rules = { max: 1, terminators, firstMs: pressed === '' ? firstMs : BETWEEN_MS, betweenMs: BETWEEN_MS };
    const { digits } = await call.collect(rules, signal);
    if (digits === '') break;
    pressed += digits;
    if (choices.includes(pressed) && !choices.some((choice) => choice !== pressed && choice.startsWith(pressed))) break;
  }
  return pressed;
}

function choiceProblem(choice: string): string | undefined {
  return choice === '' ? 'A choice has at least one digit.' : keysProblem(choice);
}
