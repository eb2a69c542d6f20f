/**
 * One side of the HTTP bench, as a process of its own. `bare`: a fastify route that validates the same body and answers 204. `ringflow`:
 * the HTTP layer with real sign-in over a real database, and sessions that are accepted without a call. Prints its address and login.
 */
import Fastify from 'fastify';
import type { RequestOf } from '../../src/contracts/dto.ts';
import type { NewOutgoingSession, SessionInfo } from '../../src/contracts/sessions.ts';
import { firstStart } from '../../src/directory/first-start.ts';
import { PasswordHasher } from '../../src/directory/password-hash.ts';
import type { Principal } from '../../src/directory/principal.ts';
import { SignIn } from '../../src/directory/sign-in.ts';
import { startServer } from '../../src/http/server.ts';
import { systemClock as clock } from '../../src/kernel/clock.ts';
import { memberError } from '../../src/kernel/errors.ts';
import { silentLogger as log } from '../../src/kernel/log.ts';
import { systemRandom as random } from '../../src/kernel/random.ts';
import { openTestStore } from '../../test/support/database.ts';
import { fakeServices } from '../../test/support/fake-services.ts';

const emailAddress = 'admin@localhost';
const password = 'a good password';

async function bare(): Promise<string> {
  const app = Fastify();
  const text = { type: 'string', minLength: 1 } as const;
  const body = { type: 'object', required: ['flowId', 'numberToDial'], properties: { flowId: text, numberToDial: text, callerId: text } };
  app.post('/sessions/outgoing', { schema: { body } }, (_request, reply) => {
    reply.code(204).header('location', '/sessions/1').send();
  });
  return app.listen({ host: '127.0.0.1', port: 0 });
}

async function ringflow(): Promise<string> {
  const store = await openTestStore();
  process.once('SIGTERM', () => void store.close().finally(() => process.exit()));
  const hasher = new PasswordHasher();
  await firstStart({ users: store.users, accounts: store.accounts, hasher, clock, random, emailAddress, password });
  const signIn = new SignIn({ users: store.users, changes: store.changes, hasher, clock, random });
  const fake = fakeServices();
  const services = { ...fake, signIn, sessions: { ...fake.sessions, createOutgoing: accepted } };
  const { address } = await startServer({ host: '127.0.0.1', port: 0, services, log });
  return address;
}

/** What a session is for the HTTP layer: checked members, and an id. */
async function accepted(_principal: Principal, { flowId, numberToDial }: RequestOf<typeof NewOutgoingSession>): Promise<SessionInfo> {
  if (!flowId) throw memberError('REQUIRED', { member: 'FlowId', hint: 'the id of the flow.' }, 'FlowId');
  if (!numberToDial) throw memberError('REQUIRED', { member: 'NumberToDial', hint: 'the number to dial.' }, 'NumberToDial');
  return { id: '01a20a8a-a0cf-7157-bf77-a2a06c11e0dc' };
}

const url = await (process.argv[2] === 'bare' ? bare() : ringflow());
process.stdout.write(
  `${JSON.stringify({ url, authorization: `Basic ${Buffer.from(`${emailAddress}:${password}`).toString('base64')}` })}\n`,
);
