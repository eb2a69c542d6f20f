import { describe, expect, it } from 'vitest';
import { earlyDialogs } from '../support/early-dialogs.ts';

const US = { address: '10.0.0.1', port: 5060 };
const reliably = { reliably: true, described: true };
const onlyFirst = { here: '1', there: ['5', ''] };
const onlySecond = { here: '2', there: ['', '5'] };
/** The 200 of who has described its session reliably brings it again, or does not (RFC 6337 section 3.1.1). */
const finals = [{ described: true }, { described: false }];

/** Of phones the first that speaks is heard before the answer, of forks the latest. */
describe.each([
  { how: 'phones', answers: 1, heard: [onlyFirst, onlySecond] },
  { how: 'forks', answers: 0, heard: [onlySecond, onlyFirst] },
] as const)('reliable early media of two $how', ({ how, answers, heard: [early, later] }) => {
  it.each(finals)('gives way to that of the other, which answers (again in the 200: $described)', async (final) => {
    const { say, talk, told, finish } = await earlyDialogs(how);
    await say(0, 183, reliably);
    await say(1, 183, reliably);
    expect(await talk()).toEqual(early);
    await say(answers, 200, final);
    expect(told).toEqual(['sent', '183', 'early media', '183', 'answered']);
    expect(await talk()).toEqual(later);
    await finish();
  });

  it('goes over with its keys', async () => {
    const { say, talk, finish } = await earlyDialogs(how, 'required', [{ srtp: 'required' }, { srtp: 'required', codec: 'PCMA' }]);
    await say(0, 183, reliably);
    await say(1, 183, reliably);
    expect(await talk()).toEqual(early);
    await say(answers, 200);
    expect(await talk()).toEqual(later);
    await finish();
  });

  it('of one that sends on does not keep out another behind a NAT that answers', async () => {
    const { say, talk, finish } = await earlyDialogs(how, 'off', [{}, { codec: 'PCMA', saysToBeAt: '192.168.1.9' }]);
    await say(0, 183, reliably);
    expect(await talk()).toEqual(onlyFirst);
    await say(1, 200, { described: true });
    expect(await talk()).toEqual(onlySecond);
    await finish();
  });
});

describe('reliable early media of phones', () => {
  it.each(finals)('stays that of the first that answers (again in the 200: $described)', async (final) => {
    const { say, talk, finish } = await earlyDialogs('phones');
    await say(0, 183, reliably);
    await say(1, 183, reliably);
    await say(0, 200, final);
    expect(await talk()).toEqual(onlyFirst);
    await finish();
  });

  it('of one with SRTP gives way to an answer of the other without, and the other way round', async () => {
    const encrypted = { srtp: 'optional' } as const;
    for (const devices of [
      [encrypted, { codec: 'PCMA' }],
      [{}, { ...encrypted, codec: 'PCMA' }],
    ] as const) {
      const { say, talk, finish } = await earlyDialogs('phones', 'optional', devices);
      await say(0, 183, reliably);
      await say(1, 183, reliably);
      expect(await talk()).toEqual(onlyFirst);
      await say(1, 200);
      expect(await talk()).toEqual(onlySecond);
      await finish();
    }
  });

  it('without a key is nothing to a phone that was called again with RTP/SAVP', async () => {
    const { say, told, device, finish } = await earlyDialogs('phones', 'optional');
    await say(0, 488);
    await say(0, 183, reliably);
    await say(0, 200);
    expect(told.at(-1)).toBe('ended failed 488');
    expect(device(0).peer.names.slice(-2)).toEqual(['ACK', 'BYE']);
    await finish();
  });

  it('may be moved by the one that is not heard, for when it answers', async () => {
    const { say, move, talk, device, world, finish } = await earlyDialogs('phones');
    await say(0, 183, reliably);
    await say(1, 183, reliably);
    await move(1, 30_008);
    expect(device(1).peer.names.at(-1)).toBe('200 UPDATE');
    expect(await talk()).toEqual(onlyFirst);
    // Whoever goes on to send from where it was would be found there.
    for (const at of [0, 1]) await device(at).media.close();
    let heard = 0;
    const moved = world.network.datagramSocket({ address: '10.0.1.2', port: 30_008 });
    moved.onReceive(() => heard++);
    await say(1, 200);
    await world.clock.advance(1000);
    expect(heard).toBeGreaterThan(45);
    moved.close();
    await finish();
  });

  it('is not moved, and no digit pressed, by one that rings on after the other has answered', async () => {
    const { say, move, press, talk, device, finish } = await earlyDialogs('phones');
    device(0).peer.onMessage = () => {};
    await say(0, 183, reliably);
    await say(1, 183, reliably);
    await press(1, '8');
    await say(1, 200, { described: true });
    await move(0, 30_008);
    await press(0, '9');
    expect(device(0).peer.names.slice(-2)).toEqual(['200 UPDATE', '200 INFO']);
    expect(await talk()).toEqual(onlySecond);
    device(0).peer.reply(device(0).peer.last('INVITE'), 487, US, { tag: device(0).address });
    await finish();
  });
});

describe('reliable early media of forks of one INVITE', () => {
  it('is of no use to a third that answers and describes nothing', async () => {
    const { say, told, finish, phone } = await earlyDialogs('forks');
    await say(1, 183, reliably);
    await say(0, 200);
    expect(told).toEqual(['sent', '183', 'early media', 'ended failed 488']);
    expect(phone(0).peer.names.slice(-2)).toEqual(['ACK', 'BYE']);
    await finish();
  });
});
