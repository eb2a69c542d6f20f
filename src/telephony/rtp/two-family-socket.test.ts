import { describe, expect, it } from 'vitest';
import { openDgramSocket } from './dgram-socket.ts';
import { twoFamilySocket } from './two-family-socket.ts';

/** One that was named: a socket loses one that the system chose when it ends a connection. */
const OUR_PORT = 43_210;

/** A socket of ours on both loopback addresses, and one peer on each. */
async function scene() {
  const four = await openDgramSocket({ address: '127.0.0.1', port: OUR_PORT });
  const both = twoFamilySocket(four, await openDgramSocket({ address: '::1', port: four.local.port }));
  const peers = { four: await openDgramSocket({ address: '127.0.0.1', port: 0 }), six: await openDgramSocket({ address: '::1', port: 0 }) };
  const { port } = both.local;
  return {
    both,
    peers,
    /** What comes next to the socket of both families, as text and from where. */
    next: () => new Promise((resolve) => both.onReceive((bytes, from) => resolve([Buffer.from(bytes).toString(), from.address]))),
    say: (text: string) => {
      peers.four.send(Buffer.from(`${text} 4`), { address: '127.0.0.1', port });
      peers.six.send(Buffer.from(`${text} 6`), { address: '::1', port });
    },
    close: () => {
      for (const socket of [both, peers.four, peers.six]) socket.close();
    },
  };
}

describe('a socket of both families', () => {
  it('sends from the address of the family of each peer, and hears both', async () => {
    const { both, peers, close } = await scene();
    for (const peer of [peers.four, peers.six]) {
      const heard = new Promise((resolve) => peer.onReceive((bytes, { address, port }) => resolve([bytes.length, address, port])));
      both.send(new Uint8Array(7), peer.local);
      expect(await heard).toEqual([7, peer.local.address, both.local.port]);
      const answer = new Promise((resolve) => both.onReceive((_bytes, from) => resolve(from.address)));
      peer.send(new Uint8Array(7), { ...both.local, address: peer.local.address });
      expect(await answer).toBe(peer.local.address);
    }
    close();
  });

  it('sends from the address of the one peer that it speaks with, whichever family that goes to', async () => {
    const { both, peers, close } = await scene();
    for (const peer of [peers.six, peers.four, peers.six]) {
      both.only?.(peer.local);
      const heard = new Promise((resolve) => peer.onReceive((bytes, { address, port }) => resolve([bytes.length, address, port])));
      both.send(new Uint8Array(7), peer.local);
      expect(await heard).toEqual([7, peer.local.address, both.local.port]);
    }
    close();
  });

  it('hears one family when it speaks with one peer only, and both again afterwards', async () => {
    const { both, peers, next, say, close } = await scene();
    both.only?.(peers.six.local);
    let heard = next();
    say('first');
    expect(await heard).toEqual(['first 6', '::1']);
    both.only?.(peers.four.local);
    heard = next();
    say('second');
    expect(await heard).toEqual(['second 4', '127.0.0.1']);
    both.only?.(undefined);
    const all = new Set<string>();
    const done = new Promise<void>((resolve) =>
      both.onReceive((bytes) => {
        all.add(Buffer.from(bytes).toString());
        if (all.has('third 4') && all.has('third 6')) resolve();
      }),
    );
    say('third');
    await done;
    close();
    close();
  });
});
