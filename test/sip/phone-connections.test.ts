import { afterEach, describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/kernel/virtual-clock.ts';
import type { LegEnd } from '../../src/telephony/port.ts';
import { registeringServer } from '../support/registering-server.ts';
import { sipUserTable } from '../support/sip-user-table.ts';
import { connectPhone, listeningPhone } from '../support/tcp-phone.ts';

const opened: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

async function turns(count = 20): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}

async function until(done: () => boolean): Promise<void> {
  while (!done()) await turns(1);
}

/** A server on real sockets, whose time a test makes pass. */
async function scene() {
  const clock = new VirtualClock();
  const users = sipUserTable(clock, ['ada', 'bob']);
  const { telephony, sip } = await registeringServer(clock, users, 45_000);
  opened.push(() => telephony.close());
  const [server] = sip;
  if (!server) throw new Error('no address');
  const phone = async () => {
    const made = await connectPhone(server);
    opened.push(() => made.close());
    return made;
  };
  /** Lets a time pass in which nobody says anything. */
  const pass = async (seconds: number): Promise<void> => {
    for (let second = 0; second < seconds; second += 30) {
      await clock.advance(30_000);
      await turns(3);
    }
  };
  const bound = async (user: string): Promise<string[]> => (await users.bindings(`id of ${user}`)).map(({ contact }) => contact);
  /** Rings all phones of a user, and answers how that ends. */
  const ring = async (user: string): Promise<LegEnd> => {
    const slot = await telephony.reserve();
    const bindings = await users.bindings(`id of ${user}`);
    return new Promise((resolve) => {
      const request = { legId: 'leg', to: user, from: 'carol', bindings, ringTimeoutMs: 20_000 };
      const events = { sent() {}, ringing() {}, answered() {}, stateChanged() {}, ended: resolve };
      slot.ring(request, events);
    });
  };
  return { clock, users, phone, pass, bound, ring };
}

describe('a phone that has registered over TCP for an hour and says nothing more', () => {
  it('is called over its connection to the end of the hour', async () => {
    const { phone, pass, bound, ring } = await scene();
    const own = await phone();
    expect((await own.register('ada', '<sip:ada@192.168.1.2:5062;transport=tcp>', 3600)).status).toBe(200);
    await pass(3500);
    expect([own.isOpen, await bound('ada')]).toEqual([true, ['sip:ada@192.168.1.2:5062;transport=tcp']]);
    expect(await ring('ada')).toMatchObject({ why: 'busy', sip: 486 });
    await until(() => own.requests.length > 1);
    expect(own.requests).toEqual(['INVITE', 'ACK']);
  });

  it('keeps no connection beyond it, nor one that it has left for another', async () => {
    const { phone, pass, ring } = await scene();
    const [left, own] = [await phone(), await phone()];
    const contact = '<sip:ada@192.168.1.2:5062;transport=tcp>;+sip.instance="<urn:uuid:1>"';
    await left.register('ada', contact, 3600);
    await own.register('ada', contact, 3600);
    await pass(900);
    await until(() => !left.isOpen);
    expect(await ring('ada')).toMatchObject({ why: 'busy', sip: 486 });
    await until(() => own.requests.length > 1);
    expect([left.requests, own.requests]).toEqual([[], ['INVITE', 'ACK']]);
    await pass(3600);
    await until(() => !own.isOpen);
  });

  it('is not kept when it takes its registration back', async () => {
    const { phone, pass } = await scene();
    const own = await phone();
    const contact = '<sip:ada@192.168.1.2:5062;transport=tcp>';
    await own.register('ada', contact, 3600);
    await own.register('ada', contact, 0);
    await pass(900);
    await until(() => !own.isOpen);
  });
});

describe('a phone whose connection is closed', () => {
  it('behind NAT is registered no more, while the other phones of the user ring', async () => {
    const { phone, bound, ring } = await scene();
    const [gone, other] = [await phone(), await phone()];
    await gone.register('ada', '<sip:ada@192.168.1.2:5062;transport=tcp>', 3600);
    await other.register('ada', '<sip:ada@192.168.1.3:5062;transport=tcp>', 3600);
    gone.close();
    await until(() => !gone.isOpen);
    await expect.poll(() => bound('ada'), { interval: 5 }).toEqual(['sip:ada@192.168.1.3:5062;transport=tcp']);
    expect(await ring('ada')).toMatchObject({ why: 'busy', sip: 486 });
    await until(() => other.requests.length > 1);
    expect(other.requests).toEqual(['INVITE', 'ACK']);
  });

  it('and whose registration cannot be forgotten is not called where somebody else may be by now: the reason says so', async () => {
    const { users, phone, ring } = await scene();
    const gone = await phone();
    await gone.register('ada', '<sip:ada@192.168.1.2:5062;transport=tcp>', 3600);
    const table = [...(users.table.get('id of ada') ?? [])];
    gone.close();
    await expect.poll(() => users.table.get('id of ada')?.length, { interval: 5 }).toBe(0);
    users.table.set('id of ada', table);
    const end = await ring('ada');
    expect(end).toMatchObject({ why: 'unreachable', sip: 480 });
    expect(end.reason).toBe('The connection over which the phone has registered is closed, and no other can be opened to it');
  });

  it('and that listens where it registered from is called by a new one', async () => {
    const { phone, bound, ring } = await scene();
    const [own, at] = [await phone(), await listeningPhone()];
    opened.push(() => at.close());
    await own.register('ada', `<sip:ada@127.0.0.1:${at.port};transport=tcp>`, 3600);
    own.close();
    await until(() => !own.isOpen);
    await turns();
    expect(await ring('ada')).toMatchObject({ why: 'busy', sip: 486 });
    await until(() => at.requests.length > 1);
    expect(at.requests).toEqual(['INVITE', 'ACK']);
    expect(await bound('ada')).toHaveLength(1);
    at.close();
    await turns();
    const end = await ring('ada');
    expect(end).toMatchObject({ why: 'unreachable', sip: 503 });
    expect(end.reason).toBe('The connection over which the phone has registered is closed, and the phone takes none at its Contact');
  });

  it('is not forgotten when it has registered again over another meanwhile', async () => {
    const { phone, bound, ring } = await scene();
    const [left, own] = [await phone(), await phone()];
    const contact = '<sip:ada@192.168.1.2:5062;transport=tcp>';
    await left.register('ada', contact, 3600);
    await own.register('ada', contact, 3600);
    left.close();
    await until(() => !left.isOpen);
    await turns();
    expect(await bound('ada')).toHaveLength(1);
    expect(await ring('ada')).toMatchObject({ why: 'busy', sip: 486 });
    await until(() => own.requests.length > 1);
    expect(own.requests).toEqual(['INVITE', 'ACK']);
  });
});
