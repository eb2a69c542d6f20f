import { expect, it } from 'vitest';
import { VirtualClock } from '../kernel/virtual-clock.ts';
import type { Change } from '../store/changes.ts';
import { secretBox } from '../store/secret-box.ts';
import { SipUserDirectory } from './sip-users.ts';

/** A directory without users, and the names that the database was asked for. */
function scene(whileAsked: () => void = () => {}) {
  const asked: string[] = [];
  let tell: (change: Change | undefined) => void = () => {};
  const directory = new SipUserDirectory({
    endpoints: {
      anySipUser: async () => true,
      sipUser: async (name) => {
        asked.push(name);
        whileAsked();
        return undefined;
      },
    },
    bindings: { list: async () => [], change: async () => [], remove: async () => {} },
    changes: {
      subscribe: (handler) => {
        tell = handler;
        return () => {};
      },
    },
    box: secretBox('0123456789abcdef'),
    clock: new VirtualClock(),
  });
  return { asked, directory, tell: (change: Change | undefined) => tell(change) };
}

it('asks for a name that nobody has once, until endpoints change', async () => {
  const { asked, directory, tell } = scene();
  for (const name of ['mallory', 'Mallory', 'mallory']) expect(await directory.find(name)).toBeUndefined();
  expect(asked).toEqual(['mallory']);
  tell({ kind: 'endpoint', id: 'e', accountId: 'a' });
  await directory.find('mallory');
  expect(asked).toHaveLength(2);
  tell(undefined);
  await directory.find('mallory');
  expect(asked).toHaveLength(3);
});

it('asks again for a name that may have got a user while it was looked for', async () => {
  const made: { scene?: ReturnType<typeof scene> } = {};
  made.scene = scene(() => made.scene?.tell({ kind: 'endpoint', id: 'e', accountId: 'a' }));
  const { asked, directory } = made.scene;
  await directory.find('mallory');
  await directory.find('mallory');
  expect(asked).toHaveLength(2);
});

it('remembers a bounded number of such names', async () => {
  const { asked, directory } = scene();
  for (let nth = 0; nth <= 10_000; nth++) await directory.find(`m${nth}`);
  await directory.find('m10000');
  expect(asked).toHaveLength(10_001);
  await directory.find('m0');
  expect(asked).toHaveLength(10_002);
});

it('slows down who guesses a password, by name and address, of IPv6 by network, until one is right', () => {
  const { directory } = scene();
  const tries = (name: string, address: string): boolean[] => Array.from({ length: 6 }, () => directory.mayTry(name, address));
  expect(tries('alice', '192.0.2.1')).toEqual([true, true, true, true, true, false]);
  expect(directory.mayTry('ALICE', '192.0.2.1')).toBe(false);
  expect([directory.mayTry('bob', '192.0.2.1'), directory.mayTry('alice', '192.0.2.2')]).toEqual([true, true]);
  expect(tries('alice', '2001:db8::1').at(-1)).toBe(false);
  expect([directory.mayTry('alice', '2001:db8::2'), directory.mayTry('alice', '2001:db8:0:1::1')]).toEqual([false, true]);
  directory.succeeded('Alice', '192.0.2.1');
  expect(directory.mayTry('alice', '192.0.2.1')).toBe(true);
});
