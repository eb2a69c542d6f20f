import { expect } from 'vitest';
import { PlaceCall } from '../../src/contracts/calls.ts';
import { NewSipTrunk } from '../../src/contracts/endpoints.ts';
import { ListSessions, type SessionInfo } from '../../src/contracts/sessions.ts';
import { badNetworks } from '../support/bad-networks.ts';
import { type Baresip, startBaresip } from '../support/baresip.ts';
import { servedFile } from '../support/file-server.ts';
import { flowOf, from, into, to } from '../support/flow-builder.ts';
import { sentOn, transfersOver } from '../support/flow-transfers.ts';
import { fromNowOn, type HearingPhone, hearing } from '../support/heard-tones.ts';
import { inTurn } from '../support/over-bad-networks.ts';
import { latestSession, newAccount, saveFlow, sessionWhen } from '../support/real-server.ts';
import { newPhoneUser, registeredBaresip, registeredLinphoneConsole } from '../support/registered-phones.ts';
import { servedOverBadNetworks } from '../support/served-over-bad-networks.ts';

const networks = Object.keys(badNetworks);
const isOver = ({ ended }: SessionInfo): boolean => ended === true;

const server = servedFile();

servedOverBadNetworks(
  'a user with baresip dials one with linphone, and each hears the other',
  { server, networks, seed: 31, leastPorts: 2 },
  async ({ network, line, number: scene, closing }) => {
    const port = await line.nearAt(server().sip.port);
    const account = await newAccount(server().child, 5060);
    const called = await newPhoneUser(account, `called${scene}`);
    const dial = flowOf({
      dial: ['DialNode', { User: called.id, AnsweredBy: into('Who'), Done: to('done') }],
      done: ['HangUpNode', { Outcome: from('Session', 'Who') }],
    });
    const calling = await newPhoneUser(account, `calling${scene}`, await saveFlow(account, dial));
    const callee = await inTurn(() => registeredLinphoneConsole(called, port, 1000));
    closing(callee.close);
    const caller = await inTurn(() => registeredBaresip(calling, port, { toneHz: 440 }));
    closing(caller.close);
    await caller.command('dial', '4000');
    await caller.seen('CALL_ESTABLISHED');
    await Promise.all([hearing(1000, caller), hearing(440, callee)]);
    if (network === 'rebinds') {
      await line.rebindMedia();
      await Promise.all([hearing(1000, await fromNowOn(caller)), hearing(440, await fromNowOn(callee))]);
    }
    callee.command('terminate');
    expect(await latestSession(account, isOver)).toMatchObject({ outcome: called.user, fromAddress: calling.user });
    await caller.seen('CALL_CLOSED');
  },
);

servedOverBadNetworks(
  'baresip is transferred by a flow, after another one has taken the call, and the two hear each other without us',
  { server, networks, seed: 41, leastPorts: 2 },
  async (scene) => {
    await sentOn(await transfersOver(scene));
  },
);

const people = [
  { name: '+18144043001', toneHz: 500 },
  { name: '+18144043002', toneHz: 1200 },
  { name: '+18144043003', toneHz: 1900 },
] as const;

async function hearEachOther(phones: readonly HearingPhone[]): Promise<void> {
  await Promise.all(
    phones.flatMap((phone, listener) =>
      people.filter((_, speaker) => speaker !== listener).map(({ toneHz }) => hearing(toneHz, phone, 0.2)),
    ),
  );
}

servedOverBadNetworks(
  'three of baresip are in a conference, and each hears the other two',
  { server, networks, seed: 51, leastPorts: 3 },
  async ({ network, line, closing }) => {
    const account = await newAccount(server().child, 9);
    const meet = flowOf({ meet: ['ConferenceNode', { Name: 'Sales', Done: to('bye') }], bye: ['HangUpNode'] });
    const flowId = await saveFlow(account, meet);
    const phones: Baresip[] = [];
    for (const { name, toneHz } of people) {
      const phone = await inTurn(() => startBaresip({ user: name, toneHz }));
      closing(phone.close);
      phones.push(phone);
      const port = await line.farAt(phone.port);
      const trunk = { name, host: '127.0.0.1', port, transport: 'Udp' } as const;
      await account.api.call(NewSipTrunk, { accountId: account.accountId, prefixes: [name], ...trunk });
    }
    for (const { name } of people) await account.api.call(PlaceCall, { flowId, numberToDial: name });
    await hearEachOther(phones);
    if (network === 'rebinds') {
      await line.rebindMedia();
      await hearEachOther(await Promise.all(phones.map(fromNowOn)));
    }
    for (const phone of phones) await phone.command('hangup');
    const { items } = await account.api.call(ListSessions, {});
    expect(items.length).toBe(people.length);
    const over = await Promise.all(items.map(({ id = '' }) => sessionWhen(account.api, id, isOver)));
    expect(over.map(({ conferenceSid }) => conferenceSid)).toEqual([undefined, undefined, undefined]);
  },
);
