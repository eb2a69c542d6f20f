import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { PhoneBehaviour } from '../../src/cli/phone/test-phone.ts';
import { PlaceCall } from '../../src/contracts/calls.ts';
import { NewFlow } from '../../src/contracts/flows.ts';
import { newAccount, numberToDial, type RealServer, realPhone, realServer, sessionWhen } from '../support/real-server.ts';

// Every flow in examples/ can be saved as it stands, and runs.

interface Run {
  /** What the phone does that is called, and those that the flow calls: they are one. */
  readonly phone: Partial<PhoneBehaviour>;
  readonly outcome: string;
  /** Lines that the log of the session has, in this order. */
  readonly lines: readonly string[];
}

const folder = new URL('../../examples/', import.meta.url);
const runs: Readonly<Record<string, Run>> = {
  'attended-transfer.flow.json': {
    phone: { hangUpAfterMs: 9000 },
    outcome: 'CalleeHungUp',
    lines: [
      'Greet: Done',
      'Transfer (TransferNode)',
      'The other side is asked to call +18144043111 in our place',
      'The other side does not call +18144043111 (SIP 603 Decline)',
      'Joined with +18144043111',
    ],
  },
  'conference.flow.json': {
    phone: { digits: '#', digitsAfterMs: 6000 },
    outcome: 'Completed',
    lines: ['Joined the conference Team meeting, 1 members', 'Left the conference Team meeting', 'Meet: Done'],
  },
  'dial.flow.json': {
    phone: { hangUpAfterMs: 6000 },
    outcome: 'CalleeHungUp',
    lines: ['Greet: Done', 'Dial (DialNode)', 'Joined with +18144043111'],
  },
  'transfer.flow.json': {
    phone: {},
    outcome: 'Completed',
    lines: ['Transfer (TransferNode)', 'Transfer: Refused', 'Sorry: Done'],
  },
  'welcome.flow.json': {
    phone: { digits: '1', digitsAfterMs: 500 },
    outcome: 'Completed',
    lines: ['Greet: Done', 'Ask: Done', 'Route: 1', 'Sales: Done'],
  },
};

let server: RealServer;
beforeAll(async () => {
  server = await realServer();
}, 60_000);
afterAll(() => server?.remove(), 60_000);

it('each example has a run here', () => {
  expect(readdirSync(folder).toSorted()).toEqual(Object.keys(runs));
});

it.each(Object.entries(runs))(
  '%s',
  async (name, { phone: behaviour, outcome, lines }) => {
    const phone = await realPhone(behaviour);
    try {
      const { accountId, api } = await newAccount(server.child, phone.port);
      const flow = JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
      const { id: flowId = '' } = await api.call(NewFlow, { ...flow, accountId });
      const { id = '' } = await api.call(PlaceCall, { flowId, numberToDial });
      const session = await sessionWhen(api, id, ({ ended }) => ended === true);
      const log = (session.log ?? []).map(({ message }) => message);
      expect(log.filter((line) => line !== undefined && lines.includes(line))).toEqual(lines);
      expect(session.outcome).toBe(outcome);
    } finally {
      await phone.close();
    }
  },
  60_000,
);
