import { beforeAll, describe, expect, it } from 'vitest';
import { parseMessage } from '../../src/telephony/sip/parse-message.ts';
import { capturedCalls } from '../support/captured-call.ts';
import { fedCall } from '../support/fed-call.ts';
import { fedServer, phoneRequest } from '../support/fed-server.ts';
import { fuzzParties, fuzzRuns, fuzzSeed } from '../support/fuzz.ts';
import { peerDatagrams } from '../support/peer-datagrams.ts';
import { readableRequests } from '../support/readable-requests.ts';
import { OFFER } from '../support/sip-agents.ts';

// Who has shown the right password is let in deeper: the engine, the registrar, and who negotiates audio in a call.

/** Servers take longer than the readers that they are made of, and those get all of them. */
const runs = Math.ceil(fuzzRuns / 4);

const CONTACT = 'Contact: <sip:alice@10.0.0.2:5060>';
const registrations = [
  [CONTACT, 'Expires: 600'],
  [CONTACT, 'Contact: "A" <sip:alice@10.0.0.9;transport=tcp>;expires=120;q=0.5;+sip.instance="<urn:uuid:1>";reg-id=1'],
  [CONTACT, 'Supported: path, outbound', 'Path: <sip:10.0.0.3;lr>, <sip:10.0.0.4;lr;ob>'],
  [CONTACT, 'Expires: 10'],
  ['Contact: *', 'Expires: 0'],
  [],
].map((lines) => Buffer.from(phoneRequest('REGISTER', lines)));
const CREDENTIALS = `Digest username="alice", realm="ringflow", nonce="${'0'.repeat(60)}", uri="sip:10.0.0.1", response="${'0'.repeat(32)}", algorithm=MD5, qop=auth, cnonce="1", nc=00000001`;
const invites = [
  phoneRequest('INVITE', [CONTACT, 'Content-Type: application/sdp'], OFFER),
  phoneRequest('INVITE', [CONTACT]),
  phoneRequest('INVITE', [CONTACT, 'Supported: 100rel, timer', 'Session-Expires: 90', 'Content-Type: application/sdp'], OFFER),
].map((text) => Buffer.from(text));
const unsigned = [
  phoneRequest('REGISTER', [CONTACT, `Authorization: ${CREDENTIALS}`]),
  phoneRequest('INVITE', [CONTACT, `Proxy-Authorization: ${CREDENTIALS}`, 'Content-Type: application/sdp'], OFFER),
].map((text) => Buffer.from(text));

describe(`a server: damaged input (${runs} each, seed ${fuzzSeed})`, { timeout: 120_000 + 4 * runs }, () => {
  const peers = peerDatagrams();
  let sip: readonly Uint8Array[];
  beforeAll(async () => {
    sip = [...(await capturedCalls()).sip, ...peers.sip];
  });

  it('with a phone that registers and calls: no error, and nothing is left of it', async () => {
    const isFirst = (bytes: Uint8Array): boolean => /^(INVITE|REGISTER) /.test(Buffer.from(bytes).toString());
    const captured = [...sip, ...readableRequests].filter(isFirst);
    expect(captured.length).toBeGreaterThan(20);
    const totals = new Map<string, number>();
    await fuzzParties([...captured, ...registrations, ...registrations, ...invites, ...invites, ...unsigned], {
      runs,
      begin: async () => {
        const { clock, counts, send, end } = await fedServer(100);
        let inputs = 0;
        return {
          // Damaged credentials are seen too, where there are no right ones before them.
          take: (bytes) => send(Buffer.from(bytes).toString('latin1'), ++inputs % 8 !== 0),
          pass: () => clock.advance(10),
          end: async () => {
            await end();
            for (const [what, count] of counts) totals.set(what, (totals.get(what) ?? 0) + count);
          },
        };
      },
    });
    for (const wanted of ['REGISTER 200', 'REGISTER 401', 'REGISTER 400', 'INVITE 200', 'INVITE 407', 'INVITE 488'])
      expect(totals.get(wanted), wanted).toBeGreaterThan(runs / 200);
  });

  it('in a call whose peer changes it: it agrees or refuses, and nothing is left of it', async () => {
    const bodies = sip.map((bytes) => parseMessage(bytes).body).filter((body) => body.length > 0);
    const totals = new Map<string, number>();
    await fuzzParties(bodies, {
      runs,
      begin: async () => {
        const call = await fedCall();
        return {
          take: call.describe,
          pass: call.pass,
          end: async () => {
            await call.end();
            for (const [what, count] of call.counts) totals.set(what, (totals.get(what) ?? 0) + count);
          },
        };
      },
    });
    for (const wanted of ['INVITE 200', 'INVITE 488', 'UPDATE 200', 'UPDATE 488'])
      expect(totals.get(wanted), wanted).toBeGreaterThan(runs / 200);
  });
});
