import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { PlaceCall } from '../../src/contracts/calls.ts';
import { NewSipTrunk } from '../../src/contracts/endpoints.ts';
import { ListSessions } from '../../src/contracts/sessions.ts';
import { type Baresip, startBaresip } from '../support/baresip.ts';
import { flowOf, to } from '../support/flow-builder.ts';
import { hearing, loudest, samplesOf } from '../support/heard-tones.ts';
import { newAccount, type RealServer, realServer, saveFlow, sessionWhen } from '../support/real-server.ts';

let server: RealServer;
const phones: Baresip[] = [];

beforeAll(async () => {
  server = await realServer();
}, 60_000);

afterEach(async () => {
  for (const phone of phones.splice(0)) await phone.close();
});

afterAll(() => server.remove());

const people = [
  { number: '+18144043001', toneHz: 500, codec: 'g711' },
  { number: '+18144043002', toneHz: 1200, codec: 'g722' },
  { number: '+18144043003', toneHz: 1900, codec: 'g711' },
] as const;

describe('baresip', () => {
  it('in a conference of three hears the other two and not itself', async () => {
    const account = await newAccount(server.child, 9);
    const flow = flowOf({ meet: ['ConferenceNode', { Name: 'Sales', Done: to('bye') }], bye: ['HangUpNode'] });
    const flowId = await saveFlow(account, flow);
    for (const { number, toneHz, codec } of people) {
      const phone = await startBaresip({ user: number, toneHz, codecs: [codec] });
      phones.push(phone);
      await account.api.call(NewSipTrunk, {
        accountId: account.accountId,
        name: number,
        host: '127.0.0.1',
        port: phone.port,
        transport: 'Udp',
        prefixes: [number],
      });
    }
    for (const { number } of people) await account.api.call(PlaceCall, { flowId, numberToDial: number });
    const { items } = await account.api.call(ListSessions, {});
    const ids = items.map(({ id = '' }) => id);
    const inside = await Promise.all(ids.map((id) => sessionWhen(account.api, id, ({ conferenceSid }) => conferenceSid !== undefined)));
    expect(new Set(inside.map(({ conferenceSid }) => conferenceSid)).size).toBe(1);
    const pairs = phones.flatMap((phone, listener) =>
      people.flatMap(({ toneHz }, speaker) => (speaker === listener ? [] : [{ phone, toneHz }])),
    );
    await Promise.all(pairs.map(({ phone, toneHz }) => hearing(toneHz, phone, 0.25)));
    const heard = await Promise.all(phones.map((phone) => phone.heard()));
    heard.forEach((wav, listener) => {
      const sound = samplesOf(wav);
      people.forEach(({ toneHz }, speaker) => {
        if (speaker === listener) expect(loudest(toneHz, sound)).toBeLessThan(0.05);
        else expect(loudest(toneHz, sound)).toBeGreaterThan(0.2);
      });
    });
    const over = await Promise.all(ids.map((id) => sessionWhen(account.api, id, ({ ended }) => ended === true)));
    expect(over.map(({ conferenceSid }) => conferenceSid)).toEqual([undefined, undefined, undefined]);
  }, 60_000);
});
