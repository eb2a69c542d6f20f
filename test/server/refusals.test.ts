import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ApiClient } from '../../src/cli/api-client.ts';
import type { ReadyAccount } from '../../src/cli/new-account.ts';
import { GetSipRefusals } from '../../src/contracts/sip-refusals.ts';
import { askingAddress } from '../support/asking-address.ts';
import { flowOf, to } from '../support/flow-builder.ts';
import { newAccount, type RealServer, realServer, saveFlow, takeCalls } from '../support/real-server.ts';
import { newPhoneUser } from '../support/registered-phones.ts';

// What the server as it is built refuses, and what its operators see of that: by reason and from where, over the API and in the log.

const STRANGER = '127.0.0.9';
const GUESSER = '127.0.0.10';
const PHONE = '127.0.0.11';
const CARRIER = '127.0.0.12';
const foreignNumber = '+18005550199';

let server: RealServer;
const closing: (() => Promise<void>)[] = [];

beforeAll(async () => {
  server = await realServer();
}, 60_000);

afterAll(async () => {
  for (const close of closing) await close();
  await server?.remove();
}, 60_000);

async function at(address: string) {
  const opened = await askingAddress(address, server.sip);
  closing.push(opened.close);
  return opened;
}

/** Each reason, how often it was counted, and from where. */
async function refused(): Promise<Record<string, unknown>> {
  const admin = new ApiClient({ url: server.child.url, ...server.child.login });
  const { refused: counts = [] } = await admin.call(GetSipRefusals, {});
  return Object.fromEntries(
    counts.map(({ reason = '', count, sources = [] }) => [reason, [count, ...sources.map(({ address }) => address)]]),
  );
}

it('who is refused is counted by reason and address, in the API and in the log', { timeout: 60_000 }, async () => {
  const account: ReadyAccount = await newAccount(server.child, 5060, { host: CARRIER, maxChannels: 1 });
  const [stranger, guesser, phone, carrier] = [await at(STRANGER), await at(GUESSER), await at(PHONE), await at(CARRIER)];
  expect(await refused()).toEqual({});

  expect(await stranger.ask('INVITE', { user: foreignNumber })).toEqual([403]);
  expect(await refused()).toEqual({ 'unknown-source': [1, STRANGER] });

  // With users it may be one of them.
  const { user, password } = await newPhoneUser(account, 'alice');
  const wrong = { user, password: 'a guess' };
  expect(await stranger.ask('INVITE', { user: foreignNumber })).toEqual([407]);
  expect(await stranger.ask('INVITE', { user: foreignNumber })).toEqual([407]);
  expect(await guesser.ask('INVITE', { user: foreignNumber, credentials: wrong })).toEqual([407, 403]);
  expect(await guesser.ask('REGISTER', { user, credentials: wrong })).toEqual([401, 403]);
  expect(await stranger.ask('REGISTER', { user })).toEqual([401]);
  expect(await phone.ask('REGISTER', { user, credentials: { user, password } })).toEqual([401, 200]);
  expect(await phone.ask('INVITE', { user: '4000', credentials: { user, password } })).toEqual([407, 403]);

  const flow = flowOf({ wait: ['WaitNode', { Timeout: 60, Done: to('bye') }], bye: ['HangUpNode'] });
  expect(await carrier.ask('INVITE', { user: foreignNumber })).toEqual([404]);
  const number = await takeCalls(account, { flowId: await saveFlow(account, flow) });
  expect(await carrier.ask('INVITE', { user: number })).toEqual([200]);
  expect(await carrier.ask('INVITE', { user: number })).toEqual([503]);

  const all = {
    'unknown-source': [1, STRANGER],
    // Guessers and phones answer, and are no strangers then; they stay counted.
    unauthenticated: [4, STRANGER],
    'wrong-password': [1, GUESSER],
    'register-unauthenticated': [3, STRANGER],
    'register-wrong-password': [1, GUESSER],
    'no-flow': [1, PHONE],
    'unknown-number': [1, CARRIER],
    'no-capacity': [1, CARRIER],
  };
  expect(await refused()).toEqual(all);

  // What was not yet told is when it stops.
  await server.child.program.stop();
  const log = await readFile(join(server.directory, 'server.log'), 'utf8');
  const line = log.split('\n').find((one) => one.includes('SIP requests were refused')) ?? '{}';
  const counts = Object.fromEntries(Object.entries(all).map(([reason, [count]]) => [reason, count]));
  const from = Object.fromEntries(Object.entries(all).map(([reason, [, ...addresses]]) => [reason, addresses]));
  expect(JSON.parse(line)).toMatchObject({ refused: counts, from });
  expect(log).not.toContain(foreignNumber);
});
