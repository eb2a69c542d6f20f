import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../kernel/virtual-clock.ts';
import { inviteClient } from './transaction-invite-client.ts';
import { inviteServer } from './transaction-invite-server.ts';
import { nonInviteClient } from './transaction-non-invite-client.ts';
import { nonInviteServer } from './transaction-non-invite-server.ts';
import { type TransactionEffects, TransactionRun } from './transaction-run.ts';

/** Notes what a transaction does, with the milliseconds since its start. */
function recorder() {
  const clock = new VirtualClock(0);
  const log: string[] = [];
  const note = (what: string) => log.push(`${clock.now()} ${what}`);
  const effects: TransactionEffects<string> = {
    send: () => note('send'),
    sendAck: (message) => note(`ACK ${message}`),
    passUp: (message) => note(`up ${message}`),
    timedOut: () => note('timeout'),
    transportFailed: () => note('transport error'),
    connectionBroken: () => note('connection broken'),
    terminated: () => note('terminated'),
  };
  return { clock, log, effects };
}

describe('an INVITE client transaction in time', () => {
  it('repeats its request with doubling intervals and gives up after 32 s', async () => {
    const { clock, log, effects } = recorder();
    new TransactionRun(inviteClient, 'calling', false, clock, effects).take('start');
    await clock.advance(100_000);
    expect(log).toEqual([
      '0 send',
      '500 send',
      '1500 send',
      '3500 send',
      '7500 send',
      '15500 send',
      '31500 send',
      '32000 timeout',
      '32000 terminated',
    ]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('repeats nothing over TCP', async () => {
    const { clock, log, effects } = recorder();
    new TransactionRun(inviteClient, 'calling', true, clock, effects).take('start');
    await clock.advance(100_000);
    expect(log).toEqual(['0 send', '32000 timeout', '32000 terminated']);
  });

  it('waits without end once a provisional response is there, and acknowledges a refusal for 32 s', async () => {
    const { clock, log, effects } = recorder();
    const run = new TransactionRun(inviteClient, 'calling', false, clock, effects);
    run.take('start');
    run.take('1xx', '180');
    expect(clock.pendingTimers).toBe(0);
    await clock.advance(600_000);
    run.take('300-699', '486');
    await clock.advance(31_000);
    run.take('300-699', '486');
    await clock.advance(1_000);
    expect(log.slice(1)).toEqual(['0 up 180', '600000 ACK 486', '600000 up 486', '631000 ACK 486', '632000 terminated']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('passes up every 2xx for 32 s', async () => {
    const { clock, log, effects } = recorder();
    const run = new TransactionRun(inviteClient, 'calling', false, clock, effects);
    run.take('start');
    run.take('2xx', '200');
    await clock.advance(31_999);
    run.take('2xx', '200');
    await clock.advance(1);
    run.take('2xx', '200');
    expect(log).toEqual(['0 send', '0 up 200', '31999 up 200', '32000 terminated']);
  });
});

describe('a non-INVITE client transaction in time', () => {
  it('repeats its request up to every 4 s and gives up after 32 s', async () => {
    const { clock, log, effects } = recorder();
    new TransactionRun(nonInviteClient, 'trying', false, clock, effects).take('start');
    await clock.advance(100_000);
    const sent = log.filter((line) => line.endsWith('send')).map((line) => Number.parseInt(line, 10));
    expect(sent).toEqual([0, 500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]);
    expect(log.slice(-2)).toEqual(['32000 timeout', '32000 terminated']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('absorbs repeated responses for 5 s', async () => {
    const { clock, log, effects } = recorder();
    const run = new TransactionRun(nonInviteClient, 'trying', false, clock, effects);
    run.take('start');
    run.take('200-699', '200');
    run.take('200-699', '200');
    await clock.advance(5_000);
    expect(log).toEqual(['0 send', '0 up 200', '5000 terminated']);
  });
});

describe('an INVITE server transaction in time', () => {
  it('repeats a refusal up to every 4 s until the ACK, and waits 5 s for more ACKs', async () => {
    const { clock, log, effects } = recorder();
    const run = new TransactionRun(inviteServer, 'proceeding', false, clock, effects);
    run.take('respond 300-699');
    await clock.advance(12_000);
    run.take('ACK', 'ACK');
    run.take('ACK', 'ACK');
    await clock.advance(60_000);
    expect(log).toEqual(['0 send', '500 send', '1500 send', '3500 send', '7500 send', '11500 send', '17000 terminated']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('gives up after 32 s without an ACK', async () => {
    const { clock, log, effects } = recorder();
    new TransactionRun(inviteServer, 'proceeding', false, clock, effects).take('respond 300-699');
    await clock.advance(60_000);
    expect(log.slice(-2)).toEqual(['32000 timeout', '32000 terminated']);
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('a non-INVITE server transaction in time', () => {
  it('repeats its response for each repeated request for 32 s', async () => {
    const { clock, log, effects } = recorder();
    const run = new TransactionRun(nonInviteServer, 'trying', false, clock, effects);
    run.take('request again', 'BYE');
    run.take('respond 200-699');
    await clock.advance(31_999);
    run.take('request again', 'BYE');
    await clock.advance(1);
    run.take('request again', 'BYE');
    expect(log).toEqual(['0 send', '31999 send', '32000 terminated']);
    expect(clock.pendingTimers).toBe(0);
  });
});
