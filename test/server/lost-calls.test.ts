import { afterEach, expect, it } from 'vitest';
import { ApiClient } from '../../src/cli/api-client.ts';
import type { SessionInfo } from '../../src/contracts/sessions.ts';
import { startBaresip } from '../support/baresip.ts';
import { flowOf, to } from '../support/flow-builder.ts';
import { newAccount, numberToDial, realServer, saveFlow, sessionWhen } from '../support/real-server.ts';
import { newPhoneUser, registeredBaresip } from '../support/registered-phones.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
}, 60_000);

const isJoined = ({ log = [] }: SessionInfo): boolean => log.some(({ message = '' }) => message.startsWith('Joined with'));

it('both sides of a joined call are hung up by the next process after kill -9', async () => {
  const server = await realServer();
  closing.push(server.remove);
  const caller = await startBaresip({ user: numberToDial });
  closing.push(caller.close);
  const account = await newAccount(server.child, caller.port);
  const user = await newPhoneUser(account, 'ada');
  const party = await registeredBaresip(user, server.sip.port);
  closing.push(party.close);
  const flow = flowOf({ dial: ['DialNode', { User: user.id, Done: to('bye') }], bye: ['HangUpNode'] });
  const { id = '' } = await account.api.placeCall({ flowId: await saveFlow(account, flow), numberToDial });
  await sessionWhen(account.api, id, isJoined);
  // What is written down of a call reaches the disk within a second.
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  process.kill(server.child.program.pid, 'SIGKILL');
  await server.child.program.ended;
  const { url } = await server.again();
  await Promise.all([caller.seen('CALL_CLOSED'), party.seen('CALL_CLOSED')]);
  const api = new ApiClient({ url, user: account.login.user, password: account.login.password });
  expect(await sessionWhen(api, id, ({ ended }) => ended === true)).toMatchObject({ outcome: 'ServerLost', callState: 'Disconnected' });
  for (const phone of [caller, party]) expect(await phone.log()).toContain('The server that carried this call is gone');
}, 60_000);
