import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkFlow } from '../../src/flow/check-flow.ts';
import { compileFlow } from '../../src/flow/compile-flow.ts';
import { prepareFlow } from '../../src/flow/interpreter.ts';
import { FlowCall, known, promptsAtOnce, runOnCall } from '../support/flow-call.ts';

const stored = JSON.parse(readFileSync(new URL('../../examples/welcome.flow.json', import.meta.url), 'utf8'));
const welcome = compileFlow({ flowId: 'welcome', version: 1, flow: stored });

const greeting = 'Hello. This is a call from Ringflow.';
const question = 'Press one for sales, or two for support.';

describe('the welcome flow', () => {
  it('may be saved as it stands', async () => {
    expect((await checkFlow({ ...stored, accountId: 'account-1' }, async () => undefined)).problems).toEqual([]);
  });

  it.each([
    ['1', 'sales', 'You pressed 1. Sales will call you back.'],
    ['2', 'support', 'You pressed 2. Support will call you back.'],
  ])('says which digit was pressed: %s', async (digit, node, answer) => {
    const { result, call } = await runOnCall(welcome, { script: { presses: [{ atMs: 2500, keys: digit }] } });
    expect(call.leg.heard).toEqual([greeting, question, answer]);
    expect(call.path).toEqual(['greet', 'ask', 'route', node, 'bye']);
    expect(result.end).toEqual({ why: 'hung-up', outcome: 'Completed' });
    expect(result.session).toEqual({ Choice: digit });
  });

  it('says goodbye to any other digit', async () => {
    const { result, call } = await runOnCall(welcome, { script: { presses: [{ atMs: 2500, keys: '9' }] } });
    expect(call.path).toEqual(['greet', 'ask', 'route', 'bye']);
    expect(result.end).toEqual({ why: 'hung-up', outcome: 'Completed' });
  });

  it('waits five seconds from the end of the question, and says goodbye', async () => {
    const { result, call } = await runOnCall(welcome);
    const left = call.events.find((event) => event.kind === 'node-left' && event.nodeId === 'ask');
    expect(left).toMatchObject({ transition: 'NoInput', tookMs: 1000 + 5000 });
    expect(result.end).toEqual({ why: 'hung-up', outcome: 'Completed' });
  });

  it('takes a digit that was pressed during the greeting', async () => {
    const { call } = await runOnCall(welcome, { script: { presses: [{ atMs: 500, keys: '2' }] } });
    expect(call.path).toEqual(['greet', 'ask', 'route', 'support', 'bye']);
  });

  it.each([100, 1500, 3000])('ends when the callee hangs up after %i ms, and leaves no timer behind', async (hangsUpAtMs) => {
    const { result, call } = await runOnCall(welcome, { script: { hangsUpAtMs } });
    expect(result.end).toEqual({ why: 'call-ended' });
    expect(call.clock.pendingTimers).toBe(0);
  });

  it('plays the greeting in the turn in which the call was answered', async () => {
    const call = new FlowCall();
    const running = call.run(welcome);
    expect(call.leg.heard).toEqual([greeting]);
    await running;
  });

  it('can make ready what it says before it knows the digit, the greeting first', async () => {
    const asked: string[] = [];
    const call = new FlowCall();
    const speech = (text: string) => {
      asked.push(text);
      return promptsAtOnce.speech(text, undefined, call.host.signal);
    };
    await prepareFlow(welcome, known, { ...call.host, prompts: { ...promptsAtOnce, speech } });
    expect(asked).toEqual([greeting, question]);
  });
});
