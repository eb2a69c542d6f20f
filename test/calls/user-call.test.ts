import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/kernel/random.ts';
import { answerChallenge } from '../../src/telephony/sip/digest.ts';
import { incomingScene, waiting } from '../support/incoming-scene.ts';
import { offerAt } from '../support/raw-caller.ts';

describe('a call from the phone of a user', () => {
  const PHONE = '10.0.0.3';
  const userFlow = { flowId: 'flow-1', parameters: {} };

  /** Calls as a phone does: asked for a password, it acknowledges that and sends the INVITE again. */
  async function dial(
    made: ReturnType<typeof incomingScene>,
    as: { user?: string; password?: string; dialled?: string; address?: string } = {},
  ) {
    const { caller } = made;
    const { user = 'alice', dialled = '*98', address = PHONE } = as;
    const { password = `secret of ${user}` } = as;
    const invite = { dialled, from: user, sdp: offerAt(address) };
    await caller.invite({ ...invite, callId: 'first' });
    await caller.ack({ refused: true });
    const challenge = caller.response(407)?.headers.first('Proxy-Authenticate') ?? '';
    const uri = `sip:${dialled}@10.0.0.1`;
    const answer = answerChallenge({ challenge, method: 'INVITE', uri, userName: user, password, random: seededRandom(3), nonceCount: 1 });
    await caller.invite({ ...invite, callId: 'second', lines: [`Proxy-Authorization: ${answer}`] });
    return answer;
  }

  it('is asked for its password, and runs the flow of the user with what was dialled', async () => {
    const made = incomingScene({ userFlow }, PHONE);
    const { world, caller, session, finish } = made;
    await dial(made);
    expect(caller.statuses()).toEqual([100, 407, 100, 180, 200]);
    await caller.ack();
    await world.clock.advance(10_000);
    expect(world.sessions.size).toBe(1);
    expect(session()).toMatchObject({
      row: { direction: 'inbound', fromAddress: 'alice', toAddress: '*98', endpointId: 'id of alice', flowId: 'flow-1' },
      outcome: 'Served',
    });
    expect(session()?.row.trunkId).toBeUndefined();
    expect(world.denied).toEqual(['unauthenticated']);
    expect(world.sources).toEqual([`unauthenticated ${PHONE}`, `let in ${PHONE}`]);
    await finish();
  });

  it('never reaches a trunk by itself: a number that it dials is data for the flow, and the only call is its own', async () => {
    const made = incomingScene({ userFlow, phoneIsThere: true }, PHONE);
    const { world, caller, session, finish } = made;
    await dial(made, { dialled: '+18145559999' });
    await caller.ack();
    await world.clock.advance(10_000);
    expect(session()?.row.toAddress).toBe('+18145559999');
    expect(world.phoneEvents).toEqual([]);
    await finish();
  });

  it('is known where a carrier is too, on the same machine', async () => {
    const made = incomingScene({ userFlow }, '10.0.0.2');
    await dial(made, { address: '10.0.0.2' });
    expect(made.caller.statuses()).toEqual([100, 407, 100, 180, 200]);
    await made.caller.ack();
    expect(made.session()?.row.endpointId).toBe('id of alice');
    await made.finish();
  });

  it.each([
    ['with a wrong password', { userFlow }, { password: 'guess' }, 'wrong-password'],
    ['as a user that does not exist', { userFlow }, { user: 'mallory' }, 'wrong-password'],
    ['of a user without a flow', { userFlow: undefined }, {}, undefined],
  ] as const)('%s is refused', async (_who, options, as, reason) => {
    const made = incomingScene(options, PHONE);
    await dial(made, as);
    await made.caller.ack({ refused: true });
    expect(made.caller.statuses()).toEqual([100, 407, 100, 403]);
    expect(made.world.denied).toEqual(['unauthenticated', ...(reason === undefined ? [] : [reason])]);
    expect(made.world.sessions.size).toBe(0);
    await made.finish();
  });

  it.each([
    ['are no Digest', 'Basic YWxpY2U6c2VjcmV0'],
    ['are Digest without its parts', 'Digest username="alice'],
  ])('with credentials that %s is refused, and reaches nobody', async (_what, credentials) => {
    const { caller, world, finish } = incomingScene({ userFlow }, PHONE);
    await caller.invite({ dialled: '*98', from: 'alice', sdp: offerAt(PHONE), lines: [`Proxy-Authorization: ${credentials}`] });
    await caller.ack({ refused: true });
    expect(caller.statuses()).toEqual([100, 400]);
    expect(world.sessions.size).toBe(0);
    await finish();
  });

  it('cannot be made with what was overheard', async () => {
    const made = incomingScene({ userFlow, flow: waiting }, PHONE);
    const { caller, world, finish } = made;
    const overheard = await dial(made);
    await caller.ack();
    await caller.invite({ dialled: '*98', from: 'alice', callId: 'third', lines: [`Proxy-Authorization: ${overheard}`] });
    await caller.ack({ refused: true });
    expect(caller.statuses().slice(-2)).toEqual([100, 407]);
    expect(world.sessions.size).toBe(1);
    await finish();
  });

  it('is one of ten at most', async () => {
    const made = incomingScene({ userFlow, flow: waiting, maxChannels: 1 }, PHONE);
    const { caller, world, finish } = made;
    await caller.invite({ dialled: '1', from: 'alice', callId: 'ask' });
    await caller.ack({ refused: true });
    const challenge = caller.response(407)?.headers.first('Proxy-Authenticate') ?? '';
    for (let nth = 1; nth <= 11; nth++) {
      const uri = 'sip:1@10.0.0.1';
      const answer = {
        challenge,
        method: 'INVITE',
        uri,
        userName: 'alice',
        password: 'secret of alice',
        random: seededRandom(nth),
        nonceCount: nth,
      };
      await caller.invite({
        dialled: '1',
        from: 'alice',
        callId: `call${nth}`,
        lines: [`Proxy-Authorization: ${answerChallenge(answer)}`],
      });
      await caller.ack({ refused: nth === 11 });
    }
    expect(caller.statuses().filter((status) => status === 200)).toHaveLength(10);
    expect(caller.statuses().at(-1)).toBe(503);
    expect(world.sessions.size).toBe(10);
    await world.stop();
    await finish();
  });
});
