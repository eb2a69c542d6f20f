import { expect, it } from 'vitest';
import { CallLog, request } from '../support/sip-agents.ts';
import { SippCalls } from '../support/sipp-calls.ts';
import { eventually } from '../support/sipp-scenarios.ts';

it('a trunk that is not there is a transport error over TCP', async () => {
  const calls = new SippCalls();
  const { agent } = await calls.open();
  const gone = await calls.open();
  await gone.agent.close();
  const call = new CallLog();
  agent.invite(request('tcp', { to: { ...gone.tcp, transport: 'tcp' } }), call);
  await eventually(() => expect(call.failure?.why).toBe('transport'));
  await calls.close();
});
