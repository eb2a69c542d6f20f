import { describe, expect, it } from 'vitest';
import type { Baresip } from '../support/baresip.ts';
import { serverOfFile } from '../support/file-server.ts';
import { type FlowTransferScene, hungUpWhileRinging, joinedByUs, linphoneSentOn, rejected, sentOn } from '../support/flow-transfers.ts';
import type { RealServer } from '../support/real-server.ts';
import { udpPortsClosed } from '../support/udp-ports.ts';

let server: RealServer;
const closing = serverOfFile(
  (started) => {
    server = started;
  },
  { RINGFLOW_MEDIA_THREADS: '2' },
);

let scenes = 0;

function scene(): FlowTransferScene {
  scenes += 1;
  return { server, port: server.sip.port, number: scenes, closing: (close) => void closing.push(close) };
}

/** Of the media ports that the server has named to these phones, none is open any more. */
async function portsClosed(...phones: readonly Baresip[]): Promise<void> {
  const logs = await Promise.all(phones.map((phone) => phone.log()));
  const named = logs.flatMap((log) => [...log.matchAll(/^m=audio (40\d{3}) /gm)].map(([, port]) => Number(port)));
  expect(new Set(named).size).toBeGreaterThanOrEqual(phones.length);
  await udpPortsClosed(server.child.program.pid, named);
}

describe('baresip, transferred by a flow after somebody has taken the call', { timeout: 60_000 }, () => {
  it('to another baresip: the two hear each other without us', async () => {
    const { phone, other } = await sentOn(scene(), { WhisperText: 'A call is transferred to you.' });
    await portsClosed(phone, other);
    expect(await phone.log()).toMatch(/^Refer-To: <sip:.*\?Replaces=/m);
  });

  it('to one that takes one call at a time, and refuses that of who is transferred: the two are joined by us', () => joinedByUs(scene()));

  it('which hangs up while the other rings: that one stops ringing', () => hungUpWhileRinging(scene()));

  it('to one that rejects the call: nothing is asked for', () => rejected(scene()));
});

describe('linphone, transferred by a flow after another linphone has taken the call', { timeout: 60_000 }, () => {
  it('calls that one in the place of our call, which that one ends for it, and the two hear each other', () => linphoneSentOn(scene()));
});
