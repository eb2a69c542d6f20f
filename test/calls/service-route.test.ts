import { describe, expect, it } from 'vitest';
import type { SipRequest } from '../../src/telephony/sip/message.ts';
import { nothingLeft } from '../support/call-world.ts';
import { targetAt } from '../support/carriers.ts';
import { granted, OTHER_REGISTRAR, type RegistrarAnswer, registeringTrunk } from '../support/registering-trunk.ts';
import { ANSWER } from '../support/sip-agents.ts';

const REGISTRAR = '10.0.2.1';
const ROUTE = ['<sip:edge.carrier.example;lr>', '<sip:orig@scscf.carrier.example:5062;lr>'];

const grantedWith = (seconds: number, lines: readonly string[]): RegistrarAnswer => {
  const [status, reply] = granted(seconds);
  const more = lines.map((line) => ['Service-Route', line] as const);
  return [status, { ...reply, headers: [...(reply?.headers ?? []), ...more] }];
};

/** A trunk that registers, and calls over it; `onCall` answers the INVITEs. */
function scene(
  onRegister: (nth: number) => RegistrarAnswer,
  onCall: (invite: SipRequest) => RegistrarAnswer = () => [486],
  targets = [targetAt(REGISTRAR)],
) {
  let registers = 0;
  const { world, requests, stored, change, listen, finish } = registeringTrunk(
    (request) => {
      switch (request.method) {
        case 'REGISTER':
          registers += 1;
          return onRegister(registers);
        case 'INVITE':
          return onCall(request);
        case 'ACK':
          return undefined;
        default:
          return [200];
      }
    },
    {},
    { phoneIsThere: false, targets, trunk: { userName: 'alice', password: 'secret' } },
  );
  const routesOf = (method: string): readonly (readonly string[])[] =>
    requests.filter((request) => request.method === method).map(({ headers }) => headers.all('Route'));
  const call = async (): Promise<void> => {
    await world.call();
    await world.clock.advance(10_000);
  };
  return { world, stored, change, listen, routesOf, call, finish };
}

describe('calls over a trunk whose registrar names a Service-Route', () => {
  it('carry it as Route, in its order, with the ACK of a refusal', async () => {
    const { world, routesOf, call, finish } = scene(() => grantedWith(600, [ROUTE.join(', ')]));
    await world.clock.advance(1_000);
    await call();
    expect([routesOf('REGISTER'), routesOf('INVITE'), routesOf('ACK')]).toEqual([[[]], [ROUTE], [ROUTE]]);
    expect(await finish()).toEqual(nothingLeft);
  });

  it('that are answered go on by Record-Route: what comes in the call has nothing of it', async () => {
    const headers = [
      ['Contact', `<sip:callee@${REGISTRAR}>`],
      ['Record-Route', `<sip:${REGISTRAR};lr>`],
    ] as const;
    const { world, routesOf, call, finish } = scene(
      () => grantedWith(600, ROUTE),
      () => [200, { tag: 'callee', sdp: ANSWER, headers }],
    );
    await world.clock.advance(1_000);
    await call();
    expect([routesOf('INVITE'), routesOf('ACK'), routesOf('BYE')]).toEqual([
      [ROUTE],
      [[`<sip:${REGISTRAR};lr>`]],
      [[`<sip:${REGISTRAR};lr>`]],
    ]);
    expect([...world.sessions.values()].map(({ outcome }) => outcome)).toEqual(['Completed']);
    expect(await finish()).toEqual(nothingLeft);
  });

  it('follow the latest registration, and have none once that names none', async () => {
    const { world, routesOf, call, finish } = scene((nth) => grantedWith(100, nth === 1 ? ROUTE : nth === 2 ? ROUTE.slice(1) : []));
    await world.clock.advance(1_000);
    for (let nth = 0; nth < 3; nth++) {
      await call();
      await world.clock.advance(80_000);
    }
    expect(routesOf('INVITE')).toEqual([ROUTE, ROUTE.slice(1), []]);
    expect(await finish()).toEqual(nothingLeft);
  });

  it('have none any more when the trunk is not registered any more', async () => {
    const { world, routesOf, call, stored, change, finish } = scene(() => grantedWith(600, ROUTE));
    await world.clock.advance(1_000);
    stored.rows = [];
    change();
    await world.clock.advance(1_000);
    await call();
    expect(routesOf('INVITE')).toEqual([[]]);
    expect(await finish()).toEqual(nothingLeft);
  });

  it('have none at another target, where nothing is registered', async () => {
    const { world, routesOf, call, listen, finish } = scene(
      () => grantedWith(600, ROUTE),
      () => [503],
      [targetAt(REGISTRAR), targetAt(OTHER_REGISTRAR, { priority: 1 })],
    );
    listen(OTHER_REGISTRAR);
    await world.clock.advance(1_000);
    await call();
    expect(routesOf('INVITE')).toEqual([ROUTE, []]);
    expect(await finish()).toEqual(nothingLeft);
  });

  it.each([
    ['with a strict router in it', ['<sip:edge.carrier.example;lr>, <sip:old.carrier.example>']],
    ['that is broken', ['<sip:edge.carrier.example;lr']],
    ['that has no end', [Array.from({ length: 50 }, (_, nth) => `<sip:${nth}.carrier.example;lr>`).join(', ')]],
  ])('go as without one when it is one %s', async (_what, lines) => {
    const { world, routesOf, call, finish } = scene(() => grantedWith(600, lines));
    await world.clock.advance(1_000);
    await call();
    expect(routesOf('INVITE')).toEqual([[]]);
    expect(await finish()).toEqual(nothingLeft);
  });
});
