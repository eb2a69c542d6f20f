import { describe, expect, it } from 'vitest';
import { flowOf, to } from '../../test/support/flow-builder.ts';
import { silentLogger } from '../kernel/log.ts';
import { VirtualClock } from '../kernel/virtual-clock.ts';
import { Changes } from '../store/changes.ts';
import { beep } from '../telephony/audio/tone.ts';
import { CompiledFlows } from './compiled-flows.ts';
import { speakSavedFlows } from './saved-flows.ts';

const flow = flowOf({
  hello: ['SayNode', { WhatToSay: 'Hello.', Done: to('name') }],
  name: ['SayNode', { WhatToSay: 'You entered {{ Session.Choice }}.', Done: to('bye') }],
  bye: ['SayNode', { WhatToSay: 'Goodbye.', Voice: 'slt' }],
});

describe('speakSavedFlows', () => {
  it('speaks the fixed texts of a flow that was saved, and nothing else', async () => {
    const spoken: string[] = [];
    const changes = new Changes('me');
    const clock = new VirtualClock();
    const load = async (flowId: string) => (flowId === 'flow-1' ? { flowId, accountId: 'account-1', version: 1, flow } : undefined);
    speakSavedFlows({
      changes,
      flows: { load },
      compiledFlows: new CompiledFlows({ load }),
      sounds: (accountId) => ({
        speech: async (text, voice) => {
          spoken.push(`${accountId} ${voice ?? 'default'}: ${text}`);
          return beep();
        },
        file: async () => beep(),
        beep,
        ringing: beep,
        holdMusic: beep,
      }),
      clock,
      log: silentLogger,
      signal: new AbortController().signal,
    });
    changes.tell({ kind: 'endpoint', id: 'flow-1' });
    changes.tell({ kind: 'flow', id: 'a flow that was deleted' });
    changes.tell(undefined);
    await clock.advance(1);
    expect(spoken).toEqual([]);
    changes.tell({ kind: 'flow', id: 'flow-1' });
    await clock.advance(1);
    expect(spoken).toEqual(['account-1 default: Hello.', 'account-1 slt: Goodbye.']);
  });
});
