import { describe, expect, it } from 'vitest';
import type { IncomingInvite } from '../../src/telephony/sip/incoming-invite.ts';
import { askingPeer } from '../support/asking-peer.ts';
import { ANSWER, OFFER } from '../support/sip-agents.ts';
import { outcomeOf, sdpOf, toRawPeer } from '../support/sip-call.ts';

// What our messages repeat of those that they belong to.

describe('our responses to an INVITE', () => {
  const lines = ['Record-Route: <sip:p2@10.0.0.8;lr>', 'Record-Route: <sip:p1@10.0.0.9;lr>', 'Timestamp: 54.2'];

  async function responsesTo(more: readonly string[], decide: (invite: IncomingInvite) => void) {
    const { ask } = askingPeer({ onInvite: decide });
    return ask('INVITE', { lines: more, sdp: OFFER });
  }

  it('repeat the route when they make a dialog, and the timestamp when they are a 100', async () => {
    const responses = await responsesTo(lines, (invite) => {
      invite.ring();
      void invite.answer(ANSWER);
    });
    const routes = ['<sip:p2@10.0.0.8;lr>', '<sip:p1@10.0.0.9;lr>'];
    expect(responses.map(({ status, headers }) => [status, headers.all('Record-Route'), headers.first('Timestamp')])).toEqual([
      [100, [], '54.2'],
      [180, routes, undefined],
      [200, routes, undefined],
    ]);
  });

  it('repeat no route when they refuse it', async () => {
    const responses = await responsesTo(lines, (invite) => invite.reject(486));
    expect(responses.map(({ status, headers }) => [status, headers.all('Record-Route')])).toEqual([
      [100, []],
      [486, []],
    ]);
  });

  it('have a tag of ours but for the 100, also when the URI of To has a parameter of that name', async () => {
    const { ask, peer, clock } = askingPeer({ onInvite: (invite) => invite.ring() });
    peer.send(
      'INVITE sip:us@10.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.2:5062;branch=z9hG4bKtag;rport\nFrom: <sip:them@10.0.0.2>;tag=theirs\nTo: <sip:us@10.0.0.1;tag=uri>\nCall-ID: tag\nCSeq: 1 INVITE\nContact: <sip:them@10.0.0.2:5062>\n\n',
      { address: '10.0.0.1', port: 5060 },
    );
    await clock.advance(1);
    await ask('INVITE', { sdp: OFFER });
    const tags = peer.received.map(({ headers }) => headers.first('To')?.split('>')[1] ?? '');
    expect(tags).toEqual(['', expect.stringMatching(/^;tag=\w+$/), '', expect.stringMatching(/^;tag=\w+$/)]);
  });
});

it('CANCEL and the ACK to a refusal have route and number of the INVITE that they belong to', async () => {
  const { dialog, peer, reply, turn } = await toRawPeer({}, { headers: [['Record-Route', '<sip:p1@10.0.0.2:5060;lr>']] });
  const given = new AbortController();
  void outcomeOf(dialog.update(undefined, new AbortController().signal));
  await turn();
  reply('UPDATE', 200);
  await turn();
  void outcomeOf(dialog.reinvite(sdpOf(1), given.signal));
  await turn();
  reply('INVITE', 100);
  await turn();
  given.abort();
  await turn();
  reply('INVITE', 487);
  await turn();
  expect(peer.names).toEqual(['UPDATE', 'INVITE', 'CANCEL', 'ACK']);
  for (const method of ['INVITE', 'CANCEL', 'ACK']) {
    const { uri, headers } = peer.last(method);
    expect([uri, headers.all('Route'), headers.first('CSeq')]).toEqual([
      'sip:bob@10.0.0.2:5060',
      ['<sip:p1@10.0.0.2:5060;lr>'],
      `3 ${method}`,
    ]);
  }
});
