import { describe, expect, it } from 'vitest';
import type { Passage } from './lossy-relay.ts';
import { type EndedCall, isDecided, unexplainedEnd } from './unexplained-end.ts';

/** `> INVITE 1` from us, `< 200 INVITE 1` from the peer; with ` lost` it was, with ` in` it is of a dialog, with ` timed` its session is to be refreshed. */
function passed(...told: readonly string[]): readonly Passage[] {
  return told.map((text) => {
    const words = text.split(' ').filter((word) => !['lost', 'in', 'timed'].includes(word));
    const [side, first = '', ...rest] = words;
    const isResponse = /^\d/.test(first);
    const [method = '', number = '1'] = isResponse ? rest : [first, ...rest];
    const has = (word: string): boolean => text.split(' ').includes(word);
    const lines = [
      isResponse ? `SIP/2.0 ${first} Words` : `${method} sip:peer@127.0.0.1 SIP/2.0`,
      'Via: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK1',
      `To: <sip:peer@127.0.0.1>${has('in') ? ';tag=1' : ''}`,
      `CSeq: ${number} ${method}`,
      'Call-ID: call',
      ...(has('timed') ? ['Session-Expires: 90'] : []),
    ];
    return { from: side === '>' ? 'near' : 'far', message: `${lines.join('\r\n')}\r\n\r\n`, isLost: has('lost') };
  });
}

const end = (outcome: string, passages: readonly Passage[], more: Partial<EndedCall> = {}): string | undefined =>
  unexplainedEnd({ caller: 'near', outcome, status: undefined, givenUp: undefined, passages, ...more });

const up = ['> INVITE', '< 180 INVITE in', '< 200 INVITE in', '> ACK in'] as const;
const rejected = ['> INVITE', '< 603 INVITE in', '> ACK in'] as const;

describe('a call that was answered and acknowledged', () => {
  it('ends as who has hung up says', () => {
    expect(end('answered ended by us', passed(...up, '> BYE 2 in lost'))).toBeUndefined();
    expect(end('answered ended by peer', passed(...up, '< BYE 7 in'))).toBeUndefined();
    expect(end('answered ended by us', passed(...up))).toBe('we have not said BYE');
    expect(end('answered ended by peer', passed(...up, '< BYE 7 in lost'))).toBe('no BYE got through');
  });

  it('has not failed', () => {
    expect(end('failed response', passed(...up), { status: 603 })).toBe('its answer was acknowledged');
    expect(end('failed response', passed(...up, '< 603 INVITE 1 in'), { status: 603 })).toBe('its answer was acknowledged');
    expect(end('failed cancelled', passed(...up, '> BYE 2 in'), { givenUp: 'decided' })).toBe('it was decided when it was given up');
    expect(end('failed timeout', passed(...up))).toBe('its last INVITE was answered');
    expect(end('failed transport', passed(...up))).toBe("nothing explains 'failed transport'");
  });

  it('ends by an error only when something in it has failed, or its session was not refreshed', () => {
    const error = 'answered ended by error';
    expect(end(error, passed(...up, '> BYE 2 in'))).toBe('nothing of the call has failed');
    expect(end(error, passed(...up, '> INVITE 2 in', '< 200 INVITE 2 in', '> ACK 2 in'))).toBe('nothing of the call has failed');
    expect(end(error, passed(...up, '> INVITE 2 in', '< 200 INVITE 2 in lost'))).toBeUndefined();
    expect(end(error, passed(...up, '> UPDATE 2 in', '< 481 UPDATE 2 in'))).toBeUndefined();
    const timed = passed('> INVITE', '< 200 INVITE in timed', '> ACK in', '> BYE 2 in');
    expect(end(error, timed, { status: 408 })).toBeUndefined();
    expect(end(error, timed, { status: 481 })).toBe('nothing of the call has failed');
  });
});

