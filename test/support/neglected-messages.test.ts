import { describe, expect, it } from 'vitest';
import { neglectedMessages } from './neglected-messages.ts';
import { sentMessages } from './sent-messages.ts';

const PATIENT_MS = 60_000;

const begun = sentMessages(['>', 'INVITE', 0, 0], ['<', '100 INVITE', 0, 0], ['<', '180 INVITE', 0, 0]);
const upTo = sentMessages(['<', '200 INVITE', 400, 420], ['>', 'ACK', 420, 440]);
const ended = sentMessages(['>', 'BYE', 3000, 3020], ['<', '200 BYE', 3020, 3040]);

const complaints = (...call: readonly ReturnType<typeof sentMessages>[]) => neglectedMessages(call.flat(), PATIENT_MS);

it('complains of nothing in a call where all goes well', () => {
  expect(complaints(begun, upTo, ended)).toEqual([]);
});

describe('requests', () => {
  it('come again until they are answered', () => {
    const first = sentMessages(['>', 'INVITE', 0, 'lost']);
    const second = sentMessages(['>', 'INVITE', 500, 'lost']);
    const third = sentMessages(['>', 'INVITE', 1500, 1500], ['<', '486 INVITE', 1500, 1500], ['>', 'ACK', 1500, 1500]);
    expect(complaints(first, second, third)).toEqual([]);
    expect(complaints(first, third)).toEqual(['INVITE of near was not sent again at 500 ms']);
    const fourth = sentMessages(['>', 'INVITE', 3500, 'lost']);
    expect(complaints(first, second, third, fourth)).toEqual(['INVITE of near was sent needlessly at 3500 ms']);
  });

  it('come again for 32 seconds, and the BYE every four of them', () => {
    const silent = [0, 500, 1500, 3500, 7500, 15_500, 31_500].flatMap((atMs) => sentMessages(['>', 'INVITE', atMs, 'lost']));
    expect(complaints(silent)).toEqual([]);
    expect(complaints(silent.slice(0, -1))).toEqual(['INVITE of near was not sent again at 31500 ms']);
    const times = [3000, 3500, 4500, 6500, 10_500, 14_500, 18_500, 22_500, 26_500, 30_500, 34_500];
    const byes = times.flatMap((atMs) => sentMessages(['>', 'BYE', atMs, 'lost']));
    expect(complaints(begun, upTo, byes)).toEqual([]);
    expect(complaints(begun, upTo, byes.slice(0, 5), byes.slice(6))).toEqual(['BYE of near was not sent again at 14500 ms']);
  });

  it('come once over a transport that repeats by itself', () => {
    const once = sentMessages(['>', 'INVITE', 0, 'lost']).map((one) => ({ ...one, isReliable: true }));
    expect(complaints(once)).toEqual([]);
    expect(complaints([...once, ...once.map((one) => ({ ...one, sentMs: 500 }))])).toEqual([
      'INVITE of near was sent needlessly at 500 ms',
    ]);
  });

  it('come again, once, when their connection breaks before anything came of them', () => {
    const over = (call: ReturnType<typeof sentMessages>) => call.map((one) => ({ ...one, isReliable: true }));
    const broken = (breaksMs: readonly number[], ...call: readonly ReturnType<typeof over>[]) =>
      neglectedMessages(call.flat(), PATIENT_MS, breaksMs);
    const once = over(sentMessages(['>', 'INVITE', 0, 'lost']));
    const again = over(sentMessages(['>', 'INVITE', 10, 20], ['<', '486 INVITE', 20, 30], ['>', 'ACK', 30, 40]));
    expect(broken([10], once, again)).toEqual([]);
    expect(broken([10], once)).toEqual(['INVITE of near was not sent again at 10 ms']);
    expect(broken([5], once, again)).toEqual(['INVITE of near was not sent again at 5 ms', 'INVITE of near was sent needlessly at 10 ms']);
    const up = over([...begun, ...upTo]);
    const bye = over(sentMessages(['>', 'BYE 2', 3000, 'lost']));
    expect(broken([3005], up, bye)).toEqual(['BYE 2 of near was not sent again over another connection at 3005 ms']);
    expect(broken([3005], up, bye, over(sentMessages(['>', 'BYE 3', 3005, 3010], ['<', '200 BYE 3', 3010, 3020])))).toEqual([]);
  });

  it('are answered whenever they come', () => {
    const doubled = sentMessages(
      ['<', 'BYE', 900, 910, 950],
      ['>', '200 BYE', 910, 'lost'],
      ['<', 'BYE', 1400, 1410],
      ['>', '200 BYE', 1410, 1420],
    );
    expect(complaints(begun, upTo, doubled)).toEqual(['BYE of far was not answered at 950 ms']);
    expect(complaints(begun, upTo, doubled, sentMessages(['>', '200 BYE', 950, 'lost']))).toEqual([]);
  });
});

