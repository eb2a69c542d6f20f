import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import type { Engine } from '../../src/telephony/engine.ts';
import type { Endpoint } from '../../src/wire/wire.ts';
import { directCall, directTelephonyAt } from '../support/direct-call.ts';
import { acknowledged, hungUp, type SippStep } from '../support/sipp-scenario.ts';
import { eventually, scenario } from '../support/sipp-scenarios.ts';

// Re-INVITEs of sipp that move the audio, with the whole of our telephony: the packets must follow.

let telephony: Engine;
let sip: Endpoint;
const sockets: Socket[] = [];

beforeAll(async () => {
  ({ telephony, sip } = await directTelephonyAt());
});

afterAll(async () => {
  await eventually(() => expect(telephony.liveLegs).toBe(0));
  await telephony.close();
  for (const socket of sockets) socket.close();
});

/** A port of the far end, and the payload types of what came there. */
async function audioPort() {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  sockets.push(socket);
  await once(socket, 'listening');
  const types: number[] = [];
  socket.on('message', (packet) => {
    const type = (packet[1] ?? 0) & 0x7f;
    if (type < 64 || type > 95) types.push(type);
  });
  return { port: socket.address().port, types };
}

describe('a re-INVITE of sipp', () => {
  scenario('that names another codec and another port is followed by the audio; so is the way back', async (calls) => {
    const [first, second] = [await audioPort(), await audioPort()];
    const to = (port: number, formats: string, version: number) => ({ port, formats, version });
    const changed: readonly SippStep[] = [{ recv: 100, optional: true }, { recv: 200 }, { request: 'ACK' }];
    const steps: SippStep[] = [
      { recv: 'INVITE' },
      { reply: 200, sdp: to(first.port, '0', 1), repeat: true },
      acknowledged,
      { pauseMs: 300 },
      { request: 'INVITE', sdp: to(second.port, '8', 2), repeat: true },
      ...changed,
      { pauseMs: 500 },
      { request: 'INVITE', sdp: to(first.port, '0', 3), repeat: true },
      ...changed,
      ...hungUp,
    ];
    const { sipp, at } = await calls.callee(steps, sip);
    const call = await directCall(telephony, '+18144043093', at.port, { codecs: ['PCMU', 'PCMA'] });
    const leg = await call.answered;
    await eventually(() => expect(second.types.length).toBeGreaterThan(10));
    const before = first.types.length;
    await eventually(() => expect(first.types.length).toBeGreaterThan(before + 10));
    await leg.hangup();
    expect(await sipp.done).toBe('');
    expect(new Set(first.types)).toEqual(new Set([0]));
    expect(new Set(second.types)).toEqual(new Set([8]));
  });
});
