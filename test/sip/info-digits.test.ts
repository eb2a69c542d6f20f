import { describe, expect, it } from 'vitest';
import type { SipResponse } from '../../src/telephony/sip/message.ts';
import { outcomeOf, toRawPeer, twoDialogs } from '../support/sip-call.ts';

const RELAY = 'Content-Type: application/dtmf-relay';

/** A call that is up, and the digits that its peer told us. */
async function heard() {
  const call = await toRawPeer();
  const digits: string[] = [];
  call.dialog.onDigit = (digit) => digits.push(digit);
  return { ...call, digits };
}

/** The response to an INFO of the peer with these lines and this body. */
async function answerTo({ ask, peer }: Awaited<ReturnType<typeof heard>>, lines: readonly string[], body: string): Promise<SipResponse> {
  // The lines come last, and an empty one begins the body.
  await ask('INFO', undefined, body === '' ? lines : [...lines, '', body]);
  const response = peer.received.at(-1);
  if (response?.kind !== 'response') throw new Error('There is no response');
  return response;
}

describe('an INFO in a call', () => {
  it.each([
    ['a digit', [RELAY], 'Signal=5\nDuration=160', 200, ['5']],
    ['a digit in the short form', ['Content-Type: application/dtmf'], '9', 200, ['9']],
    ['a hook flash', [RELAY], 'Signal=hf', 200, []],
    ['nothing', [], '', 200, []],
    ['something that is no signal', [RELAY], 'Signal=many', 400, []],
    ['far too much', [RELAY], `Signal=5\n${'x'.repeat(2000)}`, 413, []],
    ['something that may be passed over', ['Content-Type: text/plain', 'Content-Disposition: render;handling=optional'], 'hello', 200, []],
    ['a package', ['Info-Package: dtmf', RELAY], 'Signal=5', 469, []],
    ['a body of which nobody knows what it is', [], 'Signal=5', 415, []],
  ])('with %s', async (_what, lines, body, status, digits) => {
    const call = await heard();
    expect((await answerTo(call, lines, body)).status).toBe(status);
    expect(call.digits).toEqual(digits);
    await call.scene.close();
  });

  it.each([
    ['another body', ['Content-Type: application/media_control+xml']],
    ['a digit that is packed', [RELAY, 'Content-Encoding: gzip']],
  ])('with %s is 415, and told what we take', async (_what, lines) => {
    const call = await heard();
    const { status, headers } = await answerTo(call, lines, 'Signal=5');
    expect([status, headers.first('Accept')]).toEqual([415, 'application/dtmf-relay, application/dtmf']);
    expect(call.digits).toEqual([]);
    await call.scene.close();
  });

  it('that comes again is one digit', async () => {
    const { scene, ask, digits } = await heard();
    await ask('INFO', undefined, [RELAY, '', 'Signal=5'], 7);
    await ask('INFO', undefined, [RELAY, '', 'Signal=5'], 8);
    expect(digits).toEqual(['5', '5']);
    await scene.close();
    const { caller, callee, scene: two, faults } = await twoDialogs();
    faults.filter = () => 'duplicate';
    const twice: string[] = [];
    callee.onDigit = (digit) => twice.push(digit);
    const told = outcomeOf(caller.tellDigit('4', 100));
    await two.clock.advance(100);
    expect([told.value, twice]).toEqual(['taken', ['4']]);
    await two.close();
  });

  it('outside of any dialog is 481', async () => {
    const { scene, peer, clock } = await heard();
    const lines = [
      'Via: SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bKlone',
      'From: <sip:a@b>;tag=1',
      'To: <sip:c@d>',
      'Call-ID: none',
      'CSeq: 1 INFO',
    ];
    peer.send(`INFO sip:us@10.0.0.1 SIP/2.0\n${lines.join('\n')}\n${RELAY}\n\nSignal=5`, { address: '10.0.0.1', port: 5060 });
    await clock.advance(2);
    expect(peer.names.at(-1)).toBe('481 INFO');
    await scene.close();
  });
});

describe('a digit that we tell in INFO', () => {
  it('is taken, with the body that everybody knows', async () => {
    const { scene, dialog, peer, turn, reply } = await heard();
    const told = outcomeOf(dialog.tellDigit('#', 100));
    await turn();
    const info = peer.last('INFO');
    expect(info.headers.first('Content-Type')).toBe('application/dtmf-relay');
    expect(Buffer.from(info.body).toString()).toBe('Signal=#\r\nDuration=100\r\n');
    reply('INFO', 200);
    await turn();
    expect(told.value).toBe('taken');
    await scene.close();
  });

  it.each([415, 405, 501, 603])('is refused with %i, and the call goes on', async (status) => {
    const { scene, dialog, turn, reply } = await heard();
    const told = outcomeOf(dialog.tellDigit('1', 100));
    await turn();
    reply('INFO', status);
    await turn();
    expect([told.value, dialog.ended]).toEqual(['refused', false]);
    await scene.close();
  });

  it.each([481, 408])('ends the call with %i (RFC 3261 section 12.2.1.2)', async (status) => {
    const { dialog, turn, reply, leftovers, peer } = await heard();
    const told = outcomeOf(dialog.tellDigit('1', 100));
    await turn();
    reply('INFO', status);
    await turn();
    expect([told.value, dialog.ended]).toEqual(['lost', true]);
    expect(peer.names).toContain('BYE');
    expect(await leftovers()).toEqual([0, 0, 0]);
  });

  it('ends the call when nothing answers it', async () => {
    const { dialog, leftovers } = await heard();
    const told = outcomeOf(dialog.tellDigit('1', 100));
    expect(await leftovers()).toEqual([0, 0, 0]);
    expect([told.value, dialog.ended]).toEqual(['lost', true]);
  });

  it('is not sent to a peer that says it takes no INFO', async () => {
    const { scene, dialog, peer } = await toRawPeer({}, { headers: [['Allow', 'INVITE, ACK, BYE, CANCEL']] });
    expect(await dialog.tellDigit('1', 100)).toBe('refused');
    expect(peer.names).toEqual([]);
    await scene.close();
  });

  it('is not sent in a call that is over', async () => {
    const { dialog, ask, peer, leftovers } = await heard();
    await ask('BYE');
    expect(await dialog.tellDigit('1', 100)).toBe('lost');
    expect(peer.names).toEqual(['200 BYE']);
    expect(await leftovers()).toEqual([0, 0, 0]);
  });

  it('is sent again with credentials when it is challenged', async () => {
    const { scene, dialog, peer, turn, reply } = await toRawPeer({ credentials: { userName: 'user', password: 'secret' } });
    const told = outcomeOf(dialog.tellDigit('1', 100));
    await turn();
    reply('INFO', 407, { headers: [['Proxy-Authenticate', 'Digest realm="r", nonce="n"']] });
    await turn();
    expect(peer.last('INFO').headers.first('Proxy-Authorization')).toContain('nonce="n"');
    reply('INFO', 200);
    await turn();
    expect(told.value).toBe('taken');
    await scene.close();
  });
});
