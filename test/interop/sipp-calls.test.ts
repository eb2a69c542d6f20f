import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/kernel/clock.ts';
import { silentLogger } from '../../src/kernel/log.ts';
import { systemRandom } from '../../src/kernel/random.ts';
import type { IncomingInvite } from '../../src/telephony/sip/incoming-invite.ts';
import { UserAgent } from '../../src/telephony/sip/user-agent.ts';
import { openTcp } from '../../src/wire/tcp.ts';
import { openUdp } from '../../src/wire/udp.ts';
import type { Endpoint, WireKind } from '../../src/wire/wire.ts';
import { ANSWER, CallLog, OFFER, request } from '../support/sip-agents.ts';
import { type Sipp, sippCallee, sippCaller } from '../support/sipp.ts';

const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function open(onInvite?: (invite: IncomingInvite) => void): Promise<{ agent: UserAgent; udp: Endpoint; tcp: Endpoint }> {
  const local = { address: '127.0.0.1', port: 0 };
  const udp = await openUdp({ local, log: silentLogger });
  const tcp = await openTcp({ local, clock: systemClock, log: silentLogger });
  const agent = new UserAgent({
    wires: [udp, tcp],
    clock: systemClock,
    random: systemRandom,
    log: silentLogger,
    product: 'test',
    ...(onInvite && { onInvite }),
  });
  closing.push(() => agent.close());
  return { agent, udp: udp.local, tcp: tcp.local };
}

async function callee(scenario: string, transport: WireKind, seesRepetitions = false): Promise<Sipp> {
  const sipp = await sippCallee(scenario, transport, seesRepetitions);
  closing.push(() => sipp.stop());
  return sipp;
}

/** Calls sipp; hangs up `afterMs` after the answer. */
async function place(scenario: string, transport: WireKind, afterMs: number | 'never' = 200, seesRepetitions = false) {
  const sipp = await callee(scenario, transport, seesRepetitions);
  const { agent } = await open();
  const call = new CallLog();
  call.onAnswered = (dialog) => {
    if (afterMs !== 'never') setTimeout(() => void dialog.bye(), afterMs);
  };
  const credentials = { userName: 'user', password: 'secret' };
  const invite = agent.invite(request(transport, { to: { ...sipp.local, transport }, credentials }), call);
  return { sipp, agent, call, invite };
}

describe.each(['udp', 'tcp'] as const)('sipp as the callee, over %s', (transport) => {
  it('answers; we hang up', async () => {
    const { sipp, agent, call } = await place('answer', transport);
    expect(await sipp.done).toBe('');
    await expect.poll(() => agent.liveDialogs).toBe(0);
    expect(call.events).toEqual(['sent', '180', 'answered', 'ended by us']);
    expect(call.sdp).toContain('m=audio 6000 RTP/AVP 0 101');
  });

  it('is busy', async () => {
    const { sipp, call } = await place('busy', transport);
    expect(await sipp.done).toBe('');
    expect(call.failure).toEqual({ why: 'response', status: 486, reason: 'Busy Here' });
  });

  it('does not answer; we cancel', async () => {
    const { sipp, call, invite } = await place('no-answer', transport);
    await expect.poll(() => call.events).toContain('180');
    invite.cancel();
    expect(await sipp.done).toBe('');
    expect(call.failure).toMatchObject({ why: 'cancelled', status: 487 });
  });

  it('describes early media, then answers', async () => {
    const { sipp, call } = await place('early-media', transport);
    expect(await sipp.done).toBe('');
    expect(call.events).toEqual(['sent', '183', 'answered', 'ended by us']);
  });

  it('asks for a password', async () => {
    const { sipp, call } = await place('digest', transport);
    expect(await sipp.done).toBe('');
    expect(call.events).toEqual(['sent', 'answered', 'ended by us']);
  });

  it('hangs up', async () => {
    const { sipp, agent, call } = await place('callee-bye', transport, 'never');
    expect(await sipp.done).toBe('');
    expect(call.events).toEqual(['sent', 'answered', 'ended by peer']);
    expect(agent.liveDialogs).toBe(0);
  });

  it('repeats its answer', async () => {
    const { sipp, call } = await place('repeated-answer', transport, 500, true);
    expect(await sipp.done).toBe('');
    expect(call.events).toEqual(['sent', 'answered', 'ended by us']);
  });

  it('loses two ACKs', async () => {
    const { sipp, call } = await place('lost-ack', transport, 2_500, true);
    expect(await sipp.done).toBe('');
    expect(call.events).toEqual(['sent', '180', 'answered', 'ended by us']);
  });
});

/** What the callee does with a re-INVITE of ours, and what comes of it. */
const reinvites = [
  { scenario: 'reinvite-accepted', outcome: 'recvonly' },
  { scenario: 'reinvite-glare', outcome: 'sendrecv' },
  { scenario: 'reinvite-refused', outcome: 488 },
  { scenario: 'reinvite-unknown', outcome: 481 },
] as const;

describe.each(['udp', 'tcp'] as const)('sipp as the callee that gets a re-INVITE, over %s', (transport) => {
  it.each(reinvites)('$scenario: $outcome', async ({ scenario, outcome }) => {
    const { sipp, call } = await place(scenario, transport, 'never');
    await expect.poll(() => call.dialog).toBeDefined();
    const { dialog } = call;
    const asked = dialog?.reinvite(`${OFFER}a=sendonly\r\n`, AbortSignal.timeout(10_000));
    if (typeof outcome === 'number') await expect(asked).rejects.toMatchObject({ status: outcome });
    else await expect(asked).resolves.toContain(`a=${outcome}`);
    await dialog?.bye();
    expect(await sipp.done).toBe('');
  });

  it('is asked for its offer in the first INVITE', async () => {
    const sipp = await callee('late-offer-callee', transport);
    const { agent } = await open();
    const call = new CallLog();
    call.onAnswered = (dialog) => void dialog.bye();
    agent.invite(request(transport, { to: { ...sipp.local, transport }, offer: () => OFFER }), call);
    expect(await sipp.done).toBe('');
    expect(call.sdp).toContain('m=audio 6000');
  });
});

describe.each(['udp', 'tcp'] as const)('sipp as the caller, over %s', (transport) => {
  it('is answered', async () => {
    const ends: string[] = [];
    const opened = await open((invite) => {
      invite.ring();
      void invite.answer(ANSWER).then((dialog) => dialog.onEnded((end) => ends.push(end.by)));
    });
    const sipp = await sippCaller('caller', transport, opened[transport]);
    closing.push(() => sipp.stop());
    expect(await sipp.done).toBe('');
    expect(ends).toEqual(['peer']);
    expect(opened.agent.liveDialogs).toBe(0);
  });

  it('is refused when no calls are taken, and OPTIONS is answered', async () => {
    const { [transport]: to } = await open();
    const sipp = await sippCaller('refused-caller', transport, to);
    closing.push(() => sipp.stop());
    expect(await sipp.done).toBe('');
  });
});

describe('a trunk that is not there', () => {
  it('is a transport error over TCP', async () => {
    const sipp = await callee('answer', 'tcp');
    await sipp.stop();
    const { agent } = await open();
    const call = new CallLog();
    agent.invite(request('tcp', { to: { ...sipp.local, transport: 'tcp' } }), call);
    for (let waited = 0; call.failure === undefined && waited < 2_000; waited += 20) await delay(20);
    expect(call.failure?.why).toBe('transport');
  });
});