describe('final responses to an INVITE', () => {
  it('come again until they are acknowledged', () => {
    const repeated = sentMessages(['<', '200 INVITE', 400, 'lost'], ['<', '200 INVITE', 900, 920], ['>', 'ACK', 920, 940]);
    expect(complaints(begun, repeated, ended)).toEqual([]);
    const late = sentMessages(['<', '200 INVITE', 400, 'lost'], ['<', '200 INVITE', 1900, 1920], ['>', 'ACK', 1920, 1940]);
    expect(complaints(begun, late, ended)).toEqual(['200 INVITE of far was not sent again at 900 ms']);
    const needless = sentMessages(['<', '200 INVITE', 1900, 'lost']);
    expect(complaints(begun, repeated, needless, ended)).toEqual(['200 INVITE of far was sent needlessly at 1900 ms']);
  });

  it('are acknowledged whenever they come', () => {
    const repeated = sentMessages(['<', '200 INVITE', 400, 420], ['>', 'ACK', 420, 'lost'], ['<', '200 INVITE', 900, 920]);
    const acknowledged = sentMessages(['>', 'ACK', 920, 940]);
    expect(complaints(begun, repeated, acknowledged, ended)).toEqual([]);
    expect(complaints(begun, repeated, ended)).toContain('200 INVITE of far was not acknowledged at 920 ms');
  });

  it('come again with the INVITE, when they refuse it', () => {
    const doubled = sentMessages(['>', 'INVITE', 0, 0, 90], ['<', '100 INVITE', 0, 0], ['<', '486 INVITE', 50, 'lost']);
    const acknowledged = sentMessages(['<', '486 INVITE', 550, 560], ['>', 'ACK', 560, 570]);
    expect(complaints(doubled, sentMessages(['<', '486 INVITE', 90, 'lost']), acknowledged)).toEqual([]);
    expect(complaints(doubled, acknowledged)).toEqual(['INVITE of near was not answered at 90 ms']);
  });
});

describe('a call that is given up', () => {
  const cancelled = sentMessages(['>', 'CANCEL', 3000, 3000], ['<', '200 CANCEL', 3000, 3000]);
  const over = sentMessages(['<', '487 INVITE', 3000, 3000], ['>', 'ACK', 3000, 3000]);
  const givenUp = (...call: readonly ReturnType<typeof sentMessages>[]) => neglectedMessages(call.flat(), 3000);

  it('is cancelled once the callee has shown itself', () => {
    expect(givenUp(begun, cancelled, over)).toEqual([]);
    expect(givenUp(begun)).toEqual(['INVITE of near was not cancelled at 3000 ms']);
    expect(complaints(begun, cancelled, over)).toEqual(['INVITE of near was cancelled at 3000 ms']);
    const late = sentMessages(
      ['>', 'INVITE', 0, 0],
      ['>', 'INVITE', 500, 'lost'],
      ['>', 'INVITE', 1500, 'lost'],
      ['<', '100 INVITE', 0, 3200],
    );
    expect(givenUp(late)).toEqual(['INVITE of near was not cancelled at 3200 ms']);
  });

  it('is hung up when it is answered after all', () => {
    const crossed = sentMessages(['<', '200 INVITE', 2990, 3010], ['>', 'ACK', 3010, 3020]);
    const bye = sentMessages(['>', 'BYE', 3010, 3020], ['<', '200 BYE', 3020, 3030]);
    expect(givenUp(begun, cancelled, crossed, bye)).toEqual([]);
    expect(givenUp(begun, cancelled, crossed)).toEqual(['INVITE of near was answered too late and not hung up at 3010 ms']);
  });

  it('needs nothing from who has heard nothing of it', () => {
    const unheard = sentMessages(['>', 'INVITE', 0, 'lost'], ['>', 'INVITE', 500, 'lost'], ['>', 'INVITE', 1500, 'lost']);
    expect(givenUp(unheard)).toEqual([]);
    expect(givenUp([])).toEqual(['no INVITE was sent']);
  });
});
