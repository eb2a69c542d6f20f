import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiClient } from '../../src/cli/api-client.ts';
import type { ReadyAccount } from '../../src/cli/new-account.ts';
import type { ServerChild } from '../../src/cli/server-child.ts';
import { PlaceCall } from '../../src/contracts/calls.ts';
import { ListFiles } from '../../src/contracts/files.ts';
import { ListSessions } from '../../src/contracts/sessions.ts';
import { type CallbackReceiver, callbackReceiver } from '../support/callback-receiver.ts';
import { flowOf, to } from '../support/flow-builder.ts';
import {
  newAccount,
  numberToDial,
  type RealPhone,
  type RealServer,
  realPhone,
  realServer,
  saveFlow,
  sessionWhen,
} from '../support/real-server.ts';

const ended = (session: { ended?: boolean }): boolean => session.ended === true;
const short = flowOf({ say: ['SayNode', { WhatToSay: 'Hello.', Done: to('bye') }], bye: ['HangUpNode'] });

interface Sent {
  readonly status: number;
  readonly location: string | null;
  readonly body: string;
}

async function send(account: ReadyAccount, path: string, request: object, headers: Record<string, string> = {}): Promise<Sent> {
  const { url, user, password } = account.login;
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  const response = await fetch(url + path, {
    method: 'POST',
    body: JSON.stringify(request),
    headers: { authorization, accept: 'application/json', 'content-type': 'application/json', ...headers },
  });
  return { status: response.status, location: response.headers.get('location'), body: await response.text() };
}

/** The same login on a server that was started again. */
const loginAt = (account: ReadyAccount, { url }: ServerChild): ReadyAccount => {
  const login = { ...account.login, url };
  return { ...account, login, api: new ApiClient(login) };
};

const sessionsOf = async ({ api }: ReadyAccount): Promise<number> => (await api.call(ListSessions, {})).totalCount ?? 0;

describe('POST /calls over real sockets', () => {
  let server: RealServer;
  let phone: RealPhone;
  let receiver: CallbackReceiver;
  let account: ReadyAccount;

  beforeAll(async () => {
    server = await realServer({ RINGFLOW_CALLBACK_NETWORKS: '127.0.0.0/8' });
    phone = await realPhone();
    receiver = await callbackReceiver();
    account = await newAccount(server.child, phone.port);
  }, 60_000);

  afterAll(async () => {
    await receiver?.close();
    await phone?.close();
    await server?.remove();
  }, 60_000);

  it('answers 201 with the session and its address, tells the receiver, and keeps the recording', async () => {
    const url = `http://127.0.0.1:${receiver.port}/calls`;
    const flow = { name: 'Once', nodes: short.nodes ?? [] };
    const answer = await send(account, '/calls', { flow, numberToDial, record: true, metadata: { order: '17' }, statusCallback: { url } });
    expect(answer.status).toBe(201);
    const session = JSON.parse(answer.body);
    expect(answer.location).toBe(`/sessions/${session.id}`);
    expect(session).toMatchObject({ callState: 'Ringing', ended: false, metadata: { order: '17' }, toAddress: numberToDial });
    expect(await sessionWhen(account.api, session.id, ended)).toMatchObject({ outcome: 'Completed', metadata: { order: '17' } });
    await receiver.seen(4);
    expect(receiver.received.map(({ body }) => body.event)).toEqual(['Initiated', 'Ringing', 'Answered', 'Completed']);
    expect(receiver.received[3]?.body.session).toMatchObject({ id: session.id, outcome: 'Completed', metadata: { order: '17' } });
    const { items } = await account.api.call(ListFiles, {});
    expect(items).toMatchObject([{ type: 'CallRecording', sessionId: session.id }]);
  });

  it('refuses everything that is wrong at once, by the names of the members', async () => {
    const wrong = { numberToDial: '1', ringTimeoutInSeconds: 0, sipHeaders: { Via: 'x' }, statusCallback: { url: 'http://10.0.0.1/' } };
    const { status, body } = await send(account, '/calls', wrong);
    expect(status).toBe(400);
    expect(JSON.parse(body).responseStatus.errors.map(({ fieldName }: { fieldName: string }) => fieldName)).toEqual([
      'FlowId',
      'NumberToDial',
      'RingTimeoutInSeconds',
      'SipHeaders',
      'StatusCallback.Url',
    ]);
  });

  it('needs a login', async () => {
    const { url } = account.login;
    expect((await fetch(`${url}/calls`, { method: 'POST' })).status).toBe(401);
  });

  it('places one call for an Idempotency-Key, on both operations, whatever the format', async () => {
    const flowId = await saveFlow(account, short);
    const before = await sessionsOf(account);
    const request = { flowId, numberToDial };
    const key = { 'idempotency-key': 'order-17' };
    const answers = await Promise.all(Array.from({ length: 10 }, () => send(account, '/sessions/outgoing', request, key)));
    answers.push(await send(account, '/sessions/outgoing', { NumberToDial: numberToDial, FlowId: flowId }, key));
    for (const answer of answers) expect(answer).toEqual({ status: 204, location: answers[0]?.location, body: '' });
    const xml = `<NewOutgoingSession xmlns="http://schemas.datacontract.org/2004/07/Voice.Api.Sessions"><NumberToDial>${numberToDial}</NumberToDial><FlowId>${flowId}</FlowId></NewOutgoingSession>`;
    const { url, user, password } = account.login;
    const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    const headers = { authorization, 'content-type': 'application/xml', ...key };
    const again = await fetch(`${url}/sessions/outgoing`, { method: 'POST', body: xml, headers });
    expect([again.status, again.headers.get('location')]).toEqual([204, answers[0]?.location]);
    expect(await sessionsOf(account)).toBe(before + 1);

    const other = await send(account, '/sessions/outgoing', { ...request, callerId: '' }, key);
    expect([other.status, JSON.parse(other.body).responseStatus.errorCode]).toEqual([409, 'IdempotencyKeyUsed']);
    expect((await send(account, '/calls', request, key)).status).toBe(409);
    expect(await sessionsOf(account)).toBe(before + 1);
  });
});

describe('kill -9', () => {
  it('loses neither a key nor a call that waits: the call is dialled by the next process, once', async () => {
    const server = await realServer();
    const phone = await realPhone();
    try {
      const account = await newAccount(server.child, phone.port);
      const request = { flow: { nodes: short.nodes ?? [] }, numberToDial, notBefore: new Date(Date.now() + 4000).toISOString() };
      const key = { 'idempotency-key': 'k' };
      const first = await send(account, '/calls', request, key);
      expect([first.status, JSON.parse(first.body).queueState]).toEqual([201, 'Queued']);
      const cancelled = await account.api.call(PlaceCall, { ...request });
      process.kill(server.child.program.pid, 'SIGKILL');
      await server.child.program.ended;

      const again = loginAt(account, await server.again());
      expect(await send(again, '/calls', request, key)).toEqual(first);
      const { url, user, password } = again.login;
      const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
      expect((await fetch(`${url}/sessions/${cancelled.id}`, { method: 'DELETE', headers: { authorization } })).status).toBe(204);
      expect(await sessionWhen(again.api, JSON.parse(first.body).id, ended)).toMatchObject({ outcome: 'Completed', queueState: 'None' });
      expect(phone.events.filter(({ event }) => event === 'invite')).toHaveLength(1);
      expect(await sessionWhen(again.api, cancelled.id ?? '', ended)).toMatchObject({ outcome: 'Cancelled' });
      expect(await sessionsOf(again)).toBe(2);
    } finally {
      await phone.close();
      await server.remove();
    }
  }, 60_000);
});
