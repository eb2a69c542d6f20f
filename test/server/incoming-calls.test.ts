import { afterEach, describe, expect, it } from 'vitest';
import { ApiClient } from '../../src/cli/api-client.ts';
import type { SessionInfo } from '../../src/contracts/sessions.ts';
import { startBaresip } from '../support/baresip.ts';
import { flowOf, to } from '../support/flow-builder.ts';
import { latestSession, newAccount, realServer, saveFlow, sessionWhen, takeCalls } from '../support/real-server.ts';

const long = flowOf({ wait: ['WaitNode', { Timeout: 60, Done: to('bye') }], bye: ['HangUpNode'] });
const ended = ({ ended: isOver }: SessionInfo): boolean => isOver === true;
const connected = ({ callState }: SessionInfo): boolean => callState === 'Connected';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
}, 60_000);

/** A call from baresip that is up, on a server of its own. */
async function inCall() {
  const server = await realServer();
  closing.push(server.remove);
  const account = await newAccount(server.child, 5060);
  const number = await takeCalls(account, { flowId: await saveFlow(account, long) });
  const caller = await startBaresip({ user: 'caller' });
  closing.push(caller.close);
  await caller.command('dial', `sip:${number}@127.0.0.1:${server.sip.port}`);
  const session = await latestSession(account, connected);
  const again = async (): Promise<ApiClient> => {
    const { url } = await server.again();
    return new ApiClient({ url, user: account.login.user, password: account.login.password });
  };
  return { server, caller, id: session.id ?? '', again };
}

describe('an incoming call', () => {
  it('is ended in the database by the next process after kill -9', async () => {
    const { server, id, again } = await inCall();
    process.kill(server.child.program.pid, 'SIGKILL');
    await server.child.program.ended;
    expect(await sessionWhen(await again(), id, ended)).toMatchObject({
      outcome: 'ServerLost',
      callState: 'Disconnected',
      direction: 'inbound',
    });
  }, 60_000);

  it('is hung up when the server stops', async () => {
    const { server, caller, id, again } = await inCall();
    await server.child.program.stop();
    await caller.seen('CALL_CLOSED');
    expect(await sessionWhen(await again(), id, ended)).toMatchObject({ outcome: 'ServerShutDown', direction: 'inbound' });
  }, 60_000);
});
