import { describe, expect, it } from 'vitest';
import { numberToDial } from '../support/call-world.ts';
import { transfers } from '../support/kinds-of-transfers.ts';
import { talking } from '../support/transfer-world.ts';

/** Alice transfers, and the first `lost` sendings of the last word that she is to hear of it get lost. */
async function transferred(what: string, lost: number) {
  let words = 0;
  const scene = await talking(
    {},
    {},
    {
      faults: {
        filter: (bytes) => {
          const text = Buffer.from(bytes).toString('latin1');
          const isLastWord = text.startsWith('NOTIFY ') && /\r\nSubscription-State: terminated/.test(text);
          return isLastWord && ++words <= lost ? 'drop' : 'pass';
        },
      },
    },
  );
  const { asking, target, alice, others } = (await transfers[what]?.(scene)) ?? expect.unreachable();
  const told = scene.refer(asking, target);
  const finish = async (): Promise<void> => {
    for (const dialog of alice) void dialog?.bye();
    for (const number of [...others, numberToDial]) void scene.phones.callTo(number)?.dialog?.bye();
    await scene.finish();
  };
  return { ...scene, told, asking, finish };
}

describe('how a transfer came out', () => {
  it.each(Object.keys(transfers).flatMap((what) => [1, 2, 3, 4].map((lost) => [what, lost] as const)))(
    '%s: who has asked for it hears of it although it is told in vain %i times',
    async (what, lost) => {
      const { world, told, finish } = await transferred(what, lost);
      await world.clock.advance(12_000);
      expect(told.outcome).toMatchObject({ result: 'transferred', sip: 200 });
      await finish();
    },
  );

  it.each(Object.keys(transfers))('%s: who hears nothing of it and does not hang up is hung up after 8 s', async (what) => {
    const { world, told, asking, finish } = await transferred(what, Number.POSITIVE_INFINITY);
    await world.clock.advance(3000);
    expect({ told, ended: asking?.ended }).toEqual({ told: {}, ended: false });
    await world.clock.advance(8000);
    expect(told.outcome?.result).toBe('unknown');
    expect(asking?.ended).toBe(true);
    await finish();
  });

  it.each(Object.keys(transfers))('%s: a server that stops waits for no answer to that', async (what) => {
    const { world, told, asking, finish } = await transferred(what, Number.POSITIVE_INFINITY);
    await world.clock.advance(3000);
    expect(asking?.ended).toBe(false);
    const beganMs = world.clock.now();
    await world.stop();
    expect(world.clock.now() - beganMs).toBeLessThan(1000);
    await world.clock.advance(100);
    expect(told.outcome?.result).toBe('unknown');
    await finish();
  });
});
