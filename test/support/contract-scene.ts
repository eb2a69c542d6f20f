import { Type } from 'typebox';
import { Parse } from 'typebox/value';
import { NewUser } from '../../src/contracts/accounts.ts';
import { ListEndpoints } from '../../src/contracts/endpoints.ts';
import { type RawAnswer, sendRaw } from './contract-case.ts';
import { flowOf } from './flow-builder.ts';
import { newAccount, numberToDial, type RealPhone, type RealServer, realPhone, realServer, saveFlow } from './real-server.ts';

/** An object of JSON. */
export type Answer = Readonly<Record<string, unknown>>;

/** A server with everything that the conformance cases name. */
export interface ContractScene {
  readonly url: string;
  /** Values of the placeholders, with a login that was opened just for the caller. */
  placeholders(): Promise<ReadonlyMap<string, string>>;
  /** Calls the API with JSON as the manager. @throws Error unless it succeeds */
  ask(method: string, path: string, body?: unknown): Promise<Answer>;
  close(): Promise<void>;
}

const customerPassword = 'a customer of ours';

/** @param environment settings of the server besides the usual ones. */
export async function contractScene(environment: Readonly<Record<string, string>> = {}): Promise<ContractScene> {
  const server = await realServer(environment);
  const phone = await realPhone().catch(async (error: unknown) => {
    await server.remove();
    throw error;
  });
  try {
    return await sceneOf(server, phone);
  } catch (error) {
    await close(server, phone);
    throw error;
  }
}

async function close(server: RealServer, phone: RealPhone): Promise<void> {
  await phone.close();
  await server.remove();
}

async function sceneOf(server: RealServer, phone: RealPhone): Promise<ContractScene> {
  const account = await newAccount(server.child, phone.port);
  const { accountId, api, login } = account;
  const { url, user, password } = login;
  const basic = Buffer.from(`${user}:${password}`).toString('base64');
  const customer = `customer-of-${user}`;
  await api.call(NewUser, { accountId, emailAddress: customer, password: customerPassword, roles: ['Customer'] });
  const flowId = await saveFlow(account, flowOf({ bye: ['HangUpNode'] }));
  const { items } = await api.call(ListEndpoints, { type: 'PhoneNumber' });
  const { key } = await ask('POST', '/apikeys', { name: 'Cases' });
  const fixed = {
    FLOW_ID: flowId,
    NUMBER: numberToDial,
    CALLER_ID: items[0]?.phoneNumber ?? '',
    USER: user,
    PASSWORD: password,
    MANAGER_TOKEN: await tokenOf(user),
    CUSTOMER_TOKEN: await tokenOf(customer),
    MANAGER_BASIC: basic,
    APIKEY_BASIC: Buffer.from(`${String(key)}:`).toString('base64'),
    RATE_LIMIT_BURST: '60',
  };
  return { url, ask, placeholders, close: () => close(server, phone) };

  async function send(method: string, path: string, body?: unknown): Promise<RawAnswer> {
    const headers = { authorization: `Basic ${basic}`, accept: 'application/json', 'content-type': 'application/json' };
    const answer = await sendRaw(url, { method, path, headers, body: body === undefined ? null : JSON.stringify(body) });
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.body}`);
    return answer;
  }

  async function ask(method: string, path: string, body?: unknown): Promise<Answer> {
    return jsonObject(await send(method, path, body));
  }

  async function tokenOf(emailAddress: string): Promise<string> {
    return String((await ask('GET', `/auth/token?userEmailAddress=${encodeURIComponent(emailAddress)}`)).authToken);
  }

  async function placeholders(): Promise<ReadonlyMap<string, string>> {
    const answer = await send('POST', '/auth/credentials', { userName: user, password, rememberMe: true });
    const cookies = (answer.headers['set-cookie'] ?? []).map((cookie) => cookie.split(';', 1)[0] ?? '');
    const sessionId = String(jsonObject(answer).sessionId);
    return new Map(Object.entries({ ...fixed, SESSION_COOKIE: cookies.join('; '), SESSION_ID: sessionId, REFRESH_TOKEN: sessionId }));
  }
}

function jsonObject({ body }: RawAnswer): Answer {
  return Parse(Type.Record(Type.String(), Type.Unknown()), JSON.parse(body));
}
