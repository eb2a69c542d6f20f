import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../src/kernel/log.ts';
import { seededRandom } from '../../src/kernel/random.ts';
import { VirtualClock } from '../../src/kernel/virtual-clock.ts';
import { UserAgent } from '../../src/telephony/sip/user-agent.ts';
import { MemoryNetwork } from '../../src/wire/memory-network.ts';
import { SourceLimit } from '../../src/wire/source-limit.ts';
import { ANSWER, CALLEE, CALLER, CallLog, request } from '../support/sip-agents.ts';

const FLOODER = { address: '10.0.0.66', port: 5060 };

/** A server that takes every call, a caller, and somebody who sends it what he likes. */
function scene(perSecond: number) {
  const clock = new VirtualClock();
  const network = new MemoryNetwork(clock, seededRandom(1));
  const refused = { count: 0 };
  const limit = new SourceLimit({
    ...{ clock, perSecond, knownPerSecond: 20_000, isKnown: () => false },
    onRefused: () => refused.count++,
  });
  const parts = { clock, log: silentLogger, product: 'test' };
  const server = new UserAgent({
    ...parts,
    wires: [network.wire('udp', CALLEE, (address) => limit.admits(address))],
    random: seededRandom(2),
    onInvite: (invite) => (invite.source.address === CALLER.address ? void invite.answer(ANSWER) : invite.reject(403)),
    onRequestTo: (address) => limit.spokeTo(address),
  });
  const caller = new UserAgent({ ...parts, wires: [network.wire('udp', CALLER)], random: seededRandom(3) });
  const flooder = network.wire('udp', FLOODER);
  return { clock, network, server, caller, flooder, limit, refused };
}

const invite = (nth: number): Buffer =>
  Buffer.from(
    [
      'INVITE sip:1@10.0.0.2 SIP/2.0',
      `Via: SIP/2.0/UDP 10.0.0.66;branch=z9hG4bK${nth}`,
      `From: <sip:x@h>;tag=${nth}`,
      'To: <sip:1@h>',
      `Call-ID: ${nth}`,
      'CSeq: 1 INVITE',
      'Contact: <sip:x@10.0.0.66>',
      'Content-Length: 0',
      '',
      '',
    ].join('\r\n'),
  );

describe('a flood of INVITEs from one address', () => {
  it('takes no transaction beyond the limit, and the call of somebody else nothing', async () => {
    const { clock, network, server, caller, flooder, refused } = scene(200);
    const call = new CallLog();
    let sent = 0;
    for (let ms = 0; ms < 1000; ms += 10) {
      for (let n = 0; n < 100; n++) await flooder.send(invite(sent++), CALLEE);
      if (ms === 500) caller.invite(request(), call);
      await clock.advance(10);
    }
    expect(sent).toBe(10_000);
    // A burst of 400 and 200 for the second; the call has one of its own.
    expect(refused.count).toBeGreaterThanOrEqual(10_000 - 600);
    expect(server.liveTransactions).toBeLessThanOrEqual(602);
    expect(call.events).toEqual(['sent', '100', 'answered']);
    void call.dialog?.bye();
    await clock.runUntil(() => clock.pendingTimers === 0, 120_000);
    expect([server.liveTransactions, server.liveDialogs, caller.liveTransactions]).toEqual([0, 0, 0]);
    await Promise.all([server.close(), caller.close(), flooder.close()]);
    expect(network.openPorts).toBe(0);
  });
});

describe('a busy peer of ours', () => {
  it('answers a thousand calls a second of ours without being refused', async () => {
    const { clock, server, refused, flooder } = scene(200);
    const { port } = flooder.local;
    const answers: CallLog[] = [];
    flooder.onReceive((bytes) => {
      const text = Buffer.from(bytes).toString();
      if (!/^(INVITE|BYE)/.test(text)) return;
      const kept = text.split('\r\n').filter((line) => /^(Via|From|Call-ID|CSeq):/.test(line));
      const to = /^To:.*$/m.exec(text)?.[0] ?? '';
      const head = `${to}${to.includes('tag=') ? '' : ';tag=them'}\r\n${kept.join('\r\n')}\r\nContact: <sip:${FLOODER.address}:${port}>\r\n`;
      const withSdp = text.startsWith('INVITE');
      const body = withSdp
        ? `Content-Type: application/sdp\r\nContent-Length: ${ANSWER.length}\r\n\r\n${ANSWER}`
        : 'Content-Length: 0\r\n\r\n';
      void flooder.send(Buffer.from(`SIP/2.0 180 Ringing\r\n${head}Content-Length: 0\r\n\r\n`), CALLEE);
      void flooder.send(Buffer.from(`SIP/2.0 200 OK\r\n${head}${body}`), CALLEE);
    });
    for (let ms = 0; ms < 3000; ms += 10) {
      for (let n = 0; n < 10; n++) {
        const call = new CallLog();
        call.onAnswered = (dialog) => void dialog.bye();
        answers.push(call);
        server.invite(request('udp', { to: { ...FLOODER, transport: 'udp' } }), call);
      }
      await clock.advance(10);
    }
    expect(answers.filter(({ dialog }) => dialog)).toHaveLength(3000);
    expect(refused.count).toBe(0);
    await clock.runUntil(() => clock.pendingTimers === 0, 120_000);
    expect(server.liveTransactions).toBe(0);
    await Promise.all([server.close(), flooder.close()]);
  });
});
