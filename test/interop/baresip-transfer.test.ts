import { afterAll, afterEach, beforeAll, describe, it } from 'vitest';
import type { Engine } from '../../src/telephony/engine.ts';
import { declinedByUs, sentOnByUs } from '../support/baresip-transfers.ts';
import { directTelephony } from '../support/direct-call.ts';

let telephony: Engine;
const closers: (() => Promise<void>)[] = [];
const closing = (close: () => Promise<void>): void => void closers.push(close);

beforeAll(async () => {
  telephony = await directTelephony();
});

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

afterAll(() => telephony.close());

describe('baresip in a call in Opus', () => {
  it('is transferred to another phone by us, and the two hear each other without us', { timeout: 40_000 }, async () => {
    await sentOnByUs({ telephony, closing });
  });

  it('asks to be transferred, is declined, hangs up for that, and nobody else was called', { timeout: 40_000 }, () =>
    declinedByUs({ telephony, closing }),
  );
});
