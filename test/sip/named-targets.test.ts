import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/kernel/virtual-clock.ts';
import type { Dialog } from '../../src/telephony/sip/dialog.ts';
import { cachedDns } from '../../src/wire/dns-cache.ts';
import type { Verdict } from '../../src/wire/memory-network.ts';
import { type DnsZone, dnsTable } from '../support/dns-table.ts';
import { RawPeer } from '../support/raw-peer.ts';
import { ANSWER, CALLEE, CALLER, CallLog, request, sipScene } from '../support/sip-agents.ts';

// The Contact of the callee is a host name.

const NAME = 'callee.example';
const AWAY = '10.0.0.9';
const start = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1').split(' ', 1)[0] ?? '';

/** A call that is up; `sent` is what the caller sends from then on, and where to. */
async function inCall(zone: DnsZone, filter: (method: string, to: string) => Verdict = () => 'pass') {
  const sent: string[] = [];
  const dialogs: Dialog[] = [];
  let isUp = false;
  const dns = dnsTable(zone);
  const scene = sipScene(
    (invite) => void invite.answer(ANSWER).then((dialog) => dialogs.push(dialog)),
    (bytes, from, to) => {
      const method = start(bytes);
      if (from.address === CALLER.address && isUp) sent.push(`${method} ${to.address}:${to.port}`);
      return isUp ? filter(method, to.address) : 'pass';
    },
    { publicAddresses: { 4: NAME } },
    { dns: cachedDns(dns, new VirtualClock()) },
  );
  const call = new CallLog();
  scene.caller.invite(request(), call);
  await scene.clock.advance(1000);
  expect(call.dialog?.state.remoteTarget).toBe(`sip:${NAME}:5060`);
  isUp = true;
  const bye = async (): Promise<void> => {
    void call.dialog?.bye();
    await scene.clock.advance(200_000);
  };
  return { scene, dns, sent, call, dialogs, bye };
}

