import { describe, expect } from 'vitest';
import { ANSWER, OFFER } from '../support/sip-agents.ts';
import type { SippCalls } from '../support/sipp-calls.ts';
import { eventually, refusal, scenarioOver } from '../support/sipp-scenarios.ts';

/** Calls sipp; hangs up `afterMs` after the answer. */
async function place(calls: SippCalls, file: string, transport: 'udp' | 'tcp', afterMs: number | 'never' = 200, seesRepetitions = false) {
  const placed = await calls.call(file, { transport, seesRepetitions });
  placed.call.onAnswered = (dialog) => {
    if (afterMs !== 'never') setTimeout(() => void dialog.bye(), afterMs);
  };
  return placed;
}

/** What the callee does with a re-INVITE of ours, and what comes of it. */
const reinvites = [
  ['reinvite-accepted', 'recvonly'],
  ['reinvite-glare', 'sendrecv'],
  ['reinvite-refused', 488],
  ['reinvite-unknown', 481],
] as const;

for (const transport of ['udp', 'tcp'] as const) {
  describe(`sipp as the callee, over ${transport}`, () => {
    scenarioOver[transport]('answers; we hang up', async (calls) => {
      const { sipp, agent, call } = await place(calls, 'answer', transport);
      expect(await sipp.done).toBe('');
      await eventually(() => expect(agent.liveDialogs).toBe(0));
      calls.expectEvents(call, ['sent', '180', 'answered', 'ended by us']);
      expect(call.sdp).toContain('m=audio 6000 RTP/AVP 0 101');
    });

    scenarioOver[transport]('is busy', async (calls) => {
      const { sipp, call } = await place(calls, 'busy', transport);
      expect(await sipp.done).toBe('');
      expect(call.failure).toEqual({ why: 'response', status: 486, reason: 'Busy Here' });
    });

    scenarioOver[transport]('does not answer; we cancel', async (calls) => {
      const { sipp, call, invite } = await place(calls, 'no-answer', transport);
      await eventually(() => expect(call.events).toContain('180'));
      invite.cancel();
      expect(await sipp.done).toBe('');
      expect(call.failure).toMatchObject({ why: 'cancelled', status: 487 });
    });

    scenarioOver[transport]('describes early media, then answers', async (calls) => {
      const { sipp, call } = await place(calls, 'early-media', transport);
      expect(await sipp.done).toBe('');
      calls.expectEvents(call, ['sent', '183', 'answered', 'ended by us']);
    });

    scenarioOver[transport]('asks for a password', async (calls) => {
      const { sipp, call } = await place(calls, 'digest', transport);
      expect(await sipp.done).toBe('');
      calls.expectEvents(call, ['sent', 'answered', 'ended by us']);
    });

    scenarioOver[transport]('hangs up', async (calls) => {
      const { sipp, agent, call } = await place(calls, 'callee-bye', transport, 'never');
      expect(await sipp.done).toBe('');
      calls.expectEvents(call, ['sent', 'answered', 'ended by peer']);
      expect(agent.liveDialogs).toBe(0);
    });

    scenarioOver[transport]('repeats its answer', async (calls) => {
      const { sipp, call } = await place(calls, 'repeated-answer', transport, 500, true);
      expect(await sipp.done).toBe('');
      calls.expectEvents(call, ['sent', 'answered', 'ended by us']);
    });

    scenarioOver[transport]('loses two ACKs', async (calls) => {
      const { sipp, call } = await place(calls, 'lost-ack', transport, 2_500, true);
      expect(await sipp.done).toBe('');
      calls.expectEvents(call, ['sent', '180', 'answered', 'ended by us']);
    });
  });

  describe(`sipp as the callee that gets a re-INVITE, over ${transport}`, () => {
    for (const [file, outcome] of reinvites)
      scenarioOver[transport](`${file}: ${outcome}`, async (calls) => {
        const { sipp, call } = await place(calls, file, transport, 'never');
        await eventually(() => expect(call.dialog).toBeDefined());
        const { dialog } = call;
        const asked = dialog?.reinvite(`${OFFER}a=sendonly\r\n`, AbortSignal.timeout(10_000));
        if (typeof outcome === 'number') expect(await refusal(asked)).toMatchObject({ status: outcome });
        else expect(await asked).toContain(`a=${outcome}`);
        await dialog?.bye();
        expect(await sipp.done).toBe('');
      });

    scenarioOver[transport]('is asked for its offer in the first INVITE', async (calls) => {
      const { sipp, call } = await calls.call('late-offer-callee', { transport, invite: { offer: () => OFFER } });
      call.onAnswered = (dialog) => void dialog.bye();
      expect(await sipp.done).toBe('');
      expect(call.sdp).toContain('m=audio 6000');
    });
  });

  describe(`sipp as the caller, over ${transport}`, () => {
    for (const file of ['caller', 'patient-caller', 'late-offer-caller'])
      scenarioOver[transport](`${file} is answered`, async (calls) => {
        const ends: string[] = [];
        const { sipp, agent } = await calls.take(
          file,
          (invite) => {
            invite.ring();
            calls.answer(invite, ANSWER, (dialog) => {
              dialog.onEnded((end) => ends.push(end.by));
              if (file !== 'caller') void dialog.bye();
            });
          },
          { transport },
        );
        expect(await sipp.done).toBe('');
        await eventually(() => expect(agent.liveDialogs).toBe(0));
        expect(ends).toEqual([file === 'caller' ? 'peer' : 'us']);
      });

    scenarioOver[transport]('is refused when no calls are taken, and OPTIONS is answered', async (calls) => {
      const { sipp } = await calls.take('refused-caller', undefined, { transport });
      expect(await sipp.done).toBe('');
    });

    scenarioOver[transport]('is told that nobody has that number', async (calls) => {
      const { sipp } = await calls.take('unwelcome-caller', (invite) => invite.reject(404), { transport });
      expect(await sipp.done).toBe('');
    });
  });
}
