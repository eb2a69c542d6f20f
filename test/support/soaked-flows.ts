import type { ReadyAccount } from '../../src/cli/new-account.ts';
import { BuyPhoneNumber, NewSipTrunk } from '../../src/contracts/endpoints.ts';
import { flowOf, to } from './flow-builder.ts';
import { saveFlow, takeCalls } from './real-server.ts';
import { newPhoneUser, type PhoneUser } from './registered-phones.ts';
import { FRIEND, LOOPBACK, SENDING_ON } from './soaked-callee.ts';
import { ENCRYPTED, type PlacedKind } from './soaked-kinds.ts';

/** As many as ring, or wait for one that rings, at a time. */
const PHONES = 16;
const ROOM_NUMBER = '+18145550001';

/** The members of a request that say what a call is, of one that is placed. */
export interface Placing {
  readonly flowId: string;
  readonly record?: boolean;
  readonly trunkId?: string;
}

/** What an account has for the kinds of calls. */
export interface SoakedFlows {
  readonly placing: Readonly<Record<Exclude<PlacedKind, 'user'>, Placing>>;
  /** Of calls that dial this user. */
  readonly placingTo: (user: PhoneUser) => Placing;
  readonly users: readonly PhoneUser[];
  /** Speaks to who calls it. */
  readonly ownNumber: string;
  /** Puts who calls it into the conference of the number that calls. */
  readonly roomNumber: string;
}

/** Dials again when the server has no room. */
const dialling = (whom: Readonly<Record<string, string | boolean>>) =>
  flowOf({
    dial: ['DialNode', { ...whom, TimeoutInSeconds: 20, Done: to('bye'), Failed: to('wait') }],
    wait: ['WaitNode', { Timeout: 1, Done: to('dial') }],
    bye: ['HangUpNode'],
  });

/** Whoever leaves the conference ends it, so that one who stays gets on with the flow only when the other was in the same one. */
const meeting = (name: string) =>
  flowOf({ meet: ['ConferenceNode', { Name: name, Announce: true, EndOnExit: true, Done: to('bye') }], bye: ['HangUpNode'] });

/** @param trunk how its calls are limited, and the port of its host */
export async function soakedFlows(
  account: ReadyAccount,
  trunk: { readonly port: number; readonly maxChannels: number; readonly ringTimeoutInSeconds: number },
): Promise<SoakedFlows> {
  const { accountId, api } = account;
  const flowId = await saveFlow(account, flowOf({ say: ['SayNode', { WhatToSay: 'Hello.', Done: to('bye') }], bye: ['HangUpNode'] }));
  const encrypted = { host: LOOPBACK, transport: 'Udp', srtp: 'Required', callsPerSecond: 1000, ...trunk } as const;
  const { id: trunkId = '' } = await api.call(NewSipTrunk, { accountId, name: 'Encrypted', prefixes: [ENCRYPTED], ...encrypted });
  const ownNumber = await takeCalls(account, { flowId });
  const room = { number: ROOM_NUMBER, isVirtualPhoneNumber: true, flowId: await saveFlow(account, meeting('{{ Session.From }}')) };
  await api.call(BuyPhoneNumber, { accountId, ...room });
  const users: PhoneUser[] = [];
  const flowsToUsers = new Map<string, string>();
  for (let index = 0; index < PHONES; index++) {
    const user = await newPhoneUser(account, `phone${index}`);
    users.push(user);
    flowsToUsers.set(user.id, await saveFlow(account, dialling({ User: user.id })));
  }
  return {
    placing: {
      said: { flowId },
      bridged: { flowId: await saveFlow(account, dialling({ Number: FRIEND, Record: true })) },
      recorded: { flowId, record: true },
      encrypted: { flowId, trunkId },
      conference: { flowId: await saveFlow(account, meeting('{{ Session.To }}')) },
      transferred: { flowId: await saveFlow(account, dialling({ Number: SENDING_ON, AllowTransfer: true })) },
      // Whom it dials has the number of its own other side, which tells the two from others.
      joined: { flowId: await saveFlow(account, dialling({ Number: '{{ Session.To }}', AllowTransfer: true })) },
    },
    placingTo: ({ id }) => ({ flowId: flowsToUsers.get(id) ?? '' }),
    users,
    ownNumber,
    roomNumber: ROOM_NUMBER,
  };
}