describe('a call that was not answered', () => {
  it('was not answered for us', () => {
    expect(end('answered ended by us', passed('> INVITE', '< 200 INVITE in lost', '> BYE 2 in'))).toBe('no answer got through');
    expect(end('answered ended by peer', passed(...rejected, '< BYE 7 in'))).toBe('no answer got through');
  });

  it('has failed with a final response that got through', () => {
    expect(end('failed response', passed(...rejected), { status: 603 })).toBeUndefined();
    expect(end('failed response', passed(...rejected), { status: 486 })).toBe('no 486 got through');
    expect(end('failed response', passed('> INVITE', '< 603 INVITE in lost'), { status: 603 })).toBe('no 603 got through');
    expect(end('failed response', passed(...up.slice(0, 2), '> INVITE 2 in', '< 603 INVITE 2 in'), { status: 603 })).toBe(
      'no 603 got through',
    );
  });

  it('was cancelled only when it was given up, undecided; an answer that crosses that is hung up', () => {
    const ringing = ['> INVITE', '< 180 INVITE in', '> CANCEL'] as const;
    expect(end('failed cancelled', passed(...ringing), { givenUp: 'undecided' })).toBeUndefined();
    expect(end('failed cancelled', passed(...ringing))).toBe('it was not given up');
    const crossed = [...ringing, '< 200 INVITE in', '> ACK in'] as const;
    expect(end('failed cancelled', passed(...crossed, '> BYE 2 in'), { givenUp: 'undecided' })).toBeUndefined();
    expect(end('failed cancelled', passed(...crossed), { givenUp: 'undecided' })).toBe(
      'its answer was acknowledged, and we have not said BYE',
    );
  });

  it('is decided when its last INVITE has got its last word', () => {
    const asked = ['> INVITE', '< 401 INVITE in', '> ACK in'] as const;
    expect(isDecided(passed(...up))).toBe(true);
    expect(isDecided(passed(...rejected))).toBe(true);
    expect(isDecided(passed('> INVITE', '< 603 INVITE in lost'))).toBe(false);
    expect(isDecided(passed(...asked))).toBe(false);
    expect(isDecided(passed(...asked, '> INVITE 2', '< 180 INVITE 2 in'))).toBe(false);
    expect(isDecided(passed(...asked, '> INVITE 2', '< 486 INVITE 2 in', '> ACK 2 in'))).toBe(true);
  });

  it('has timed out only when nothing has come of its last INVITE', () => {
    expect(end('failed timeout', passed('> INVITE lost', '> INVITE', '< 100 INVITE lost'))).toBeUndefined();
    expect(end('failed timeout', passed('> INVITE', '< 100 INVITE'))).toBe('its last INVITE was answered');
  });
});

describe('a call that the peer has placed and we have answered', () => {
  const taken = ['< INVITE', '> 200 INVITE in'] as const;
  const theirs = { caller: 'far' } as const;

  it('ends by an error only when no ACK got through, or something in it has failed', () => {
    const error = 'answered ended by error';
    expect(end(error, passed(...taken, '< ACK in lost', '> BYE 1 in'), theirs)).toBeUndefined();
    expect(end(error, passed(...taken, '< ACK in', '> BYE 1 in'), theirs)).toBe('nothing of the call has failed');
    expect(end(error, passed(...taken, '< ACK in', '> INVITE 1 in', '< 408 INVITE 1 in'), theirs)).toBeUndefined();
  });

  it('ends as who has hung up says', () => {
    expect(end('answered ended by peer', passed(...taken, '< ACK in', '< BYE 2 in'), theirs)).toBeUndefined();
    expect(end('answered ended by peer', passed(...taken, '< ACK in', '> BYE 1 in'), theirs)).toBe('no BYE got through');
    expect(end('answered ended by us', passed(...taken, '< ACK in', '> BYE 1 in'), theirs)).toBeUndefined();
    expect(end('answered ended by undefined', passed(...taken, '< ACK in'), theirs)).toBe("nothing explains 'answered ended by undefined'");
  });
});