describe('a request to a remote target that is a host name', () => {
  it('goes to its address', async () => {
    const { scene, sent, dns, bye, dialogs } = await inCall({ addresses: { [NAME]: [CALLEE.address] } });
    await bye();
    expect(sent).toEqual(['BYE 10.0.0.2:5060']);
    expect(dialogs[0]?.ended).toBe(true);
    expect(dns.asked).toEqual([`A ${NAME}`]);
    expect(scene.leftovers()).toEqual([0, 0, 0, 0, 0]);
    await scene.close();
  });

  it('goes to its next address when the first is silent', async () => {
    const { scene, sent, bye, dialogs } = await inCall({ addresses: { [NAME]: [AWAY, CALLEE.address] } });
    await bye();
    expect(sent[0]).toBe('BYE 10.0.0.9:5060');
    expect(sent.at(-1)).toBe('BYE 10.0.0.2:5060');
    expect(dialogs[0]?.ended).toBe(true);
    expect(scene.leftovers()).toEqual([0, 0, 0, 0, 0]);
    await scene.close();
  });

  it('goes where the INVITE went at last, when no address of the name answers', async () => {
    const { scene, sent, bye, dialogs } = await inCall({ addresses: { [NAME]: [AWAY] } });
    await bye();
    expect(new Set(sent)).toEqual(new Set(['BYE 10.0.0.9:5060', 'BYE 10.0.0.2:5060']));
    expect(dialogs[0]?.ended).toBe(true);
    expect(scene.leftovers()).toEqual([0, 0, 0, 0, 0]);
    await scene.close();
  });

  it('has its 2xx acknowledged at the same address, and again when that is repeated', async () => {
    const { scene, sent, call } = await inCall({ addresses: { [NAME]: [AWAY] } });
    const peer = new RawPeer(scene.network.wire('udp', { address: AWAY, port: 5060 }));
    const changed = call.dialog?.reinvite(ANSWER, new AbortController().signal);
    await scene.clock.advance(1);
    const contact = ['Contact', `<sip:${NAME}>`] as const;
    for (let times = 0; times < 2; times++) {
      peer.reply(peer.last('INVITE'), 200, CALLER, { headers: [contact], sdp: ANSWER });
      await scene.clock.advance(1);
    }
    expect(await changed).toBe(ANSWER);
    expect(sent).toEqual(['INVITE 10.0.0.9:5060', 'ACK 10.0.0.9:5060', 'ACK 10.0.0.9:5060']);
    await scene.close();
  });

  it('goes to its next address when the first answers with 503', async () => {
    const { scene, sent, bye, dialogs } = await inCall({ addresses: { [NAME]: [AWAY, CALLEE.address] } });
    const refusing = scene.network.wire('udp', { address: AWAY, port: 5060 });
    refusing.onReceive((bytes, from) => {
      const kept = Buffer.from(bytes)
        .toString()
        .split('\r\n')
        .filter((line) => /^(Via|From|To|Call-ID|CSeq):/.test(line));
      void refusing.send(Buffer.from(`SIP/2.0 503 Busy\r\n${kept.join('\r\n')}\r\nContent-Length: 0\r\n\r\n`), from);
    });
    await bye();
    expect(sent).toEqual(['BYE 10.0.0.9:5060', 'BYE 10.0.0.2:5060']);
    expect(dialogs[0]?.ended).toBe(true);
    await refusing.close();
    expect(scene.leftovers()).toEqual([0, 0, 0, 0, 0]);
    await scene.close();
  });

  it.each(['503', 'silence'])('stays where it has been heard: %s after a 183 leads to no other address', async (then) => {
    const { scene, sent, call } = await inCall({ addresses: { [NAME]: [AWAY, CALLEE.address] } });
    const first = new RawPeer(scene.network.wire('udp', { address: AWAY, port: 5060 }));
    first.onMessage = (message, from) => {
      if (message.kind !== 'request' || message.method === 'ACK') return;
      if (message.method !== 'INVITE') {
        first.reply(message, 200, from);
        return;
      }
      first.reply(message, 183, from);
      if (then === '503') first.reply(message, 503, from);
    };
    const change = call.dialog?.reinvite(ANSWER, new AbortController().signal).then(
      () => 'taken',
      () => 'refused',
    );
    await scene.clock.advance(300_000);
    expect(await change).toBe('refused');
    expect(sent.filter((line) => line.startsWith('INVITE '))).toEqual(['INVITE 10.0.0.9:5060']);
    await scene.close();
  });

  it.each<[string, DnsZone]>([
    ['is unknown', {}],
    ['cannot be resolved', { addresses: { [NAME]: new Error('SERVFAIL') } }],
    ['is never answered for', { silent: [NAME] }],
  ])('goes where the INVITE went when the name %s', async (_what, zone) => {
    const { scene, sent, bye, dialogs } = await inCall(zone);
    await bye();
    expect(sent).toEqual(['BYE 10.0.0.2:5060']);
    expect(dialogs[0]?.ended).toBe(true);
    expect(scene.leftovers()).toEqual([0, 0, 0, 0, 0]);
    await scene.close();
  });

  it('is not sent when the user agent stops while the name is looked up', async () => {
    const { scene, sent, call } = await inCall({ silent: [NAME] });
    void call.dialog?.bye();
    await scene.close();
    await scene.clock.advance(60_000);
    expect(sent).toEqual([]);
    expect(scene.clock.pendingTimers).toBe(0);
  });

  it('keeps the order of requests', async () => {
    const { scene, sent, call } = await inCall({ addresses: { [NAME]: [CALLEE.address] } });
    void call.dialog?.reinvite(ANSWER, new AbortController().signal).catch(() => {});
    void call.dialog?.bye();
    await scene.clock.advance(200_000);
    expect(sent.filter((line) => !line.startsWith('ACK'))[0]).toMatch(/^(INVITE|BYE) 10.0.0.2:5060$/);
    expect(sent).toContain('BYE 10.0.0.2:5060');
    expect(scene.leftovers()).toEqual([0, 0, 0, 0, 0]);
    await scene.close();
  });
});
